"""When a plan's turn begins and ends, which week a day lies in, and which clock of a phone is believed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from engine.inspections import Every, Turn, believed, week_of
from engine.inspections.turns import turn_of

D = date.fromisoformat


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "every", "turns", "today", "turn"),
    [
        ("2024-11-01", None, Every.MONTH, 1, "2024-11-21", ("2024-11-01", "2024-12-01", None)),
        ("2024-11-01", None, Every.MONTH, 1, "2024-12-01", ("2024-12-01", "2025-01-01", "2024-11-01")),
        ("2024-11-15", None, Every.MONTH, 3, "2025-02-14", ("2024-11-15", "2025-02-15", None)),
        ("2024-11-15", None, Every.MONTH, 3, "2025-02-15", ("2025-02-15", "2025-05-15", "2024-11-15")),
        ("2024-08-31", None, Every.MONTH, 1, "2024-09-30", ("2024-09-30", "2024-10-31", "2024-08-31")),
        ("2024-11-04", None, Every.WEEK, 2, "2024-11-17", ("2024-11-04", "2024-11-18", None)),
        ("2024-11-04", None, Every.WEEK, 2, "2024-11-18", ("2024-11-18", "2024-12-02", "2024-11-04")),
        ("2024-11-04", "2024-11-20", Every.WEEK, 2, "2025-03-01", ("2024-11-18", "2024-11-21", "2024-11-04")),
        ("2024-11-04", None, Every.WEEK, 1, "2024-10-01", ("2024-11-04", "2024-11-11", None)),
        ("2024-11-04", "2024-11-20", None, 1, "2024-11-10", ("2024-11-04", "2024-11-21", None)),
        ("2024-11-04", "2024-11-20", None, 1, "2025-11-10", ("2024-11-04", "2024-11-21", None)),
    ],
)
def test_a_day_lies_in_one_turn(
    starts_on: str, ends_on: str | None, every: Every | None, turns: int, today: str, turn: tuple[str, str, str | None]
) -> None:
    start, end, before = turn
    expected = Turn(D(start), D(end), D(before) if before else None)
    assert turn_of(D(starts_on), D(ends_on) if ends_on else None, every, turns, D(today)) == expected


@pytest.mark.parametrize("starts_on", ["2024-01-31", "2024-02-29", "2024-11-04"])
@pytest.mark.parametrize("every", list(Every))
def test_turns_follow_each_other_without_a_gap(starts_on: str, every: Every) -> None:
    days = [D(starts_on) + timedelta(days=n) for n in range(800)]
    turns = list(dict.fromkeys(turn_of(days[0], None, every, 2, day) for day in days))
    assert all(
        turn_of(days[0], None, every, 2, day).start <= day < turn_of(days[0], None, every, 2, day).end for day in days
    )
    assert all(later.start == earlier.end and later.before == earlier.start for earlier, later in pairwise(turns))


def test_a_week_is_monday_to_sunday() -> None:
    assert {week_of(D(f"2026-03-0{n}")) for n in range(2, 9)} == {(D("2026-03-02"), D("2026-03-09"))}
    assert week_of(D("2026-03-01")) == (D("2026-02-23"), D("2026-03-02"))


@pytest.mark.parametrize(
    ("hours_ago", "is_believed"), [(0, True), (30, True), (14 * 24, True), (15 * 24, False), (-1, False)]
)
def test_a_phone_is_believed_within_reason(hours_ago: int, is_believed: bool) -> None:
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    said = now - timedelta(hours=hours_ago)
    assert (believed(said, now=now) == said) is is_believed
    assert believed(None, now=now) == now
