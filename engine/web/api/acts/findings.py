"""What was found by itself, looking back on it, and assessments of what a project may stir up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from engine import assessments, detection, postmortems
from engine.assessments import Assessment
from engine.cases import Case
from engine.detection import Finding
from engine.postmortems import Action, PostMortem
from engine.web.api.cases import see
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, Whole, row, told
from engine.web.context import now, today, viewer, world

Reason = Annotated[str, Field(max_length=4000)]
Number = Annotated[str, Field(max_length=32, description="A case's number.")]
FINDINGS = Room("findings", "What repeats, belongs together or grows.", read="registers:read", write="registers:write")
FINDING = row(
    "Finding",
    Finding,
    "id kind state unit_id category facts found_at changed_at decided_at decided_by reason master:master_id"
    " post_mortem_id",
    "Proposed by the engine, decided by people.",
)
FINDING_FULL = row(
    "FindingFull",
    Finding,
    "id kind state unit_id category facts found_at changed_at decided_at decided_by reason master:master_id"
    " post_mortem_id",
    cases=list[str],
)
CARRIED = row("Carried", Case, "number title state tier", "The case that carries the others on.")
LINKED = row("LinkedUnder", Case, "number title state tier", linked=int, refused=list[str])


@FINDINGS.look("/findings", "listFindings", "finding.read", "List what was found, latest first", lists=FINDING)
def list_findings(
    session: Session,
    *,
    state: Literal["open", "accepted", "dismissed"] = "open",
    kind: Literal["", "duplicate", "cluster", "surge", "return"] = "",
    unit: Annotated[str, Field(max_length=64)] = "",
    cursor: Cursor = "",
) -> Any:
    found = detection.queue(
        session, viewer(), kind=kind, state=state, unit=unit, before=int(cursor) if cursor else None
    )
    lines = told(session, FINDING, [line.finding for line in found.lines])
    said = zip(lines, found.lines, strict=True)
    return [each.model_copy(update={"facts": line.facts}) for each, line in said], found.next


@FINDINGS.look("/findings/<int:finding_id>", "readFinding", "finding.read", "Read a finding", tells=FINDING_FULL)
def read_finding(session: Session, finding_id: int) -> Any:
    return _finding(session, finding_id)


@FINDINGS.act(
    "/findings/<int:finding_id>/merging",
    "acceptPair",
    "case.merge",
    "Merge the two cases of a pair",
    tells=CARRIED,
    scope="cases:act",
)
def accept_pair(session: Session, finding_id: int, *, master: Number, reason: Reason) -> Case:
    first = see(session, master).id
    return detection.accept_pair(session, world(), finding_id, first, reason, viewer=viewer(), now=now())


@FINDINGS.act(
    "/findings/<int:finding_id>/linking",
    "linkCluster",
    "case.merge",
    "Link cases of a cluster under one",
    tells=LINKED,
    description="`master` names one of them, or is empty for a case of its own, called `title`.",
    scope="cases:act",
)
def link_cluster(
    session: Session,
    finding_id: int,
    *,
    cases: Annotated[list[Number], Field(max_length=200)],
    reason: Reason,
    master: Number = "",
    title: Annotated[str, Field(max_length=200)] = "",
) -> Any:
    chosen = [see(session, each).id for each in cases]
    done = detection.link_cluster(
        session, world(), finding_id, chosen, master, title, reason, viewer=viewer(), now=now()
    )
    return told(session, LINKED, [done.master], linked=done.linked, refused=list(done.refused))[0]


@FINDINGS.act(
    "/findings/<int:finding_id>/cases",
    "fileAboutCause",
    "case.merge",
    "File a case about the cause",
    tells=CARRIED,
    status=201,
    scope="cases:file",
)
def file_about_cause(
    session: Session, finding_id: int, *, title: Annotated[str, Field(max_length=200)], description: Reason
) -> Case:
    return detection.look_at_cause(session, world(), finding_id, title, description, viewer=viewer(), now=now())


@FINDINGS.act("/findings/<int:finding_id>/answer", "answerSurge", "finding.read", "Say why it grew", tells=FINDING_FULL)
def answer_surge(session: Session, finding_id: int, *, reason: Reason) -> Any:
    detection.answer_surge(session, finding_id, reason, viewer=viewer(), now=now())
    return _finding(session, finding_id)


@FINDINGS.act(
    "/findings/<int:finding_id>/dismissal", "dismissFinding", "finding.read", "Say there is nothing to it",
    tells=FINDING_FULL,
)  # fmt: skip
def dismiss(session: Session, finding_id: int, *, reason: Reason) -> Any:
    detection.dismiss(session, world(), finding_id, reason, viewer=viewer(), now=now())
    return _finding(session, finding_id)


@FINDINGS.act(
    "/findings/decisions",
    "decideFindings",
    "finding.read",
    "Decide on several at once",
    tells=Acted,
    description="Dismisses them, or merges the later case of each pair into the earlier. All or none.",
)
def decide_findings(
    session: Session,
    *,
    findings: Annotated[list[Whole], Field(min_length=1, max_length=50)],
    decision: Literal["merge", "dismiss"],
    reason: Reason,
) -> Any:
    for finding_id in findings:
        if decision == "merge":
            first = detection.see(session, viewer(), finding_id).cases[0].id
            detection.accept_pair(session, world(), finding_id, first, reason, viewer=viewer(), now=now())
        else:
            detection.dismiss(session, world(), finding_id, reason, viewer=viewer(), now=now())
    return Acted()


def _finding(session: Session, finding_id: int) -> Any:
    session.flush()
    seen = detection.see(session, viewer(), finding_id)
    cases = [each.number for each in seen.cases]
    return told(session, FINDING_FULL, [seen.finding], cases=cases, facts=seen.facts)[0]


# --- post-mortems ----------------------------------------------------------------------------------------------------

LOOKING_BACK = Room("post-mortems", "Looking back, and what follows.", read="registers:read", write="registers:write")
ACTION = row("PostMortemAction", Action, "number what who due_on done_at done_by note")
POST_MORTEM = row(
    "PostMortem",
    PostMortem,
    "id trigger state unit_id category facts opened_at due_at submitted_at decided_at case:case_id",
)
POST_MORTEM_FULL = row(
    "PostMortemFull",
    PostMortem,
    "id trigger state unit_id category facts opened_at due_at cause missed worked written_at written_by submitted_at"
    " submitted_by decided_at decided_by remark case:case_id",
    actions=list[ACTION],  # type: ignore[valid-type]
)


@LOOKING_BACK.look("/post-mortems", "listPostMortems", "postmortem.read", "List post-mortems", lists=POST_MORTEM)
def list_post_mortems(
    session: Session, *, state: Literal["", "open", "submitted", "approved", "undone"] = "", cursor: Cursor = ""
) -> Any:
    before = int(cursor) if cursor else None
    found = postmortems.register(session, viewer(), state=state, before=before, today=today())
    rows = [each.post_mortem for each in found.entries]
    facts = detection.facts_told(session, viewer(), rows)
    return [each.model_copy(update={"facts": facts[each.id]}) for each in told(session, POST_MORTEM, rows)], found.next


@LOOKING_BACK.look(
    "/post-mortems/<int:post_mortem_id>", "readPostMortem", "postmortem.read", "Read a post-mortem",
    tells=POST_MORTEM_FULL,
)  # fmt: skip
def read_post_mortem(session: Session, post_mortem_id: int) -> Any:
    return _post_mortem(session, post_mortem_id)


@LOOKING_BACK.act(
    "/cases/<string(maxlength=32):number>/post-mortems",
    "openPostMortem",
    "postmortem.write",
    "Open a post-mortem of a case",
    tells=POST_MORTEM,
    status=201,
)
def open_post_mortem(session: Session, number: str, *, reason: Reason) -> PostMortem:
    case = see(session, number)
    return postmortems.open_by_hand(session, world(), case.id, reason, viewer=viewer(), now=now())


@LOOKING_BACK.act(
    "/post-mortems/<int:post_mortem_id>",
    "writePostMortem",
    "postmortem.write",
    "Write a post-mortem",
    tells=POST_MORTEM_FULL,
    description="With `submit` a leader decides on it.",
)
def write_post_mortem(session: Session, post_mortem_id: int, *, given: postmortems.Draft, submit: bool = False) -> Any:
    postmortems.see(session, viewer(), post_mortem_id)
    postmortems.write(session, post_mortem_id, given, submit=submit, viewer=viewer(), now=now())
    return _post_mortem(session, post_mortem_id)


@LOOKING_BACK.act(
    "/post-mortems/<int:post_mortem_id>/decision",
    "decidePostMortem",
    "postmortem.approve",
    "Approve a post-mortem, or give it back",
    tells=POST_MORTEM_FULL,
)
def decide_post_mortem(session: Session, post_mortem_id: int, *, approve: bool, remark: Reason = "") -> Any:
    postmortems.see(session, viewer(), post_mortem_id)
    postmortems.decide(session, post_mortem_id, approve=approve, remark=remark, viewer=viewer(), now=now())
    return _post_mortem(session, post_mortem_id)


@LOOKING_BACK.act(
    "/post-mortems/<int:post_mortem_id>/actions/<int:action>/completion",
    "finishAction",
    "postmortem.write",
    "Say that something that followed is done",
    tells=POST_MORTEM_FULL,
)
def finish_action(session: Session, post_mortem_id: int, action: int, *, note: Reason = "") -> Any:
    postmortems.see(session, viewer(), post_mortem_id)
    postmortems.finish_action(session, post_mortem_id, action, note, viewer=viewer(), now=now())
    return _post_mortem(session, post_mortem_id)


def _post_mortem(session: Session, post_mortem_id: int) -> Any:
    session.flush()
    found, _case = postmortems.see(session, viewer(), post_mortem_id)
    actions = told(session, ACTION, postmortems.actions_of(session, found.id))
    facts = detection.facts_told(session, viewer(), [found])[found.id]
    return told(session, POST_MORTEM_FULL, [found], actions=actions, facts=facts)[0]


# --- assessments -----------------------------------------------------------------------------------------------------

ASSESSMENTS = Room("assessments", "What a project may stir up.", read="registers:read", write="registers:write")
ASSESSMENT = row(
    "Assessment",
    Assessment,
    "id unit_id project stakeholders risks level measures decision keywords state opened_at opened_by submitted_at"
    " submitted_by decided_at decided_by remark",
)


@ASSESSMENTS.look("/assessments", "listAssessments", "assessment.read", "List assessments", lists=ASSESSMENT)
def list_assessments(session: Session, *, level: Literal["", "high", "medium", "low"] = "", cursor: Cursor = "") -> Any:
    found = assessments.register(session, viewer(), level=level, before=int(cursor) if cursor else None)
    return found.entries, found.next


@ASSESSMENTS.look(
    "/assessments/<int:assessment_id>", "readAssessment", "assessment.read", "Read an assessment", tells=ASSESSMENT
)
def read_assessment(session: Session, assessment_id: int) -> Assessment:
    return assessments.see(session, viewer(), assessment_id)


@ASSESSMENTS.act(
    "/assessments", "openAssessment", "assessment.write", "Begin an assessment", tells=ASSESSMENT, status=201
)
def open_assessment(
    session: Session,
    *,
    unit_id: Annotated[str, Field(max_length=64)],
    given: assessments.Draft,
    submit: bool = False,
) -> Assessment:
    opened = assessments.open_assessment(session, unit_id, given, viewer=viewer(), now=now())
    return assessments.write(session, opened.id, given, submit=True, viewer=viewer(), now=now()) if submit else opened


@ASSESSMENTS.act(
    "/assessments/<int:assessment_id>",
    "writeAssessment",
    "assessment.write",
    "Write an assessment",
    tells=ASSESSMENT,
    description="With `submit` a leader decides on it.",
)
def write_assessment(
    session: Session, assessment_id: int, *, given: assessments.Draft, submit: bool = False
) -> Assessment:
    assessments.see(session, viewer(), assessment_id)
    return assessments.write(session, assessment_id, given, submit=submit, viewer=viewer(), now=now())


@ASSESSMENTS.act(
    "/assessments/<int:assessment_id>/decision",
    "decideAssessment",
    "assessment.approve",
    "Approve an assessment, or give it back",
    tells=ASSESSMENT,
)
def decide_assessment(session: Session, assessment_id: int, *, approve: bool, remark: Reason = "") -> Assessment:
    assessments.see(session, viewer(), assessment_id)
    return assessments.decide(session, assessment_id, approve=approve, remark=remark, viewer=viewer(), now=now())


@ASSESSMENTS.act(
    "/assessments/<int:assessment_id>/cases/<string(maxlength=32):number>",
    "sayOfLaterCase",
    "assessment.write",
    "Say whether a later case belongs to the project",
)
def say_of_case(session: Session, assessment_id: int, number: str, *, belongs: bool) -> None:
    case = see(session, number)
    assessments.see(session, viewer(), assessment_id)
    assessments.say_of_case(session, assessment_id, case.id, belongs=belongs, viewer=viewer(), now=now())
