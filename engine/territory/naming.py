"""What a unit is called where its own name is not enough. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.territory.model import Unit
from engine.territory.tiers import Tiers


def line_name(units: Sequence[Unit], locale: str) -> str:
    """Units from the highest to the lowest as one name: 第一片区第一网格, First Grid, First Zone."""
    if locale.startswith("zh"):
        return "".join(unit.name_zh for unit in units)
    return ", ".join(unit.name_en for unit in reversed(units))


def name_in_zone(unit: Unit, above: Unit | None, tiers: Tiers, locale: str) -> str:
    """Every zone has a first grid: below the community's own units, a unit's name stands with that of the one above."""
    names = tiers.names
    if above is None or "community" not in names or not {unit.tier, above.tier} <= set(names):
        return unit.name(locale)
    below = tiers.index(above.tier) < tiers.index("community")
    return line_name((above, unit), locale) if below else unit.name(locale)
