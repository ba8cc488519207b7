"""Stopping a clock, letting it run on, giving it more time. The caller records each move, with person and reason."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from engine.deadlines.calendar import WorkingCalendar
from engine.deadlines.lengths import parse_length
from engine.deadlines.model import Deadline, DeadlineState
from engine.deadlines.rows import note_next_due
from engine.errors import Conflict, Invalid

PAUSE_REASONS = frozenset(
    {
        "waiting_petitioner",
        "in_mediation",
        "hearing",
        "appraisal",
        "court_or_arbitration",
        "emergency_order",
        "with_register",
    }
)


def pause(deadline: Deadline, *, reason: str, most: int, calendar: WorkingCalendar, now: datetime) -> None:
    """Stops an armed clock, at most `most` times, and keeps its rest to the minute; a paused one stays as it is.

    Raises Invalid for an unknown reason, Conflict when the clock has run out or was stopped too often.
    """
    if reason not in PAUSE_REASONS:
        raise Invalid(
            "pause.reason_unknown", f"{reason!r} is no reason for a pause; known: {', '.join(sorted(PAUSE_REASONS))}."
        )
    if deadline.state == DeadlineState.PAUSED:
        return
    must_be_pausable(deadline, most=most, now=now)
    length = parse_length(deadline.length)
    deadline.rest = calendar.rest(now, deadline.due_at, length, provisional=True)
    deadline.state = DeadlineState.PAUSED.value
    deadline.paused_at = now
    deadline.pause_reason = reason
    deadline.pauses += 1


class Stoppable(Protocol):
    """What the rule needs of a clock, kept or only thought of."""

    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def pauses(self) -> int: ...


def must_be_pausable(deadline: Stoppable, *, most: int, now: datetime) -> None:
    """Raises the refusal that `pause` would meet for a clock that runs."""
    if deadline.state != DeadlineState.ARMED or deadline.due_at <= now:
        raise Conflict("pause.too_late", "The clock has run out already and cannot be stopped any more.")
    if deadline.pauses >= most:
        raise Conflict("pause.too_often", f"A clock can be stopped {most} times in one visit, and it was.")


def resume(
    session: Session, deadline: Deadline, *, calendar: WorkingCalendar, warn_share: float, now: datetime
) -> None:
    """Lets a paused clock run on with exactly the rest it had; a running one stays as it is."""
    if deadline.state != DeadlineState.PAUSED or deadline.paused_at is None or deadline.rest is None:
        return
    length = parse_length(deadline.length)
    due = calendar.resume(now, deadline.rest, length, provisional=True)
    deadline.paused_minutes += calendar.minutes_counted(deadline.paused_at, now, length, provisional=True)
    _move(session, deadline, due.at, due.provisional, calendar, warn_share)
    deadline.state = DeadlineState.ARMED.value
    deadline.paused_at = deadline.pause_reason = deadline.rest = None


def extend(session: Session, deadline: Deadline, *, by: str, calendar: WorkingCalendar, warn_share: float) -> None:
    """Gives a live clock more time, counted from its due instant, once. Raises Conflict when it was extended before."""
    if deadline.extended_by is not None:
        raise Conflict("extension.once", "A time limit can be extended once only, and this one was.")
    if deadline.state != DeadlineState.ARMED:
        raise Conflict("extension.not_running", "Only a running time limit can be extended.")
    due = calendar.extend(
        deadline.due_at,
        parse_length(by),
        started_at=deadline.started_at,
        length=parse_length(deadline.length),
        provisional=True,
    )
    deadline.extended_by = by
    _move(session, deadline, due.at, due.provisional, calendar, warn_share)


def _move(
    session: Session, deadline: Deadline, due_at: datetime, provisional: bool, calendar: WorkingCalendar, share: float
) -> None:
    deadline.due_at = deadline.next_at = due_at
    deadline.provisional = provisional
    deadline.warn_at = calendar.warn_at(
        deadline.started_at,
        due_at,
        parse_length(deadline.length),
        share=share,
        paused_minutes=deadline.paused_minutes,
        provisional=True,
    )
    if deadline.warned_at is not None and deadline.warn_at > deadline.warned_at:
        deadline.warned_at = None
    note_next_due(session, due_at)
