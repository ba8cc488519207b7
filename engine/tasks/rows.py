"""Queries and small changes over tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import Prepared, insert_values, table_of
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
_OPEN = _task.state == literal_column("'open'")
_OPEN_TOKENS = Prepared(
    select(_task.token, _task.id).where(_task.instance_id == bindparam("instance_id"), _OPEN).order_by(_task.id)
)


def open_tokens(session: Session, instance_id: int) -> dict[str, int]:
    """Ids of the open tasks of an instance by token, oldest first; reads nothing else of them."""
    return dict(_OPEN_TOKENS.rows(session, {"instance_id": instance_id}))


def open_of_case(session: Session, case_id: int) -> Sequence[Task]:
    """Open tasks of a case, oldest first."""
    return session.scalars(
        select(Task).where(Task.case_id == case_id, Task.state == TaskState.OPEN.value).order_by(Task.id)
    ).all()


def add_tasks(session: Session, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Gives the new ids, in the order of the rows."""
    return insert_values(session, Task, rows)


_WITHDRAW = Prepared(
    update(table_of(Task))
    .where(_task.id == bindparam("this"), _OPEN)
    .values(state=TaskState.WITHDRAWN.value, closed_at=bindparam("now"))
)


def withdraw(session: Session, ids: Iterable[int], *, now: datetime) -> None:
    """Ends open tasks that the diagram no longer waits for."""
    _WITHDRAW.run_many(session, [{"this": each, "now": now} for each in sorted(ids)])
