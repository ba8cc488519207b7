"""Read-only figures: each a query, a definition, and the list of cases behind the number."""

from engine.reports.board import Board, read_board
from engine.reports.days import TREND, keep_day, trends, worth
from engine.reports.figures import PAGE, Behind, Count, Figure, Within, behind, count, pressing
from engine.reports.heat import LEAST, Heat, HeatMap, Period, Spot, behind_spot, held_back, read_heat
from engine.reports.model import DayFigure
from engine.reports.outlines import Outline, outlines
from engine.reports.places import Standing, standings
from engine.reports.treemap import Cell, squarify

__all__ = [
    "LEAST",
    "PAGE",
    "TREND",
    "Behind",
    "Board",
    "Cell",
    "Count",
    "DayFigure",
    "Figure",
    "Heat",
    "HeatMap",
    "Outline",
    "Period",
    "Spot",
    "Standing",
    "Within",
    "behind",
    "behind_spot",
    "count",
    "held_back",
    "keep_day",
    "outlines",
    "pressing",
    "read_board",
    "read_heat",
    "squarify",
    "standings",
    "trends",
    "worth",
]
