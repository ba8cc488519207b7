"""The hours that are worked within a day, as microseconds since midnight."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import time

from engine.errors import Invalid


class Sessions:
    """The sessions of a working day, in order: 09:00–12:00 and 14:00–18:00 make 7 hours."""

    __slots__ = ("_done", "_ends", "_starts", "close", "total")

    def __init__(self, sessions: Sequence[tuple[time, time]]) -> None:
        """Raises Invalid (`calendar.sessions`) unless they follow one another and each ends after it begins."""
        flat = [_since_midnight(each) for session in sessions for each in session]
        if not flat or any(later <= earlier for earlier, later in zip(flat[::2], flat[1::2], strict=True)):
            raise Invalid("calendar.sessions", "Working hours need at least one session that ends after it begins.")
        if flat != sorted(flat):
            raise Invalid("calendar.sessions", "The sessions of the working hours overlap or are out of order.")
        self._starts = flat[::2]
        self._ends = flat[1::2]
        self._done: list[int] = []
        """Worked time up to the end of each session."""
        self.total = 0
        for start, end in zip(self._starts, self._ends, strict=True):
            self.total += end - start
            self._done.append(self.total)
        self.close = self._ends[-1]

    def worked_until(self, moment: int) -> int:
        """Worked time of the day up to a moment of it."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0
        return self._done[place] - max(0, self._ends[place] - moment)

    def moment_after(self, worked: int) -> int:
        """The earliest moment by which so much is worked (0 < worked ≤ total): a session's end, not the next start."""
        place = bisect_left(self._done, worked)
        return self._ends[place] - (self._done[place] - worked)


def _since_midnight(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond
