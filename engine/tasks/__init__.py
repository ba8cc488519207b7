"""What handlers are asked: rows, the work list, claim and hand over, forms → checked answers."""

from engine.tasks.acts import claim, give_back, hand_over, lock_task, must_be_offered, must_be_open, must_not_be_anothers
from engine.tasks.model import Task, TaskState, pack_roles
from engine.tasks.rows import add_tasks, get_task, open_of_case, open_of_instance, withdraw

__all__ = [
    "Task",
    "TaskState",
    "add_tasks",
    "claim",
    "get_task",
    "give_back",
    "hand_over",
    "lock_task",
    "must_be_offered",
    "must_be_open",
    "must_not_be_anothers",
    "open_of_case",
    "open_of_instance",
    "pack_roles",
    "withdraw",
]
