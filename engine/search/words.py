"""The words of a text, as the index has them and as a search asks for them. Pure.

Chinese is written without spaces: a run of Han characters is told as overlapping pairs, 噪音扰民 → 噪音 音扰 扰民 民.
Every position of a text has exactly one word, a pair or the last character of a run; so whatever is asked for, of two
characters or of ten, is a phrase of neighbouring words, and one character is the beginning of one. Width and case do
not matter (NFKC, case folded).
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 40
MOST_PHRASES = 8
HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
SIGN = rf"[^\W_{HAN}]"
"""A letter or a figure."""
BETWEEN = r"[\W_]*"
RUN = re.compile(rf"[{HAN}]+|{SIGN}+")
IS_HAN = re.compile(rf"[{HAN}]")
JOINTS = frozenset("-_./'’:")
"""Signs that hold a written number or name together: 3-2-501, LHQ-20260302-0001."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand side by side in this order; of a `beginning`, the last word may go on."""

    words: tuple[str, ...]
    beginning: bool
    runs: tuple[str, ...]
    """The same as it was typed, folded: runs of Han characters, of letters and figures."""


def words_of(text: str) -> list[str]:
    """The words of a text in order, one for each position."""
    folded = text.lower() if text.isascii() else text.translate(_FOLDS)
    return [word for run in RUN.findall(folded) for word in _pairs(run)]


def phrases_of(asked: str) -> tuple[Phrase, ...]:
    """What somebody typed, as phrases that must all be found, the first eight of them. Empty for no word at all."""
    phrases = []
    for parts in _groups(_folded(asked)[0]):
        words: list[str] = []
        for part in parts[:-1]:
            words += _pairs(part)
        last = parts[-1]
        if not IS_HAN.match(last):
            words.append(last[:LONGEST_WORD])
            beginning = len(last) >= (4 if last.isdigit() else 2)
        else:
            pairs = _pairs(last)
            words += pairs if len(last) == 1 else pairs[:-1]
            beginning = len(last) == 1
        phrases.append(Phrase(tuple(words), beginning, tuple(parts)))
    return tuple(dict.fromkeys(phrases))[:MOST_PHRASES]


def found_in(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in a text, in order: [start, end) of characters."""
    if not phrases:
        return []
    folded, origin = _folded(text)
    hits = _pattern(tuple(phrases)).finditer(folded)
    return [(origin[hit.start()], origin[hit.end() - 1] + 1) for hit in hits]


def marked(text: str, phrases: Sequence[Phrase]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is what was asked for."""
    return _pieces(text, found_in(text, phrases), 0, len(text)) or [(text, False)]


def excerpt(text: str, phrases: Sequence[Phrase], length: int = 90) -> list[tuple[str, bool]]:
    """`marked` around the first place that was asked for; the beginning of the text when there is none."""
    line = " ".join(text.split())
    spans = found_in(line, phrases)
    start = min(max(0, spans[0][0] - length // 4), max(0, len(line) - length)) if spans else 0
    end = min(start + length, len(line))
    before, after = [("…", False)] if start > 0 else [], [("…", False)] if end < len(line) else []
    return [*before, *_pieces(line, spans, start, end), *after]


def _pieces(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[str, bool]]:
    pieces, done = [], start
    for first, last in spans:
        first, last = max(first, done), min(last, end)
        if first >= last:
            continue
        if first > done:
            pieces.append((text[done:first], False))
        pieces.append((text[first:last], True))
        done = last
    return [*pieces, (text[done:end], False)] if done < end else pieces


@lru_cache(maxsize=500)
def _pattern(phrases: tuple[Phrase, ...]) -> re.Pattern[str]:
    """Finds any of the phrases in a folded text, exactly where the index has their words side by side."""
    return re.compile("|".join(_as_pattern(phrase) for phrase in phrases))


def _as_pattern(phrase: Phrase) -> str:
    parts = []
    for number, run in enumerate(phrase.runs):
        if IS_HAN.match(run):
            parts.append(run)
            continue
        ends = "" if (phrase.beginning and number == len(phrase.runs) - 1) or len(run) > LONGEST_WORD else f"(?!{SIGN})"
        parts.append(f"(?<!{SIGN}){run}{ends}")
    return BETWEEN.join(parts)


def _pairs(run: str) -> list[str]:
    """A whole run as the index has it."""
    return [*map(operator.add, run, run[1:]), run[-1]] if IS_HAN.match(run) else [run[:LONGEST_WORD]]


def _groups(folded: str) -> Iterator[list[str]]:
    """Runs that stand side by side, or are held together by a joint between letters or figures."""
    parts: list[str] = []
    end = -1
    for run in RUN.finditer(folded):
        between = folded[end : run.start()]
        joined = between in JOINTS and not IS_HAN.match(run.group()) and bool(parts) and not IS_HAN.match(parts[-1])
        if parts and not (between == "" or joined):
            yield parts
            parts = []
        parts.append(run.group())
        end = run.end()
    if parts:
        yield parts


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text without width and case, and for each of its characters the one it came from."""
    if text.isascii():
        return text.lower(), range(len(text))
    folded = [_FOLDS[ord(each)] for each in text]
    if all(len(each) == 1 for each in folded):
        return "".join(folded), range(len(text))
    return "".join(folded), [at for at, each in enumerate(folded) for _ in each]


MOST_FOLDS = 20_000
"""No text holds so many different ones, unless somebody means harm."""


class _Folds(dict[int, str]):
    """What each character is without width and case, by its number; of those that were met lately."""

    def __missing__(self, character: int) -> str:
        if len(self) >= MOST_FOLDS:
            self.clear()
        self[character] = folded = unicodedata.normalize("NFKC", chr(character)).casefold()
        return folded


_FOLDS = _Folds()
