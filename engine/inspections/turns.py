"""When something is to be looked at, and which week a day lies in. Pure; days are those of the district."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from engine.inspections.model import Every

BELIEVED = timedelta(days=14)
"""So old may be what a phone sends later; a clock that says more, or runs ahead, is not believed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """From its first day until before `end`; `before` is the first day of the turn before, None for the first."""

    start: date
    end: date
    before: date | None

    def last(self) -> date:
        return self.end - timedelta(days=1)


def turn_of(starts_on: date, ends_on: date | None, every: Every | None, turns: int, today: date) -> Turn:
    """The turn that a day lies in: the first before the plan begins, the last after it has ended.

    A plan without `every` has one turn only. A month later is the same day of the month, or its last one.
    """
    day = max(starts_on, today if ends_on is None else min(today, ends_on))
    if every is None:
        return Turn(starts_on, (ends_on or day) + timedelta(days=1), None)
    number = _number(starts_on, every, turns, day)
    start, end = (_nth(starts_on, every, turns * each) for each in (number, number + 1))
    if ends_on is not None:
        end = min(end, ends_on + timedelta(days=1))
    return Turn(start, end, _nth(starts_on, every, turns * (number - 1)) if number else None)


def week_of(day: date) -> tuple[date, date]:
    """Its Monday, and the Monday after it."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tz)


def believed(said: datetime | None, *, now: datetime) -> datetime:
    """The instant a phone gives for something, or now where there is none that can be."""
    return said if said is not None and now - BELIEVED <= said <= now else now


def _number(starts_on: date, every: Every, turns: int, day: date) -> int:
    match every:
        case Every.WEEK:
            return (day - starts_on).days // (7 * turns)
        case Every.MONTH:
            months = (day.year - starts_on.year) * 12 + day.month - starts_on.month
            return (months if _nth(starts_on, every, months) <= day else months - 1) // turns
        case _:
            assert_never(every)


def _nth(starts_on: date, every: Every, count: int) -> date:
    match every:
        case Every.WEEK:
            return starts_on + timedelta(weeks=count)
        case Every.MONTH:
            year, month = divmod(starts_on.month - 1 + count, 12)
            year, month = starts_on.year + year, month + 1
            return date(year, month, min(starts_on.day, monthrange(year, month)[1]))
        case _:
            assert_never(every)
