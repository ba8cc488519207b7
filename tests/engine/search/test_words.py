"""Words and phrases: what is typed finds what is written, in both languages, whatever its width and case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.search import excerpt, found_in, marked, phrases_of, words_of


def fits(asked: str, *texts: str) -> bool:
    """Whether everything that was asked for stands in some text."""
    return all(any(found_in(text, (phrase,)) for text in texts) for phrase in phrases_of(asked))


WRITTEN = "夜间Wi-Fi噪音，楼上1号楼3-2-501；ＷＡＧＥＳ unpaid since May"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("噪音", True),
        ("噪", True),
        ("音", True),
        ("夜间", True),
        ("楼上1号楼", True),
        ("1号", True),
        ("号楼 噪音", True),
        ("wi-fi", True),
        ("WIFI", False),
        ("wages", True),
        ("wag", True),
        ("w", False),
        ("Unpaid Wages", True),
        ("ｕｎｐａｉｄ", True),
        ("3-2-501", True),
        ("2-501", True),
        ("3-501", False),
        ("音楼", False),
        ("噪音扰民", False),
        ("噪音,楼上", True),
        ("50", False),
    ],
)
def test_what_is_found(asked: str, found: bool) -> None:
    assert fits(asked, WRITTEN) is found


@pytest.mark.parametrize("nothing", ["", "  ", "——", "%_*\"'", "\x00"])
def test_signs_alone_ask_for_nothing(nothing: str) -> None:
    assert phrases_of(nothing) == ()


def test_every_word_of_a_question_must_be_found_in_some_text() -> None:
    assert fits("噪音 民治", "楼上噪音", "民治街道")
    assert not fits("噪音 观澜", "楼上噪音", "民治街道")


HAN = st.text("楼上噪音扰民漏水工资一二", min_size=1, max_size=12)


@given(HAN, st.data())
def test_any_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert fits(text[start:end], text)


@given(HAN, HAN)
def test_what_is_found_stands_in_the_text(text: str, asked: str) -> None:
    assert fits(asked, text) is (asked in text)


@given(st.text(max_size=60), st.text(max_size=20))
def test_marking_a_text_keeps_every_character_of_it(text: str, asked: str) -> None:
    assert "".join(piece for piece, _ in marked(text, phrases_of(asked))) == text


@given(st.text(max_size=300))
def test_words_hold_nothing_an_index_could_stumble_over(text: str) -> None:
    for word in words_of(text):
        assert 0 < len(word) <= 40
        assert not any(sign.isspace() or (sign.isascii() and not sign.isalnum()) for sign in word)
        assert word[0] not in "§¤"


def test_exactly_what_was_asked_for_is_marked() -> None:
    hits = [piece for piece, hit in marked(WRITTEN, phrases_of("噪音 号 wage 501")) if hit]
    assert hits == ["噪音", "号", "501", "ＷＡＧＥ"]


def test_an_excerpt_shows_the_first_place() -> None:
    text = "前面的话。" * 40 + "关键词在这里" + "后面的话。" * 40
    pieces = excerpt(text, phrases_of("关键词"), 60)
    assert ("关键词", True) in pieces
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert sum(len(piece) for piece, _ in pieces) <= 62
    assert excerpt("短", phrases_of("长")) == [("短", False)]
