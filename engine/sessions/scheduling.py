"""Calling a session: when, where, about what, and who is asked to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import REQUIRED, Conflict, Invalid, too_long
from engine.people import Viewer, names
from engine.sessions.model import Gathering, GatheringItem, Invitation, Kind
from engine.sessions.rows import lock_session
from engine.territory import get_unit, units_by_id

LONGEST = 200
MOST_INVITED = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """`names` are residents' representatives. `host_id` None: whoever calls the session."""

    unit_id: str
    kind: str
    topic: str
    place: str
    starts_at: datetime | None
    host_id: int | None = None
    units: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def schedule(session: Session, plan: Plan, *, viewer: Viewer, now: datetime) -> Gathering:
    """Raises NotAllowed, NotFound for the unit, Invalid naming every field at once."""
    get_unit(session, plan.unit_id)
    viewer.must("session.hold", plan.unit_id)
    _check(session, plan)
    assert plan.starts_at is not None
    gathering = Gathering(
        unit_id=plan.unit_id,
        kind=plan.kind,
        topic=plan.topic.strip(),
        place_text=plan.place.strip(),
        starts_at=plan.starts_at,
        host_id=plan.host_id or viewer.person_id,
        created_by=viewer.person_id,
        created_at=now,
    )
    session.add(gathering)
    session.flush()
    session.add_all(Invitation(gathering_id=gathering.id, unit_id=unit) for unit in dict.fromkeys(plan.units))
    session.add_all(Invitation(gathering_id=gathering.id, person_id=person) for person in dict.fromkeys(plan.people))
    session.add_all(Invitation(gathering_id=gathering.id, name=name[:80]) for name in _said(plan.names))
    session.flush()
    return gathering


def cancel(session: Session, gathering_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Calls a session off. Raises Conflict for one that was held, or at which something was raised."""
    gathering = lock_session(session, viewer, gathering_id)
    viewer.must("session.hold", gathering.unit_id)
    if gathering.cancelled_at is not None:
        return
    raised = select(GatheringItem.id).where(GatheringItem.gathering_id == gathering.id).limit(1)
    if gathering.held_at is not None or session.scalar(raised) is not None:
        raise Conflict("session.held", "This session was held; it cannot be called off.", session=gathering.id)
    gathering.cancelled_at = now
    session.flush()


def _check(session: Session, plan: Plan) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    for field, value in (("topic", plan.topic), ("place", plan.place)):
        if not value.strip():
            wrong[field] = REQUIRED
        elif len(value) > LONGEST:
            wrong[field] = too_long(LONGEST)
    if plan.kind not in tuple(Kind):
        wrong["kind"] = {"zh": "请选择。", "en": "Please choose."}
    if plan.starts_at is None:
        wrong["starts_at"] = {"zh": "请填写有效的时间。", "en": "Write a valid time."}
    people = {plan.host_id, *plan.people} - {None}
    if len(units_by_id(session, plan.units)) != len(set(plan.units)):
        wrong["units"] = {"zh": "请从给出的单位中选择。", "en": "Choose from the units offered."}
    if len(names(session, [each for each in people if each])) != len(people):
        wrong["people"] = {"zh": "请从给出的人员中选择。", "en": "Choose from the people offered."}
    if len(plan.units) + len(plan.people) + len(plan.names) > MOST_INVITED:
        wrong["names"] = {"zh": f"最多邀请 {MOST_INVITED} 个。", "en": f"At most {MOST_INVITED} are invited."}
    if wrong:
        raise Invalid("session.invalid", "The session cannot be called like this.", fields=wrong)


def _said(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(name.strip() for name in names if name.strip())
