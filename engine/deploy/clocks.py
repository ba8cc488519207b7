"""What time limits do together: a ladder longer than the law allows, a clock that never strikes, a tier without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.deadlines import Length, Limits, WorkingCalendar, load_year_tables, packaged_year_tables
from engine.runtime import DUE, Finding

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ANY = "default"
LEGAL_DAYS = 60
"""Regulations on Petitions (2022), article 34: finished within 60 days of acceptance. A warning: other matters may take
longer, and an office may stand under another law."""
_ZONE = ZoneInfo("Asia/Shanghai")
_SESSIONS = ((time(9), time(12)), (time(14), time(18)))

Clock = tuple[Any, str, bool]
"""A timer event, the step it asks for, and whether it names a tier."""


def check_clocks(path: str, root: Any, limits: Limits) -> Iterator[Finding]:
    """Findings on the boundary timers of a diagram whose steps `limits` knows."""
    hosts: dict[str, list[Clock]] = {}
    for event in root.iter(f"{BPMN}boundaryEvent"):
        asked = DUE.search("".join(event.itertext()))
        if asked is not None and asked[1] in limits.steps:
            hosts.setdefault(event.get("attachedToRef") or "", []).append((event, asked[1], bool(asked[2])))
    for clocks in hosts.values():
        ends = [clock for clock in clocks if clock[0].get("cancelActivity", "true") in ("true", "1")]
        for event, step, tiered in clocks:
            for end, limit, end_tiered in ends:
                if end is not event and _never_first(limits, (step, tiered), (limit, end_tiered)):
                    yield _never(path, event, step, end, limit)
                    break


def ending_steps(root: Any) -> set[str]:
    """The steps whose clock runs per tier and ends what it stands on."""
    found = set()
    for event in root.iter(f"{BPMN}boundaryEvent"):
        asked = DUE.search("".join(event.itertext()))
        if asked is not None and asked[2] and event.get("cancelActivity", "true") in ("true", "1"):
            found.add(asked[1])
    return found


def check_ladder(path: str, limits: Limits, steps: set[str], line_of: Callable[[str], int]) -> Iterator[Finding]:
    """Findings on limits per tier. `steps` are those that end a visit to a tier, `line_of` gives a step's line."""
    for step, by_tier in limits.steps.items():
        if len(by_tier) > 1 and ANY not in by_tier:
            message = f"The step {step!r} has lengths for some tiers only; at any other tier the case would stop."
            yield Finding(path, line_of(step), step, "limits.no_default", "warning", message, "Add default: 5wd.")
        ladder = tuple(length for tier, length in by_tier.items() if tier != ANY)
        if step in steps and len(ladder) > 1:
            days, began = longest_days(ladder)
            if days > LEGAL_DAYS:
                message = (
                    f"All tiers of {step!r} together can last {days} calendar days, for a case of {began}; "
                    f"the law gives {LEGAL_DAYS}."
                )
                hint = "Shorten some tiers: 36 working days never last longer than 60 calendar days."
                yield Finding(path, line_of(step), step, "limits.too_long", "warning", message, hint)


@lru_cache(maxsize=64)
def longest_days(ladder: tuple[Length, ...]) -> tuple[int, str]:
    """The most calendar days that lengths one after the other can last, and a first day for which they do."""
    tables = load_year_tables(packaged_year_tables())
    calendar = WorkingCalendar(tables, _SESSIONS, _ZONE)
    first = datetime(tables[0].year, 1, 1, 10, tzinfo=_ZONE)
    last = datetime.combine(calendar.loaded_until, time(10), _ZONE) - timedelta(days=LEGAL_DAYS)
    longest = (0, "")
    while first <= last:
        at = first.astimezone(UTC)
        for length in ladder:
            at = calendar.due(at, length, provisional=True).at
        longest = max(longest, ((at.astimezone(_ZONE).date() - first.date()).days, f"{first:%Y-%m-%d}"))
        first += timedelta(days=1)
    return longest


def _never_first(limits: Limits, one: tuple[str, bool], end: tuple[str, bool]) -> bool:
    """Whether `one` strikes after `end` at every tier; lengths in different units are not compared."""
    steps = limits.steps[one[0]], limits.steps[end[0]]
    tiers = {tier for step in steps for tier in step} if one[1] and end[1] else {ANY}
    for tier in tiers:
        first, second = (step.get(tier) or step.get(ANY) for step in steps)
        if first is None or second is None or first.unit != second.unit or first.amount < second.amount:
            return False
    return one[0] != end[0] or one[1] == end[1]


def _never(path: str, event: Any, step: str, end: Any, limit: str) -> Finding:
    message = f'The clock "{event.get("id")}" ({step}) never strikes: "{end.get("id")}" ({limit}) ends the step first.'
    hint = "Give the reminder a shorter limit than the deadline."
    return Finding(path, event.sourceline or 0, event.get("id") or "", "timer.never", "warning", message, hint)
