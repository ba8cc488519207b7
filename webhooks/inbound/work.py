"""The job that settles what was accepted, and the sweeping of what need not be kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, update

from engine import process
from engine.clock import Clock
from engine.errors import Refusal, Unavailable
from engine.intake import Memory
from engine.process import World
from engine.store import Store
from webhooks.inbound.gate import gate_of
from webhooks.inbound.model import Delivery, State
from webhooks.inbound.settling import pick, put_off, settle, settle_one
from webhooks.inbound.sources import sources_of

MANY = 50
FEW = 5
"""So many are settled in one transaction: in quiet, and while more comes in, which waits for it."""
RESTS = 2.0
"""While more comes in, so many times as long as a portion took is left to it."""
TURN_S = 2.0
"""So long a call works at most; the next one goes on."""

log = structlog.get_logger("inbound")


class Settler:
    """Settles what waits, oldest first, in portions of one transaction. One of a process works at a time."""

    def __init__(self, store: Store, world: World, clock: Clock) -> None:
        self.store, self.world, self.clock = store, world, clock
        self._busy = threading.Lock()
        self._memory = Memory()

    def run(self) -> int:
        """Works for a while, so that who stops the scheduler need not wait; gives how many were settled.

        0 at once while another call works.
        """
        if not self._busy.acquire(blocking=False):
            return 0
        gate, count, until = gate_of(self.store), 0, time.perf_counter() + TURN_S
        try:
            while (begun := time.perf_counter()) < until:
                settled = self.once(most=FEW if gate.is_busy() else MANY)
                count += settled
                if not settled:
                    break
                if gate.is_busy():
                    time.sleep((time.perf_counter() - begun) * RESTS)  # filing can wait, whoever sends cannot
            return count
        finally:
            self._busy.release()

    def once(self, *, most: int = MANY) -> int:
        """Tries the deliveries that wait longest; gives how many. Where that fails, each by itself: it is put off."""
        now = self.clock.now()
        names = [source.name for source in sources_of(self.world.config)]
        ids: list[int] = []
        try:
            with self.store.transaction() as session:
                rows = pick(session, names, now=now, most=most)
                ids = [row.id for row in rows]
                settle(session, self.world, rows, memory=self._memory, now=now)
        except Exception as error:
            self._memory = Memory()  # it knew what was not committed
            if not ids:
                raise
            if len(ids) == 1:
                self._failed(ids[0], error)
            else:
                self._apart(ids)
        return len(ids)

    def _apart(self, ids: Sequence[int]) -> None:
        for delivery_id in ids:
            try:
                settle_one(self.store, self.world, delivery_id, now=self.clock.now())
            except Exception as error:
                self._failed(delivery_id, error)

    def _failed(self, delivery_id: int, error: Exception) -> None:
        """Nothing of the body is written: an error of ours may quote it."""
        said = error.code if isinstance(error, Refusal) else type(error).__name__
        log.warning("inbound.put_off", delivery=delivery_id, said=said)
        now = self.clock.now()
        if isinstance(error, Unavailable):
            with self.store.transaction() as session:
                process.set_aside(session, error, now=now)
        with self.store.transaction() as session:
            put_off(session, delivery_id, said, now=now)


def sweep(store: Store, world: World, clock: Clock) -> None:
    """Forgets the bodies of what was refused, and the ids of what came long ago. What waits stays."""
    now, config = clock.now(), world.config.inbound
    with store.transaction() as session:
        session.execute(
            update(Delivery)
            .where(
                Delivery.received_at < now - timedelta(days=config.keep_refused_days),
                Delivery.state != State.WAITING.value,
                Delivery.body.is_not(None),
            )
            .values(body=None)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            delete(Delivery)
            .where(
                Delivery.received_at < now - timedelta(days=config.keep_ids_days),
                Delivery.state != State.WAITING.value,
            )
            .execution_options(synchronize_session=False)
        )
