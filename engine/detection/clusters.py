"""Clusters: proposed once, growing while further cases come in, and never more than one for the same trouble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.detection import rules
from engine.detection.finding import add_finding, filed_for_one, members_of, tell
from engine.detection.model import Finding, FindingCase, FindingKind, FindingState
from engine.detection.rules import Arrival, Group
from engine.process import World
from engine.territory import ancestors

LATE = timedelta(days=1)
"""What was filed so long after it was received came from a pile, and says nothing of the last days."""


def find_clusters(session: Session, world: World, new: Sequence[Case], *, now: datetime) -> int:
    """Finds what new cases have made or joined; gives how many findings are new or have grown."""
    rule, tiers = world.config.detection, world.tiers
    fresh = [case for case in new if case.filed_at - case.received_at <= LATE]
    if not fresh:
        return 0
    within = timedelta(hours=rule.cluster_hours)
    first, last = min(c.received_at for c in fresh) - within, max(c.received_at for c in fresh)
    rows = session.execute(
        select(Case.id, Case.place_id, Case.category, Case.received_at).where(
            Case.received_at.between(first, last),
            Case.category.in_(sorted({case.category for case in fresh})),
            Case.confidential.is_(False),
            ~filed_for_one(),
        )
    )
    known = [
        Arrival(case_id, area, category, received_at)
        for case_id, place_id, category, received_at in rows
        if (area := rules.area_of(place_id, tiers)) is not None
    ]
    arrived = {case.id for case in fresh}
    groups = rules.clusters(
        [each for each in known if each.case_id in arrived], known, least=rule.cluster_cases, within=within
    )
    if not groups:
        return 0
    earlier = _earlier(session, groups, since=first)
    members = members_of(session, [each.id for each in earlier])
    masters = _ended_masters(session, earlier)
    return sum(
        _keep(session, world, group, [e for e in earlier if e.master_id not in masters], earlier, members, now=now)
        for group in groups
    )


def _earlier(session: Session, groups: Iterable[Group], *, since: datetime) -> Sequence[Finding]:
    """The clusters of the same places and categories that a case has joined lately, the latest first."""
    known = list(groups)
    return session.scalars(
        select(Finding)
        .where(
            Finding.kind == FindingKind.CLUSTER.value,
            Finding.category.in_(sorted({each.category for each in known})),
            Finding.unit_id.in_(sorted({each.area for each in known})),
            Finding.changed_at >= since,
        )
        .order_by(Finding.changed_at.desc(), Finding.id.desc())
    ).all()


def _ended_masters(session: Session, findings: Iterable[Finding]) -> set[int]:
    """Who carried a cluster on and has been answered: what comes now is something new."""
    ids = {each.master_id for each in findings if each.master_id is not None}
    return set(session.scalars(select(Case.id).where(Case.id.in_(ids), Case.closed_at.is_not(None)))) if ids else set()


def _keep(
    session: Session,
    world: World,
    group: Group,
    living: Sequence[Finding],
    every: Sequence[Finding],
    members: Mapping[int, set[int]],
    *,
    now: datetime,
) -> bool:
    same = (group.area, group.category)
    present = next((each for each in living if (each.unit_id, each.category) == same), None)
    ids = [each.case_id for each in group.cases]
    if present is not None:
        added = [each for each in ids if each not in members[present.id]]
        session.add_all(FindingCase(finding_id=present.id, case_id=each) for each in added)
        if added:
            present.facts = {**present.facts, "count": len(members[present.id]) + len(added)}
            present.changed_at = max(present.changed_at, group.cases[-1].received_at)
            if present.state == FindingState.ACCEPTED:
                present.state = FindingState.OPEN.value  # somebody says whether what came later belongs to it
            _absorb_pairs(session, [*members[present.id], *added], now=now)
        return bool(added)
    before = {case_id for each in every if (each.unit_id, each.category) == same for case_id in members[each.id]}
    ids = [each for each in ids if each not in before]
    if len(ids) < world.config.detection.cluster_cases:
        return False
    add_finding(
        session,
        FindingKind.CLUSTER,
        f"cluster:{group.area}:{group.category}:{ids[0]}",
        unit_id=group.area,
        category=group.category,
        facts={"count": len(ids), "hours": world.config.detection.cluster_hours},
        case_ids=ids,
        changed_at=group.cases[-1].received_at,
        now=now,
    )
    _absorb_pairs(session, ids, now=now)
    tell(session, ids[-1], "cluster_found", ancestors(group.area)[:2], now=now)
    return True


def _absorb_pairs(session: Session, case_ids: Sequence[int], *, now: datetime) -> None:
    """Pairs within a cluster are decided with it."""
    held = (
        select(FindingCase.finding_id)
        .join(Finding, Finding.id == FindingCase.finding_id)
        .where(
            FindingCase.case_id.in_(case_ids),
            Finding.kind == FindingKind.DUPLICATE.value,
            Finding.state == FindingState.OPEN.value,
        )
    )
    session.execute(
        update(Finding)
        .where(Finding.id.in_(held))
        .values(state=FindingState.ABSORBED.value, decided_at=now)
        .execution_options(synchronize_session=False)
    )
