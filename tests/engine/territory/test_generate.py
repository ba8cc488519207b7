from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.territory import Tiers, ancestors, is_within, subtree_bounds
from engine.territory.generate import (
    Figures,
    Level,
    Place,
    UnitRow,
    apportion,
    generate_district,
    longhua_figures,
    read_figures,
)

FIGURES = longhua_figures()
ROWS = generate_district(FIGURES)
BY_ID = {row.id: row for row in ROWS}
TIERS = Tiers.of(["building", "grid", "zone", "community", "street", "district"])
SAMPLES = Path(__file__).parents[4] / "shared" / "domain" / "samples.yaml"

SAMPLE_PLACES = [
    "民治街道 和悦社区 第3片区 第5网格 2栋",
    "民治街道 和悦社区 第2片区 第1网格",
    "民治街道 听泉社区 第1片区",
    "龙华街道 春风社区 第2片区 第4网格 5栋",
    "龙华街道 春风社区 第1片区 第3网格",
    "大浪街道 同和社区 第4片区 第7网格",
    "观湖街道 望湖社区 第1片区 第2网格 7栋",
    "观湖街道 望湖社区 第2片区 第5网格",
    "福城街道 茶亭社区 第3片区 第3网格",
    "观澜街道 石桥社区 第5片区",
    "观澜街道 石桥社区 第2片区 第6网格",
]


def fingerprint(rows: list[UnitRow]) -> str:
    lines = ("|".join(map(str, (r.id, r.parent_id, r.tier, r.name_zh, r.name_en, r.seq))) for r in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_totals_are_exact() -> None:
    assert Counter(row.tier for row in ROWS) == {
        "district": 1,
        "street": 6,
        "community": 69,
        "zone": 432,
        "grid": 3044,
        "building": 7039,
    }
    assert len(BY_ID) == len(ROWS) == 10_591


def test_streets_have_their_communities() -> None:
    counted = Counter(row.parent_id for row in ROWS if row.tier == "community")
    assert counted == {"LHQ.MZ": 15, "LHQ.LH": 12, "LHQ.DL": 14, "LHQ.GH": 9, "LHQ.FC": 10, "LHQ.GL": 9}


@pytest.mark.parametrize(
    ("parents", "fewest", "most"), [("community", 3, 12), ("zone", 3, 14), ("grid", 1, 9), ("building", 0, 0)]
)
def test_every_family_keeps_its_bounds(parents: str, fewest: int, most: int) -> None:
    counted = Counter(row.parent_id for row in ROWS)
    sizes = [counted[row.id] for row in ROWS if row.tier == parents]
    assert fewest <= min(sizes)
    assert max(sizes) <= most


def test_families_are_uneven() -> None:
    counted = Counter(row.parent_id for row in ROWS)
    assert len({counted[row.id] for row in ROWS if row.tier == "grid"}) >= 4


def test_a_parent_comes_before_its_children() -> None:
    seen: set[str] = set()
    for row in ROWS:
        assert row.parent_id in seen or row.parent_id is None
        seen.add(row.id)


def test_ids_are_paths() -> None:
    for row in ROWS:
        assert len(row.id) <= 18
        assert TIERS.tier_of(row.id) == row.tier
        assert ancestors(row.id)[1:2] == ([row.parent_id] if row.parent_id else [])
    for parent_id, rows in _families().items():
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), parent_id


def test_a_subtree_is_a_range_of_ids() -> None:
    low, high = subtree_bounds("LHQ.MZ.01")
    assert {row.id for row in ROWS if low <= row.id < high} == {
        row.id for row in ROWS if is_within(row.id, "LHQ.MZ.01") and row.id != "LHQ.MZ.01"
    }


def test_names_are_distinct_among_siblings_and_in_both_languages() -> None:
    for rows in _families().values():
        assert len({row.name_zh for row in rows}) == len({row.name_en for row in rows}) == len(rows)
    communities = [row for row in ROWS if row.tier == "community"]
    assert len({row.name_zh for row in communities}) == len({row.name_en for row in communities}) == 69
    assert all(row.name_en.isascii() and row.name_zh and "{" not in row.name_zh + row.name_en for row in ROWS)


def test_it_is_the_same_district_every_time() -> None:
    """The number is pinned: demonstrations, simulations and their hashes stand on it, on every machine."""
    assert (
        fingerprint(ROWS)
        == fingerprint(generate_district(longhua_figures()))
        == "3c9a1d7c293527a337f6e85e9de47740a439f85d0f2565ce5c6936ec8c1efceb"
    )


def test_another_seed_is_another_district_with_the_same_totals() -> None:
    other = generate_district(FIGURES, seed=1)
    assert fingerprint(other) != fingerprint(ROWS)
    assert Counter(row.tier for row in other) == Counter(row.tier for row in ROWS)


@pytest.mark.parametrize("address", SAMPLE_PLACES)
def test_the_places_of_the_sample_cases_exist(address: str) -> None:
    assert find(address.split())


@pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample cases are not beside this checkout; SAMPLE_PLACES holds them"
)
def test_every_location_of_the_sample_cases_exists() -> None:
    cases = yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))["cases"]
    assert cases
    for case in cases:
        assert find(list(case["location"].values())), case["id"]


def test_the_figures_are_those_of_the_sample_data() -> None:
    assert FIGURES.seed == 20240813
    assert [(level.total, level.fewest, level.most) for level in FIGURES.levels] == [
        (432, 3, 12),
        (3044, 3, 14),
        (7039, 1, 9),
    ]


def test_a_seventh_tier_is_one_more_level() -> None:
    rooms = Level(tier="room", total=20_000, fewest=1, most=30, name_zh="{n}室", name_en="Room {n}")
    rows = generate_district(FIGURES.model_copy(update={"levels": (*FIGURES.levels, rooms)}))
    assert Counter(row.tier for row in rows)["room"] == 20_000
    assert Tiers.of(["room", *TIERS.names]).tier_of(rows[-1].id) == "room"
    assert rows[: len(ROWS)] == ROWS


def test_impossible_figures_are_refused_by_tier() -> None:
    crowded = FIGURES.levels[0].model_copy(update={"total": 69 * 12 + 1})
    with pytest.raises(Invalid, match="Tier zone") as refused:
        generate_district(FIGURES.model_copy(update={"levels": (crowded,)}))
    assert refused.value.code == "figures.impossible"


def test_a_place_that_cannot_be_is_told() -> None:
    with pytest.raises(Invalid, match=r"LHQ\.XX\.01"):
        generate_district(FIGURES.model_copy(update={"must_exist": ("LHQ.XX.01",)}))
    deep = Figures(
        seed=1, named_tiers=("town",), root=Place(code="T", name_zh="镇", name_en="Town", children=(FIGURES.root,))
    )
    with pytest.raises(Invalid, match="deeper than the named tiers"):
        generate_district(deep)


def test_wrong_figures_are_told_by_line_and_path() -> None:
    text = "seed: one\nnamed_tiers: [town]\nroot: {code: T, name_zh: 镇}\nrooot: 1\nseed: 2\n"
    with pytest.raises(Invalid) as refused:
        read_figures(text, "town.yaml")
    for words in (
        "town.yaml",
        "line 1, seed",
        "line 3, root.name_en",
        "line 4, rooot",
        "line 5: the key is given twice",
    ):
        assert words in refused.value.sentence


# the division


@st.composite
def divisions(draw: st.DrawFn) -> tuple[int, list[int], list[int], list[int]]:
    size = draw(st.integers(1, 40))
    weights = draw(st.lists(st.integers(1, 1000), min_size=size, max_size=size))
    fewest = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    most = [low + draw(st.integers(0, 8)) for low in fewest]
    return draw(st.integers(sum(fewest), sum(most))), weights, fewest, most


@given(divisions())
def test_a_division_is_exact_and_within_bounds(division: tuple[int, list[int], list[int], list[int]]) -> None:
    total, weights, fewest, most = division
    shares = apportion(total, weights, fewest, most)
    assert sum(shares) == total
    assert all(low <= share <= high for low, share, high in zip(fewest, shares, most, strict=True))


@given(divisions())
def test_who_weighs_more_never_gets_less(division: tuple[int, list[int], list[int], list[int]]) -> None:
    total, weights, _, _ = division
    size = len(weights)
    assume(total <= 9 * size)
    shares = apportion(total, weights, [0] * size, [9] * size)
    ranked = sorted(range(size), key=lambda place: (-weights[place], place))
    assert [shares[place] for place in ranked] == sorted(shares, reverse=True)


def test_largest_remainders_go_first() -> None:
    assert apportion(10, [5, 3, 2], [0] * 3, [10] * 3) == [5, 3, 2]
    assert apportion(7, [1, 1, 1], [0] * 3, [9] * 3) == [3, 2, 2]
    assert apportion(7, [100, 1, 1], [1] * 3, [4] * 3) == [4, 2, 1]


@pytest.mark.parametrize(
    ("total", "fewest", "most"), [(1, [1, 1], [2, 2]), (5, [1, 1], [2, 2]), (3, [2], [1]), (1, [], [])]
)
def test_an_impossible_division_is_refused(total: int, fewest: list[int], most: list[int]) -> None:
    with pytest.raises(Invalid):
        apportion(total, [1] * len(fewest), fewest, most)


def _families() -> dict[str | None, list[UnitRow]]:
    families: dict[str | None, list[UnitRow]] = {}
    for row in ROWS:
        families.setdefault(row.parent_id, []).append(row)
    return families


def find(names: list[str]) -> str | None:
    """The unit under the district that a person's address names, or None."""
    here: str | None = "LHQ"
    for name in names:
        here = next((row.id for row in ROWS if row.parent_id == here and row.name_zh == name), None)
        if here is None:
            return None
    return here
