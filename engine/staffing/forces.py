"""Task forces: a team across units whose members see the cases it was given, and the log of its meetings.

Cases are given and taken by `process.forces`, which writes their history.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.people import ACTS, WORKING, Membership, Person, Viewer
from engine.staffing.model import ForceCase, ForceMember, Meeting, TaskForce
from engine.territory import Unit, within

LONGEST = 4000
NEEDED = {"zh": "请填写。", "en": "Please fill this in."}


def set_up(
    session: Session, unit_id: str, name: str, purpose: str, meets: str, chair_id: int, *, viewer: Viewer, now: datetime
) -> TaskForce:
    """The chair is its first member. Raises Invalid, NotAllowed."""
    viewer.must("force.keep", unit_id)
    wrong = {}
    if not 0 < len(name.strip()) <= 120:
        wrong["name"] = {"zh": "请填写，最多 120 个字符。", "en": "Needed, at most 120 characters."}
    if not 0 < len(purpose.strip()) <= LONGEST:
        wrong["purpose"] = NEEDED
    home = working_unit(session, chair_id)
    if home is None:
        wrong["chair"] = {"zh": "须为在岗人员。", "en": "It must be somebody who works in a unit."}
    if wrong or home is None:
        raise Invalid("force.invalid", "Something about the task force is missing.", fields=wrong)
    force = TaskForce(
        unit_id=unit_id,
        name=name.strip(),
        purpose=purpose.strip(),
        meets=meets.strip()[:120] or None,
        chair_id=chair_id,
        began_at=now,
    )
    session.add(force)
    session.flush()
    session.add(ForceMember(force_id=force.id, person_id=chair_id, unit_id=home, joined_at=now))
    session.flush()
    return force


def get_force(session: Session, viewer: Viewer, force_id: int) -> TaskForce:
    """Seen by its members and by those who keep such teams above it. Raises NotFound."""
    force = session.get(TaskForce, force_id)
    if force is None or not (may_keep(viewer, force) or viewer.person_id in present_members(session, force_id)):
        raise NotFound("force.unknown", "There is no such task force.", force=force_id)
    return force


def may_keep(viewer: Viewer, force: TaskForce) -> bool:
    return viewer.may("force.keep", force.unit_id) or viewer.person_id == force.chair_id


def add_member(session: Session, force_id: int, person_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Raises Conflict when they are in it already, Invalid for somebody who works nowhere."""
    force = kept(session, force_id, viewer)
    home = working_unit(session, person_id)
    if home is None:
        fields = {"person": {"zh": "须为在岗人员。", "en": "It must be somebody who works in a unit."}}
        raise Invalid("force.invalid", "They work in no unit.", fields=fields)
    if person_id in present_members(session, force_id):
        raise Conflict("force.member_already", "They are in the task force already.")
    session.add(ForceMember(force_id=force.id, person_id=person_id, unit_id=home, joined_at=now))
    session.flush()


def remove_member(session: Session, force_id: int, person_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Idempotent. They see the cases of the task force no more. Its chair stays."""
    force = kept(session, force_id, viewer)
    if person_id == force.chair_id:
        raise Conflict("force.chair_stays", "Its chair stays in the task force.")
    for member in session.scalars(_present(force_id).where(ForceMember.person_id == person_id)):
        member.left_at = now
    session.flush()


def end_force(session: Session, force_id: int, *, viewer: Viewer, now: datetime) -> Sequence[int]:
    """For good: its members leave, its cases are theirs no longer; gives these. Idempotent."""
    force = session.get(TaskForce, force_id, with_for_update=True)
    if force is None or not may_keep(viewer, force):
        raise NotFound("force.unknown", "There is no such task force.", force=force_id)
    if force.ended_at is not None:
        return []
    force.ended_at = now
    for member in session.scalars(_present(force_id)):
        member.left_at = now
    given = session.scalars(select(ForceCase).where(ForceCase.force_id == force_id, ForceCase.left_at.is_(None))).all()
    for each in given:
        each.left_at = now
    session.flush()
    return sorted(each.case_id for each in given)


def note_meeting(
    session: Session,
    force_id: int,
    *,
    held_at: datetime,
    place: str,
    present: Collection[int],
    decided: str,
    next_on: date | None,
    viewer: Viewer,
    now: datetime,
) -> Meeting:
    """Written by any member or keeper; never changed afterwards. People who are no members are left out."""
    force = get_force(session, viewer, force_id)
    wrong = {}
    if not 0 < len(decided.strip()) <= LONGEST:
        wrong["decided"] = NEEDED
    if held_at > now:
        wrong["held_at"] = {"zh": "会议还没有召开。", "en": "It has not been held yet."}
    members = present_members(session, force_id)
    there = sorted(set(present) & set(members))
    if not there:
        wrong["present"] = {"zh": "请勾选到会人员。", "en": "Tick who was there."}
    if wrong:
        raise Invalid("meeting.invalid", "Something about the meeting is missing.", fields=wrong)
    meeting = Meeting(
        force_id=force.id,
        held_at=held_at,
        place=place.strip()[:200] or None,
        present=there,
        decided=decided.strip(),
        next_on=next_on,
        written_by=viewer.person_id,
        written_at=now,
    )
    session.add(meeting)
    session.flush()
    return meeting


def put_case(session: Session, force: TaskForce, case_id: int, *, viewer: Viewer, now: datetime) -> bool:
    """False when it has the case already. The caller has locked the case, sees it, and writes its history."""
    if force.ended_at is not None:
        raise Conflict("force.ended", "This task force has ended.")
    there = select(ForceCase.id).where(
        ForceCase.force_id == force.id, ForceCase.case_id == case_id, ForceCase.left_at.is_(None)
    )
    if session.scalar(there) is not None:
        return False
    session.add(ForceCase(force_id=force.id, case_id=case_id, added_at=now, added_by=viewer.person_id))
    session.flush()
    return True


def take_case(session: Session, force: TaskForce, case_id: int, *, now: datetime) -> bool:
    """False when it has not got it."""
    row = session.scalars(
        select(ForceCase).where(
            ForceCase.force_id == force.id, ForceCase.case_id == case_id, ForceCase.left_at.is_(None)
        )
    ).first()
    if row is not None:
        row.left_at = now
        session.flush()
    return row is not None


def kept(session: Session, force_id: int, viewer: Viewer) -> TaskForce:
    """The task force, for whoever may change it while it lasts. Raises NotFound, NotAllowed, Conflict."""
    force = get_force(session, viewer, force_id)
    if not may_keep(viewer, force):
        raise NotAllowed("force.not_yours", "Its chair and those who set it up change a task force.", force=force_id)
    if force.ended_at is not None:
        raise Conflict("force.ended", "This task force has ended.")
    return force


def present_members(session: Session, force_id: int) -> Sequence[int]:
    """Persons, by id."""
    return sorted(each.person_id for each in session.scalars(_present(force_id)))


def members_of(session: Session, force_id: int) -> Sequence[tuple[ForceMember, Person, Unit]]:
    """Everybody who ever was in it, the present ones first."""
    rows = session.execute(
        select(ForceMember, Person, Unit)
        .join(Person, Person.id == ForceMember.person_id)
        .join(Unit, Unit.id == ForceMember.unit_id)
        .where(ForceMember.force_id == force_id)
        .order_by(ForceMember.left_at.is_not(None), ForceMember.id)
    ).all()
    return [(member, person, unit) for member, person, unit in rows]


def cases_of(session: Session, force_id: int, *told: ColumnElement[bool], most: int = 100) -> Sequence[int]:
    """The ids of its cases, newest first, of which all `told` is true; whether each is shown is another question."""
    given = select(ForceCase.case_id).where(ForceCase.force_id == force_id, ForceCase.left_at.is_(None), *told)
    return session.scalars(given.order_by(ForceCase.id.desc()).limit(most)).all()


def forces_with(session: Session, case_id: int) -> Sequence[TaskForce]:
    """Those that have the case now."""
    return session.scalars(
        select(TaskForce)
        .join(ForceCase, ForceCase.force_id == TaskForce.id)
        .where(ForceCase.case_id == case_id, ForceCase.left_at.is_(None))
        .order_by(TaskForce.id)
    ).all()


def forces_for(session: Session, viewer: Viewer, *told: ColumnElement[bool]) -> Sequence[tuple[TaskForce, int, int]]:
    """What the viewer may see, those that last first, each with its members and those cases of it of which all `told`
    is true (conditions on `ForceCase`). One statement.
    """
    mine = select(ForceMember.force_id).where(ForceMember.person_id == viewer.person_id, ForceMember.left_at.is_(None))
    kept_here = within(TaskForce.unit_id.expression, viewer.units(ACTS["force.keep"]))
    count = func.count()
    members = select(count).where(ForceMember.force_id == TaskForce.id, ForceMember.left_at.is_(None))
    cases = select(count).where(ForceCase.force_id == TaskForce.id, ForceCase.left_at.is_(None), *told)
    rows = session.execute(
        select(TaskForce, members.correlate(TaskForce).scalar_subquery(), cases.correlate(TaskForce).scalar_subquery())
        .where(or_(TaskForce.id.in_(mine), kept_here))
        .order_by(TaskForce.ended_at.is_not(None), TaskForce.id.desc())
        .limit(100)
    ).all()
    return [(force, int(people), int(held)) for force, people, held in rows]


def open_to(session: Session, viewer: Viewer) -> Sequence[TaskForce]:
    """Task forces that the viewer may give a case."""
    return [
        force
        for force, _members, _cases in forces_for(session, viewer)
        if force.ended_at is None and may_keep(viewer, force)
    ]


def meetings_of(session: Session, force_id: int, *, most: int = 50) -> Sequence[Meeting]:
    """Newest first."""
    held = select(Meeting).where(Meeting.force_id == force_id).order_by(Meeting.held_at.desc(), Meeting.id.desc())
    return session.scalars(held.limit(most)).all()


def working_unit(session: Session, person_id: int) -> str | None:
    """The highest unit in which an active person works."""
    units = session.scalars(
        select(Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.id == person_id, Person.active, Membership.role.in_(sorted(WORKING)))
    ).all()
    return min(units, key=lambda unit: (unit.count("."), unit), default=None)


def _present(force_id: int) -> Select[ForceMember]:
    return select(ForceMember).where(ForceMember.force_id == force_id, ForceMember.left_at.is_(None))
