"""Queries and small changes over the deadline table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, literal_column, select, update
from sqlalchemy.orm import Session

from engine.deadlines.model import Deadline, DeadlineState
from engine.store import Entities, Prepared, note_due, table_of

NEXT_DUE = "maplebridge.next_due"
"""What a committed session notes (`note_due`) to have the next deadline fired in time."""

LIVE = (DeadlineState.ARMED.value, DeadlineState.PAUSED.value)


def arm(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts armed deadlines; each mapping gives every column that has no default."""
    _ARM.add(session, *({**BLANK, **row, "next_at": row["due_at"]} for row in rows))
    for row in rows:
        note_next_due(session, row["due_at"])


BLANK: Mapping[str, Any] = {
    "visit_seq": None,
    "instance_id": None,
    "token": None,
    "process": None,
    "element": None,
    "attached_to": None,
    "tier": None,
    "place_id": None,
    "warn_at": None,
    "state": DeadlineState.ARMED.value,
    "interrupting": True,
    "provisional": False,
    "paused_minutes": 0.0,
    "pauses": 0,
    "attempts": 0,
}
_GIVEN = ("case_id", "step", "expects", "started_at", "length", "first_due_at", "due_at", "next_at")
_ARM = Prepared(insert(table_of(Deadline)), columns=(*BLANK, *_GIVEN))


def note_next_due(session: Session, due_at: datetime) -> None:
    note_due(session, NEXT_DUE, due_at)


def live_of_instance(session: Session, instance_id: int) -> dict[str, Deadline]:
    """Armed and paused deadlines of an instance by token."""
    rows = session.scalars(select(Deadline).where(Deadline.instance_id == instance_id, Deadline.state.in_(LIVE)))
    return {row.token: row for row in rows if row.token is not None}


_deadline = table_of(Deadline).c
_IS_LIVE = _deadline.state.in_([literal_column("'armed'"), literal_column("'paused'")])


class LiveClock(NamedTuple):
    """What settling needs of a live deadline."""

    id: int
    token: str
    attached_to: str | None
    step: str
    due_at: datetime
    warn_at: datetime | None
    state: str


_LIVE_CLOCKS = Prepared(
    select(*(_deadline[name] for name in LiveClock._fields)).where(
        _deadline.instance_id == bindparam("instance_id"), _deadline.token.is_not(None), _IS_LIVE
    )
)


def clocks_of_instance(session: Session, instance_id: int) -> dict[str, LiveClock]:
    """The live deadlines of an instance by token, as written."""
    found = (LiveClock(*row) for row in _LIVE_CLOCKS.rows(session, {"instance_id": instance_id}))
    return {clock.token: clock for clock in found}


_LIVE_OF_CASE = (
    select(Deadline)
    .where(Deadline.case_id == bindparam("case_id"), Deadline.state.in_(LIVE))
    .order_by(Deadline.due_at, Deadline.id)
)


def live_of_case(session: Session, case_id: int) -> Sequence[Deadline]:
    """Armed and paused deadlines of a case, earliest due first."""
    return session.scalars(_LIVE_OF_CASE, {"case_id": case_id}).all()


_OF_VISIT = Entities(
    (Deadline,),
    select(Deadline)
    .where(
        Deadline.case_id == bindparam("case_id"),
        Deadline.visit_seq == bindparam("visit_seq"),
        Deadline.step == bindparam("step"),
    )
    .order_by(Deadline.id.desc())
    .limit(1),
)


def of_visit(session: Session, case_id: int, visit_seq: int, step: str) -> Deadline | None:
    """The youngest deadline of a step in a visit, whatever its state."""
    found = _OF_VISIT.first(session, {"case_id": case_id, "visit_seq": visit_seq, "step": step})
    return None if found is None else found[0]


def of_case(session: Session, case_id: int, step: str) -> Deadline | None:
    """The case's own clock of that name, live or not."""
    return session.scalars(
        select(Deadline)
        .where(Deadline.case_id == case_id, Deadline.step == step, Deadline.visit_seq.is_(None))
        .order_by(Deadline.id.desc())
        .limit(1)
    ).first()


_CLOSE = Prepared(
    update(table_of(Deadline))
    .where(_deadline.id == bindparam("this"), _IS_LIVE)
    .values(state=bindparam("ends"), closed_at=bindparam("now"))
)


def close(session: Session, ids: Iterable[int], state: DeadlineState, *, now: datetime) -> None:
    """Ends live deadlines; those that ended otherwise stay as they are."""
    _CLOSE.run_many(session, [{"this": each, "ends": state.value, "now": now} for each in sorted(ids)])


_CLOSE_OF_CASE = Prepared(
    update(table_of(Deadline))
    .where(_deadline.case_id == bindparam("case"), _deadline.instance_id.is_(None), _IS_LIVE)
    .values(state=bindparam("ends"), closed_at=bindparam("now"))
)


def close_case_clocks(session: Session, case_id: int, state: DeadlineState, *, now: datetime) -> None:
    """Ends the live clocks of the case itself, which belong to no instance."""
    _CLOSE_OF_CASE.run(session, {"case": case_id, "ends": state.value, "now": now})


_IS_ARMED = Deadline.state == literal_column("'armed'")
"""A literal: a bound value would not match the partial indexes while a plan is made."""


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which the scheduler has something to do."""
    return session.scalar(select(func.min(Deadline.next_at)).where(_IS_ARMED))


def next_warning(session: Session) -> datetime | None:
    return session.scalar(select(func.min(Deadline.warn_at)).where(_IS_ARMED, Deadline.warned_at.is_(None)))


def due_now(session: Session, *, now: datetime) -> int:
    """How many armed deadlines are due and not yet fired."""
    return session.scalar(select(func.count()).where(_IS_ARMED, Deadline.next_at <= now)) or 0


def oldest_unprocessed(session: Session, *, now: datetime) -> datetime | None:
    """The due instant of the oldest armed deadline that is overdue; None when nothing is late."""
    return session.scalar(select(func.min(Deadline.due_at)).where(_IS_ARMED, Deadline.next_at <= now))
