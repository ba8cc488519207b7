"""The figures of each tier, how long matters stay there, and how often people overrule each rule of triage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Text, func, literal_column, or_, select, type_coerce
from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.history import HistoryEntry
from engine.reports.heat import SAMPLED, up_to
from engine.reports.metric import Ask, Group, Metric, Said
from engine.reports.population import Population

Rows = Select[*tuple[Any, ...]]

OVERRULED = "override_rate."
"""Begins the id of the figure of one rule; the rule's name follows."""


class TierNamed(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def of_tiers(tiers: Sequence[TierNamed]) -> Sequence[Metric]:
    """Three figures of each tier, from the lowest to the highest."""
    return [made for tier in tiers for made in _of_tier(tier)]


def _of_tier(tier: TierNamed) -> Sequence[Metric]:
    def left(*how: str) -> Any:
        return lambda p: _left(p, tier.id, *how)

    where = (tier.name_zh, tier.name_en.lower())
    below = Said("本级办结、上升、退回或移出的停留次数", "stays there that ended within the days, however they did")
    return [
        Metric(
            f"{id_}.{tier.id}",
            Group.LADDER,
            Said(f"{where[0]}{zh}", f"{en} at the {where[1]}"),
            Said(f"{what_zh} ÷ 统计期内{below.zh}。", f"{what_en} ÷ {below.en}."),
            left(how),
            left(),
            about="stay",
            better=better,
        )
        for id_, zh, en, what_zh, what_en, how, better in (
            (
                "absorption_rate",
                "吸附率",
                "Settled",
                "在本级办结的次数",
                "Stays that ended by closing",
                "closed",
                1,
            ),
            ("upward_rate", "上行率", "Sent up", "上升到上级的次数", "Stays that ended by a rise", "up", -1),
            ("return_rate", "退回率", "Sent back", "退回下级的次数", "Stays that ended by a return", "back", 0),
        )
    ]


def _left(p: Population, tier: str, *how: str) -> Rows:
    rows = select(p.left.c.id).where(p.left.c.tier == tier)
    return rows.where(p.left.c.how.in_(how)) if how else rows


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long matters stayed at a tier, in working minutes: half of them no longer, nine of ten no longer."""

    stays: int
    median: float
    ninth: float


def dwell(session: Session, ask: Ask, *, calendar: WorkingCalendar) -> Mapping[str, Dwell]:
    """By tier; of very many stays those of every n-th case are measured. Two statements."""
    left = Population(ask).left
    counts = {tier: int(n) for tier, n in session.execute(select(left.c.tier, func.count()).group_by(left.c.tier))}
    one_in = -(-sum(counts.values()) // SAMPLED) or 1
    rows = select(left.c.tier, left.c.entered_at, left.c.left_at)
    if one_in > 1:
        rows = rows.where(left.c.case_id % one_in == 0)
    stays: dict[str, list[float]] = {}
    for tier, entered_at, left_at in session.execute(rows):
        stays.setdefault(tier, []).append(calendar.working_minutes(entered_at, left_at, provisional=True))
    for minutes in stays.values():
        minutes.sort()
    return {
        tier: Dwell(counts[tier], up_to(minutes, 0.5), up_to(minutes, 0.9)) for tier, minutes in sorted(stays.items())
    }


@dataclass(frozen=True, slots=True)
class Overruled:
    """A rule of triage: how many matters it graded, and how many of these people graded otherwise."""

    rule: str
    fired: int
    overruled: int


def overruled(session: Session, ask: Ask) -> Sequence[Overruled]:
    """The rules that graded matters received within the days, most often overruled first. One statement."""
    found = Population(ask)
    fired: Counter[str] = Counter()
    turned: Counter[str] = Counter()
    for _id, facts, again in session.execute(_filings(found).add_columns(_text, _overridden(found))):
        listed = _RULES.search(facts)
        rules = _RULE.findall(listed[1]) if listed else ()
        fired.update(rules)
        if again or _BY_HAND in facts:
            turned.update(rules)
    rows = [Overruled(rule, number, turned[rule]) for rule, number in fired.items()]
    return sorted(rows, key=lambda row: (-row.overruled / row.fired, -row.fired, row.rule))


def overruled_by(rule: str) -> Metric:
    """The figure of one rule."""
    return Metric(
        OVERRULED + rule,
        Group.CARE,
        Said(f"人工改判率：{rule}", f"Overruled by hand: {rule}"),
        Said(
            "其中登记时或其后由人改动分级的件数 ÷ 统计期内收到且该规则命中的件数。",
            "Of these, matters that a person graded otherwise, at filing or later ÷ matters received to which the rule"
            " applied.",
        ),
        lambda p: _ruled(p, rule).where(or_(_text.like(f"%{_BY_HAND}%"), _overridden(p))),
        lambda p: _ruled(p, rule),
        better=-1,
    )


def _filings(p: Population) -> Rows:
    """The first entry of each matter received."""
    first = HistoryEntry.seq == literal_column("1")
    return select(p.received.c.id).join(HistoryEntry, HistoryEntry.case_id == p.received.c.id).where(first)


def _overridden(p: Population) -> ColumnElement[bool]:
    """On `_filings`: whether a person graded it otherwise later."""
    return p.received.c.id.in_(p.ever("triage.overridden"))


def _ruled(p: Population, rule: str) -> Rows:
    return _filings(p).where(_text.like(f'%"rules":[%"{rule}"%]%'))


_text = type_coerce(HistoryEntry.facts, Text)
_RULES = re.compile(r'"rules":\[([^\]]*)\]')
_RULE = re.compile(r'"([^"]+)"')
_BY_HAND = '"override":{'
