"""Surges: counted once an hour from one index over nine weeks, told once, each with a post-mortem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import postmortems
from engine.cases import Case
from engine.detection import rules
from engine.detection.finding import add_finding, tell
from engine.detection.leases import take
from engine.detection.model import Finding, FindingKind
from engine.detection.rules import Counts, Surge
from engine.process import World
from engine.territory import ancestors, within

WEEK = timedelta(days=7)
WEEKS = 8
EVERY = timedelta(hours=1)
MOST_SHOWN = 100


def look_for_surges(session: Session, world: World, *, now: datetime) -> int:
    """Looks at the last week, at most once an hour whoever asks; gives how many surges are new."""
    mark = take(session, "surges")
    if mark is None or now - mark.done_at < EVERY:
        return 0
    mark.done_at = now
    rule = world.config.detection
    week = _counts(session, now - WEEK, now)
    whole: Counter[str] = Counter()
    for (_, category), count in week.items():
        whole[category] += count
    likely = {category for category, count in whole.items() if count >= rule.surge_cases}
    if not likely:
        session.flush()
        return 0
    weeks = _weeks_known(session, now)
    before = _counts(session, now - (WEEKS + 1) * WEEK, now - WEEK, categories=likely)
    found = rules.surges(
        {key: count for key, count in week.items() if key[1] in likely},
        before,
        weeks=weeks,
        factor=rule.surge_factor,
        least=rule.surge_cases,
    )
    told = _told_lately(session, found, since=now - WEEK)
    new = [each for each in found if (each.unit_id, each.category) not in told]
    for surge in new:
        _keep(session, world, surge, weeks=weeks, now=now)
    session.flush()
    return len(new)


def _counts(session: Session, since: datetime, until: datetime, *, categories: Iterable[str] = ()) -> Counts:
    """By place and category of what was received in [since, until); what came from a pile counts where it belongs."""
    counted = (
        select(Case.place_id, Case.category, func.count())
        .where(Case.received_at >= since, Case.received_at < until, Case.confidential.is_(False))
        .group_by(Case.place_id, Case.category)
    )
    if categories:
        counted = counted.where(Case.category.in_(sorted(categories)))
    return {(place, category): count for place, category, count in session.execute(counted)}


def _weeks_known(session: Session, now: datetime) -> float:
    """How many weeks before the last one the district has lived, eight at most."""
    first = session.scalar(select(Case.filed_at).order_by(Case.id).limit(1))
    return min(max((now - WEEK - first) / WEEK, 0.0), float(WEEKS)) if first is not None else 0.0


def _told_lately(session: Session, found: Iterable[Surge], *, since: datetime) -> set[tuple[str, str]]:
    units = sorted({each.unit_id for each in found})
    if not units:
        return set()
    rows = session.execute(
        select(Finding.unit_id, Finding.category).where(
            Finding.kind == FindingKind.SURGE.value, Finding.unit_id.in_(units), Finding.found_at > since
        )
    )
    return {(unit_id, category) for unit_id, category in rows}


def _keep(session: Session, world: World, surge: Surge, *, weeks: float, now: datetime) -> None:
    cases = session.scalars(
        select(Case.id)
        .where(
            within(Case.place_id.expression, [surge.unit_id]),
            Case.category == surge.category,
            Case.received_at >= now - WEEK,
            Case.received_at < now,
            Case.confidential.is_(False),
        )
        .order_by(Case.received_at.desc())
        .limit(MOST_SHOWN)
    ).all()
    facts = {"count": surge.count, "mean": surge.mean, "weeks": round(weeks, 1)}
    key = f"surge:{surge.unit_id}:{surge.category}:{now:%Y-%m-%d}"
    finding = add_finding(
        session,
        FindingKind.SURGE,
        key,
        unit_id=surge.unit_id,
        category=surge.category,
        facts=facts,
        case_ids=cases,
        changed_at=now,
        now=now,
    )
    opened = postmortems.open_for_surge(
        session, world, key, unit_id=surge.unit_id, category=surge.category, case_id=cases[0], facts=facts, now=now
    )
    finding.post_mortem_id = opened.id
    tell(session, cases[0], "surge_found", ancestors(surge.unit_id)[:2], now=now)
