"""What comes back to a place again and again although every case of it was closed: its cause was never looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, CaseState
from engine.detection import rules
from engine.detection.finding import add_finding, filed_for_one
from engine.detection.model import Finding, FindingKind, FindingState
from engine.process import World

WITHIN = timedelta(days=365)
MOST_SHOWN = 12


def find_returns(session: Session, world: World, new: Sequence[Case], *, now: datetime) -> int:
    """Proposes a look at the cause where a new case is one too many.

    Once: as long as that is open it is not proposed anew, and after a decision only when as many more were closed.
    """
    times = world.config.detection.return_times
    here = {(c.place_id, c.category): c for c in new if rules.area_of(c.place_id, world.tiers) is not None}
    if not here:
        return 0
    since = min(case.received_at for case in here.values()) - WITHIN
    same = [
        and_(Case.place_id == place, Case.category == category, Case.received_at >= since) for place, category in here
    ]
    rows = session.execute(
        select(Case.id, Case.place_id, Case.category, Case.closed_at)
        .where(or_(*same), Case.state == CaseState.CLOSED.value, Case.confidential.is_(False))
        .where(~filed_for_one())
        .order_by(Case.id.desc())
        .limit(5000)
    )
    closed: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
    for case_id, place, category, closed_at in rows:
        if closed_at is not None:
            closed.setdefault((place, category), []).append((case_id, closed_at))
    proposed = _proposed(session, closed)
    found = 0
    for (place, category), ended in closed.items():
        case, last = here[place, category], proposed.get((place, category))
        if last is not None and last.state == FindingState.OPEN:
            continue
        ended = [each for each in ended if last is None or each[1] > last.changed_at]
        if not rules.comes_back([at for _, at in ended], case.received_at, times=times, within=WITHIN):
            continue
        before = [case_id for case_id, _ in ended]
        found += 1
        add_finding(
            session,
            FindingKind.RETURN,
            f"return:{place}:{category}:{case.id}",
            unit_id=case.place_id,
            category=case.category,
            facts={"times": len(before), "months": 12},
            case_ids=[case.id, *before[:MOST_SHOWN]],
            changed_at=case.received_at,
            now=now,
        )
    return found


def _proposed(session: Session, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Finding]:
    """The latest proposal for each place and category that had one."""
    asked = [and_(Finding.unit_id == place, Finding.category == category) for place, category in places]
    if not asked:
        return {}
    rows = session.scalars(
        select(Finding).where(Finding.kind == FindingKind.RETURN.value, or_(*asked)).order_by(Finding.id)
    )
    return {(row.unit_id, row.category): row for row in rows}
