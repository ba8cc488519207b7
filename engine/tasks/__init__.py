"""What handlers are asked: rows, the work list, claim and hand over, forms → checked answers."""

from engine.tasks.acts import (
    Act,
    Chosen,
    Staff,
    act_on,
    choose,
    claim,
    give_back,
    hand_over,
    lock_task,
    must_be_offered,
    must_be_open,
    must_not_be_anothers,
    staff_of,
)
from engine.tasks.choices import choices_for
from engine.tasks.delegations import (
    Delegation,
    answer_delegated,
    delegate,
    delegations_of,
    may_be_asked,
    must_not_be_delegated,
    take_back,
)
from engine.tasks.drafts import (
    FILING,
    Draft,
    Saved,
    about_task,
    draft_of,
    drafts_by,
    drop_draft,
    save_draft,
)
from engine.tasks.fields import TO_DIAGRAM, Choice, Field, Group, Note, Words
from engine.tasks.filters import BELOW, Filter, SavedFilter, remove_filter, save_filter, saved_filters
from engine.tasks.form_files import read_form
from engine.tasks.forms import Form
from engine.tasks.invitees import split_invitee
from engine.tasks.model import Task, TaskState, pack_roles
from engine.tasks.offers import LeftBehind, left_behind, offered_to
from engine.tasks.one_tap import Tap, taps
from engine.tasks.rows import add_tasks, get_task, open_of_case, open_of_instance, open_tokens, withdraw
from engine.tasks.scope import (
    identity_shown,
    outside_wall,
    see_case,
    see_task,
    sees_a_part,
    sees_nothing_secret,
    visible_cases,
)
from engine.tasks.shift_notes import ShiftNote, leave_note, newest_note
from engine.tasks.staffing import deactivate, take_role
from engine.tasks.standing import AtHand, Standing, at_hand, standing
from engine.tasks.waiting import paused_cases
from engine.tasks.worklist import Counts, Item, Page, Tab, counts, page

__all__ = [
    "BELOW",
    "FILING",
    "TO_DIAGRAM",
    "Act",
    "AtHand",
    "Choice",
    "Chosen",
    "Counts",
    "Delegation",
    "Draft",
    "Field",
    "Filter",
    "Form",
    "Group",
    "Item",
    "LeftBehind",
    "Note",
    "Page",
    "Saved",
    "SavedFilter",
    "ShiftNote",
    "Staff",
    "Standing",
    "Tab",
    "Tap",
    "Task",
    "TaskState",
    "Words",
    "about_task",
    "act_on",
    "add_tasks",
    "answer_delegated",
    "at_hand",
    "choices_for",
    "choose",
    "claim",
    "counts",
    "deactivate",
    "delegate",
    "delegations_of",
    "draft_of",
    "drafts_by",
    "drop_draft",
    "get_task",
    "give_back",
    "hand_over",
    "identity_shown",
    "leave_note",
    "left_behind",
    "lock_task",
    "may_be_asked",
    "must_be_offered",
    "must_be_open",
    "must_not_be_anothers",
    "must_not_be_delegated",
    "newest_note",
    "offered_to",
    "open_of_case",
    "open_of_instance",
    "open_tokens",
    "outside_wall",
    "pack_roles",
    "page",
    "paused_cases",
    "read_form",
    "remove_filter",
    "save_draft",
    "save_filter",
    "saved_filters",
    "see_case",
    "see_task",
    "sees_a_part",
    "sees_nothing_secret",
    "split_invitee",
    "staff_of",
    "standing",
    "take_back",
    "take_role",
    "taps",
    "visible_cases",
    "withdraw",
]
