"""Read-only figures: each a query, a definition, and the list of cases behind the number."""

from engine.reports.days import TREND, keep_day, trends, worth
from engine.reports.figures import Behind, Count, Figure, Within, behind, count
from engine.reports.model import DayFigure
from engine.reports.places import Standing, standings
from engine.reports.treemap import Cell, squarify

__all__ = [
    "TREND",
    "Behind",
    "Cell",
    "Count",
    "DayFigure",
    "Figure",
    "Standing",
    "Within",
    "behind",
    "count",
    "keep_day",
    "squarify",
    "standings",
    "trends",
    "worth",
]
