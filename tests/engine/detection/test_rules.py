"""What belongs together and what grows suddenly, as tables: no database, no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.cases import Earlier, predecessors
from engine.detection import rules
from engine.detection.rules import Arrival, Matter, Surge
from engine.territory import Tiers

TIERS = Tiers.of(["building", "grid", "zone", "community", "street", "district"])
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BUILDING = "L.M.01.02.03.04"


@pytest.mark.parametrize(
    ("place", "area"),
    [
        (BUILDING, "L.M.01.02"),
        ("L.M.01.02.03", "L.M.01.02"),
        ("L.M.01.02", "L.M.01.02"),
        ("L.M.01", "L.M.01"),
        ("L.M", None),
        ("L", None),
    ],
)
def test_neighbours_are_those_of_the_same_zone_and_half_a_district_are_none(place: str, area: str | None) -> None:
    assert rules.area_of(place, TIERS) == area


def matter(place: str = BUILDING, category: str = "neighbour.leak", words: str = "a b c d", people: str = "") -> Matter:
    return Matter(place, category, NOW, frozenset(words.split()), frozenset(people.split()))


@pytest.mark.parametrize(
    ("other", "proposed", "grounds"),
    [
        (matter(people="138"), True, ("person", "place", "category", "text")),
        (matter(words="a x y z", people="138"), True, ("person", "place", "category")),  # C34: told in other words
        (matter(), True, ("place", "category", "text")),  # nobody is named: place, category and text say it
        (matter(people="139"), False, ("place", "category", "text")),  # another household: a cluster, not the same case
        (matter(place="L.M.01.02.09", people="138"), True, ("person", "near", "category", "text")),
        (matter(place="L.G.01.02.09", words="x", people="138"), False, ("person", "category")),
        (matter(category="labour.wages", words="x y", people="138"), False, ("person", "place")),
    ],
)
def test_how_much_alike_two_matters_are(other: Matter, proposed: bool, grounds: tuple[str, ...]) -> None:
    found = rules.likeness(matter(people="138"), other, TIERS)
    assert found.grounds == grounds
    assert (found.score >= rules.PROPOSED_FROM) == proposed
    assert found == rules.likeness(other, matter(people="138"), TIERS)


def arrivals(*hours: float, area: str = "Z", first: int = 1) -> list[Arrival]:
    return [Arrival(first + n, area, "property.lift", NOW + timedelta(hours=h)) for n, h in enumerate(hours)]


@pytest.mark.parametrize(
    ("hours", "sizes"),
    [
        ((0, 1, 2, 3), []),
        ((0, 1, 2, 3, 4), [5]),
        ((0, 1, 2, 3, 72), [5]),
        ((0, 1, 2, 3, 73), []),
        ((0, 0, 0, 0, 0, 0), [6]),
        ((0, 30, 60, 90, 120), []),
    ],
)
def test_five_within_seventy_two_hours_are_a_cluster(hours: tuple[float, ...], sizes: list[int]) -> None:
    every = arrivals(*hours)
    found = rules.clusters(every, every, least=5, within=timedelta(hours=72))
    assert [len(group.cases) for group in found] == sizes


def test_a_cluster_is_of_one_area_and_grows_from_what_was_there() -> None:
    here, there = arrivals(0, 1, 2, 3), arrivals(0, 1, 2, area="Y", first=50)
    late = Arrival(9, "Z", "property.lift", NOW + timedelta(hours=5))
    (group,) = rules.clusters([late], [*here, *there, late], least=5, within=timedelta(hours=72))
    assert [each.case_id for each in group.cases] == [1, 2, 3, 4, 9]


def surges(week: dict[str, int], before: dict[str, int], weeks: float = 8.0) -> list[Surge]:
    def named(counts: dict[str, int]) -> dict[tuple[str, str], int]:
        return {(place, "x"): count for place, count in counts.items()}

    return rules.surges(named(week), named(before), weeks=weeks, factor=3, least=10)


def test_a_surge_is_three_times_the_mean_and_no_small_number() -> None:
    grid = "L.M.01.02.03"
    assert surges({grid: 12}, {grid: 32}) == [Surge("L.M.01", "x", 12, 4.0)]
    assert surges({grid: 11}, {grid: 32}) == []
    assert surges({grid: 9}, {grid: 1}) == []  # many times nearly nothing is no alert
    assert surges({grid: 40}, {}, weeks=1.5) == []  # nothing to compare with yet


def test_a_unit_above_is_named_only_for_what_the_named_ones_below_leave() -> None:
    week = {"L.M.01.02.03": 30, "L.M.02.01.01": 2, "L.G.01.01.01": 12, "L.G.02.01.01": 1}
    found = surges(week, {"L.M.02.01.01": 16, "L.G.01.01.01": 8})
    assert [(each.unit_id, each.count) for each in found] == [("L.G.01", 12), ("L.M.01", 30)]
    spread = {f"L.M.{n:02d}.01.01": 6 for n in range(1, 4)}
    assert [each.unit_id for each in surges(spread, dict.fromkeys(spread, 8))] == ["L.M"]
    deep = {"L.M.01.01.01": 30, **{f"L.M.{n:02d}.01.01": 6 for n in range(2, 5)}, "L.G.01.01.01": 9, "L.G.02.01.01": 9}
    before = {"L.M.01.01.01": 80, "L.G.01.01.01": 36, "L.G.02.01.01": 36}  # what L.M.01 had counts against it alone
    assert [(each.unit_id, each.mean) for each in surges(deep, before)] == [("L.M.01", 10.0), ("L.M", 0.0)]


def test_what_comes_back() -> None:
    closed = [NOW - timedelta(days=days) for days in (10, 100, 300, 400)]
    year = timedelta(days=365)
    assert rules.comes_back(closed, NOW, times=3, within=year)
    assert not rules.comes_back(closed, NOW, times=4, within=year)


def test_the_lowest_unit_that_all_lie_in() -> None:
    assert rules.common_unit(["L.M.01.02.03", "L.M.01.02.03.04"]) == "L.M.01.02.03"
    assert rules.common_unit(["L.M.01", "L.G.01"]) == "L"


@pytest.mark.parametrize(
    ("place", "accused", "is_one"),
    [
        (BUILDING, set(), True),
        ("L.M.01.02.03", set(), True),  # its grid
        ("L.M.01.02.09", set(), False),
        ("L.G.01", {"某物业"}, True),
        ("L.G.01", {"别家物业"}, False),
    ],
)
def test_a_repeat_is_about_the_same_place_or_the_same_respondent(place: str, accused: set[str], is_one: bool) -> None:
    earlier = Earlier(1, "L-1", place, frozenset(accused))
    assert bool(predecessors([earlier], BUILDING, frozenset({"某物业"}))) == is_one
