"""A clock as a strip of calendar days: what is worked and what is rest, what is used, stopped, added and overdue. Pure.

Positions are shares of the strip's width in per cent, so that it fits any screen without being measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from engine.deadlines import Deadline, DeadlineState, WorkingCalendar
from engine.process import Pause

FEWEST, MOST = 7, 92
"""A strip of less days would look like nothing, one of more could not be read."""
SPARSE = 14
"""Up to so many days each of them bears its date."""

DayKind = Literal["work", "rest", "holiday", "makeup"]
SpanKind = Literal["used", "paused", "left", "added", "late"]


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    kind: DayKind
    at: float
    labelled: bool


@dataclass(frozen=True, slots=True)
class Span:
    kind: SpanKind
    at: float
    width: float


@dataclass(frozen=True, slots=True)
class Strip:
    days: Sequence[Day]
    width: float
    """Of one day."""
    spans: Sequence[Span]
    now: float | None
    """None once nothing runs or is late any more."""
    due: float | None
    """None for a clock that stands still: when it is due is only known once it runs on."""

    def count(self, kind: DayKind) -> int:
        return sum(day.kind == kind for day in self.days)

    def has(self, kind: SpanKind) -> bool:
        return any(span.kind == kind for span in self.spans)


def strip_of(
    clock: Deadline,
    pauses: Sequence[Pause],
    *,
    calendar: WorkingCalendar,
    now: datetime,
    case_closed_at: datetime | None = None,
) -> Strip:
    """`pauses` are those of the case; what lies outside the clock is passed over. A limit that was missed makes late
    whatever follows until the case ends, although its clock is over."""
    missed = clock.state == DeadlineState.BREACHED
    end = (case_closed_at if missed else clock.closed_at) or now
    first = clock.started_at.astimezone(calendar.tz).date()
    last = max(
        each.astimezone(calendar.tz).date()
        for each in ((end,) if clock.state == DeadlineState.PAUSED else (clock.due_at, end))
    )
    count = min(MOST, max(FEWEST, (last - first).days + 2))
    midnight = datetime.combine(first, datetime.min.time(), calendar.tz)

    def at(instant: datetime) -> float:
        days = (instant - midnight).total_seconds() / 86_400
        return round(max(0.0, min(100.0, days / count * 100)), 3)

    def span(kind: SpanKind, start: datetime, stop: datetime) -> list[Span]:
        start, stop = max(start, clock.started_at), max(stop, start)
        width = round(at(stop) - at(start), 3)
        return [Span(kind, at(start), width)] if width > 0 else []

    still = clock.state == DeadlineState.PAUSED
    used_until = min(end, clock.due_at, clock.paused_at if still and clock.paused_at else end)
    spans = span("used", clock.started_at, used_until)
    spans += [
        each
        for pause in pauses
        if pause.start < end and (pause.end or end) > clock.started_at
        for each in span("paused", pause.start, min(pause.end or end, end))
    ]
    added_from = clock.first_due_at if clock.extended_by else clock.due_at
    if clock.state == DeadlineState.ARMED:
        spans += span("left", used_until, max(used_until, min(added_from, clock.due_at)))
    if not still:
        spans += span("added", max(added_from, used_until), clock.due_at)
        spans += span("late", clock.due_at, end)
    running = still or clock.state == DeadlineState.ARMED or (missed and case_closed_at is None)
    return Strip(
        [_day(first + timedelta(days=n), n, count, calendar) for n in range(count)],
        round(100 / count, 3),
        spans,
        at(now) if running else None,
        None if still else at(clock.due_at),
    )


def _day(on: date, number: int, count: int, calendar: WorkingCalendar) -> Day:
    worked, weekend = calendar.is_working_day(on, provisional=True), on.weekday() in calendar.weekend
    kind: DayKind = ("makeup" if weekend else "work") if worked else ("rest" if weekend else "holiday")
    labelled = count <= SPARSE or on.weekday() == 0
    return Day(on, kind, round(number / count * 100, 3), labelled)
