"""What the simulation looks at between two events, each built once."""

from __future__ import annotations

from sqlalchemy import bindparam, func, literal_column, select

from engine.cases import Case
from engine.deadlines import Deadline, Extension
from engine.store import Prepared, table_of
from engine.tasks import Task

_task = table_of(Task).c
OPEN_TASKS = Prepared(
    select(_task.id, _task.instance_id, _task.process, _task.form, _task.unit_id, _task.roles, _task.item, _task.why)
    .add_columns(_task.due_at, _task.claimed_by)
    .where(_task.case_id == bindparam("case_id"), _task.state == literal_column("'open'"))
    .order_by(_task.id)
)
_deadline = table_of(Deadline).c
_ARMED = _deadline.state == literal_column("'armed'")
NEXT = Prepared(
    select(
        select(func.min(_deadline.next_at)).where(_ARMED).scalar_subquery(),
        select(func.min(_deadline.warn_at)).where(_ARMED, _deadline.warned_at.is_(None)).scalar_subquery(),
    )
)
ASKED_CLOCK = (
    select(_deadline.id)
    .join(Extension, Extension.deadline_id == _deadline.id)
    .where(Extension.case_id == bindparam("case_id"), Extension.decision.is_(None), _ARMED)
)
"""The clock more time is asked for, while it runs; a leader can grant nothing on one that stands still or is over."""
STANDS = Prepared(
    select(Case.id, Case.tier, Case.holder_id, Case.visit_seq, Case.state)
    .join(Deadline, Deadline.case_id == Case.id)
    .where(Deadline.id == bindparam("deadline_id"))
)
