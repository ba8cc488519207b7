"""What a push reads first: the rows it moves, locked, in one statement.

The case stands first in each statement, because it is the lock: a row is locked in the order of the tables.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.cases import Case, Visit
from engine.errors import NotFound
from engine.process.model import Instance
from engine.tasks import Task

_PRESENT = (Visit.case_id == Case.id) & (Visit.seq == Case.visit_seq)
_OF_TASK = (
    select(Case, Task, Instance, Visit)
    .join(Task, Task.case_id == Case.id)
    .join(Instance, Instance.id == Task.instance_id)
    .join(Visit, _PRESENT)
    .where(Task.id == bindparam("task_id"))
    .with_for_update()
    .execution_options(populate_existing=True)  # whoever looked before it locked would go on with stale rows
)
_INSTANCE = (
    select(Instance, Visit)
    .join(Case, Case.id == Instance.case_id)
    .join(Visit, _PRESENT)
    .where(Instance.id == bindparam("instance_id"))
    .with_for_update(of=Instance)
    .execution_options(populate_existing=True)
)


def lock_for_task(session: Session, task_id: int) -> tuple[Case, Task, Instance, Visit]:
    """A task, its case, its instance and the present visit. Raises NotFound."""
    for _ in range(2):  # PostgreSQL gives nothing when the case went on to its next visit while we waited for the lock
        row = session.execute(_OF_TASK, {"task_id": task_id}).first()
        if row is not None:
            return row[0], row[1], row[2], row[3]
    raise NotFound("task.unknown", "There is no such task.", task=task_id)


def lock_instance(session: Session, instance_id: int) -> tuple[Instance, Visit]:
    """An instance and the present visit of its case, which is locked already. Raises NotFound."""
    session.flush()  # what is not written yet would be lost when the rows are read anew
    row = session.execute(_INSTANCE, {"instance_id": instance_id}).first()
    if row is None:
        raise NotFound("instance.unknown", "There is no such running process.", instance=instance_id)
    return row[0], row[1]
