"""Which cases a campaign is about: how old, how often repeated, of what sort, where. Counted before it is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, func, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engine.campaigns.model import CampaignItem
from engine.cases import Case, CaseState
from engine.errors import Invalid
from engine.intake import KINDS
from engine.people import Viewer
from engine.process import Instance
from engine.tasks import visible_cases
from engine.territory import within

STANDINGS = ("open", "closed", "both")
OLDEST_YEARS = 20
DONE_WITH = (CaseState.WITHDRAWN.value, CaseState.MERGED.value)


@dataclass(frozen=True, slots=True)
class Criteria:
    """`older_than_days` and `within_years` are counted back from now; `categories` are words or their beginnings
    (`land` is all of `land.lease` and its like). Empty lists mean any."""

    unit_id: str
    older_than_days: int = 0
    within_years: int = 5
    least_repeats: int = 0
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    standing: str = "both"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check(criteria: Criteria) -> None:
    """Raises Invalid naming every field."""
    wrong: dict[str, dict[str, str]] = {}
    if not 0 <= criteria.older_than_days <= 365 * OLDEST_YEARS:
        wrong["older_than_days"] = {"zh": "请填写天数。", "en": "Write a number of days."}
    if not 1 <= criteria.within_years <= OLDEST_YEARS:
        wrong["within_years"] = {"zh": f"请填写 1 至 {OLDEST_YEARS} 年。", "en": f"Write 1 to {OLDEST_YEARS} years."}
    if not 0 <= criteria.least_repeats <= 999:
        wrong["least_repeats"] = {"zh": "请填写次数。", "en": "Write how often."}
    if criteria.standing not in STANDINGS:
        wrong["standing"] = {"zh": "请选择。", "en": "Please choose."}
    if set(criteria.kinds) - set(KINDS):
        wrong["kinds"] = {"zh": "请从给出的选项中选择。", "en": "Choose from the options."}
    if wrong:
        raise Invalid("campaign.criteria", "These criteria cannot be used.", fields=wrong)


def how_many(session: Session, criteria: Criteria, *, viewer: Viewer, now: datetime) -> int:
    """What the list would hold. Nothing is kept; raises as `check`."""
    check(criteria)
    found = _matching(session, criteria, viewer, now)
    return session.scalar(found.with_only_columns(func.count()).order_by(None)) or 0


def matching(
    session: Session, criteria: Criteria, *, viewer: Viewer, now: datetime, most: int
) -> Sequence[tuple[Case, int]]:
    """The oldest first, each with how often it was repeated."""
    repeats = _repeats(session)
    rows = session.execute(_matching(session, criteria, viewer, now).add_columns(repeats).limit(most))
    return [(case, count or 0) for case, count in rows]


def _matching(session: Session, criteria: Criteria, viewer: Viewer, now: datetime) -> Select[Any]:
    busy = (
        select(CampaignItem.case_id)
        .outerjoin(Instance, Instance.id == CampaignItem.instance_id)
        .where(Instance.outcome.is_(None))
    )
    query = (
        select(Case)
        .where(
            within(Case.place_id.expression, (criteria.unit_id,)),
            Case.received_at >= now - timedelta(days=round(365.25 * criteria.within_years)),
            Case.received_at <= now - timedelta(days=criteria.older_than_days),
            Case.confidential.is_(False),
            Case.state.not_in(DONE_WITH),
            Case.id.not_in(busy),
            visible_cases(viewer),
        )
        .order_by(Case.received_at, Case.id)
    )
    if criteria.standing != "both":
        query = query.where(Case.closed_at.is_(None) if criteria.standing == "open" else Case.closed_at.is_not(None))
    if criteria.kinds:
        query = query.where(Case.kind.in_(criteria.kinds))
    if criteria.categories:
        query = query.where(or_(*(_of_category(each) for each in criteria.categories)))
    if criteria.least_repeats:
        query = query.where(_repeats(session) >= criteria.least_repeats)
    return query


def _of_category(word: str) -> ColumnElement[bool]:
    return or_(Case.category == word, Case.category.startswith(f"{word}.", autoescape=True))


def _repeats(session: Session) -> ColumnElement[int]:
    """How often the matter came before, as the facts of the case say; the facts are kept as text."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.json_extract_path_text(cast(Case.facts, postgresql.JSON), "repeat_count"), Integer)
    return cast(func.json_extract(Case.facts, "$.repeat_count"), Integer)
