"""The words of a text, as the index has them and as a search asks for them. Pure.

Chinese is written without spaces: a run of Han characters is told as overlapping pairs, 噪音扰民 → 噪音 音扰 扰民 民.
Every position of a text has exactly one word, a pair or the last character of a run; so whatever is asked for, of two
characters or of ten, is a phrase of neighbouring words, and one character is the beginning of one. Width and case do
not matter (NFKC, case folded).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 40
MOST_PHRASES = 8
HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
IS_HAN = re.compile(rf"[{HAN}]")
JOINTS = frozenset("-_./'’:")
"""Signs that hold a written number or name together: 3-2-501, LHQ-20260302-0001."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand side by side in this order; of a `beginning`, the last word may go on."""

    words: tuple[str, ...]
    beginning: bool


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def words_of(text: str) -> list[str]:
    """The words of a text in order, one for each position."""
    return [word.text for word in _words(text)]


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
        phrases.append(Phrase(tuple(words), beginning))
    return tuple(dict.fromkeys(phrases))[:MOST_PHRASES]


def fits(phrases: Iterable[Phrase], texts: Iterable[str]) -> bool:
    """Whether each phrase stands in one of the texts."""
    written = [f" {' '.join(words_of(text))} " for text in texts]
    return all(any(_needle(phrase) in text for text in written) for phrase in phrases)


def found_in(text: str, phrases: Iterable[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in a text: [start, end) of characters, in order, without overlaps."""
    words = list(_words(text))
    spans: list[tuple[int, int]] = []
    for phrase in phrases:
        many = len(phrase.words)
        for at in range(len(words) - many + 1):
            if _stands_at(words, at, phrase):
                last = words[at + many - 1]
                # of a pair whose second character was not asked for, only the first
                end = last.start + 1 if phrase.beginning and IS_HAN.match(phrase.words[-1]) else last.end
                spans.append((words[at].start, end))
    return _merged(spans)


def marked(text: str, phrases: Iterable[Phrase]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is what was asked for."""
    pieces, done = [], 0
    for start, end in found_in(text, phrases):
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    return [*pieces, (text[done:], False)] if done < len(text) or not pieces else pieces


def excerpt(text: str, phrases: Sequence[Phrase], length: int = 90) -> list[tuple[str, bool]]:
    """`marked` around the first place that was asked for; the beginning of the text when there is none."""
    line = " ".join(text.split())
    spans = found_in(line, phrases)
    start = max(0, spans[0][0] - length // 4) if spans else 0
    end = start + length
    if len(line) - start < length:
        start, end = max(0, len(line) - length), len(line)
    pieces = marked(line[start:end], phrases)
    return [
        *([("…", False)] if start > 0 else []),
        *pieces,
        *([("…", False)] if end < len(line) else []),
    ]


def _words(text: str) -> Iterator[_Word]:
    folded, origin = _folded(text)
    for run in RUN.finditer(folded):
        start, end = run.span()
        if not IS_HAN.match(run.group()):
            yield _Word(run.group()[:LONGEST_WORD], origin[start], origin[end - 1] + 1)
            continue
        for at in range(start, end):
            stop = min(at + 2, end)
            yield _Word(folded[at:stop], origin[at], origin[stop - 1] + 1)


def _pairs(run: str) -> list[str]:
    """A whole run as the index has it."""
    return [run[at : at + 2] for at in range(len(run))] if IS_HAN.match(run) else [run[:LONGEST_WORD]]


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


def _needle(phrase: Phrase) -> str:
    return f" {' '.join(phrase.words)}" + ("" if phrase.beginning else " ")


def _stands_at(words: Sequence[_Word], at: int, phrase: Phrase) -> bool:
    *first, last = phrase.words
    here = words[at + len(first)].text
    if not (here.startswith(last) if phrase.beginning else here == last):
        return False
    return all(words[at + number].text == word for number, word in enumerate(first))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text without width and case, and for each of its characters the one it came from."""
    if text.isascii():
        return text.lower(), range(len(text))
    folded = [_fold(each) for each in text]
    if all(len(each) == 1 for each in folded):
        return "".join(folded), range(len(text))
    return "".join(folded), [at for at, each in enumerate(folded) for _ in each]


@lru_cache(maxsize=20_000)
def _fold(character: str) -> str:
    return unicodedata.normalize("NFKC", character).casefold()
