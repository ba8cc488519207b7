"""What an installation can take is reckoned so that it can be followed on paper; and what is held can be let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import insert

from engine import outbox
from engine.clock import ManualClock
from engine.people import OperatorEntry
from engine.reports.capacity import Measures, in_parts_by, reckon, rows_full_in_days
from engine.store import Base, Store, largest_tables, whole_size
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]

GIVEN = Measures(
    cases_per_day=1000, steps_per_case=5, pages_per_step=4, filing_ms=50, step_ms=50, page_ms=20, peak=0.2, nodes=2,
    bytes_now=10**9, bytes_per_case=50_000, limit_bytes=10**10, districts=10,
)  # fmt: skip


def test_a_reckoning_that_can_be_followed_on_paper() -> None:
    found = reckon(GIVEN)
    assert found.seconds_per_case == pytest.approx(0.05 + 5 * 0.05 + 5 * 4 * 0.02)
    assert found.cases_per_second == pytest.approx(0.7 / 0.7)
    assert found.busiest_per_hour == pytest.approx(200)
    assert found.busy == pytest.approx(200 / 3600 / 2 * 0.7)
    assert (found.nodes_needed, found.province_nodes) == (1, 1)
    assert found.bytes_per_day == pytest.approx(50_000_000)
    assert found.full_in_days == 180
    assert found.province_bytes_per_year == pytest.approx(10 * 50_000_000 * 365)


@pytest.mark.parametrize(
    ("changed", "full_in_days", "nodes"),
    [
        ({"cases_per_day": 0.0}, None, 1),
        ({"bytes_now": 10**11}, 0, 1),
        ({"filing_ms": 0.0, "step_ms": 0.0, "page_ms": 0.0}, 180, 1),
        ({"cases_per_day": 1e6}, 0, 56),
        ({"nodes": 0}, 180, 1),
    ],
)
def test_the_edges_of_the_reckoning(changed: dict[str, float], full_in_days: int | None, nodes: int) -> None:
    found = reckon(replace(GIVEN, **changed))
    assert (found.full_in_days, found.nodes_needed) == (full_in_days, nodes)


def test_what_a_table_is_parted_by_and_when() -> None:
    assert in_parts_by("history", frozenset({"case_id", "at"})) == "case"
    assert in_parts_by("operator_log", frozenset({"id", "at"})) == "month"
    assert in_parts_by("unit", frozenset({"id"})) == "none"
    assert rows_full_in_days(1_000_000, 10_000, 1000.0) == 990
    assert rows_full_in_days(200_000_000, 10_000, 1.0) == 0
    assert rows_full_in_days(5, 0, 1.0) is None


def test_both_databases_tell_how_large_they_are(each_store: Store, clock: ManualClock) -> None:
    town.settle(each_store, now=clock.now())
    with each_store.reading() as session:
        assert whole_size(session) > 100_000
        found = largest_tables(session)
        assert len(found) == 8
        assert (found[0].bytes is None) == (each_store.dialect == "sqlite")


def test_a_table_numbered_by_people_is_counted(store: Store, clock: ManualClock) -> None:
    """The note of what the last person has read is one row, whatever the number of that person."""
    last = max(town.settle(store, now=clock.now()).people.values())
    with store.transaction() as session:
        session.execute(insert(Base.metadata.tables["notices_read"]).values(person_id=last, up_to=0))
    with store.reading() as session:
        rows = {each.name: each.rows for each in largest_tables(session)}
    assert rows["person"] == last > 1
    assert rows.get("notices_read", 0) <= 1


def test_the_page_reckons_with_what_stands_in_the_address(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    visitor = in_english(visit("operator"))
    plain = words(visitor.get("/operations/capacity"))
    assert "assumed: nothing was measured yet" in plain
    assert "median of" in plain  # of the pages this process has shown
    asked = "cases_per_day=1000&filing_ms=50&step_ms=50&page_ms=20&steps_per_case=5&bytes_per_case=1e6&limit_gb=1"
    page = words(visitor.get(f"/operations/capacity?{asked}&peak_percent=nan&nodes=-1"))
    assert "1.00 cases per second" in page
    assert "1.0 GB a day" in page
    assert visit("grid").get("/operations/capacity").status_code == 403


def test_what_is_held_is_told_and_let_go(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = in_english(visit("operator"))
    assert "held" not in words(visitor.get("/operations"))
    with district.store.transaction() as session:
        outbox.hold(session, "monday.zip", now=clock.now())
    page = words(visitor.get("/operations"))
    assert "Everything that leaves is held" in page
    assert "restored from monday.zip" in page
    assert visit("grid").post("/operations/hold/ending").status_code in (400, 403)
    assert visitor.post("/operations/hold/ending").status_code == 302
    with district.store.reading() as session:
        assert outbox.held(session) is None
        assert [entry.act for entry in session.query(OperatorEntry)] == ["deliveries.released"]
    assert "held" not in words(visitor.get("/operations"))
    assert "What was held sent again" in words(visitor.get("/operations/log"))
