"""What is known of a closed case, and how a case went: plain values, the same for what happened and what would have.

Nothing in here is shown as it is: what designers see is made in `trace.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from engine.cases import NO_WALL, Wall

NEAR = timedelta(minutes=30)
"""Courses whose ends lie no further apart ended at the same time: people and ticks are not more exact."""

Ended = Literal["closed", "withdrawn", "merged", "unfinished", "stopped"]
"""How a course ends. `unfinished`: nobody would ever act again; `stopped`: the diagram itself was at fault."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit to one tier."""

    tier: str
    unit_id: str
    reason: str
    entered_at: datetime
    left_at: datetime | None = None
    from_tier: str | None = None
    from_unit_id: str | None = None
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A task that was asked, or a clock that ran out. `choices` are chosen values only, never a text."""

    at: datetime
    tier: str
    process: str
    element: str
    ended: Literal["completed", "withdrawn", "fired"]
    choices: Mapping[str, Any] = field(default_factory=dict)
    assumed: bool = False
    """Answered as most did, because history has no answer of this case."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a case went, or would have gone."""

    ended: Ended
    ended_at: datetime | None
    stays: tuple[Stay, ...]
    stops: tuple[Stop, ...]
    overdue: bool
    """Past the limit of the whole case, or of a tier with nobody above."""
    yellow: int = 0
    red: int = 0
    elements: tuple[tuple[str, str], ...] = ()
    """Every (process, element) that was reached, in order; of a recorded course only those of its stops."""
    trouble: str = ""
    """Of a stopped course: the code of the refusal and the element it happened at."""

    @property
    def way(self) -> tuple[tuple[str, str], ...]:
        """Tier and reason of every stay."""
        return tuple((stay.tier, stay.reason) for stay in self.stays)

    @property
    def path(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((stop.process, stop.element, stop.ended) for stop in self.stops)

    def equals(self, other: Course) -> bool:
        """Whether both went the same way and ended at the same time."""
        if (self.ended, self.overdue, self.way) != (other.ended, other.overdue, other.way):
            return False
        if sorted(self.path) != sorted(other.path):  # what happens in one instant has no order
            return False
        if self.ended_at is None or other.ended_at is None:
            return self.ended_at is other.ended_at
        return abs(self.ended_at - other.ended_at) <= NEAR


@dataclass(frozen=True, slots=True)
class Asked:
    """A task of the case. `stay` is the number of the visit it was asked in, from 0."""

    process: str
    element: str
    form: str | None
    item: str | None
    stay: int
    opened_at: datetime
    closed_at: datetime
    completed: bool
    answers: Mapping[str, Any]
    """Those that the diagram got: choices, ticks and numbers."""
    delivered_before: timedelta = timedelta()
    """So long before it was done the letter had been delivered that it delivers; limits are counted from there."""


@dataclass(frozen=True, slots=True)
class Word:
    """What came from outside the process: facts of a reported risk, a message, more time.

    A risk and a message about the whole matter come when they came. Material comes so long after somebody began to
    wait for it, and a downgrade or more time so long after the visit began: `since` is that instant.
    """

    kind: Literal["risk", "message", "extension"]
    at: datetime
    since: datetime
    stay: int
    name: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """A closed case as history tells it, as far as it was handled once; a reopening is another story."""

    number: str
    category: str
    kind: str
    place_id: str
    severity: int
    size: str
    track: str
    urgent: bool | None
    """None when it is not known any more, because the case was graded anew."""
    overridden: bool
    """A person had graded it themselves."""
    facts: Mapping[str, Any]
    """As at filing; what a later risk report replaced is not known any more and counts as not given."""
    received_at: datetime
    filed_at: datetime
    release_id: int
    asked: tuple[Asked, ...]
    words: tuple[Word, ...]
    course: Course
    wall: Wall = NO_WALL
    beside: bool = False
    """Whether another process (more time, supervision, an instruction) ran beside it."""
