"""The forecast: what follows if nobody acts, up to the top."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.cases import NO_WALL, Case, Wall
from engine.config import load_config
from engine.deadlines import Deadline, read_limits
from engine.main import read_calendar
from engine.process.ahead import look_ahead
from engine.territory import Tiers

TIERS = Tiers.of(("building", "grid", "zone", "community", "street", "district"))
LIMITS = read_limits("limits.yaml", Path("bpmn/small/limits.yaml").read_bytes())
CALENDAR = read_calendar(None, load_config(None, {}))
GRID = "LHQ.MZ.01.01.01"


def case(place: str = GRID, tier: str = "grid", state: str = "handling") -> Case:
    return Case(place_id=place, tier=tier, state=state)


def clock(state: str = "armed") -> Deadline:
    return Deadline(step="handle", state=state, due_at=datetime(2024, 9, 30, 10, 0, tzinfo=UTC), provisional=False)


def rises(of: Case, wall: Wall = NO_WALL) -> list[tuple[str, str | None]]:
    found = look_ahead(of, clock(), wall, limits=LIMITS, tiers=TIERS, calendar=CALENDAR)
    return [(rise.at.astimezone(CALENDAR.tz).strftime("%m-%d %H:%M"), rise.to_tier) for rise in found]


def test_each_rise_counts_from_the_one_before_over_the_national_day() -> None:
    assert rises(case()) == [
        ("09-30 18:00", "zone"),
        ("10-10 18:00", "community"),
        ("10-16 18:00", "street"),
        ("10-30 18:00", "district"),
        ("11-20 18:00", None),
    ]


def test_a_unit_complained_about_is_passed_over() -> None:
    assert [tier for _, tier in rises(case(), Wall(frozenset({"LHQ.MZ.01"})))] == ["street", "district", None]


def test_a_place_known_only_as_far_as_its_community_rises_to_the_street() -> None:
    assert [tier for _, tier in rises(case("LHQ.MZ.01"))] == ["street", "district", None]


def test_nothing_is_foreseen_while_no_clock_runs() -> None:
    for of, runs in ((case(), None), (case(), clock("paused")), (case(state="closed"), clock())):
        assert look_ahead(of, runs, NO_WALL, limits=LIMITS, tiers=TIERS, calendar=CALENDAR) == ()


def test_without_limits_only_the_next_rise_is_known() -> None:
    found = look_ahead(case(), clock(), NO_WALL, limits=None, tiers=TIERS, calendar=CALENDAR)
    assert [rise.to_tier for rise in found] == ["zone"]
