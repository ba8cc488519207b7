"""People and places: who stands for which unit, member units, task forces, guidance, and what delegates raise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from engine import citizen, delegates, process, staffing, tasks
from engine.cases import Case
from engine.people import ACTS
from engine.staffing import Meeting, MemberUnit, Posting, PostingIn, TaskForce, Template, forces
from engine.web.api.acts.mediating import Table
from engine.web.api.cases import see
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, Day, Moment, Whole, row, told
from engine.web.api.told import Told
from engine.web.areas import area_asked, own_units
from engine.web.context import now, today, viewer, world
from engine.web.staffing.matters import OPEN_TO_THEM

STAFFING = Room("staffing", "Who stands for which unit.", read="registers:read", write="registers:write")
Id = Annotated[str, Field(max_length=64)]
Who = Annotated[str, Field(max_length=80, description="A user name, or a full name that one person has.")]
Words = Annotated[str, Field(max_length=4000)]
POSTING = row(
    "Posting",
    Posting,
    "id kind person_id unit_id rank duties from_on to_on noted_at noted_by ended_at ended_by ended_why",
)
MEMBER = row("MemberUnit", MemberUnit, "unit_id phone duty", name_zh=str, name_en=str, officer_id=int | None)
TEMPLATE = row("GuidanceTemplate", Template, "id unit_id title text written_by written_at ended_at")
MEETING = row("ForceMeeting", Meeting, "id held_at place present decided next_on written_by written_at")
FORCE = row("TaskForce", TaskForce, "id unit_id name purpose chair_id meets began_at ended_at")
FORCE_FULL = row(
    "TaskForceFull",
    TaskForce,
    "id unit_id name purpose chair_id meets began_at ended_at",
    "Of its cases those that you see.",
    members=list[int],
    cases=list[str],
    meetings=list[MEETING],  # type: ignore[valid-type]
)
RAISED = row("RaisedMatter", Case, "number title state received_at")


class PlaceCode(Told):
    """What the QR code of a place leads to: `/q/<code>`."""

    unit_id: str
    code: str


def _forget() -> None:
    world().forget_people()


@STAFFING.look("/assignments", "listAssignments", "staffing.read", "List who stands for which unit", lists=POSTING)
def list_assignments(session: Session, *, unit: Id = "", past: bool = False, cursor: Cursor = "") -> Any:
    found, following = staffing.postings(
        session,
        areas=[area_asked(unit, ACTS["staffing.read"])],
        on=None if past else today(),
        after=int(cursor) if cursor else None,
    )
    return [each.posting for each in found], following


@STAFFING.act(
    "/assignments", "assign", "staffing.keep", "Assign somebody to a unit", tells=POSTING, status=201, after=_forget
)
def assign(session: Session, *, given: PostingIn) -> Posting:
    return staffing.post_person(session, given, viewer=viewer(), now=now(), today=today())


@STAFFING.act(
    "/assignments/<int:posting_id>/ending",
    "endAssignment",
    "staffing.keep",
    "End an assignment",
    tells=POSTING,
    after=_forget,
)
def end_assignment(session: Session, posting_id: int, *, to_on: Day | None = None, why: Words = "") -> Posting:
    return staffing.end_posting(
        session, posting_id, to_on=to_on or today(), why=why, viewer=viewer(), now=now(), today=today()
    )


@STAFFING.act(
    "/assignments/table",
    "importAssignments",
    "staffing.keep",
    "Change assignments by a table",
    tells=Table,
    description="CSV as `/assignments/import` takes it. Without `apply` it only says what would change.",
    after=_forget,
)
def import_assignments(
    session: Session, *, table: Annotated[str, Field(max_length=200_000)], apply: bool = False
) -> Any:
    if apply:
        plan = staffing.import_postings(session, table, viewer=viewer(), now=now(), today=today())
    else:
        plan = staffing.plan_postings(session, table, today=today())
    return Table(added=len(plan.added), changed=len(plan.ended), same=plan.same, applied=apply)


@STAFFING.look("/members", "listMembers", "staffing.read", "List member units with their officers", lists=MEMBER)
def list_members(session: Session) -> Any:
    found = staffing.member_units(session, own_units(ACTS["staffing.read"]), on=today())
    rows = [
        each
        for member in found
        for each in told(
            session,
            MEMBER,
            [member.row],
            name_zh=member.unit.name_zh,
            name_en=member.unit.name_en,
            officer_id=None if member.officer is None else member.officer.id,
        )
    ]
    return rows, None


@STAFFING.act("/members", "addMember", "staffing.keep", "Add a member unit", tells=MEMBER, status=201)
def add_member(
    session: Session,
    *,
    seat: Id,
    name_zh: Annotated[str, Field(max_length=120)],
    name_en: Annotated[str, Field(max_length=120)],
    phone: Annotated[str, Field(max_length=40)] | None = None,
    duty: Annotated[str, Field(max_length=300)] | None = None,
) -> Any:
    made = staffing.add_member_unit(session, seat, name_zh, name_en, phone=phone, duty=duty, viewer=viewer(), now=now())
    session.flush()
    found, unit = staffing.get_member(session, made.unit_id)
    return told(session, MEMBER, [found], name_zh=unit.name_zh, name_en=unit.name_en, officer_id=None)[0]


@STAFFING.act(
    "/members/<member_id>/postings",
    "nameOfficer",
    "staffing.keep",
    "Name the officer or an instructor of a member unit",
    tells=POSTING,
    status=201,
    after=_forget,
)
def name_officer(
    session: Session,
    member_id: str,
    *,
    person: Who,
    kind: Literal["petition_officer", "instructor"] = "petition_officer",
    from_on: Day | None = None,
    rank: Annotated[str, Field(max_length=20)] | None = None,
) -> Posting:
    who = staffing.called(session, person)
    said = PostingIn(kind=kind, person_id=who, unit_id=member_id, from_on=from_on or today(), rank=rank)
    return staffing.post_person(session, said, viewer=viewer(), now=now(), today=today())


# --- task forces -----------------------------------------------------------------------------------------------------


@STAFFING.look("/task-forces", "listForces", "force.read", "List task forces", lists=FORCE)
def list_forces(session: Session) -> Any:
    return [each for each, *_counts in forces.forces_for(session, viewer())], None


@STAFFING.look("/task-forces/<int:force_id>", "readForce", "force.read", "Read a task force", tells=FORCE_FULL)
def read_force(session: Session, force_id: int) -> Any:
    return _force(session, force_id)


@STAFFING.act("/task-forces", "setForceUp", "force.keep", "Set a task force up", tells=FORCE_FULL, status=201)
def set_up(
    session: Session,
    *,
    unit_id: Id,
    name: Annotated[str, Field(max_length=120)],
    purpose: Words,
    chair: Who,
    meets: Annotated[str, Field(max_length=120)] = "",
) -> Any:
    who = staffing.called(session, chair)
    made = forces.set_up(session, unit_id, name, purpose, meets, who, viewer=viewer(), now=now())
    return _force(session, made.id)


@STAFFING.act("/task-forces/<int:force_id>/members", "addForceMember", "force.read", "Add a member", tells=FORCE_FULL)
def add_force_member(session: Session, force_id: int, *, person: Who) -> Any:
    forces.add_member(session, force_id, staffing.called(session, person), viewer=viewer(), now=now())
    process.reindex_force(session, force_id)
    return _force(session, force_id)


@STAFFING.act(
    "/task-forces/<int:force_id>/leavers", "removeForceMember", "force.read", "Let a member leave", tells=FORCE_FULL
)
def remove_force_member(session: Session, force_id: int, *, person_id: Whole) -> Any:
    forces.remove_member(session, force_id, person_id, viewer=viewer(), now=now())
    process.reindex_force(session, force_id)
    return _force(session, force_id)


@STAFFING.act("/task-forces/<int:force_id>/cases", "giveForceCase", "force.read", "Give it a case", tells=FORCE_FULL)
def give_force_case(session: Session, force_id: int, *, number: Annotated[str, Field(max_length=32)]) -> Any:
    process.give_to_force(session, see(session, number).id, force_id, viewer=viewer(), now=now())
    return _force(session, force_id)


@STAFFING.act(
    "/task-forces/<int:force_id>/returned-cases",
    "takeForceCase",
    "force.read",
    "Take a case away from it",
    tells=FORCE_FULL,
)
def take_force_case(session: Session, force_id: int, *, number: Annotated[str, Field(max_length=32)]) -> Any:
    process.take_from_force(session, see(session, number).id, force_id, viewer=viewer(), now=now())
    return _force(session, force_id)


@STAFFING.act(
    "/task-forces/<int:force_id>/meetings",
    "noteForceMeeting",
    "force.read",
    "Note a meeting",
    tells=MEETING,
    status=201,
)
def note_force_meeting(
    session: Session,
    force_id: int,
    *,
    held_at: Moment,
    decided: Words,
    place: Annotated[str, Field(max_length=200)] = "",
    present: Annotated[list[Whole], Field(max_length=200)] = [],  # noqa: B006 - the model copies it
    next_on: Day | None = None,
) -> Meeting:
    return forces.note_meeting(
        session,
        force_id,
        held_at=held_at,
        place=place,
        present=present,
        decided=decided,
        next_on=next_on,
        viewer=viewer(),
        now=now(),
    )


@STAFFING.act("/task-forces/<int:force_id>/ending", "endForce", "force.read", "End a task force", tells=FORCE)
def end_force(session: Session, force_id: int) -> TaskForce:
    process.end_force(session, force_id, viewer=viewer(), now=now())
    return forces.get_force(session, viewer(), force_id)


def _force(session: Session, force_id: int) -> Any:
    session.flush()
    found = forces.get_force(session, viewer(), force_id)
    seen = tasks.seen_cases(session, viewer(), forces.cases_of(session, force_id))
    return told(
        session,
        FORCE_FULL,
        [found],
        members=[person.id for _member, person, _unit in forces.members_of(session, force_id)],
        cases=[case.number for _id, case in sorted(seen.items())],
        meetings=told(session, MEETING, forces.meetings_of(session, force_id)),
    )[0]


# --- guidance and delegates ------------------------------------------------------------------------------------------


@STAFFING.look("/guidance", "listGuidance", "guidance.write", "List your templates", lists=TEMPLATE)
def list_guidance(session: Session) -> Any:
    return staffing.templates_for(session, own_units(ACTS["guidance.write"])), None


@STAFFING.act("/guidance", "writeGuidance", "guidance.write", "Write a template", tells=TEMPLATE, status=201)
def write_guidance(
    session: Session, *, unit: Id = "", title: Annotated[str, Field(max_length=80)], text: Words
) -> Template:
    unit_id = area_asked(unit, ACTS["guidance.write"])
    return staffing.write_template(session, unit_id, title, text, viewer=viewer(), now=now())


@STAFFING.act("/guidance/<int:template_id>/removal", "dropGuidance", "guidance.write", "Drop a template", tells=Acted)
def drop_guidance(session: Session, template_id: int) -> Any:
    staffing.drop_template(session, template_id, viewer=viewer(), now=now())
    return Acted()


@STAFFING.look("/matters", "listMatters", "matter.raise", "What you raised as a delegate", lists=RAISED)
def list_matters(session: Session) -> Any:
    return [case for _row, case in staffing.raised_by(session, viewer().person_id)], None


@STAFFING.act(
    "/matters",
    "raiseMatter",
    "matter.raise",
    "Raise a matter for one of your grids",
    tells=RAISED,
    status=201,
    scope="cases:file",
)
def raise_matter(
    session: Session, *, place_id: Id, kind: Id, category: Id, title: Annotated[str, Field(max_length=200)],
    description: Words,
) -> Case:  # fmt: skip
    return delegates.raise_matter(
        session,
        world(),
        place_id,
        kind=kind,
        category=category if category in OPEN_TO_THEM else "",
        title=title,
        description=description,
        viewer=viewer(),
        now=now(),
    )


@STAFFING.act(
    "/place-codes/<unit_id>/renewal",
    "renewPlaceCode",
    "place.print_codes",
    "Give a place a new code",
    tells=PlaceCode,
    description="The code that hangs there leads nowhere any more; print the new one.",
)
def renew_place_code(session: Session, unit_id: str) -> Any:
    citizen.renew_code(session, unit_id, viewer=viewer(), now=now())
    session.flush()
    return PlaceCode(unit_id=unit_id, code=citizen.code_of(session, world(), unit_id) or "")
