"""What somebody without a sign-in may do: report from a place, follow a matter by its code, and have a say in it."""

from engine.citizen.acts import add_note, ask_review, case_for_papers, confirm, note_act, rate, refuse, withdraw
from engine.citizen.codes import in_groups
from engine.citizen.model import PlaceCode, Tracking
from engine.citizen.places import MOST_LABELS, Label, Place, code_of, count_labels, find_place, labels, renew_code
from engine.citizen.progress import SHOWN, Answered, May, Progress, Step, follow, step_of
from engine.citizen.report import Filed, Report, faults_of, file_report, note_report, title_of
from engine.citizen.sheets import LAYOUTS, draw_sheets
from engine.citizen.tracking import code_of_filed, find_tracking, get_tracking, give_code, note_look, vouched

__all__ = [
    "LAYOUTS",
    "MOST_LABELS",
    "SHOWN",
    "Answered",
    "Filed",
    "Label",
    "May",
    "Place",
    "PlaceCode",
    "Progress",
    "Report",
    "Step",
    "Tracking",
    "add_note",
    "ask_review",
    "case_for_papers",
    "code_of",
    "code_of_filed",
    "confirm",
    "count_labels",
    "draw_sheets",
    "faults_of",
    "file_report",
    "find_place",
    "find_tracking",
    "follow",
    "get_tracking",
    "give_code",
    "in_groups",
    "labels",
    "note_act",
    "note_look",
    "note_report",
    "rate",
    "refuse",
    "renew_code",
    "step_of",
    "title_of",
    "vouched",
    "withdraw",
]
