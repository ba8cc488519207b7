"""Queries and small changes over tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import table_of
from engine.tasks.model import Task, TaskState


def get_task(session: Session, task_id: int) -> Task:
    """Raises NotFound. Whether the asker may see it is another question (`cases.view`)."""
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound("task.unknown", "There is no such task.", task=task_id)
    return task


def open_of_instance(session: Session, instance_id: int) -> dict[str, Task]:
    """Open tasks of an instance by token."""
    rows = session.scalars(
        select(Task).where(Task.instance_id == instance_id, Task.state == TaskState.OPEN.value).order_by(Task.id)
    )
    return {row.token: row for row in rows}


_task = table_of(Task).c
_OPEN_TOKENS = (
    select(_task.token, _task.id)
    .where(_task.instance_id == bindparam("instance_id"), _task.state == literal_column("'open'"))
    .order_by(_task.id)
)


def open_tokens(session: Session, instance_id: int) -> dict[str, int]:
    """Ids of the open tasks of an instance by token, oldest first; reads nothing else of them."""
    return {row.token: row.id for row in session.execute(_OPEN_TOKENS, {"instance_id": instance_id})}


def open_of_case(session: Session, case_id: int) -> Sequence[Task]:
    """Open tasks of a case, oldest first."""
    return session.scalars(
        select(Task).where(Task.case_id == case_id, Task.state == TaskState.OPEN.value).order_by(Task.id)
    ).all()


_ADD_ONE = insert(table_of(Task)).returning(_task.id)
_ADD = insert(table_of(Task)).returning(_task.id, sort_by_parameter_order=True)


def add_tasks(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Gives the new ids, in the order of the rows."""
    if len(rows) == 1:
        return [session.execute(_ADD_ONE, dict(rows[0])).scalar_one()]
    return list(session.scalars(_ADD, [dict(row) for row in rows])) if rows else []


def withdraw(session: Session, ids: Iterable[int], *, now: datetime) -> None:
    """Ends open tasks that the diagram no longer waits for."""
    wanted = sorted(ids)
    if wanted:
        session.execute(
            update(Task)
            .where(Task.id.in_(wanted), Task.state == TaskState.OPEN.value)
            .values(state=TaskState.WITHDRAWN.value, closed_at=now)
            .execution_options(synchronize_session=False)
        )
