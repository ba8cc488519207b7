"""What handlers are asked: rows, the work list, claim and hand over, forms → checked answers."""

from engine.tasks.acts import (
    claim,
    give_back,
    hand_over,
    lock_task,
    must_be_offered,
    must_be_open,
    must_not_be_anothers,
)
from engine.tasks.choices import choices_for
from engine.tasks.fields import Choice, Field, Group, Note, Words
from engine.tasks.form_files import read_form
from engine.tasks.forms import Form
from engine.tasks.model import Task, TaskState, pack_roles
from engine.tasks.rows import add_tasks, get_task, open_of_case, open_of_instance, open_tokens, withdraw
from engine.tasks.scope import identity_shown, see_case, see_task, visible_cases
from engine.tasks.worklist import Item, Page, Tab, counts, page

__all__ = [
    "Choice",
    "Field",
    "Form",
    "Group",
    "Item",
    "Note",
    "Page",
    "Tab",
    "Task",
    "TaskState",
    "Words",
    "add_tasks",
    "choices_for",
    "claim",
    "counts",
    "get_task",
    "give_back",
    "hand_over",
    "identity_shown",
    "lock_task",
    "must_be_offered",
    "must_be_open",
    "must_not_be_anothers",
    "open_of_case",
    "open_of_instance",
    "open_tokens",
    "pack_roles",
    "page",
    "read_form",
    "see_case",
    "see_task",
    "visible_cases",
    "withdraw",
]
