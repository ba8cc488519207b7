"""What a figure prints: rounding, change, packed ids, charts, and how units are compared fairly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import reports
from engine.cases import told
from engine.figures import last_months, packed, unpacked
from engine.reports import Rounding, Value
from engine.reports.measure import fairly
from engine.territory import Unit
from engine.web import charts


@pytest.mark.parametrize(
    ("value", "decimals", "truncated", "half_up"),
    [
        (Fraction(1_273_900, 14_583), 1, "87.3", "87.4"),
        (Fraction(34_600, 411), 0, "84", "84"),
        (Fraction(30_200, 608), 2, "49.67", "49.67"),
        (Fraction(69_000, 700), 2, "98.57", "98.57"),
        (Fraction(-225_600, 3000), 1, "-75.2", "-75.2"),
        (Fraction(-1, 3), 1, "-0.3", "-0.3"),
        (Fraction(5, 100), 1, "0.0", "0.1"),
        (Fraction(-5, 100), 1, "0.0", "-0.1"),
    ],
)
def test_a_figure_is_rounded_as_its_definition_says(
    value: Fraction, decimals: int, truncated: str, half_up: str
) -> None:
    assert str(reports.rounded(value, decimals, Rounding.TRUNCATE)) == truncated
    assert str(reports.rounded(value, decimals, Rounding.HALF_UP)) == half_up


def test_change_is_of_counts_and_only_where_something_was() -> None:
    assert reports.change(Value(744), Value(3000)) == Decimal("-75.2")
    assert reports.change(Value(3), Value(0)) is None
    assert reports.change(Value(1, 2), Value(1, 4)) is None


@given(st.lists(st.integers(1, 10**6), unique=True).map(sorted))
def test_ids_come_out_as_they_went_in(ids: list[int]) -> None:
    assert unpacked(packed(ids)) == ids


@pytest.mark.parametrize(("count", "seen"), [(None, None), (0, 0), (1, None), (4, None), (5, 5), (100, 100)])
def test_few_are_not_told(count: int | None, seen: int | None) -> None:
    assert told(count) == seen
    assert told(9, least=10) is None


def test_a_place_with_graver_matters_is_not_blamed_for_them() -> None:
    """Both places do alike with each severity; one of them has more of the grave ones."""
    easy, hard = (Unit(id=f"D.{name}", tier="street", seq=1, name_zh=name, name_en=name) for name in ("A", "B"))
    below = {("D.A.01", 1): 90, ("D.A", 3): 10, ("D.B.02", 1): 10, ("D.B", 3): 90}
    late = {("D.A.01", 1): 9, ("D.A", 3): 5, ("D.B.02", 1): 1, ("D.B", 3): 45}
    first, second = fairly([easy, hard], [late, below], {"D.A": 20_000})
    assert (first.value, second.value) == (Value(14, 100), Value(46, 100))
    assert first.against_expected == pytest.approx(1.0)
    assert second.against_expected == pytest.approx(1.0)
    assert first.per_10_000 == 7.0
    assert second.per_10_000 is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e7)), max_size=13))
def test_columns_stay_in_their_box_and_begin_at_zero(values: list[float | None]) -> None:
    drawn = charts.columns([("m", value, "") for value in values])
    width, height = charts.BOX
    assert drawn.ticks[0][1] == "0"
    for each in drawn.columns:
        assert 0 <= each.x <= each.x + each.width <= width
        assert 0 <= each.y <= each.y + each.height <= height - charts.BOTTOM + 0.2


def test_thirteen_months_end_with_the_one_asked_for() -> None:
    from datetime import date

    firsts = last_months(date(2024, 2, 29))
    assert (firsts[0], firsts[-1], len(firsts)) == (date(2023, 2, 1), date(2024, 2, 1), 13)
