"""The only source of now. Every instant is aware and in UTC; the district's own zone is applied when shown."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the present instant, aware, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is told to move; used by tests, simulation and rehearsal.

    It may be set backwards: surviving that is one of the things that is tested with it.
    """

    def __init__(self, at: datetime) -> None:
        self._lock = threading.Lock()
        self._now = _in_utc(at)

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def set(self, at: datetime) -> None:
        with self._lock:
            self._now = _in_utc(at)

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._now += by


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)
