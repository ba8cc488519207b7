"""Looking: how receivers do, what was delivered to them, and how each try went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, Subquery, func, or_, select, true
from sqlalchemy.orm import Session

from engine.deliveries.model import FAILED, WAITING, Attempt, Delivery, Receiver
from engine.errors import NotFound

PAGE = 30
Hidden = Select[str] | None
"""The numbers of cases of which whoever looks may not learn; None: there are none."""


@dataclass(frozen=True, slots=True)
class Health:
    """What waits for a receiver, when the next of it is due, and how much was given up."""

    waiting: int = 0
    failed: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log: a delivery and its last try, if there was one."""

    delivery: Delivery
    last: Attempt | None


def health_of(session: Session, receiver_ids: Iterable[int], *, hidden: Hidden = None) -> Mapping[int, Health]:
    """In one statement."""
    ids = list(receiver_ids)
    waiting = _counted(WAITING, ids, hidden)
    failed = _counted(FAILED, ids, hidden)
    found = session.execute(
        select(Receiver.id, waiting.c.count, failed.c.count, waiting.c.next_at)
        .outerjoin(waiting, waiting.c.receiver_id == Receiver.id)
        .outerjoin(failed, failed.c.receiver_id == Receiver.id)
        .where(Receiver.id.in_(ids))
    )
    return {id_: Health(count or 0, given_up or 0, next_at) for id_, count, given_up, next_at in found}


def _told(hidden: Hidden) -> ColumnElement[bool]:
    return true() if hidden is None else or_(Delivery.subject.is_(None), Delivery.subject.not_in(hidden))


def _counted(state: BindParameter[str], receiver_ids: Sequence[int], hidden: Hidden) -> Subquery:
    return (
        select(Delivery.receiver_id, func.count().label("count"), func.min(Delivery.next_at).label("next_at"))
        .where(Delivery.receiver_id.in_(receiver_ids), Delivery.state == state, _told(hidden))
        .group_by(Delivery.receiver_id)
        .subquery()
    )


def in_trouble(session: Session) -> Sequence[Receiver]:
    """Receivers that fail, are gone, or had something given up; for the operators' first page."""
    given_up = select(Delivery.receiver_id).where(Delivery.state == FAILED)
    return session.scalars(
        select(Receiver)
        .where((Receiver.failures > 0) | (Receiver.state == "gone") | Receiver.id.in_(given_up))
        .order_by(Receiver.name)
        .limit(50)
    ).all()


def deliveries_of(
    session: Session,
    receiver_id: int,
    *,
    state: str | None = None,
    before: int | None = None,
    hidden: Hidden = None,
    most: int = PAGE,
) -> tuple[Sequence[Entry], int | None]:
    """Newest first, with the last try of each, and the cursor of the next page."""
    mine = select(Delivery).where(Delivery.receiver_id == receiver_id, _told(hidden))
    wanted = mine.order_by(Delivery.id.desc()).limit(most + 1)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    if before is not None:
        wanted = wanted.where(Delivery.id < before)
    found = session.scalars(wanted).all()
    shown = found[:most]
    newest = session.scalars(
        select(func.max(Attempt.id))
        .where(Attempt.delivery_id.in_([each.id for each in shown]))
        .group_by(Attempt.delivery_id)
    ).all()
    last = {each.delivery_id: each for each in session.scalars(select(Attempt).where(Attempt.id.in_(newest)))}
    entries = [Entry(each, last.get(each.id)) for each in shown]
    return entries, shown[-1].id if len(found) > most else None


def get_delivery(session: Session, receiver_id: int, delivery_id: int, *, hidden: Hidden = None) -> Delivery:
    """Raises NotFound for one of another receiver, too."""
    found = session.scalars(select(Delivery).where(Delivery.id == delivery_id, _told(hidden))).first()
    if found is None or found.receiver_id != receiver_id:
        raise NotFound("delivery.unknown", "There is no such delivery.")
    return found


def attempts_of(session: Session, delivery_id: int) -> Sequence[Attempt]:
    """Newest first, fifty at most."""
    return session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.id.desc()).limit(50)
    ).all()
