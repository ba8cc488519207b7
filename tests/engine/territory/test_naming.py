from __future__ import annotations

import pytest

from engine.territory import Tiers, Unit, name_in_zone

TIERS = Tiers.of(("grid", "zone", "community", "street"))
UNITS = {
    each.id: each
    for each in (
        Unit(id="S.C", tier="community", name_zh="甲社区", name_en="Community A"),
        Unit(id="S.C.1", parent_id="S.C", tier="zone", name_zh="一片区", name_en="Zone 1"),
        Unit(id="S.C.1.1", parent_id="S.C.1", tier="grid", name_zh="一网格", name_en="Grid 1"),
        Unit(id="S.C.1.law", parent_id="S.C.1", tier="office", name_zh="律所", name_en="Lawyers"),
    )
}


@pytest.mark.parametrize(
    ("unit", "tiers", "zh", "en"),
    [
        ("S.C.1.1", TIERS, "一片区一网格", "Grid 1, Zone 1"),
        ("S.C.1", TIERS, "一片区", "Zone 1"),
        ("S.C.1.law", TIERS, "律所", "Lawyers"),
        ("S.C", TIERS, "甲社区", "Community A"),
        ("S.C.1.1", Tiers.of(("grid", "zone")), "一网格", "Grid 1"),
    ],
)
def test_below_the_community_the_zone_is_named_too(unit: str, tiers: Tiers, zh: str, en: str) -> None:
    named = UNITS[unit]
    above = UNITS.get(named.parent_id or "")
    assert (name_in_zone(named, above, tiers, "zh_CN"), name_in_zone(named, above, tiers, "en")) == (zh, en)
