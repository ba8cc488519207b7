"""Reports in, events out: everything that arrives from or leaves for another system.

Three things reach the composition root: the pages and doors, what is written down for each message of the outbox,
and the jobs that send it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine import outbox
from engine.clock import Clock
from engine.process import World
from engine.scheduler import Job
from engine.store import Store

if TYPE_CHECKING:
    from flask import Blueprint


def pages() -> Sequence[Blueprint]:
    """All that answers a request. Imported late: commands without pages start faster."""
    return ()


def post(session: Session, parcel: outbox.Parcel) -> None:
    """Writes down who outside is to hear of a message, in the transaction that claims it. Harmless a second time."""


def jobs(store: Store, world: World, clock: Clock) -> Sequence[Job]:
    """What the scheduler does for other systems in the background."""
    return ()
