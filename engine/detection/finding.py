"""Keeping a finding, and telling those who lead where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, lock_case
from engine.detection.model import Finding, FindingCase, FindingKind, FindingState


def add_finding(
    session: Session,
    kind: FindingKind,
    key: str,
    *,
    unit_id: str,
    category: str,
    facts: Mapping[str, Any],
    case_ids: Iterable[int],
    changed_at: datetime,
    now: datetime,
) -> Finding:
    """The caller holds the lease of the detector, so that nobody else adds the same key."""
    finding = Finding(
        key=key,
        kind=kind.value,
        state=FindingState.OPEN.value,
        unit_id=unit_id,
        category=category,
        facts=dict(facts),
        found_at=now,
        changed_at=changed_at,
    )
    session.add(finding)
    session.flush()
    session.add_all(FindingCase(finding_id=finding.id, case_id=each) for each in dict.fromkeys(case_ids))
    session.flush()
    return finding


def filed_for_one() -> ColumnElement[bool]:
    """Whether a case was filed because of a finding, or carries its cases on: it is no news of its own."""
    return exists().where(Finding.master_id == Case.id)


def known_keys(session: Session, keys: Iterable[str]) -> set[str]:
    wanted = sorted(set(keys))
    return set(session.scalars(select(Finding.key).where(Finding.key.in_(wanted)))) if wanted else set()


def members_of(session: Session, finding_ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {each: set() for each in finding_ids}
    if finding_ids:
        rows = session.execute(
            select(FindingCase.finding_id, FindingCase.case_id).where(FindingCase.finding_id.in_(finding_ids))
        )
        for finding_id, case_id in rows:
            found[finding_id].add(case_id)
    return found


def tell(session: Session, case_id: int, what: str, units: Sequence[str], *, now: datetime) -> None:
    """Writes into the history of the latest case that something was found, which brings it to these units' notices."""
    case = lock_case(session, case_id)
    process.record(session, case, "case.told", actor_id=None, now=now, facts={"what": what, "units": list(units)})
    session.flush()
