"""Reading assessments of the viewer's units, and the later cases that may belong to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import search
from engine.assessments.model import Assessment, AssessmentCase, AssessmentState
from engine.cases import Case
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.search import Asked
from engine.tasks import visible_cases
from engine.territory import within

PAGE = 30
MOST_LINKED = 100
MOST_PROPOSED = 10


@dataclass(frozen=True, slots=True)
class Register:
    """The latest first; `linked` counts, by assessment, the linked cases that the viewer may see."""

    entries: Sequence[Assessment]
    linked: Mapping[int, int]
    next: int | None


@dataclass(frozen=True, slots=True)
class LaterCases:
    """`linked` belong to the project, `proposed` may; only cases that the viewer may see."""

    linked: Sequence[Case] = ()
    proposed: Sequence[Case] = ()


def register(session: Session, viewer: Viewer, *, level: str = "", before: int | None = None) -> Register:
    mine = within(Assessment.unit_id.expression, viewer.units(ACTS["assessment.read"]))
    wanted = select(Assessment).where(mine).order_by(Assessment.id.desc()).limit(PAGE + 1)
    if level:
        wanted = wanted.where(Assessment.level == level)
    if before is not None:
        wanted = wanted.where(Assessment.id < before)
    found = session.scalars(wanted).all()
    entries = found[:PAGE]
    return Register(
        entries, _linked(session, viewer, [each.id for each in entries]), entries[-1].id if len(found) > PAGE else None
    )


def _linked(session: Session, viewer: Viewer, ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    few = select(AssessmentCase.case_id).where(AssessmentCase.assessment_id.in_(ids))
    rows = session.execute(
        select(AssessmentCase.assessment_id, func.count())
        .join(Case, Case.id == AssessmentCase.case_id)
        .where(AssessmentCase.assessment_id.in_(ids), AssessmentCase.belongs, visible_cases(viewer, one=few))
        .group_by(AssessmentCase.assessment_id)
    )
    return dict(list(rows))


def see(session: Session, viewer: Viewer, assessment_id: int) -> Assessment:
    """Raises NotFound for one that is not there or lies elsewhere."""
    mine = within(Assessment.unit_id.expression, viewer.units(ACTS["assessment.read"]))
    found = session.scalars(select(Assessment).where(Assessment.id == assessment_id, mine)).first()
    if found is None:
        raise NotFound("assessment.unknown", "There is no such assessment.")
    return found


def later_cases(session: Session, viewer: Viewer, found: Assessment) -> LaterCases:
    """What belongs to an approved project, and what came from its place since, with its words."""
    if found.state != AssessmentState.APPROVED or found.decided_at is None:
        return LaterCases()
    said = select(AssessmentCase.case_id).where(AssessmentCase.assessment_id == found.id)
    linked = session.scalars(
        select(Case)
        .where(Case.id.in_(said.where(AssessmentCase.belongs)), visible_cases(viewer, one=said))
        .order_by(Case.id.desc())
        .limit(MOST_LINKED)
    ).all()
    if not found.keywords:
        return LaterCases(linked)
    asked = Asked(found.keywords, place_id=found.unit_id, since=found.decided_at)
    hits = search.find(session, viewer, asked, where=[Case.id.not_in(said)], most=MOST_PROPOSED)
    return LaterCases(linked, [hit.case for hit in hits.rows])


def waits(session: Session, viewer: Viewer, _now: datetime) -> int:
    """How many wait for the viewer's decision."""
    mine = within(Assessment.unit_id.expression, viewer.units(ACTS["assessment.approve"]))
    submitted = Assessment.state == AssessmentState.SUBMITTED.value
    others = Assessment.submitted_by.is_distinct_from(viewer.person_id)
    return session.scalar(select(func.count()).select_from(Assessment).where(mine, submitted, others)) or 0
