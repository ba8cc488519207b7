"""Why is it late: the whole life of a case cut into stretches, each with whoever it waited for. Pure.

The stretches follow one another without gap or overlap, so what they took adds up to the whole. Only working time is
counted: a night is nobody's fault.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from engine.cases import Visit
from engine.history import HistoryEntry
from engine.tasks import Task


class Kind(enum.StrEnum):
    """What a stretch was: somebody's step (`taken` by a person or still `offered` to a unit), a stopped clock, or
    nothing that waits for a person."""

    OFFERED = "offered"
    TAKEN = "taken"
    PAUSED = "paused"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` until `end` the case waited for this."""

    kind: Kind
    start: datetime
    end: datetime
    minutes: float
    """Working time."""
    tier: str
    unit_id: str
    person_id: int | None = None
    task: Task | None = None
    reason: str | None = None
    """Why the clock stood still."""


@dataclass(frozen=True, slots=True)
class Pause:
    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class TimeSpent:
    stretches: Sequence[Stretch]
    """In the order of time."""
    whole: float
    """Working minutes from the arrival until the end, or until now."""

    @property
    def longest_first(self) -> list[Stretch]:
        return sorted(self.stretches, key=lambda stretch: (-stretch.minutes, stretch.start))

    def by_tier(self) -> list[tuple[str, float]]:
        """Tiers with their minutes, longest first."""
        sums: dict[str, float] = {}
        for stretch in self.stretches:
            sums[stretch.tier] = sums.get(stretch.tier, 0.0) + stretch.minutes
        return sorted(sums.items(), key=lambda pair: -pair[1])


def pauses_in(entries: Iterable[HistoryEntry], step: str = "handle") -> list[Pause]:
    """When a clock stood still, oldest first; the last may still do so. `entries` in any order."""
    found: list[Pause] = []
    for entry in sorted(entries, key=lambda each: each.seq):
        if entry.facts.get("step") != step:
            continue
        if entry.act == "clock.paused":
            found.append(Pause(entry.at, None, str(entry.facts.get("reason") or "")))
        elif entry.act in ("clock.resumed", "clock.breached") and found and found[-1].end is None:
            found[-1] = Pause(found[-1].start, entry.at, found[-1].reason)
    return found


def spent(
    visits: Sequence[Visit],
    tasks: Sequence[Task],
    pauses: Sequence[Pause],
    *,
    until: datetime,
    working_minutes: Callable[[datetime, datetime], float],
) -> TimeSpent:
    """Cuts the time from the first visit until `until`. Of several open tasks the youngest counts: it is what the case
    waits for inside the step around it."""
    begin = visits[0].entered_at
    cuts = {begin, until}
    cuts.update(visit.entered_at for visit in visits)
    for task in tasks:
        cuts.update(at for at in (task.opened_at, task.claimed_at, task.closed_at) if at is not None)
    for pause in pauses:
        cuts.update(at for at in (pause.start, pause.end) if at is not None)
    stretches: list[Stretch] = []
    for start, end in pairwise(sorted(cut for cut in cuts if begin <= cut <= until)):
        piece = _piece(start, end, visits, tasks, pauses, working_minutes(start, end))
        if stretches and _alike(stretches[-1], piece):
            stretches[-1] = _joined(stretches[-1], piece)
        else:
            stretches.append(piece)
    return TimeSpent(stretches, sum(stretch.minutes for stretch in stretches))


def _piece(
    start: datetime,
    end: datetime,
    visits: Sequence[Visit],
    tasks: Sequence[Task],
    pauses: Sequence[Pause],
    minutes: float,
) -> Stretch:
    visit = [visit for visit in visits if visit.entered_at <= start][-1]
    stopped = next((p for p in pauses if p.start <= start and (p.end is None or p.end > start)), None)
    if stopped is not None:
        return Stretch(Kind.PAUSED, start, end, minutes, visit.tier, visit.unit_id, reason=stopped.reason)
    waiting = [t for t in tasks if t.opened_at <= start and (t.closed_at is None or t.closed_at > start)]
    if not waiting:
        return Stretch(Kind.QUIET, start, end, minutes, visit.tier, visit.unit_id)
    task = max(waiting, key=lambda each: each.id)
    person = task.claimed_by if task.claimed_at is not None and task.claimed_at <= start else None
    kind = Kind.OFFERED if person is None else Kind.TAKEN
    return Stretch(kind, start, end, minutes, visit.tier, task.unit_id, person, task)


def _alike(one: Stretch, other: Stretch) -> bool:
    return (one.kind, one.tier, one.unit_id, one.person_id, one.task, one.reason) == (
        other.kind,
        other.tier,
        other.unit_id,
        other.person_id,
        other.task,
        other.reason,
    )


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(
        one.kind,
        one.start,
        other.end,
        one.minutes + other.minutes,
        one.tier,
        one.unit_id,
        one.person_id,
        one.task,
        one.reason,
    )
