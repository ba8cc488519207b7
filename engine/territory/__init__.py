"""Tiers (a list from config, any length), units, and who is above whom."""

from engine.territory.generate import UnitRow, generate_district, longhua_figures
from engine.territory.model import Unit
from engine.territory.rows import children, children_of, every_unit, get_unit, line_of, units_by_id, within
from engine.territory.tiers import COARSEST, Tiers, ancestors, coarse, is_within, subtree_bounds
from engine.territory.unit_file import Fault, UnitChanges, UnitLine, compare, harmless, read_units, write_units

__all__ = [
    "COARSEST",
    "Fault",
    "Tiers",
    "Unit",
    "UnitChanges",
    "UnitLine",
    "UnitRow",
    "ancestors",
    "children",
    "children_of",
    "coarse",
    "compare",
    "every_unit",
    "generate_district",
    "get_unit",
    "harmless",
    "is_within",
    "line_of",
    "longhua_figures",
    "read_units",
    "subtree_bounds",
    "units_by_id",
    "within",
    "write_units",
]
