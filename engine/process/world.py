"""What every push needs besides the database: the ladder, the calendar, the releases, the policy."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sqlalchemy.orm import Session

from engine import people
from engine.cases import NO_WALL, Wall
from engine.config import Config
from engine.deadlines import WorkingCalendar
from engine.deploy import Releases
from engine.territory import Tiers


class World:
    """Shared by all threads of a process. `calendar` is replaced as a whole when a year table is loaded."""

    def __init__(self, config: Config, calendar: WorkingCalendar) -> None:
        self.config = config
        self.calendar = calendar
        self.tiers = Tiers.of([tier.id for tier in config.tiers])
        self.releases = Releases()
        self._lock = threading.Lock()
        self._staffed: dict[tuple[str, tuple[str, ...]], str | None] = {}

    def nearest_staffed(self, session: Session, unit_id: str, roles: Iterable[str], wall: Wall = NO_WALL) -> str | None:
        """`people.nearest_staffed`, remembered until `forget_people`: memberships change rarely, tasks open always.

        Nobody whom the wall shuts out counts, and no unit below it; what is found then is not remembered.
        """
        if wall != NO_WALL:
            while wall.shuts_out(unit_id) and "." in unit_id:
                unit_id = unit_id.rpartition(".")[0]
            return people.nearest_staffed(session, unit_id, roles, without=wall.people)
        key = (unit_id, tuple(roles))
        with self._lock:
            if key in self._staffed:
                return self._staffed[key]
        found = people.nearest_staffed(session, unit_id, roles)
        with self._lock:
            self._staffed[key] = found
        return found

    def forget_people(self) -> None:
        """Call after memberships changed; the scheduler does so every minute for changes made by other nodes."""
        with self._lock:
            self._staffed.clear()
