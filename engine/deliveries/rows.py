"""Taking what is due under a lease, and marking what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from engine import outbox
from engine.deliveries.model import WAITING, Attempt, Delivery, DeliveryState, Receiver, ReceiverState
from engine.deliveries.schedule import RESTS_AFTER, Chance, after_failure
from engine.deliveries.sending import Item, Sent
from engine.store import table_of

LEASE = timedelta(seconds=60)
"""Longer than a batch can take: see `worker.SECONDS`."""


def anything_due(session: Session, *, now: datetime) -> bool:
    """Asked without a lock before `pick`."""
    return session.scalar(select(Receiver.id).where(_ready(now)).limit(1)) is not None


def pick(session: Session, *, now: datetime, healthy: int, failing: int) -> list[tuple[int, bool]]:
    """Leases receivers with something due, least lately served first; gives (id, whether it is failing).

    At most so many of each. None while everything is held.
    """
    if outbox.held(session) is not None:
        return []
    picked: list[tuple[int, bool]] = []
    for is_failing, most in ((False, healthy), (True, failing)):
        if most <= 0:
            continue
        ids = session.scalars(
            select(Receiver.id)
            .where(_ready(now), Receiver.failures > 0 if is_failing else Receiver.failures == 0)
            .order_by(Receiver.leased_until.asc().nulls_first(), Receiver.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        ).all()
        picked += [(id_, is_failing) for id_ in ids]
    if picked:
        session.execute(
            update(Receiver)
            .where(Receiver.id.in_([id_ for id_, _ in picked]))
            .values(leased_until=now + LEASE)
            .execution_options(synchronize_session=False)
        )
    return picked


def take(session: Session, receiver_id: int, *, now: datetime, most: int) -> tuple[Receiver, list[Item]]:
    """What is due for a receiver this node has leased, in order, and the lease anew; nothing taken ends the lease.

    One that rested gets a single delivery first, to see whether it is back.
    """
    session.flush()  # what `mark` said of the receiver would be lost when its row is read anew
    receiver = session.get_one(Receiver, receiver_id, with_for_update=True, populate_existing=True)
    items: list[Item] = []
    if most and receiver.state == ReceiverState.ON and _is_awake(receiver, now) and outbox.held(session) is None:
        rows = session.execute(
            select(Delivery.id, Delivery.key, Delivery.body, Delivery.content_type, Delivery.attempts)
            .where(_is_due(receiver_id, now))
            .order_by(Delivery.next_at, Delivery.id)
            .limit(1 if receiver.failures >= RESTS_AFTER else most)
        )
        items = [Item(*row) for row in rows]
    receiver.leased_until = now + LEASE if items else now
    return receiver, items


def mark(session: Session, receiver_id: int, sent: Sequence[Sent], *, now: datetime, chance: Chance) -> None:
    """Writes down how the tries of a batch went. At most the last of them failed; then the lease ends."""
    receiver = session.get_one(Receiver, receiver_id, with_for_update=True, populate_existing=True)
    _log(session, sent)
    delivered = [each.item.id for each in sent if each.ok]
    if delivered:
        _mark_delivered(session, receiver, delivered, now=now)
    for each in sent:
        if not each.ok:
            _mark_failed(session, receiver, each, now=now, chance=chance)


def mark_single(session: Session, receiver_id: int, sent: Sent, *, now: datetime) -> None:
    """As `mark`, for a message that is sent once and not again, and whose failure says nothing about the others."""
    receiver = session.get_one(Receiver, receiver_id, with_for_update=True, populate_existing=True)
    _log(session, [sent])
    if sent.ok:
        _mark_delivered(session, receiver, [sent.item.id], now=now)
    else:
        _give_up(session, sent.item.id, now=now)


def _log(session: Session, sent: Sequence[Sent]) -> None:
    rows = [
        {
            "delivery_id": each.item.id,
            "at": each.at,
            "ms": each.ms,
            "status": each.status,
            "trouble": each.trouble,
            "answer": each.answer,
        }
        for each in sent
    ]
    session.execute(insert(table_of(Attempt)), rows)


def _mark_delivered(session: Session, receiver: Receiver, ids: Sequence[int], *, now: datetime) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.DELIVERED.value, attempts=Delivery.attempts + 1, done_at=now)
        .execution_options(synchronize_session=False)
    )
    if receiver.failures >= RESTS_AFTER:  # it is back: all that waited for it follows, in its old order
        wake(session, receiver.id, now=now)
    receiver.failures = 0
    receiver.failing_since = receiver.rests_until = receiver.trouble = None
    receiver.delivered_at = now


def _mark_failed(session: Session, receiver: Receiver, sent: Sent, *, now: datetime, chance: Chance) -> None:
    receiver.failures += 1
    receiver.failing_since = receiver.failing_since or now
    receiver.trouble = sent.said
    receiver.leased_until = now
    following = after_failure(
        attempts=sent.item.attempts + 1,
        failures=receiver.failures,
        status=sent.status,
        retry_after=sent.retry_after,
        now=now,
        chance=chance,
    )
    receiver.rests_until = following.rests_until
    if following.gone and receiver.state == ReceiverState.ON:
        receiver.state = ReceiverState.GONE.value
    if following.at is None:
        _give_up(session, sent.item.id, now=now)
        return
    session.execute(
        update(Delivery)
        .where(Delivery.id == sent.item.id, Delivery.state == WAITING)
        .values(attempts=Delivery.attempts + 1, next_at=following.at)
        .execution_options(synchronize_session=False)
    )


def _give_up(session: Session, delivery_id: int, *, now: datetime) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == WAITING)
        .values(state=DeliveryState.FAILED.value, attempts=Delivery.attempts + 1, done_at=now)
        .execution_options(synchronize_session=False)
    )


def wake(session: Session, receiver_id: int, *, now: datetime) -> None:
    """Makes all that waits for a receiver due now, in the order it was queued."""
    session.execute(
        update(Delivery)
        .where(Delivery.receiver_id == receiver_id, Delivery.state == WAITING)
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_due(receiver_id: ColumnElement[int] | int, now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.receiver_id == receiver_id, Delivery.state == WAITING, Delivery.next_at <= now)


def _ready(now: datetime) -> ColumnElement[bool]:
    return and_(
        Receiver.state == ReceiverState.ON.value,
        or_(Receiver.rests_until.is_(None), Receiver.rests_until <= now),
        or_(Receiver.leased_until.is_(None), Receiver.leased_until <= now),
        exists().where(_is_due(Receiver.id.expression, now)),
    )


def _is_awake(receiver: Receiver, now: datetime) -> bool:
    return receiver.rests_until is None or receiver.rests_until <= now
