"""Posting somebody and ending it. What a posting gives by right, a role in its unit, comes and goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.people import Membership, Person, Viewer, operator_log
from engine.staffing.model import DUTIES, RANKS, Kind, Posting
from engine.territory import OFFICE, Unit

ROLE: Mapping[str, str] = {Kind.INSTRUCTOR: "instructor", Kind.DELEGATE: "delegate"}
"""The role that a posting gives in its unit."""
PLACE: Mapping[str, str] = {Kind.MEMBER: "grid", Kind.DELEGATE: "grid", Kind.LEADER: "community"}
"""The tier of the places it is for."""
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PostingIn:
    """`from_on` and `to_on` are inclusive."""

    kind: str
    person_id: int
    unit_id: str
    from_on: date
    to_on: date | None = None
    rank: str | None = None
    duties: tuple[str, ...] = ()


def faults_of(said: PostingIn, person: Person | None, unit: Unit | None, *, today: date) -> dict[str, Words]:
    """What is wrong, by field. Pure."""
    wrong: dict[str, Words] = {}
    if said.kind not in set(Kind):
        wrong["kind"] = {"zh": "请选择。", "en": "Please choose."}
    if person is None or not person.active:
        wrong["person"] = {
            "zh": "没有这个人员，或账号已停用。",
            "en": "There is no such person, or their account is closed.",
        }
    if unit is None or unit.valid_to is not None:
        wrong["unit"] = {"zh": "没有这个单位，或已停用。", "en": "There is no such unit, or it is closed."}
    elif said.kind == Kind.OFFICER and unit.tier != OFFICE:
        wrong["unit"] = {"zh": "须为信联成员单位。", "en": "It must be a member unit."}
    elif said.kind in PLACE and unit.tier != PLACE[said.kind]:
        tier = {"grid": ("网格", "grid"), "community": ("社区", "community")}[PLACE[said.kind]]
        wrong["unit"] = {"zh": f"须为{tier[0]}。", "en": f"It must be a {tier[1]}."}
    if said.to_on is not None and said.to_on < said.from_on:
        wrong["to_on"] = {"zh": "结束日期早于开始日期。", "en": "It ends before it begins."}
    if said.kind in ROLE and (said.from_on > today or said.to_on is not None):
        wrong["from_on"] = {
            "zh": "从今天或更早开始，结束时再登记。",
            "en": "It begins today or earlier and is ended by hand.",
        }
    if said.kind == Kind.OFFICER and said.rank not in RANKS:
        wrong["rank"] = {"zh": "请选择职级。", "en": "Choose a rank."}
    if any(each not in DUTIES for each in said.duties) or (said.kind == Kind.MEMBER and not said.duties):
        wrong["duties"] = {"zh": "请至少选择一项包干事项。", "en": "Choose at least one duty."}
    return wrong


def post_person(session: Session, said: PostingIn, *, viewer: Viewer | None, now: datetime, today: date) -> Posting:
    """A member unit has one officer at a time: the earlier one's posting ends the day before.

    Raises Invalid with fields, NotAllowed, Conflict `posting.there_already` when the same stands.
    """
    person, unit = session.get(Person, said.person_id), session.get(Unit, said.unit_id)
    wrong = faults_of(said, person, unit, today=today)
    if wrong:
        raise Invalid("posting.invalid", f"Something is missing or wrong: {', '.join(wrong)}.", fields=wrong)
    if viewer is not None:
        viewer.must("staffing.keep", said.unit_id)
    session.get(Unit, said.unit_id, with_for_update=True)  # two officers named at once wait for each other
    standing = session.scalars(
        select(Posting).where(Posting.unit_id == said.unit_id, Posting.kind == said.kind, Posting.to_on.is_(None))
    ).all()
    if any(each.person_id == said.person_id for each in standing):
        raise Conflict("posting.there_already", "They stand for this unit already.")
    if said.kind == Kind.OFFICER:
        for each in standing:
            _close(each, max(each.from_on, said.from_on - timedelta(days=1)), viewer, now=now, why=None)
    posting = Posting(
        kind=said.kind,
        person_id=said.person_id,
        unit_id=said.unit_id,
        rank=said.rank if said.kind == Kind.OFFICER else None,
        duties=list(said.duties),
        from_on=said.from_on,
        to_on=said.to_on,
        noted_at=now,
        noted_by=None if viewer is None else viewer.person_id,
    )
    session.add(posting)
    session.flush()
    role = ROLE.get(said.kind)
    if role is not None and session.get(Membership, (said.person_id, said.unit_id, role)) is None:
        session.add(Membership(person_id=said.person_id, unit_id=said.unit_id, role=role))
        facts = {"unit": said.unit_id, "role": role}
        operator_log.log(session, viewer, "role.given", f"person:{said.person_id}", now=now, facts=facts)
        session.flush()
    return posting


def end_posting(
    session: Session, posting_id: int, *, to_on: date, why: str, viewer: Viewer | None, now: datetime, today: date
) -> Posting:
    """Idempotent. Its role goes with it at once, so a posting that gives one ends today or earlier.

    Raises NotFound, NotAllowed, Invalid for a last day that cannot be.
    """
    posting = session.get(Posting, posting_id, with_for_update=True)
    if posting is None:
        raise NotFound("posting.unknown", "There is no such posting.", posting=posting_id)
    if viewer is not None:
        viewer.must("staffing.keep", posting.unit_id)
    if posting.ended_at is not None:
        return posting
    if to_on < posting.from_on:
        fields = {"to_on": {"zh": "结束日期早于开始日期。", "en": "It ends before it begins."}}
        raise Invalid("posting.invalid", "It ends before it begins.", fields=fields)
    role = ROLE.get(posting.kind)
    if role and to_on > today:
        words = {"zh": "请填今天或更早的日期，职责随即收回。", "en": "Today or earlier: the role goes with it at once."}
        raise Invalid("posting.invalid", "It ends today or earlier.", fields={"to_on": words})
    _close(posting, to_on, viewer, now=now, why=why.strip()[:500] or None)
    session.flush()
    membership = session.get(Membership, (posting.person_id, posting.unit_id, role)) if role else None
    if membership is not None:
        session.delete(membership)
        facts = {"unit": posting.unit_id, "role": role}
        operator_log.log(session, viewer, "role.taken", f"person:{posting.person_id}", now=now, facts=facts)
        session.flush()
    return posting


def _close(posting: Posting, to_on: date, viewer: Viewer | None, *, now: datetime, why: str | None) -> None:
    posting.to_on, posting.ended_at, posting.ended_why = to_on, now, why
    posting.ended_by = None if viewer is None else viewer.person_id
