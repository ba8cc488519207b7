"""What somebody wrote without a sign-in becomes the title of a case."""

from __future__ import annotations

import pytest

from engine.citizen import title_of


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("楼上漏水。物业不管。", "楼上漏水"),
        ("！！！楼上漏水了", "楼上漏水了"),
        ("!!!!!!", "!!!!!!"),
        ("漏水" * 30, "漏水" * 19 + "漏…"),
        ("Water has been dripping from the ceiling of our kitchen", "Water has been dripping from the…"),
        ("a" * 60, "a" * 39 + "…"),
    ],
)
def test_the_title_is_the_first_sentence_that_says_something(written: str, title: str) -> None:
    assert title_of(written) == title
