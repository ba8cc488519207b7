"""Tiers (a list from config, any length), units, and who is above whom."""

from engine.territory.generate import UnitRow, generate_district, longhua_figures
from engine.territory.model import Unit
from engine.territory.rows import children, get_unit, line_of, units_by_id, within
from engine.territory.tiers import Tiers, ancestors, is_within, subtree_bounds

__all__ = [
    "Tiers",
    "Unit",
    "UnitRow",
    "ancestors",
    "children",
    "generate_district",
    "get_unit",
    "is_within",
    "line_of",
    "longhua_figures",
    "subtree_bounds",
    "units_by_id",
    "within",
]
