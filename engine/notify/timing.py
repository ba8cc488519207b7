"""When a message may leave: at once, on the hour or once a day, and not in quiet hours. Pure.

An emergency passes through all of it. A mention, an instruction and a supervision wait for no digest, but they let
people sleep: their clocks run in working days. Minutes are those since midnight in the offices' zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from engine.deadlines import WorkingCalendar
from engine.notify.kinds import Kind
from engine.notify.model import Rhythm

THROUGH_ALL = frozenset({Kind.URGENT})
"""Kinds that quiet hours do not keep back."""
AT_ONCE = THROUGH_ALL | {Kind.MENTION, Kind.SUPERVISION}
"""Kinds that no digest keeps back."""
LONGEST_REST = 30
"""No holiday lasts so many days; a calendar that says so is not believed."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a channel says about when. Quiet hours from a minute up to another, which may lie on the next day."""

    rhythm: Rhythm = Rhythm.AT_ONCE
    daily_minute: int = 480
    quiet_from: int | None = None
    quiet_until: int | None = None
    quiet_days_off: bool = False


def leaves_at(kind: Kind, at: datetime, timing: Timing, calendar: WorkingCalendar) -> datetime:
    """The first instant from `at` on at which news of that kind may leave, in UTC."""
    local = at.astimezone(calendar.tz)
    if kind in THROUGH_ALL:
        return at.astimezone(UTC)
    if kind not in AT_ONCE:
        local = _digest(local, timing)
    return _out_of_quiet(local, timing, calendar).astimezone(UTC)


def _digest(local: datetime, timing: Timing) -> datetime:
    match timing.rhythm:
        case Rhythm.AT_ONCE:
            return local
        case Rhythm.HOURLY:
            return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        case Rhythm.DAILY:
            today = _on(local.date(), timing.daily_minute, local)
            return today if today > local else _on(local.date() + timedelta(days=1), timing.daily_minute, local)
        case _:
            assert_never(timing.rhythm)


def _out_of_quiet(local: datetime, timing: Timing, calendar: WorkingCalendar) -> datetime:
    """Each turn either changes nothing or goes on to a later instant."""
    for _ in range(2 * LONGEST_REST):
        later = _after_days_off(_after_hours(local, timing), timing, calendar)
        if later == local:
            break
        local = later
    return local


def _after_hours(local: datetime, timing: Timing) -> datetime:
    start, end = timing.quiet_from, timing.quiet_until
    if start is None or end is None or start == end:
        return local
    minute = local.hour * 60 + local.minute
    if start < end:
        return _on(local.date(), end, local) if start <= minute < end else local
    if minute >= start:
        return _on(local.date() + timedelta(days=1), end, local)
    return _on(local.date(), end, local) if minute < end else local


def _after_days_off(local: datetime, timing: Timing, calendar: WorkingCalendar) -> datetime:
    """Work begins on the next working day, and so does news; a digest of the day comes at its own time."""
    if not timing.quiet_days_off or calendar.is_working_day(local.date(), provisional=True):
        return local
    opening = calendar.sessions[0][0]
    begins = timing.daily_minute if timing.rhythm is Rhythm.DAILY else opening.hour * 60 + opening.minute
    day = local.date() + timedelta(days=1)
    for _ in range(LONGEST_REST):
        if calendar.is_working_day(day, provisional=True):
            break
        day += timedelta(days=1)
    return _on(day, begins, local)


def _on(day: date, minute: int, like: datetime) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), like.tzinfo)
