from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deadlines.lengths import MAX_AMOUNT, UNITS, Length, parse_length
from engine.errors import Invalid


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [("5wd", 5, "wd"), ("60cd", 60, "cd"), ("4wh", 4, "wh"), ("750wm", 750, "wm"), ("24h", 24, "h"), ("1mo", 1, "mo")],
)
def test_each_unit_is_read(text: str, amount: int, unit: str) -> None:
    assert (parse_length(text).amount, parse_length(text).unit) == (amount, unit)


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "wd", "5 wd", " 5wd", "5wd ", "5wd\n", "5WD", "0wd", "05wd", "-5wd", "+5wd", "1.5wd", "5d", "5wdx"),
        *("100000wd", "5wd4wh", "P5D", "５wd", "٥wd", "五wd"),
    ],
)
def test_anything_else_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_length(text)
    assert refused.value.code == "length.invalid"
    assert repr(text) in refused.value.sentence
    assert refused.value.facts["text"] == text


@pytest.mark.parametrize(("amount", "unit"), [(0, "wd"), (-1, "h"), (MAX_AMOUNT + 1, "cd"), (True, "wd"), (3, "weeks")])
def test_a_length_cannot_be_built_wrong(amount: int, unit: str) -> None:
    with pytest.raises(Invalid):
        Length(amount, unit)  # type: ignore[arg-type]


@given(st.integers(1, MAX_AMOUNT), st.sampled_from(UNITS))
def test_written_and_read_again_it_is_the_same(amount: int, unit: str) -> None:
    length = parse_length(f"{amount}{unit}")
    assert parse_length(str(length)) == length
    assert length.in_working_time == (unit in {"wd", "wh", "wm"})
