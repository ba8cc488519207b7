"""Armed timers, pauses, extensions, working-day arithmetic, and the pick of what is due."""

from engine.deadlines.calendar import DueInstant, Light, WorkingCalendar, light
from engine.deadlines.due import FAR, pick_due, pick_warning
from engine.deadlines.lengths import Length, parse_length
from engine.deadlines.limits import Limits, read_limits
from engine.deadlines.model import Deadline, DeadlineState, Extension, YearTable
from engine.deadlines.moves import PAUSE_REASONS, extend, must_be_pausable, pause, resume
from engine.deadlines.rows import (
    BLANK,
    NEXT_DUE,
    arm,
    clocks_of_instance,
    close,
    close_case_clocks,
    due_now,
    live_of_case,
    live_of_instance,
    next_due,
    next_warning,
    note_next_due,
    of_case,
    of_visit,
    oldest_unprocessed,
)
from engine.deadlines.year_tables import Workdays, load_year_tables, packaged_year_tables, read_year_table

__all__ = [
    "BLANK",
    "FAR",
    "NEXT_DUE",
    "PAUSE_REASONS",
    "Deadline",
    "DeadlineState",
    "DueInstant",
    "Extension",
    "Length",
    "Light",
    "Limits",
    "Workdays",
    "WorkingCalendar",
    "YearTable",
    "arm",
    "clocks_of_instance",
    "close",
    "close_case_clocks",
    "due_now",
    "extend",
    "light",
    "live_of_case",
    "live_of_instance",
    "load_year_tables",
    "must_be_pausable",
    "next_due",
    "next_warning",
    "note_next_due",
    "of_case",
    "of_visit",
    "oldest_unprocessed",
    "packaged_year_tables",
    "parse_length",
    "pause",
    "pick_due",
    "pick_warning",
    "read_limits",
    "read_year_table",
    "resume",
]
