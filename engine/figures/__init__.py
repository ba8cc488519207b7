"""All figures of the field together, and the reports that are made of them and kept."""

from engine.figures.asking import KEPT, ask_report, get_ready, get_report, parts_for, reports_of, wanted_by
from engine.figures.catalogue import metric_of, metrics_of
from engine.figures.files import as_word, as_workbook
from engine.figures.listing import Meeting, meetings_behind
from engine.figures.making import PARTS, RESOLVED, Wanted, a_year_before, ask_of, by_month, last_months, period
from engine.figures.model import FieldReport, KeptFigure, PublicMonth, ReportState, packed, unpacked
from engine.figures.population import people_in
from engine.figures.public import LEAST, REST, keep_month, keep_months, public_months, total_of, without_small
from engine.figures.sheets import NOTE, Sheet, sheets_of, subject_of, title_of
from engine.figures.worker import STEPS, work

__all__ = [
    "KEPT",
    "LEAST",
    "NOTE",
    "PARTS",
    "RESOLVED",
    "REST",
    "STEPS",
    "FieldReport",
    "KeptFigure",
    "Meeting",
    "PublicMonth",
    "ReportState",
    "Sheet",
    "Wanted",
    "a_year_before",
    "as_word",
    "as_workbook",
    "ask_of",
    "ask_report",
    "by_month",
    "get_ready",
    "get_report",
    "keep_month",
    "keep_months",
    "last_months",
    "meetings_behind",
    "metric_of",
    "metrics_of",
    "packed",
    "parts_for",
    "people_in",
    "period",
    "public_months",
    "reports_of",
    "sheets_of",
    "subject_of",
    "title_of",
    "total_of",
    "unpacked",
    "wanted_by",
    "without_small",
    "work",
]
