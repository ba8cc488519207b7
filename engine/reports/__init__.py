"""Read-only figures: each a query, a definition, and the list of cases behind the number."""

from engine.reports import capacity
from engine.reports.board import Board, Counting
from engine.reports.days import TREND, keep_day, trends, worth
from engine.reports.field import FIELD
from engine.reports.figures import PAGE, Behind, Count, Figure, Within, behind, count, placed, pressing
from engine.reports.heat import Heat, HeatMap, Period, Spot, behind_spot, held_back, read_heat
from engine.reports.ladder import OVERRULED, Dwell, Overruled, dwell, of_tiers, overruled, overruled_by
from engine.reports.measure import (
    Compared,
    Measured,
    Side,
    a_year_before,
    by,
    cases_behind,
    compare_units,
    ids_behind,
    in_parts,
    measure,
    rows_behind,
)
from engine.reports.metric import Ask, Group, Metric, Rounding, Said, Shape, Value, change, moved, rounded, shown
from engine.reports.model import DayFigure
from engine.reports.outlines import Outline, outlines, units_around
from engine.reports.places import Standing, standings
from engine.reports.population import SETTLED, Population
from engine.reports.treemap import Cell, squarify

__all__ = [
    "FIELD",
    "OVERRULED",
    "PAGE",
    "SETTLED",
    "TREND",
    "Ask",
    "Behind",
    "Board",
    "Cell",
    "Compared",
    "Count",
    "Counting",
    "DayFigure",
    "Dwell",
    "Figure",
    "Group",
    "Heat",
    "HeatMap",
    "Measured",
    "Metric",
    "Outline",
    "Overruled",
    "Period",
    "Population",
    "Rounding",
    "Said",
    "Shape",
    "Side",
    "Spot",
    "Standing",
    "Value",
    "Within",
    "a_year_before",
    "behind",
    "behind_spot",
    "by",
    "capacity",
    "cases_behind",
    "change",
    "compare_units",
    "count",
    "dwell",
    "held_back",
    "ids_behind",
    "in_parts",
    "keep_day",
    "measure",
    "moved",
    "of_tiers",
    "outlines",
    "overruled",
    "overruled_by",
    "placed",
    "pressing",
    "read_heat",
    "rounded",
    "rows_behind",
    "shown",
    "squarify",
    "standings",
    "trends",
    "units_around",
    "worth",
]
