"""A new or changed working-day table: which running clocks it moves, shown first, then done and recorded per case.

Rule: a running clock is counted anew from its start under the new table, with its extension; one that was paused
keeps the working time it has left. Paused clocks keep their rest and are not touched. What was due already stays due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case, lock_case
from engine.deadlines import (
    Deadline,
    DeadlineState,
    WorkingCalendar,
    YearTable,
    note_next_due,
    parse_length,
    read_year_table,
)
from engine.people import Viewer, operator_log
from engine.process.push import record
from engine.process.settle import retime_tasks
from engine.process.world import World
from engine.tasks import all_shut_out_of


@dataclass(frozen=True, slots=True)
class Move:
    """A clock that a table moves: from one due instant to another, and whether it stays provisional."""

    deadline_id: int
    case_id: int
    case_number: str
    step: str
    before: datetime
    after: datetime
    provisional: bool


def plan_year(
    session: Session, world: World, text: str, *, viewer: Viewer | None = None, now: datetime
) -> tuple[WorkingCalendar, list[Move]]:
    """The calendar with a year table in place, and the clocks that move, earliest first; those of cases behind the
    viewer's wall are not told. Changes nothing.

    Raises Invalid `year_table.invalid` with every wrong line.
    """
    table = read_year_table(text)
    kept = tuple(each for each in world.calendar.tables if each.year != table.year)
    calendar = replace(world.calendar, tables=tuple(sorted((*kept, table), key=lambda each: each.year)))
    moves = sorted(_moves(session, world.calendar, calendar, now), key=lambda move: (move.before, move.deadline_id))
    return calendar, _told(session, viewer, moves)


def _told(session: Session, viewer: Viewer | None, moves: list[Move]) -> list[Move]:
    hidden = frozenset[int]() if viewer is None else all_shut_out_of(session, viewer)
    return [move for move in moves if move.case_id not in hidden]


def load_year(
    session: Session, world: World, text: str, *, viewer: Viewer | None, now: datetime
) -> tuple[WorkingCalendar, list[Move]]:
    """Puts a year table in force and moves the clocks it moves; the caller sets `world.calendar` after the commit.

    `viewer` None is the command line. Each moved case gets a history entry with the instants before and after; the
    moves that are given are those of `plan_year`.
    """
    if viewer is not None:
        viewer.must("system.operate")
    calendar, moves = plan_year(session, world, text, now=now)
    year = read_year_table(text).year
    actor_id = None if viewer is None else viewer.person_id
    session.merge(YearTable(year=year, text=text, loaded_at=now, loaded_by=actor_id))
    operator_log.log(session, viewer, "year.loaded", f"year:{year}", now=now, facts={"moved": len(moves)})
    by_case: dict[int, list[Move]] = {}
    for move in moves:
        by_case.setdefault(move.case_id, []).append(move)
    for case_id in sorted(by_case):
        case = lock_case(session, case_id)
        for move in by_case[case_id]:
            _apply(session, world, calendar, move)
            record(
                session,
                case,
                "clock.recounted",
                actor_id=actor_id,
                now=now,
                facts={
                    "step": move.step,
                    "from": move.before.isoformat(),
                    "to": move.after.isoformat(),
                    "year": year,
                    "provisional": move.provisional,
                },
            )
        session.flush()
        retime_tasks(session, case_id)
    return calendar, _told(session, viewer, moves)


def _moves(session: Session, old: WorkingCalendar, new: WorkingCalendar, now: datetime) -> Iterator[Move]:
    rows = session.execute(
        select(Deadline, Case.number)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.state == DeadlineState.ARMED.value, Deadline.due_at > now, Deadline.length != "timer")
        .order_by(Deadline.id)
    )
    for deadline, number in rows:
        after, provisional = _counted(deadline, old, new)
        if after != deadline.due_at or provisional != deadline.provisional:
            yield Move(
                deadline.id, deadline.case_id, number, deadline.step, deadline.due_at, max(after, now), provisional
            )


def _counted(deadline: Deadline, old: WorkingCalendar, new: WorkingCalendar) -> tuple[datetime, bool]:
    length = parse_length(deadline.length)
    if deadline.paused_minutes and length.in_working_time:
        minutes = old.working_minutes(deadline.started_at, deadline.due_at, provisional=True)
        after = new.add_working_minutes(deadline.started_at, minutes, provisional=True)
        return after, after.astimezone(new.tz).date() > new.loaded_until
    if deadline.paused_minutes:
        return deadline.due_at, deadline.provisional
    due = new.due(deadline.started_at, length, provisional=True)
    if deadline.extended_by is None:
        return due.at, due.provisional
    more = new.extend(
        due.at, parse_length(deadline.extended_by), started_at=deadline.started_at, length=length, provisional=True
    )
    return more.at, more.provisional


def _apply(session: Session, world: World, calendar: WorkingCalendar, move: Move) -> None:
    deadline = session.get_one(Deadline, move.deadline_id)
    deadline.due_at = deadline.next_at = move.after
    deadline.provisional = move.provisional
    deadline.warn_at = calendar.warn_at(
        deadline.started_at,
        move.after,
        parse_length(deadline.length),
        share=world.config.policy.warn_share,
        paused_minutes=deadline.paused_minutes,
        provisional=True,
    )
    note_next_due(session, move.after)
