"""Pairs: a new case that most likely tells of what an open one tells already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.detection.alike import Alike, like_case
from engine.detection.finding import add_finding, known_keys
from engine.detection.model import Finding, FindingCase, FindingKind, FindingState
from engine.detection.rules import PROPOSED_FROM, common_unit
from engine.process import World


def find_pairs(session: Session, world: World, new: Sequence[Case], *, now: datetime) -> int:
    """Proposes at most one pair for each new case: what belongs to a cluster is decided there."""
    waiting = [case for case in new if not case.ended]
    clustered = _clustered(session, waiting)
    found: dict[str, tuple[Case, Alike]] = {}
    for case in waiting:
        if case.id in clustered:
            continue
        closest = next(iter(like_case(session, world, case, viewer=None)), None)
        if closest is not None and closest.likeness.score >= PROPOSED_FROM and closest.case.id not in clustered:
            first, second = sorted((case.id, closest.case.id))
            found[f"duplicate:{first}:{second}"] = case, closest
    known = known_keys(session, found)
    for key, (case, alike) in found.items():
        if key in known:
            continue
        apart = abs((case.received_at - alike.case.received_at).total_seconds())
        add_finding(
            session,
            FindingKind.DUPLICATE,
            key,
            unit_id=common_unit((case.place_id, alike.case.place_id)),
            category=case.category,
            facts={
                "score": alike.likeness.score,
                "text": alike.likeness.text,
                "grounds": list(alike.likeness.grounds),
                "apart_minutes": round(apart / 60),
            },
            case_ids=sorted((case.id, alike.case.id)),
            changed_at=case.received_at,
            now=now,
        )
    return len(found) - len(known)


def _clustered(session: Session, cases: Sequence[Case]) -> set[int]:
    ids = [case.id for case in cases]
    if not ids:
        return set()
    held = (
        select(FindingCase.case_id)
        .join(Finding, Finding.id == FindingCase.finding_id)
        .where(
            FindingCase.case_id.in_(ids),
            Finding.kind == FindingKind.CLUSTER.value,
            Finding.state.in_([FindingState.OPEN.value, FindingState.ACCEPTED.value]),
        )
    )
    return set(session.scalars(held))
