"""The calendar of receptions: which leader receives when, where, about what, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import REQUIRED, Conflict, Invalid, too_long
from engine.people import Viewer, members
from engine.receptions.model import Booking, Reception
from engine.receptions.rows import lock_reception
from engine.territory import get_unit, is_within

MOST = 100
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Plan:
    """`community_id` names where the leader goes down to; None at the office."""

    unit_id: str
    leader_id: int | None
    place: str
    starts_at: datetime | None
    ends_at: datetime | None
    topics: str
    quota: int | None
    community_id: str | None = None


def arrange(session: Session, plan: Plan, *, viewer: Viewer, now: datetime) -> Reception:
    """Enters a reception into the calendar; nobody is booked before it is published.

    Raises NotAllowed, NotFound for a unit, Invalid naming every field at once.
    """
    get_unit(session, plan.unit_id)
    viewer.must("reception.arrange", plan.unit_id)
    _check(session, plan, now)
    assert plan.leader_id is not None
    assert plan.starts_at is not None
    assert plan.ends_at is not None
    assert plan.quota is not None
    reception = Reception(
        unit_id=plan.unit_id,
        leader_id=plan.leader_id,
        community_id=plan.community_id,
        place_text=plan.place.strip(),
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        topics=plan.topics.strip(),
        quota=plan.quota,
        created_by=viewer.person_id,
        created_at=now,
    )
    session.add(reception)
    session.flush()
    return reception


def publish(session: Session, reception_id: int, *, viewer: Viewer, now: datetime) -> None:
    """From now on it can be booked. Once is enough."""
    reception = _arranged(session, reception_id, viewer)
    reception.published_at = reception.published_at or now
    session.flush()


def cancel(session: Session, reception_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Calls a reception off. Raises Conflict once somebody was received."""
    reception = _arranged(session, reception_id, viewer)
    received = select(Booking.id).where(Booking.reception_id == reception.id, Booking.arrived.is_not(None)).limit(1)
    if session.scalar(received) is not None:
        raise Conflict("reception.held", "Somebody was received already.", reception=reception.id)
    reception.cancelled_at = now
    session.flush()


def _arranged(session: Session, reception_id: int, viewer: Viewer) -> Reception:
    reception = lock_reception(session, viewer, reception_id)
    viewer.must("reception.arrange", reception.unit_id)
    if reception.cancelled_at is not None:
        raise Conflict("reception.cancelled", "This reception was called off.", reception=reception.id)
    return reception


def _check(session: Session, plan: Plan, now: datetime) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    for field, value, most in (("place", plan.place, 200), ("topics", plan.topics, 300)):
        if not value.strip():
            wrong[field] = REQUIRED
        elif len(value) > most:
            wrong[field] = too_long(most)
    if plan.leader_id not in {person.id for person in members(session, plan.unit_id, ("leader",))}:
        wrong["leader_id"] = {"zh": "请选择本单位的领导。", "en": "Choose a leader of this unit."}
    if plan.community_id is not None:
        if not is_within(plan.community_id, plan.unit_id):
            wrong["community_id"] = {"zh": "请选择辖区内的社区。", "en": "Choose a community of this area."}
        else:
            get_unit(session, plan.community_id)
    if plan.starts_at is None or plan.starts_at < now:
        wrong["starts_at"] = {"zh": "请填写将来的时间。", "en": "Write a time to come."}
    elif plan.ends_at is None or not timedelta() < plan.ends_at - plan.starts_at <= LONGEST:
        wrong["ends_at"] = {
            "zh": "结束时间应在开始之后，不超过十二小时。",
            "en": "It ends after it begins, within 12 hours.",
        }
    if plan.quota is None or not 1 <= plan.quota <= MOST:
        wrong["quota"] = {"zh": f"请填写 1 至 {MOST} 的名额。", "en": f"Write how many, from 1 to {MOST}."}
    if wrong:
        raise Invalid("reception.invalid", "The reception cannot be arranged like this.", fields=wrong)
