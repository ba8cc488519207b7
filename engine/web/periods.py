"""Days that an address or a form asks for, both inclusive, in the zone of the working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine import figures
from engine.reports import Period
from engine.web.context import now, world

LONGEST = 400


@dataclass(frozen=True, slots=True)
class Days:
    first: date
    last: date
    wrong: bool = False
    """Something else was asked for, which is no period."""

    @property
    def period(self) -> Period:
        return figures.period(world(), self.first, self.last)

    def before(self) -> Days:
        """As many days, right before."""
        length = self.last - self.first + timedelta(days=1)
        return Days(self.first - length, self.last - length)

    def a_year_before(self) -> Days:
        return Days(figures.a_year_before(self.first), figures.a_year_before(self.last))


def read_days(given: Mapping[str, str], *, usual: int) -> Days:
    """From `from` and `to`; the last `usual` days up to today where none are given, or no sound ones."""
    first, last = typed_day(given.get("from")), typed_day(given.get("to"))
    if first and last and timedelta() <= last - first < timedelta(days=LONGEST):
        return Days(first, last)
    today = now().astimezone(world().calendar.tz).date()
    asked = bool(given.get("from") or given.get("to"))
    return Days(today - timedelta(days=usual - 1), today, wrong=asked)


def typed_day(words: str | None) -> date | None:
    """What was written as a day; None for anything else, and for one so far off that no zone knows its midnight."""
    try:
        found = date.fromisoformat(words or "")
    except ValueError:
        return None
    return found if date(1970, 1, 2) <= found <= date(9000, 1, 1) else None


def typed_instant(words: str | None) -> datetime | None:
    """What was written in a field for date and time, in the district's zone; None for anything else."""
    try:
        at = datetime.fromisoformat((words or "").strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=world().calendar.tz)
    return at if 2000 <= at.year <= 2199 else None
