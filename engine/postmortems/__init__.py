"""Post-mortems: looking back on a surge, or on what the public looked at, and following what comes of it."""

from engine.postmortems.model import Action, PostMortem, PostMortemState, Trigger
from engine.postmortems.opening import open_by_hand, open_for_opinion, open_for_surge
from engine.postmortems.overdue import tell_overdue
from engine.postmortems.rows import Entry, Register, actions_of, are_of_case, register, see, waits
from engine.postmortems.writing import Draft, Line, decide, faults_in, finish_action, write

__all__ = [
    "Action",
    "Draft",
    "Entry",
    "Line",
    "PostMortem",
    "PostMortemState",
    "Register",
    "Trigger",
    "actions_of",
    "are_of_case",
    "decide",
    "faults_in",
    "finish_action",
    "open_by_hand",
    "open_for_opinion",
    "open_for_surge",
    "register",
    "see",
    "tell_overdue",
    "waits",
    "write",
]
