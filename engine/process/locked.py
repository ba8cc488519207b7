"""What a push reads first: the rows it moves, locked, in one statement.

The case stands first in each statement, because it is the lock: a row is locked in the order of the tables.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.cases import Case, Visit
from engine.errors import NotFound
from engine.process.model import Instance
from engine.store import Entities
from engine.tasks import Task

_PRESENT = (Visit.case_id == Case.id) & (Visit.seq == Case.visit_seq)
_FOR_TASK = Entities(
    (Case, Task, Instance, Visit),
    select(Case)
    .join(Task, Task.case_id == Case.id)
    .join(Instance, Instance.id == Task.instance_id)
    .join(Visit, _PRESENT)
    .where(Task.id == bindparam("task_id"))
    .with_for_update(),
)
_INSTANCE = Entities(
    (Instance, Visit),
    select(Instance)
    .join(Case, Case.id == Instance.case_id)
    .join(Visit, _PRESENT)
    .where(Instance.id == bindparam("instance_id"))
    .with_for_update(of=Instance),
)


def lock_for_task(session: Session, task_id: int) -> tuple[Case, Task, Instance, Visit]:
    """A task, its case, its instance and the present visit. Raises NotFound."""
    for _ in range(2):  # PostgreSQL gives nothing when the case went on to its next visit while we waited for the lock
        found = _FOR_TASK.first_anew(session, {"task_id": task_id})
        if found is not None:
            case, task, instance, visit = found
            return case, task, instance, visit
    raise NotFound("task.unknown", "There is no such task.", task=task_id)


def lock_instance(session: Session, instance_id: int) -> tuple[Instance, Visit]:
    """An instance and the present visit of its case, which is locked already. Raises NotFound."""
    session.flush()  # what is not written yet would be lost when the rows are read anew
    found = _INSTANCE.first_anew(session, {"instance_id": instance_id})
    if found is None:
        raise NotFound("instance.unknown", "There is no such running process.", instance=instance_id)
    instance, visit = found
    return instance, visit
