"""What letters need of the product besides the database; the engine's world has it."""

from __future__ import annotations

from typing import Protocol

from engine.config import Config
from engine.deadlines import WorkingCalendar
from engine.deploy import Releases
from engine.territory import Tiers


class Around(Protocol):
    config: Config
    calendar: WorkingCalendar
    releases: Releases
    tiers: Tiers
