"""What follows from a try: delivered, tried again when, given up; and whether the receiver rests. Pure.

Source: Standard Webhooks, "Deliverability and reliability": the schedule of tries, 410, and Retry-After.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TRIES = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after the try before each try comes: ten of them, in a little over three days."""

RESTS_AFTER = 5
"""So many failures in a row, of whichever deliveries, and the receiver rests."""
SHORTEST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=30)
LONGEST_ASKED = timedelta(hours=24)
GONE = 410

Chance = Callable[[], float]
"""Something from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class Next:
    """`at` None: it is given up. `rests_until`: the receiver is left alone so long."""

    at: datetime | None
    rests_until: datetime | None
    gone: bool = False


def after_failure(
    *, attempts: int, failures: int, status: int | None, retry_after: str | None, now: datetime, chance: Chance
) -> Next:
    """`attempts` of this delivery and `failures` in a row of its receiver, this one counted."""
    if status == GONE:
        return Next(None, None, gone=True)
    rests_until = None
    if failures >= RESTS_AFTER:
        rest = min(SHORTEST_REST * 2 ** min(failures - RESTS_AFTER, 10), LONGEST_REST)
        rests_until = now + _spread(rest, chance)
    asked = asked_wait(retry_after, now=now) if status in (429, 503) else None
    if asked is not None:
        rests_until = max(now + asked, rests_until or now)
    if attempts >= len(TRIES):
        return Next(None, rests_until)
    at = now + _spread(TRIES[attempts], chance)
    return Next(max(at, now + asked) if asked is not None else at, rests_until)


def asked_wait(retry_after: str | None, *, now: datetime) -> timedelta | None:
    """What the header `Retry-After` asks for, in seconds or as a date; a day at most, None for nonsense."""
    if not retry_after:
        return None
    written = retry_after.strip()
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=min(int(written[:9]), 10**8)), LONGEST_ASKED)
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max(until - now, timedelta(0)), LONGEST_ASKED)


def _spread(wait: timedelta, chance: Chance) -> timedelta:
    """Up to a tenth longer, so that what failed together does not come back together."""
    return timedelta(seconds=math.ceil(wait.total_seconds() * (1 + chance() / 10) * 1000) / 1000)
