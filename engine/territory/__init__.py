"""Tiers (a list from config, any length), units, and who is above whom."""

from engine.territory.generate import UnitRow, generate_district, longhua_figures
from engine.territory.model import Unit
from engine.territory.naming import line_name, name_in_zone
from engine.territory.rows import (
    children,
    children_of,
    every_unit,
    get_unit,
    line_of,
    offices_below,
    open_office,
    units_by_id,
    within,
)
from engine.territory.table import Fault, day_in, harmless, read_table, refusal, table_text
from engine.territory.tiers import (
    COARSEST,
    OFFICE,
    Tiers,
    ancestors,
    coarse,
    is_office,
    is_top,
    is_within,
    place_of,
    subtree_bounds,
)
from engine.territory.unit_file import UnitChanges, UnitLine, compare, read_units, write_units

__all__ = [
    "COARSEST",
    "OFFICE",
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
    "day_in",
    "every_unit",
    "generate_district",
    "get_unit",
    "harmless",
    "is_office",
    "is_top",
    "is_within",
    "line_name",
    "line_of",
    "longhua_figures",
    "name_in_zone",
    "offices_below",
    "open_office",
    "place_of",
    "read_table",
    "read_units",
    "refusal",
    "subtree_bounds",
    "table_text",
    "units_by_id",
    "within",
    "write_units",
]
