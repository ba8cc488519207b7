"""What became of the cases in a database: counts, and one hash over all histories."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine.cases import ENDED, RISES, Case, CaseState, Visit
from engine.deadlines import Deadline, DeadlineState
from engine.history import HistoryEntry
from engine.process import Instance
from engine.tasks import Task


@dataclass(frozen=True, slots=True)
class Figures:
    """Cases, unless a line says otherwise. `escalations` are rises; `overdue` are cases a tier clock ran out on."""

    filed: int
    filed_per_track: dict[str, int]
    closed: int
    open: int
    closed_per_tier: dict[str, int]
    withdrawn: int
    escalations: int
    escalations_per_tier_and_reason: dict[str, dict[str, int]]
    """By the tier that was risen to."""
    overdue: int
    clocks_breached: dict[str, int]
    """Clocks of any kind that ran out, by step."""
    returned: int
    paused: int
    extended: int
    jumped: int
    downgraded: int
    joint: int
    mediated: int
    disputed: int
    """Where a unit said that it is another's."""
    changed_hands: int
    asked_after: int
    """Whose petitioner was asked whether it is solved."""
    reopened: int
    supervised: int
    issued: int
    """Taken up by a backlog campaign."""
    struck_off: dict[str, int]
    """Items of campaigns, by how they ended."""
    at_ceiling: int
    """Open cases for which a lead official was named."""
    history_entries: int
    history_hash: str


def figures_of(session: Session) -> Figures:
    """Reads everything; meant for databases that one machine can hold in mind."""
    cases = sorted(
        session.execute(
            select(Case.number, Case.state, Case.tier, Case.history_hash, Case.lead_official, Case.track)
        ).all(),
        key=lambda row: row.number,
    )
    ended = [row for row in cases if row.state in ENDED]
    rises: dict[str, dict[str, int]] = {}
    risen = select(Visit.tier, Visit.reason, func.count()).where(Visit.reason.in_(sorted(RISES)))
    for row in session.execute(risen.group_by(Visit.tier, Visit.reason).order_by(Visit.tier, Visit.reason)):
        rises.setdefault(row[0], {})[row[1]] = row[2]
    acts = _pairs(
        session, select(HistoryEntry.act, func.count(HistoryEntry.case_id.distinct())).group_by(HistoryEntry.act)
    )
    breached = _pairs(
        session,
        select(Deadline.step, func.count())
        .where(Deadline.state == DeadlineState.BREACHED.value)
        .group_by(Deadline.step),
    )
    overdue = session.scalar(
        select(func.count(Deadline.case_id.distinct())).where(
            Deadline.state == DeadlineState.BREACHED.value, Deadline.step == "handle"
        )
    )
    jumped = select(func.count(Visit.case_id.distinct())).where(Visit.reason == "severity_jump")
    return Figures(
        filed=len(cases),
        filed_per_track=dict(sorted(Counter(row.track for row in cases).items())),
        closed=len(ended),
        open=len(cases) - len(ended),
        closed_per_tier=dict(sorted(Counter(row.tier for row in ended if row.state == CaseState.CLOSED).items())),
        withdrawn=sum(1 for row in ended if row.state == CaseState.WITHDRAWN),
        escalations=sum(sum(reasons.values()) for reasons in rises.values()),
        escalations_per_tier_and_reason=rises,
        overdue=overdue or 0,
        clocks_breached=breached,
        returned=acts.get("case.returned", 0),
        paused=acts.get("clock.paused", 0),
        extended=acts.get("clock.extended", 0),
        jumped=session.scalar(jumped) or 0,
        downgraded=acts.get("case.downgraded", 0),
        joint=_joint(session),
        mediated=acts.get("mediation.referred", 0),
        disputed=acts.get("arbitration.opened", 0),
        changed_hands=acts.get("case.moved", 0),
        asked_after=acts.get("return_visit.made", 0),
        reopened=acts.get("case.reopened", 0),
        supervised=acts.get("supervision.opened", 0),
        issued=acts.get("campaign.issued", 0),
        struck_off=_pairs(session, _STRUCK_OFF),
        at_ceiling=sum(1 for row in cases if row.lead_official and row.state not in ENDED),
        history_entries=session.scalar(select(func.count()).select_from(HistoryEntry)) or 0,
        history_hash=_hash([(row.number, row.history_hash) for row in cases]),
    )


_STRUCK_OFF = (
    select(func.coalesce(Instance.outcome, ""), func.count())
    .where(Instance.process_id == "p_backlog_item", Instance.outcome.is_not(None))
    .group_by(Instance.outcome)
)


def _pairs(session: Session, query: Select[str, int]) -> dict[str, int]:
    found = {row[0]: row[1] for row in session.execute(query)}
    return dict(sorted(found.items()))


def _joint(session: Session) -> int:
    asked = select(func.count(Task.case_id.distinct())).where(Task.form == "co_opinion")
    return session.scalar(asked) or 0


def _hash(heads: Iterable[tuple[str, str]]) -> str:
    """Over the last hash of every history, in the order of the cases' numbers."""
    digest = hashlib.sha256()
    for number, head in heads:
        digest.update(f"{number} {head}\n".encode())
    return digest.hexdigest()
