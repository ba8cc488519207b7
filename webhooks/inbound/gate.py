"""Deliveries that arrive at once are made safe together: one transaction, and one flush of the disk, for all of them.

Whoever comes first writes for everybody who waits meanwhile. A flush takes longer than all the rest of a delivery, so
that without this a disk would bound how many a second can be taken. Each answer still comes after its own commit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from engine.config import SourceConfig
from engine.errors import Conflict, Unavailable
from engine.process import World
from engine.store import Store
from webhooks.inbound.accepting import Arrival, Seen, Sent, accept_together

AT_ONCE = 32
BUSY_S = 0.25
"""So long after a delivery more may be on their way."""


@dataclass(slots=True)
class _Waiting:
    world: World
    arrival: Arrival
    seen: Seen | None = None
    fault: Exception | None = None
    done: bool = field(default=False)


class Gate:
    """The gate of one database in this process. Used by many threads at once."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._writing = threading.Lock()
        self._came_at = 0.0

    def take(self, store: Store, world: World, source: SourceConfig, sent: Sent, *, now: datetime) -> Seen:
        """`accept`, together with whatever else waits. Raises what it raises, and Unavailable for all of a batch."""
        mine = _Waiting(world, Arrival(source, sent, now))
        self._came_at = time.perf_counter()
        self._waiting.append(mine)
        with self._writing:
            while not mine.done:
                self._write(store)
        if mine.fault is not None:
            raise mine.fault
        assert mine.seen is not None
        return mine.seen

    def is_busy(self) -> bool:
        return time.perf_counter() - self._came_at < BUSY_S

    def _write(self, store: Store) -> None:
        """Takes what has waited longest: nobody else takes anything while this lock is held."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), AT_ONCE))]
        self._keep(store, batch)
        for each in batch:
            each.done = True

    def _keep(self, store: Store, batch: Sequence[_Waiting]) -> None:
        """Where something brings it to fall that is not the database, each by itself."""
        try:
            with store.transaction() as session:
                found = accept_together(session, batch[0].world, [each.arrival for each in batch])
            for each, became in zip(batch, found, strict=True):
                if isinstance(became, Conflict):
                    each.fault = became
                else:
                    each.seen = became
        except Exception as fault:
            if len(batch) > 1 and not isinstance(fault, Unavailable):
                for each in batch:
                    self._keep(store, [each])
                return
            for each in batch:
                each.fault = fault


_GATES: WeakKeyDictionary[Store, Gate] = WeakKeyDictionary()


def gate_of(store: Store) -> Gate:
    return _GATES.setdefault(store, Gate())
