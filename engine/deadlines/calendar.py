"""Working-day arithmetic: when something is due, how much working time lies between, and what a pause leaves over.

Source: Civil Code of the PRC, articles 201–203 (the day of the start is not counted; a last day that is a rest day
gives way to the next working day; the last day ends at 24:00, or at the close of business), and the yearly notices of
the State Council with their make-up workdays.

| unit | due |
|---|---|
| wd | the close of business of the N-th working day after the day of the start |
| cd | 23:59:59 of the N-th day after the day of the start, rolled on to a working day where `roll_forward` is set |
| mo | 23:59:59 of the same day N months on (the month's last day where it is shorter), rolled likewise |
| wh, wm | the instant by which so much working time has passed; a session's end rather than the next one's start |
| h | so many hours later, day and night |

A clock that was paused goes on like this: wd, wh and wm keep their exact working time; h keeps its exact running time;
cd and mo keep their number of whole days, counted from the day they go on, and end at 23:59:59 again.

Every instant taken must be aware, every instant given is UTC. Nothing here depends on the zone of the machine. A
question that touches a year without table is refused (`calendar.year_missing`, with `year`) unless `provisional=True`
is asked: then the plain week is counted there, and the answer says that it is provisional.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.deadlines.lengths import Length
from engine.deadlines.sessions import Sessions
from engine.deadlines.workday_index import WorkdayIndex
from engine.deadlines.year_tables import SATURDAY_AND_SUNDAY, Workdays
from engine.errors import Invalid

MINUTE = 60_000_000
"""In microseconds, in which all working time is counted."""

DAY_SECONDS = 86_400
LAST_SECOND = (DAY_SECONDS - 1) * 1_000_000
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DueInstant:
    """When something is due, in UTC; provisional when it rests on a year whose table is not loaded."""

    at: datetime
    provisional: bool = False


class Light(StrEnum):
    """How a clock stands: nearly all of its time left, most of it used, overdue."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def light(now: datetime, *, due_at: datetime, warn_at: datetime | None) -> Light:
    """Red from the due instant on, yellow from `warn_at` on (see `WorkingCalendar.warn_at`), green before."""
    if now >= due_at:
        return Light.RED
    return Light.GREEN if warn_at is None or now < warn_at else Light.YELLOW


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of the loaded years and the working hours of a day, in one zone. Built once, then shared.

    The tables must follow year upon year. Raises Invalid for tables or sessions that make no sense.
    """

    tables: tuple[Workdays, ...]
    sessions: tuple[tuple[time, time], ...]
    tz: ZoneInfo
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    roll_forward: bool = True
    _days: WorkdayIndex = field(init=False, repr=False, compare=False)
    _hours: Sessions = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_days", WorkdayIndex(self.tables, self.weekend))
        object.__setattr__(self, "_hours", Sessions(self.sessions))

    @property
    def loaded_until(self) -> date:
        """The last day whose table is loaded."""
        return date.fromordinal(self._days.last_loaded)

    @property
    def minutes_per_day(self) -> int:
        """Working minutes of a day, to the minute, at least one."""
        return max(1, round(self._hours.total / 60_000_000))

    def missing_year(self, today: date) -> int | None:
        """The year whose table ought to be here and is not: the present one, and from 1 December the next one."""
        due = today.year + (today.month == 12)
        return due if self.loaded_until < date(due, 12, 31) else None

    def is_working_day(self, day: date, *, provisional: bool = False) -> bool:
        ordinal = day.toordinal()
        self._days.crosses_unloaded(ordinal, ordinal, allowed=provisional)
        return self._days.is_worked(ordinal)

    def due(self, start: datetime, length: Length, *, provisional: bool = False) -> DueInstant:
        """When a length that starts now is over, by the table above."""
        unit = length.unit
        if unit == "wd":
            today = self._local(start).toordinal()
            day = self._days.at(self._days.count_before(today + 1) + length.amount - 1)
            guessed = self._days.crosses_unloaded(today, day, allowed=provisional)
            return DueInstant(self._instant(day, self._hours.close), guessed)
        if unit == "cd":
            return self._end_of(self._local(start).toordinal() + length.amount, provisional)
        if unit == "mo":
            return self._end_of(_months_on(self._local(start).date(), length.amount), provisional)
        if unit == "h":
            return DueInstant(_utc(start) + timedelta(hours=length.amount))
        minutes = length.amount * 60 if unit == "wh" else length.amount
        return self._after_work(start, minutes * MINUTE, provisional)

    def extend(
        self,
        due_at: datetime,
        by: Length,
        *,
        started_at: datetime | None = None,
        length: Length | None = None,
        provisional: bool = False,
    ) -> DueInstant:
        """More time, counted from the due instant and not from today: `by` is added as if a clock started at `due_at`.

        With `started_at` and `length`, a cd or mo clock that never was moved is counted anew from its start: 60cd and
        30cd more is the 90th day, and not 30 days from a 60th day that had rolled over a weekend.
        """
        if started_at is not None and length is not None and length.unit == by.unit and by.unit in ("cd", "mo"):
            unmoved = self.due(started_at, length, provisional=True).at == _utc(due_at)
            if unmoved:
                return self.due(started_at, Length(length.amount + by.amount, by.unit), provisional=provisional)
        return self.due(due_at, by, provisional=provisional)

    def rest(self, now: datetime, due_at: datetime, length: Length, *, provisional: bool = False) -> float:
        """What a clock paused now has left: working minutes for wd, wh and wm, seconds for the others; 0 when overdue.

        cd and mo clocks count whole days, so their seconds are a multiple of 86 400, and 0 on the last day itself.
        """
        if length.in_working_time:
            return max(0.0, self.working_minutes(now, due_at, provisional=provisional))
        if length.unit == "h":
            return max(0.0, (_utc(due_at) - _utc(now)).total_seconds())
        return float(max(0, self._local(due_at).toordinal() - self._local(now).toordinal()) * DAY_SECONDS)

    def resume(self, now: datetime, rest: float, length: Length, *, provisional: bool = False) -> DueInstant:
        """When a clock that goes on now is due, given what `rest` said when it was paused."""
        if rest < 0:
            raise Invalid("length.negative", f"A clock cannot go on with {rest} left.")
        if length.in_working_time:
            return self._after_work(now, round(rest * MINUTE), provisional)
        if length.unit == "h":
            return DueInstant(_utc(now) + timedelta(seconds=rest))
        return self._end_of(self._local(now).toordinal() + round(rest / DAY_SECONDS), provisional)

    def working_minutes(self, start: datetime, end: datetime, *, provisional: bool = False) -> float:
        """The working time between two instants, exact to the microsecond; negative when `end` is the earlier."""
        return self._worked_between(start, end, provisional) / MINUTE

    def add_working_minutes(self, start: datetime, minutes: float, *, provisional: bool = False) -> datetime:
        """The earliest instant by which so much working time has passed; `start` itself for 0.

        Raises Invalid for less than 0.
        """
        if minutes < 0:
            raise Invalid("length.negative", f"{minutes} working minutes cannot be added.")
        return self._after_work(start, round(minutes * MINUTE), provisional).at

    def minutes_counted(self, start: datetime, end: datetime, length: Length, *, provisional: bool = False) -> float:
        """What passes between two instants for a clock of this length: working minutes for wd, wh and wm, else all.

        The sum of it over a clock's pauses is the `paused_minutes` of the two questions below.
        """
        return self._passed(start, end, length, provisional) / MINUTE

    def warn_at(
        self,
        start: datetime,
        due_at: datetime,
        length: Length,
        *,
        share: float = 0.8,
        paused_minutes: float = 0.0,
        provisional: bool = False,
    ) -> datetime:
        """When `share` of a clock's time is used up, by working time for wd, wh and wm and by running time otherwise.

        `paused_minutes` is what pauses took out between start and due, as `minutes_counted` counts.
        """
        paused = round(paused_minutes * MINUTE)
        whole = self._passed(start, due_at, length, provisional) - paused
        used = paused + max(0, round(whole * share))
        if length.in_working_time:
            return self._after_work(start, used, provisional).at
        return _utc(start) + used * MICROSECOND

    def used_share(
        self,
        start: datetime,
        due_at: datetime,
        now: datetime,
        length: Length,
        *,
        paused_minutes: float = 0.0,
        provisional: bool = False,
    ) -> float:
        """How much of a clock's time is used: 0 at the start, 1 at the due instant, more when overdue."""
        paused = round(paused_minutes * MINUTE)
        whole = self._passed(start, due_at, length, provisional) - paused
        used = self._passed(start, now, length, provisional) - paused
        if whole <= 0:
            return 1.0 if _utc(now) >= _utc(due_at) else 0.0
        return max(0.0, used / whole)

    def _passed(self, start: datetime, end: datetime, length: Length, provisional: bool) -> int:
        if length.in_working_time:
            return self._worked_between(start, end, provisional)
        return (_utc(end) - _utc(start)) // MICROSECOND

    def _worked_between(self, start: datetime, end: datetime, provisional: bool) -> int:
        first, last = self._local(start), self._local(end)
        from_day, to_day = first.toordinal(), last.toordinal()
        self._days.crosses_unloaded(min(from_day, to_day), max(from_day, to_day), allowed=provisional)
        return self._worked_until(to_day, last) - self._worked_until(from_day, first)

    def _after_work(self, start: datetime, work: int, provisional: bool) -> DueInstant:
        local = self._local(start)
        today = local.toordinal()
        if work == 0:
            return DueInstant(_utc(start), self._days.crosses_unloaded(today, today, allowed=provisional))
        days, moment = divmod(self._worked_until(today, local) + work - 1, self._hours.total)
        day = self._days.at(days)
        guessed = self._days.crosses_unloaded(today, day, allowed=provisional)
        return DueInstant(self._instant(day, self._hours.moment_after(moment + 1)), guessed)

    def _worked_until(self, day: int, local: datetime) -> int:
        """Working time from the index's first day up to a local instant, whose day's ordinal is given along."""
        worked = self._days.count_before(day) * self._hours.total
        if not self._days.is_worked(day):
            return worked
        moment = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        return worked + self._hours.worked_until(moment)

    def _end_of(self, day: int, provisional: bool) -> DueInstant:
        if not self.roll_forward:
            return DueInstant(self._instant(day, LAST_SECOND))
        rolled = self._days.at(self._days.count_before(day))
        guessed = self._days.crosses_unloaded(day, rolled, allowed=provisional)
        return DueInstant(self._instant(rolled, LAST_SECOND), guessed)

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return at.astimezone(self.tz)

    def _instant(self, day: int, moment: int) -> datetime:
        midnight = datetime.combine(date.fromordinal(day), time.min)
        return (midnight + timedelta(microseconds=moment)).replace(tzinfo=self.tz).astimezone(UTC)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def _months_on(day: date, months: int) -> int:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        raise Invalid("calendar.too_far", f"{months} months from {day} is not in any calendar.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()
