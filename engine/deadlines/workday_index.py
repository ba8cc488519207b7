"""Which days are worked, indexed so that counting and finding them costs a look-up and not a walk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from engine.deadlines.year_tables import Workdays
from engine.errors import Invalid

GUESSED_YEARS = 25
"""So many years on either side of the loaded ones are known by the plain week alone, for provisional answers."""


class WorkdayIndex:
    """Working days by their ordinal (`date.toordinal()`), over the loaded years and the guessed ones around them."""

    __slots__ = ("_before", "_days", "_start", "first_loaded", "last_loaded")

    def __init__(self, tables: Sequence[Workdays], weekend: frozenset[int]) -> None:
        """Raises Invalid for no table, a year given twice, or a year left out between two others."""
        years = sorted(table.year for table in tables)
        if not years:
            raise Invalid("calendar.empty", "No working-day table is loaded.")
        for earlier, later in pairwise(years):
            if later == earlier:
                raise Invalid("year_table.twice", f"The working-day table of {later} is given twice.", year=later)
            if later != earlier + 1:
                raise _missing(earlier + 1, years[-1])
        self.first_loaded = date(years[0], 1, 1).toordinal()
        self.last_loaded = date(years[-1], 12, 31).toordinal()

        off = {day.toordinal() for table in tables for day in table.holidays}
        worked = {day.toordinal() for table in tables for day in table.makeup_workdays}
        self._start = date(years[0] - GUESSED_YEARS, 1, 1).toordinal()
        end = date(years[-1] + GUESSED_YEARS, 12, 31).toordinal()
        self._days: list[int] = []
        self._before: list[int] = []
        for day in range(self._start, end + 1):
            self._before.append(len(self._days))
            plain = (day + 6) % 7 not in weekend
            if day in worked or (plain and day not in off):
                self._days.append(day)

    def is_worked(self, day: int) -> bool:
        position = self.count_before(day)
        return position < len(self._days) and self._days[position] == day

    def count_before(self, day: int) -> int:
        """How many working days of the index lie before the day: also the position of the first one from it on."""
        offset = day - self._start
        if 0 <= offset < len(self._before):
            return self._before[offset]
        raise _too_far()

    def at(self, position: int) -> int:
        """The working day at a position."""
        if 0 <= position < len(self._days):
            return self._days[position]
        raise _too_far()

    def crosses_unloaded(self, first: int, last: int, *, allowed: bool) -> bool:
        """Whether the days first…last touch a year without table. Raises Invalid naming it unless that is allowed."""
        if self.first_loaded <= first and last <= self.last_loaded:
            return False
        if not allowed:
            lacking = date.fromordinal(first if first < self.first_loaded else self.last_loaded + 1).year
            raise _missing(lacking, date.fromordinal(self.last_loaded).year)
        return True


def _missing(year: int, loaded_until: int) -> Invalid:
    return Invalid(
        "calendar.year_missing",
        f"The working-day table of {year} is not loaded; the last loaded year is {loaded_until}.",
        year=year,
        loaded_until=loaded_until,
    )


def _too_far() -> Invalid:
    return Invalid(
        "calendar.too_far", f"That is more than {GUESSED_YEARS} years from the years whose working days are known."
    )
