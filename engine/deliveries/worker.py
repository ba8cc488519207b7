"""Sends in the background: one thread per receiver with something due, so that nobody waits for another's receiver.

Receivers that failed lately share a few threads of their own; all others have the rest. A batch is taken in one
transaction, sent in none over one connection, and marked in another, which takes the next: a node that dies in between
leaves a lease that runs out after a minute, and what it had sent is sent again under the same key.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime

import structlog

from engine.clock import Clock
from engine.deliveries import rows
from engine.deliveries.enqueue import Letter, enqueue
from engine.deliveries.model import Delivery, Receiver
from engine.deliveries.schedule import Chance
from engine.deliveries.sending import Courier, Item, Sent
from engine.outward import Line
from engine.store import Store, failpoint

log = structlog.get_logger("deliveries")

THREADS = 32
"""So many receivers at once; a thread waits for the network nearly all of its life."""
FOR_FAILING = 8
"""So many more for receivers that failed lately."""
BATCH = 100
SECONDS = 1.0
"""A batch is marked after so long: what is sent and not marked is what a crash sends twice."""


class Worker:
    """The sending of one node. `tick` begins what is due and returns; `work` does it here and now."""

    def __init__(self, store: Store, clock: Clock, courier: Courier, *, chance: Chance = random.random) -> None:
        self._store = store
        self._clock = clock
        self._courier = courier
        self._chance = chance
        self._guard = threading.Condition()
        self._serving: dict[int, bool] = {}
        """Receivers that have a thread, and whether they were failing when it began."""
        self._stopping = threading.Event()

    def tick(self) -> int:
        """Gives every receiver with something due a thread while there are some; gives how many were begun."""
        with self._guard:
            failing = sum(self._serving.values())
            healthy = len(self._serving) - failing
        picked = self._pick(healthy=THREADS - healthy, failing=FOR_FAILING - failing)
        for receiver_id, is_failing in picked:
            with self._guard:
                self._serving[receiver_id] = is_failing
            threading.Thread(target=self._serve_apart, args=(receiver_id,), name="deliveries", daemon=True).start()
        return len(picked)

    def work(self) -> int:
        """Sends all that is due, in this thread; gives how many tries that were."""
        tries = 0
        while picked := self._pick(healthy=THREADS, failing=FOR_FAILING):
            tries += sum(self.serve(receiver_id) for receiver_id, _ in picked)
        return tries

    def serve(self, receiver_id: int) -> int:
        """Sends what is due for a leased receiver, in order, until nothing is, one fails, or this node stops.

        What was sent is marked and what follows is taken in one transaction.
        """
        tries = 0
        sent: list[Sent] = []
        with Line() as line:
            while True:
                with self._store.transaction() as session:
                    if sent:
                        rows.mark(session, receiver_id, sent, now=self._clock.now(), chance=self._chance)
                    ends = self._stopping.is_set() or (bool(sent) and not sent[-1].ok)
                    most = 0 if ends else BATCH
                    receiver, items = rows.take(session, receiver_id, now=self._clock.now(), most=most)
                if not items:
                    return tries
                sent = self._carry(receiver, items, line)
                tries += len(sent)
                failpoint("sent-not-marked")

    def stop(self, *, seconds: float = 3.0) -> None:
        """Begins nothing more and waits a moment for what is under way; the rest is sent again by another node."""
        self._stopping.set()
        with self._guard:
            self._guard.wait_for(lambda: not self._serving, timeout=seconds)

    def _pick(self, *, healthy: int, failing: int) -> list[tuple[int, bool]]:
        if self._stopping.is_set():
            return []
        now = self._clock.now()
        with self._store.reading() as session:
            if not rows.anything_due(session, now=now):
                return []
        with self._store.transaction() as session:
            return rows.pick(session, now=now, healthy=healthy, failing=failing)

    def _carry(self, receiver: Receiver, items: list[Item], line: Line) -> list[Sent]:
        """At least the first; the others while they succeed and there is time."""
        sent: list[Sent] = []
        until = time.monotonic() + SECONDS
        for item in items:
            sent.append(self._courier.carry(receiver, item, line))
            if not sent[-1].ok or time.monotonic() > until or self._stopping.is_set():
                break
        return sent

    def _serve_apart(self, receiver_id: int) -> None:
        try:
            self.serve(receiver_id)
        except Exception:
            log.exception("deliveries.failed", receiver=receiver_id)  # its lease runs out, and it is served again
        finally:
            with self._guard:
                del self._serving[receiver_id]
                self._guard.notify_all()


def send_now(
    store: Store,
    courier: Courier,
    receiver_id: int,
    *,
    key: str,
    kind: str,
    body: str,
    content_type: str,
    now: datetime,
) -> Sent:
    """Sends one message at once and once, whatever the receiver's state, and logs it: to try a receiver out.

    One that succeeds wakes a receiver that rests.
    """
    with store.transaction() as session:
        receiver = session.get_one(Receiver, receiver_id)
        enqueue(session, [Letter(receiver_id, key, kind, body, now + rows.LEASE, content_type=content_type)])
        found = session.query(Delivery).filter_by(receiver_id=receiver_id, key=key).one()
        found.created_at = now
        item = Item(found.id, key, body, content_type, 0)
    sent = courier.carry(receiver, item)
    with store.transaction() as session:
        rows.mark_single(session, receiver_id, sent, now=now)
    return sent
