"""What people do to receivers and deliveries, and what is forgotten after a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from engine.deliveries import rows
from engine.deliveries.keys import new_key
from engine.deliveries.model import FAILED, WAITING, Attempt, Delivery, DeliveryState, Receiver, ReceiverState
from engine.errors import Conflict, NotFound

OVERLAP = timedelta(days=7)
"""So long after a new secret was made the old one still signs too."""
FORGOTTEN_AT_ONCE = 1000


def pause(session: Session, receiver_id: int) -> None:
    """Nothing is sent to it any more; what comes is kept for it. Idempotent."""
    _locked(session, receiver_id).state = ReceiverState.PAUSED.value


def resume(session: Session, receiver_id: int, *, now: datetime) -> None:
    """It is sent to again, from what waited longest; also after it answered 410. Idempotent."""
    receiver = _locked(session, receiver_id)
    receiver.state = ReceiverState.ON.value
    receiver.failures = 0
    receiver.failing_since = receiver.rests_until = receiver.trouble = None
    rows.wake(session, receiver_id, now=now)


def rotate_key(session: Session, receiver_id: int, root: str, *, now: datetime) -> Mapping[str, Any]:
    """A new secret from now on; the one before signs too for a week, older ones no more. Gives the new key."""
    receiver = _locked(session, receiver_id)
    made = new_key(root, now=now)
    before = [{**key, "ends_at": (now + OVERLAP).isoformat()} for key in receiver.keys[:1]]
    receiver.keys = [made, *before]
    return made


def end_old_key(session: Session, receiver_id: int) -> None:
    """From now on only the newest secret signs."""
    receiver = _locked(session, receiver_id)
    receiver.keys = receiver.keys[:1]


def redeliver(session: Session, receiver_id: int, delivery_id: int, *, now: datetime) -> None:
    """Has a delivery sent again under its old key, with all its tries anew. Raises NotFound.

    Raises Conflict for one that waits already: it is sent anyway.
    """
    found = session.get(Delivery, delivery_id, with_for_update=True)
    if found is None or found.receiver_id != receiver_id:
        raise NotFound("delivery.unknown", "There is no such delivery.")
    if found.state == DeliveryState.WAITING and found.next_at <= now:
        raise Conflict("delivery.waiting", "It is about to be sent.")
    found.state = DeliveryState.WAITING.value
    found.attempts, found.next_at, found.done_at = 0, now, None


def redeliver_failed(session: Session, receiver_id: int, *, now: datetime) -> int:
    """Has everything sent again that was given up, in its old order; gives how many."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.receiver_id == receiver_id, Delivery.state == FAILED)
        .values(state=DeliveryState.WAITING.value, attempts=0, next_at=now, done_at=None)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def forget(session: Session, receiver_id: int) -> None:
    """Removes a receiver with all its deliveries."""
    theirs = select(Delivery.id).where(Delivery.receiver_id == receiver_id)
    session.execute(delete(Attempt).where(Attempt.delivery_id.in_(theirs)))
    session.execute(delete(Delivery).where(Delivery.receiver_id == receiver_id))
    session.execute(delete(Receiver).where(Receiver.id == receiver_id))


def forget_old(session: Session, *, before: datetime) -> int:
    """Forgets some of the deliveries that were done with before that instant, oldest first; gives how many.

    Idempotent; call it again while it gives more than none.
    """
    ids = session.scalars(
        select(Delivery.id).where(Delivery.done_at < before).order_by(Delivery.done_at).limit(FORGOTTEN_AT_ONCE)
    ).all()
    if ids:
        session.execute(delete(Attempt).where(Attempt.delivery_id.in_(ids)))
        session.execute(delete(Delivery).where(Delivery.id.in_(ids), Delivery.done_at.is_not(None)))
    return len(ids)


def count_failed(session: Session) -> int:
    """How many deliveries were given up and wait for a decision."""
    return session.scalar(select(func.count()).where(Delivery.state == FAILED)) or 0


def count_waiting(session: Session) -> int:
    """How many deliveries wait for their next try."""
    return session.scalar(select(func.count()).where(Delivery.state == WAITING)) or 0


def _locked(session: Session, receiver_id: int) -> Receiver:
    return session.get_one(Receiver, receiver_id, with_for_update=True, populate_existing=True)
