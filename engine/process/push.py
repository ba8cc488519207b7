"""One push of one instance: what it knows, how it answers the diagram, what it leaves behind.

A process moves only by `start`, `complete_task`, `fire_deadline` and `deliver_message`. Each builds a Push, asks the
runtime, and ends in `settle`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, escalation, history, outbox, runtime, search
from engine.cases import Case, Visit, Wall, present_visit, wall_of
from engine.deadlines import Deadline, DeadlineState, Length, parse_length
from engine.deploy import LoadedRelease
from engine.errors import Invalid
from engine.process.model import Instance
from engine.process.world import World
from engine.store import Base, update_row
from engine.tasks import Task, TaskState
from engine.vocabulary import WORDS

OUTWARD = frozenset(
    {
        "arbitration.decided",
        "arbitration.opened",
        "card.voided",
        "case.amended",
        "case.filed",
        "case.instructed",
        "case.left",
        "case.moved",
        "case.passed_on",
        "case.raised",
        "case.returned",
        "case.downgraded",
        "case.regraded",
        "case.closed",
        "case.reopened",
        "case.token_moved",
        "case.told",
        "citizen.confirmed",
        "citizen.rated",
        "citizen.refused",
        "clock.warned",
        "clock.extended",
        "comment.made",
        "opinion.rose",
        "supervision.opened",
        "task.answered",
        "task.asked",
        "task.delegated",
        "task.handed_over",
        "handler.stepped_aside",
        "force.added",
    }
)
"""Acts somebody outside hears of: each entry in the history has exactly one in the outbox."""


MOST_DAYS_AHEAD = 10_000
"""A date further ahead than this was written wrong."""

FOUND_ANEW = frozenset(
    {
        "case.amended",
        "case.filed",
        "case.closed",
        "case.moved",
        "case.reopened",
        "case.sorted",
        "handler.stepped_aside",
        "party.corrected",
        "party.named",
    }
)
"""Acts that change what a case is found by, or which units may find it."""


@dataclass(slots=True)
class Push:
    """The state of one push while it runs. `case` and `instance` are locked rows."""

    session: Session
    world: World
    case: Case
    instance: Instance
    release: LoadedRelease
    actor_id: int | None
    now: datetime
    services: Mapping[str, Callable[[Push, runtime.ServiceCall], Mapping[str, Any]]]
    """What a diagram may ask for, by name."""
    begin_beside: Callable[..., Instance]
    """Starts another process for the same case, in the same transaction: (push, process, data or nothing)."""
    _visit: Visit | None = None
    _wall: Wall | None = None
    fresh_visit: bool = False
    """Whether the present visit began in this very push, so that no earlier clock of it can exist."""
    revived: dict[str, Deadline] = field(default_factory=dict)
    """Clocks of this visit that go on under a new token, by step."""
    starts: dict[str, datetime] = field(default_factory=dict)
    """From when the clocks that this push armed are counted, by step."""
    told: bool = False
    """Whether anybody outside hears of what this push has done so far."""
    provisional: set[tuple[str, datetime]] = field(default_factory=set)
    counted_from: datetime | None = None
    """When the letter was delivered that the completed task delivers: limits that begin with it count from there."""
    task_answers: Mapping[str, Any] | None = None
    """The full answers of the task that is being completed, for services that need more than variables."""

    @property
    def visit(self) -> Visit:
        if self._visit is None or self._visit.seq != self.case.visit_seq:
            self._visit = present_visit(self.session, self.case)
        return self._visit

    @property
    def wall(self) -> Wall:
        """Who is shut out of the case; asks nothing when nobody is."""
        if self._wall is None:
            self._wall = wall_of(self.session, self.case)
        return self._wall

    def entered(self, visit: Visit) -> None:
        """Notes that escalation has moved the case."""
        self.fresh_visit = self.fresh_visit or self._visit is None or visit.id != self._visit.id
        self._visit = visit

    def happened(
        self, act: str, facts: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
    ) -> None:
        """Records an act, and tells the world when it is one it should hear of."""
        self.told = self.told or act in OUTWARD
        record(self.session, self.case, act, actor_id=self.actor_id, now=self.now, facts=facts, after=after)

    def write_down(self, *rows: Base) -> None:
        """Sends what has changed in the case, its visit and these rows."""
        update_row(self.session, self.case, *rows, *([] if self._visit is None else [self._visit]))

    def host(self) -> runtime.Host:
        return runtime.Host(now=self.now, functions=FUNCTIONS, due=self._due, call=self._call)

    def _call(self, call: runtime.ServiceCall) -> Mapping[str, Any]:
        return self.services[call.name](self, call)

    def _due(self, call: runtime.DueCall) -> runtime.Due:
        """`due(step, tier)` is the visit's clock and outlives tokens; `due(step)` starts when the token arrives.

        After the delivery of a letter it starts with that. An agreement is performed by the date that it names.
        """
        length = length_of(self.world, self.release, call)
        if call.step == "performance":
            length = self._until_performance() or length
        start = self.counted_from or self.now
        if call.tier is not None:
            if not self.fresh_visit:
                earlier = deadlines.of_visit(self.session, self.case.id, self.case.visit_seq, call.step)
                if earlier is not None and earlier.state == DeadlineState.CANCELLED:
                    self.revived[call.step] = earlier
                    return runtime.Due(earlier.due_at, call.step, earlier.length)
            start = self.visit.entered_at
        self.starts[call.step] = start
        due = self.world.calendar.due(start, length, provisional=True)
        if due.provisional:
            self.provisional.add((call.step, due.at))
        return runtime.Due(due.at, call.step, str(length))

    def _until_performance(self) -> Length | None:
        """Until the date that the last agreement of the case names, while it lies ahead."""
        answers = self.session.scalar(
            select(Task.answers)
            .where(Task.case_id == self.case.id, Task.form == "agreement", Task.state == TaskState.COMPLETED.value)
            .order_by(Task.id.desc())
            .limit(1)
        )
        named = (answers or {}).get("performance_due")
        if not named:
            return None
        days = (date.fromisoformat(str(named)[:10]) - self.now.astimezone(self.world.calendar.tz).date()).days
        return parse_length(f"{days}cd") if 0 < days < MOST_DAYS_AHEAD else None


SUPERVISION = "p_supervision"


def is_supervised(session: Session, case_id: int) -> bool:
    """Whether a supervision of the case is under way."""
    running = select(Instance.id).where(
        Instance.case_id == case_id, Instance.process_id == SUPERVISION, Instance.ended_at.is_(None)
    )
    return session.scalar(running.limit(1)) is not None


def standing(push: Push) -> dict[str, Any]:
    """What a diagram knows of where the case is."""
    return {"tier": push.case.tier, "top": escalation.is_top(push.case, push.world.tiers, push.wall)}


def length_of(world: World, release: LoadedRelease, call: runtime.DueCall) -> Length:
    """How long a step takes at a tier. Raises Invalid for one without a limit, where the policy is to refuse it."""
    policy = world.config.limits_policy
    try:
        return release.limits[call.process].length(call.step, call.tier)
    except Invalid:
        if policy.missing_step == "refuse":
            raise
        return parse_length(policy.default_length)


def record(
    session: Session,
    case: Case,
    act: str,
    *,
    actor_id: int | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> None:
    """`history.record`, plus the outbox entry that an outward act owes, and the index where words or state change.

    `told` is what the outbox carries where that is less than the facts.
    """
    history.record(session, case, act, actor_id=actor_id, now=now, facts=facts, after=after)
    if act in OUTWARD:
        outbox.put(session, case, act, now=now, facts=(facts or {}) if told is None else told)
    if act in FOUND_ANEW:
        search.index_case(session, case)


FUNCTIONS: Mapping[str, Callable[..., Any]] = WORDS.bound_functions()
