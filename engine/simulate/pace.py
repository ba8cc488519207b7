"""How long people take: a part of the time they have, in working hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from engine.deadlines import WorkingCalendar

QUICK = (0.04, 0.60, 0.15)
STEADY = (0.08, 0.85, 0.35)
SLOW = (0.45, 0.97, 0.80)
"""Least, most and most usual part of the time left."""

HAVE = 7 * 60.0
"""Working minutes people take a part of where nothing is due."""
WORTH_WAITING = 30.0
"""With less working time left than this, people act outside working hours."""
WAKES, SLEEPS = 7, 23


class Pace:
    """Instants at which people act, always after now and never finer than a second."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.calendar = calendar

    def part(
        self, now: datetime, due_at: datetime | None, chance: Random, part: tuple[float, float, float] = STEADY
    ) -> datetime:
        """Within a part of the time until due."""
        least, most, mode = part
        share = chance.triangular(least, most, mode)
        rest = HAVE if due_at is None else self.calendar.working_minutes(now, due_at, provisional=True)
        if rest >= WORTH_WAITING:
            return self.minutes(now, rest * share)
        if due_at is None or due_at <= now:
            return self.minutes(now, 1 + share * WORTH_WAITING)
        return self._awake(now + timedelta(seconds=max(1, int((due_at - now).total_seconds() * share))))

    def minutes(self, now: datetime, minutes: float) -> datetime:
        """So many working minutes on."""
        at = self.calendar.add_working_minutes(now, max(1, int(minutes)), provisional=True)
        return at.replace(microsecond=0)

    def days(self, now: datetime, days: float) -> datetime:
        """So many working days of seven hours on."""
        return self.minutes(now, days * HAVE)

    def _awake(self, at: datetime) -> datetime:
        local = at.astimezone(self.calendar.tz)
        if WAKES <= local.hour < SLEEPS:
            return at
        morning = local.replace(hour=WAKES, minute=local.minute, second=local.second)
        return (morning if local.hour < WAKES else morning + timedelta(days=1)).astimezone(at.tzinfo)
