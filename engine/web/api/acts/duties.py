"""Inspections: plans, checks, findings that are looked at again, and logs of contracted duties."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from engine import inspections
from engine.cases import masked_name, masked_phone
from engine.documents import Kept
from engine.errors import Invalid
from engine.inspections import (
    Answer,
    Answered,
    Check,
    Draft,
    Duty,
    DutyLog,
    Finding,
    Group,
    Logged,
    Plan,
    Recheck,
    Then,
)
from engine.web import attached
from engine.web.api.acting import act, answer
from engine.web.api.asked import FileForm
from engine.web.api.blueprint import api
from engine.web.api.document import ACT, refusals
from engine.web.api.operation import Room
from engine.web.api.shapes import Cursor, Day, FromJson, Moment, page_of_rows, row, told
from engine.web.api.told import Told
from engine.web.context import now, viewer, world
from engine.web.policy import policy

INSPECTIONS = Room(
    "inspections", "Checks by plan, findings, and contracted duties.", read="registers:read", write="registers:write"
)
Reason = Annotated[str, Field(max_length=4000)]
Proofs = Annotated[list[str], Field(max_length=20, description="Of `keepPhoto`.")]
PLAN = row("InspectionPlan", Plan, "id kind name checklist area_id tier every turns starts_on ends_on made_at ended_at")
FINDING = row(
    "InspectionFinding",
    Finding,
    "id check_id unit_id item name_zh name_en category severity note then case:case_id recheck_on settled_at",
)
RECHECK = row("Recheck", Recheck, "id finding_id by_id done_at passed note case:case_id")
FINDING_FULL = row(
    "InspectionFindingFull",
    Finding,
    "id check_id unit_id item name_zh name_en category severity note then case:case_id recheck_on settled_at",
    rechecks=list[RECHECK],  # type: ignore[valid-type]
)
CHECK = row("Check", Check, "id unit_id checklist by_id done_at received_at failed")
CHECK_FULL = row(
    "CheckFull",
    Check,
    "id unit_id checklist by_id done_at received_at failed answers note",
    findings=list[FINDING],  # type: ignore[valid-type]
)
LOG = row(
    "DutyLog",
    DutyLog,
    "id duty unit_id by_id happened_at received_at summary group case:case_id",
    "Of people a log names, name, telephone and household are masked until they are asked for with a reason.",
    name=str | None,
    phone=str | None,
    household=str | None,
)


class CheckAnswer(FromJson):
    """What was found at one item of a checklist."""

    answer: Answer
    note: str = Field("", max_length=4000)
    then: Then | None = Field(None, description="Of a failed item: put right on the spot, or a case.")
    who: str = Field("", max_length=120)
    recheck_on: Day | None = None
    photos: Proofs = Field(default_factory=list)


class PhotoKept(Told):
    proof: str = Field(description="Names the photo in your next request; it is worth nothing to anybody else.")


@api.post(
    "/inspections/photos",
    tags=[INSPECTIONS.tag],
    operation_id="keepPhoto",
    summary="Send a photo for a check or a recheck",
    description="It belongs to nothing until its `proof` comes with one.",
    responses={201: PhotoKept, **refusals(ACT)},
)
@policy("inspection.do", scope=INSPECTIONS.write)
@attached.takes_files
def keep_photo(form: FileForm) -> Response:
    kept = attached.keep(form.file)
    return act(lambda _session: answer(PhotoKept(proof=attached.proof_of(kept)), 201))


@INSPECTIONS.look("/inspections/plans", "listPlans", "inspection.read", "List plans in force", lists=PLAN)
def list_plans(session: Session) -> Any:
    return inspections.live_plans(session, viewer()), None


@INSPECTIONS.look("/inspections/plans/<int:plan_id>", "readPlan", "inspection.read", "Read a plan", tells=PLAN)
def read_plan(session: Session, plan_id: int) -> Plan:
    return inspections.see_plan(session, plan_id, viewer=viewer())


@INSPECTIONS.act("/inspections/plans", "makePlan", "inspection.plan", "Make a plan", tells=PLAN, status=201)
def make_plan(session: Session, *, given: Draft) -> Plan:
    return inspections.make_plan(session, world(), given, viewer=viewer(), now=now())


@INSPECTIONS.act("/inspections/plans/<int:plan_id>/end", "endPlan", "inspection.plan", "End a plan", tells=PLAN)
def end_plan(session: Session, plan_id: int) -> Plan:
    return inspections.end_plan(session, plan_id, viewer=viewer(), now=now())


@INSPECTIONS.look("/inspections/checks", "listChecks", "inspection.read", "List checks, latest first", lists=CHECK)
def list_checks(session: Session, *, failed: bool = False, cursor: Cursor = "") -> Any:
    return page_of_rows(
        cursor, inspections.PAGE, lambda page: inspections.checks(session, viewer(), page=page, failed=failed)
    )


@INSPECTIONS.look(
    "/inspections/checks/<int:check_id>", "readCheck", "inspection.read", "Read a check", tells=CHECK_FULL
)
def read_check(session: Session, check_id: int) -> Any:
    found = inspections.see_check(session, check_id, viewer=viewer())
    findings = told(session, FINDING, inspections.findings_of(session, found.id))
    return told(session, CHECK_FULL, [found], findings=findings, answers=dict(found.answers))[0]


@INSPECTIONS.act(
    "/inspections/checks",
    "fileCheck",
    "inspection.do",
    "File a check",
    tells=CHECK,
    status=201,
    description="A failed item is put right on the spot or becomes a case, with a day to look at it again.",
)
def file_check(
    session: Session,
    *,
    place_id: Annotated[str, Field(max_length=64)],
    checklist: Annotated[str, Field(max_length=40)],
    answers: Annotated[dict[str, CheckAnswer], Field(max_length=200)],
    note: Reason = "",
    done_at: Moment | None = None,
) -> Check:
    place = inspections.place_to_check(session, place_id, viewer=viewer())
    asked = inspections.checklist_for(world(), place, checklist)
    return inspections.file_check(
        session,
        world(),
        place_id,
        asked.id,
        {item.id: _answered(item.id, answers.get(item.id)) for item in asked.items},
        note=note,
        done_at=inspections.believed(done_at, now=now()),
        viewer=viewer(),
        now=now(),
    )


@INSPECTIONS.look(
    "/inspections/findings/<int:finding_id>",
    "readInspectionFinding",
    "inspection.read",
    "Read a finding of a check",
    tells=FINDING_FULL,
)
def read_finding(session: Session, finding_id: int) -> Any:
    found = inspections.see_finding(session, finding_id, viewer=viewer())
    again = told(session, RECHECK, inspections.rechecks_of(session, [found.id]))
    return told(session, FINDING_FULL, [found], rechecks=again)[0]


@INSPECTIONS.act(
    "/inspections/findings/<int:finding_id>/rechecks",
    "recheck",
    "inspection.do",
    "Look at a finding again",
    tells=RECHECK,
    status=201,
)
def recheck(
    session: Session,
    finding_id: int,
    *,
    passed: bool,
    note: Reason = "",
    photos: Proofs = [],  # noqa: B006 - the model copies it
    again_on: Day | None = None,
    done_at: Moment | None = None,
) -> Recheck:
    return inspections.recheck(
        session,
        world(),
        finding_id,
        passed=passed,
        note=note,
        photos=_kept(photos, "photos"),
        again_on=again_on,
        done_at=inspections.believed(done_at, now=now()),
        viewer=viewer(),
        now=now(),
    )


@INSPECTIONS.look("/inspections/logs", "listDutyLogs", "inspection.read", "List logs of duties", lists=LOG)
def list_logs(session: Session, *, duty: Duty | None = None, cursor: Cursor = "") -> Any:
    found, following = page_of_rows(
        cursor, inspections.PAGE, lambda page: inspections.logs(session, viewer(), page=page, duty=duty or "")
    )
    return [_log(session, each, shown=False) for each in found], following


@INSPECTIONS.look("/inspections/logs/<int:log_id>", "readDutyLog", "inspection.read", "Read a log", tells=LOG)
def read_log(session: Session, log_id: int) -> Any:
    found = inspections.see_log(session, log_id, viewer=viewer())
    shown = inspections.shown_until(session, found, viewer=viewer(), now=now()) is not None
    return _log(session, found, shown=shown)


@INSPECTIONS.act(
    "/inspections/logs",
    "logDuty",
    "inspection.do",
    "Log a duty",
    tells=LOG,
    status=201,
    description="With `needs_help` a case asks for help.",
)
def log_duty(
    session: Session,
    *,
    duty: Duty,
    unit_id: Annotated[str, Field(max_length=64)],
    summary: Reason,
    happened_at: Moment | None = None,
    name: Annotated[str, Field(max_length=80)] = "",
    phone: Annotated[str, Field(max_length=32)] = "",
    household: Annotated[str, Field(max_length=120)] = "",
    group: Group | None = None,
    needs_help: bool = False,
) -> Any:
    logged = Logged(duty, unit_id, happened_at or now(), summary, name, phone, household, group, needs_help)
    return _log(session, inspections.log_duty(session, world(), logged, viewer=viewer(), now=now()), shown=False)


@INSPECTIONS.act(
    "/inspections/logs/<int:log_id>/unmasking",
    "unmaskDutyLog",
    "inspection.do",
    "See the person of a log in the clear",
    tells=LOG,
    description="For a quarter of an hour; who and why is on the record.",
)
def unmask_log(session: Session, log_id: int, *, reason: Reason) -> Any:
    inspections.show_person(session, log_id, reason, viewer=viewer(), now=now())
    return _log(session, inspections.see_log(session, log_id, viewer=viewer()), shown=True)


def _log(session: Session, found: DutyLog, *, shown: bool) -> Any:
    session.flush()
    name, phone, household = found.name, found.phone, found.household
    if not shown:
        name = masked_name(name) if name else None
        phone = masked_phone(phone) if phone else None
        household = "****" if household else None
    return told(session, LOG, [found], name=name, phone=phone, household=household)[0]


def _answered(item: str, said: CheckAnswer | None) -> Answered:
    if said is None:
        return Answered(answer=None)
    photos = _kept(said.photos, f"answers/{item}/photos")
    return Answered(said.answer, said.note, said.then, photos, said.who, said.recheck_on)


def _kept(proofs: list[str], where: str) -> list[Kept]:
    """Raises Invalid for a proof that was not given to this person."""
    found = [attached.proven(each) for each in proofs]
    if None in found:
        words = {"zh": "没有这张照片，请重新发送。", "en": "There is no such photo; send it again."}
        raise Invalid("photo.unknown", "There is no such photo.", fields={where: words})
    return [each for each in found if each is not None]
