"""What goes out to look before anybody complains: checks by plan, sweeps, rechecks, care visits, weekly contacts, and
the service promises of the district."""

from engine.inspections.catalogue import Catalogue, Checklist, Item, catalogue
from engine.inspections.checking import Answered, checklist_for, file_check, place_to_check
from engine.inspections.coverage import found_by, not_contacted, not_reached, reach, weekly
from engine.inspections.duties import Logged, log_duty, see_log, show_person, shown_until
from engine.inspections.measuring import Kept, behind_promise, measure
from engine.inspections.model import (
    Answer,
    Check,
    Duty,
    DutyLog,
    DutyLook,
    Every,
    Finding,
    Group,
    Plan,
    Recheck,
    Then,
)
from engine.inspections.planning import Draft, end_plan, make_plan, see_plan
from engine.inspections.rechecking import recheck, rechecks_of, see_finding
from engine.inspections.rows import PAGE, checks, findings_of, live_plans, logs, see_check
from engine.inspections.turns import Turn, believed, week_of
from engine.inspections.waiting import Waiting, is_missed, rounds_of, turn_on, waiting

__all__ = [
    "PAGE",
    "Answer",
    "Answered",
    "Catalogue",
    "Check",
    "Checklist",
    "Draft",
    "Duty",
    "DutyLog",
    "DutyLook",
    "Every",
    "Finding",
    "Group",
    "Item",
    "Kept",
    "Logged",
    "Plan",
    "Recheck",
    "Then",
    "Turn",
    "Waiting",
    "behind_promise",
    "believed",
    "catalogue",
    "checklist_for",
    "checks",
    "end_plan",
    "file_check",
    "findings_of",
    "found_by",
    "is_missed",
    "live_plans",
    "log_duty",
    "logs",
    "make_plan",
    "measure",
    "not_contacted",
    "not_reached",
    "place_to_check",
    "reach",
    "recheck",
    "rechecks_of",
    "rounds_of",
    "see_check",
    "see_finding",
    "see_log",
    "see_plan",
    "show_person",
    "shown_until",
    "turn_on",
    "waiting",
    "week_of",
    "weekly",
]
