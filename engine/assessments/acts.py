"""Writing an assessment, deciding on it, and saying of later cases whether they belong to it.

| state | who changes it | to |
|---|---|---|
| draft | whoever writes it | draft, or submitted once it is whole |
| submitted | a leader who did not submit it | approved, or draft with a remark |
| approved | nobody; later cases are linked to it | |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.assessments.model import DECISIONS, LEVELS, Assessment, AssessmentCase, AssessmentState
from engine.errors import REQUIRED, Conflict, Invalid, NotAllowed, NotFound
from engine.people import Viewer
from engine.reasons import reason_given
from engine.territory import get_unit

LONGEST = 8000
MOST_RISKS = 20


@dataclass(frozen=True, slots=True)
class Risk:
    """What may go wrong, how grave that is, and what is done against it. An empty line is none."""

    what: str
    level: str
    measure: str

    @property
    def empty(self) -> bool:
        return not (self.what or self.measure)


@dataclass(frozen=True, slots=True)
class Draft:
    project: str
    stakeholders: str
    risks: Sequence[Risk]
    level: str
    measures: str
    decision: str
    keywords: str = ""


def faults_in(draft: Draft, *, whole: bool) -> dict[str, Mapping[str, str]]:
    """What keeps a draft from being kept; with `whole`, from being submitted. Risks are blamed by number. Pure."""
    faults: dict[str, Mapping[str, str]] = {}
    needed = ("project", "stakeholders", "level", "measures", "decision") if whole else ("project",)
    for name in needed:
        if not getattr(draft, name).strip():
            faults[name] = REQUIRED
    for name, most in (("project", 200), ("stakeholders", LONGEST), ("measures", LONGEST), ("keywords", 80)):
        if len(getattr(draft, name)) > most:
            faults[name] = {"zh": f"最多 {most} 个字。", "en": f"At most {most:,} characters."}
    if draft.level and draft.level not in LEVELS:
        faults["level"] = REQUIRED
    if draft.decision and draft.decision not in DECISIONS:
        faults["decision"] = REQUIRED
    risks = [(number, risk) for number, risk in enumerate(draft.risks) if not risk.empty]
    for number, risk in risks:
        if not (risk.what and risk.measure) or risk.level not in LEVELS or max(len(risk.what), len(risk.measure)) > 500:
            faults[f"risk-{number}"] = {
                "zh": "请写明风险、等级和措施。",
                "en": "Write the risk, how grave it is and what is done against it.",
            }
    if whole and not risks:
        faults["risk-0"] = {"zh": "至少写一项风险。", "en": "Write at least one risk."}
    if len(risks) > MOST_RISKS:
        faults["risk-0"] = {"zh": f"最多 {MOST_RISKS} 项。", "en": f"At most {MOST_RISKS}."}
    return faults


def open_assessment(session: Session, unit_id: str, draft: Draft, *, viewer: Viewer, now: datetime) -> Assessment:
    """Begins the assessment of a project at a place. Raises Invalid naming every field at once."""
    viewer.must("assessment.write", unit_id)
    get_unit(session, unit_id)
    _check(draft, whole=False)
    opened = Assessment(
        unit_id=unit_id, state=AssessmentState.DRAFT.value, opened_at=now, opened_by=viewer.person_id, **_values(draft)
    )
    session.add(opened)
    session.flush()
    return opened


def write(
    session: Session, assessment_id: int, draft: Draft, *, submit: bool, viewer: Viewer, now: datetime
) -> Assessment:
    """Keeps what is written so far; `submit` hands it to a leader. Raises Conflict `assessment.not_open`."""
    found = _locked(session, assessment_id)
    viewer.must("assessment.write", found.unit_id)
    if found.state != AssessmentState.DRAFT:
        raise Conflict("assessment.not_open", "It was submitted already.")
    _check(draft, whole=submit)
    for name, value in _values(draft).items():
        setattr(found, name, value)
    if submit:
        found.state = AssessmentState.SUBMITTED.value
        found.submitted_at, found.submitted_by = now, viewer.person_id
    session.flush()
    return found


def decide(
    session: Session, assessment_id: int, *, approve: bool, remark: str, viewer: Viewer, now: datetime
) -> Assessment:
    """Approves it, or gives it back with a remark.

    Raises Conflict `assessment.not_submitted`, NotAllowed `assessment.own`.
    """
    found = _locked(session, assessment_id)
    viewer.must("assessment.approve", found.unit_id)
    if found.state != AssessmentState.SUBMITTED:
        raise Conflict("assessment.not_submitted", "It does not wait for a decision.")
    if found.submitted_by == viewer.person_id:
        raise NotAllowed("assessment.own", "Somebody else must decide on what you submitted.")
    found.remark = remark.strip()[:2000] if approve else reason_given(remark)
    found.state = (AssessmentState.APPROVED if approve else AssessmentState.DRAFT).value
    found.decided_at, found.decided_by = now, viewer.person_id
    session.flush()
    return found


def say_of_case(
    session: Session, assessment_id: int, case_id: int, *, belongs: bool, viewer: Viewer, now: datetime
) -> None:
    """Says whether a case that the viewer sees belongs to the project; the last word counts."""
    found = _locked(session, assessment_id)
    viewer.must("assessment.write", found.unit_id)
    if found.state != AssessmentState.APPROVED:
        raise Conflict("assessment.not_submitted", "Cases are linked once it is approved.")
    said = session.get(AssessmentCase, (assessment_id, case_id))
    if said is None:
        said = AssessmentCase(assessment_id=assessment_id, case_id=case_id)
        session.add(said)
    said.belongs, said.at, said.by = belongs, now, viewer.person_id
    session.flush()


def _values(draft: Draft) -> dict[str, object]:
    return {
        "project": draft.project.strip(),
        "stakeholders": draft.stakeholders,
        "risks": [
            {"what": risk.what, "level": risk.level, "measure": risk.measure} for risk in draft.risks if not risk.empty
        ],
        "level": draft.level,
        "measures": draft.measures,
        "decision": draft.decision,
        "keywords": draft.keywords.strip(),
    }


def _check(draft: Draft, *, whole: bool) -> None:
    faults = faults_in(draft, whole=whole)
    if faults:
        raise Invalid("assessment.invalid", f"See {', '.join(sorted(faults))}.", fields=faults)


def _locked(session: Session, assessment_id: int) -> Assessment:
    wanted = select(Assessment).where(Assessment.id == assessment_id).with_for_update()
    found: Assessment | None = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound("assessment.unknown", "There is no such assessment.")
    return found
