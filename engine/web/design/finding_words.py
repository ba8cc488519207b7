"""What the check says, in the reader's language.

Its sentences are English, with names and numbers in them. The dictionary holds each of them with holes, `{}`, and says
it in Chinese with what stood in the holes by number; what stands there may be such a sentence itself. A test keeps the
dictionary equal to the sources of the check. What is not in it stays English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from engine.web.context import locale

FOLDER = Path(__file__).parent / "sentences"
HOLE = re.compile(r"\{(#?)\}")
"""`{#}` takes digits only."""
NUMBER = re.compile(r"\{(\d)\}")
LONGEST = 1_000
DEEPEST = 3
MOST_COLONS = 4
"""Names are the designer's: however they are made, a sentence is looked up in little time."""


@dataclass(frozen=True, slots=True)
class Sentence:
    parts: tuple[str, ...]
    """Its own words; what is put in stands between them."""
    counts: tuple[bool, ...]
    """Which holes take digits only."""
    said: str

    def holes(self, text: str) -> list[str] | None:
        """What is put in; None when the text is another sentence. Each hole ends at the first place it can."""
        first, *rest = self.parts
        if not text.startswith(first):
            return None
        at, found = len(first), []
        for number, part in enumerate(rest, 1):
            last = number == len(rest)
            end = len(text) - len(part) if last else text.find(part, at + 1)
            if end <= at or (last and not text.endswith(part)):
                return None
            found.append(text[at:end])
            at = end + len(part)
        fits = at == len(text) and all(
            not count or hole.isdecimal() for hole, count in zip(found, self.counts, strict=True)
        )
        return found if fits and not self._takes_the_stop(found) else None

    def _takes_the_stop(self, found: list[str]) -> bool:
        """A name at the end is put in without the full stop; what follows a colon may be a sentence of its own."""
        ends_with_hole = len(self.parts) > 1 and not self.parts[-1] and not self.parts[-2].endswith(": ")
        return ends_with_hole and found[-1].endswith(".")


def finding_words(sentence: str) -> str:
    """The sentence or hint of a finding, for people."""
    return in_chinese(sentence) if locale().startswith("zh") else sentence


@lru_cache(maxsize=2_048)
def in_chinese(sentence: str) -> str:
    return _said(sentence, 0) or sentence


@cache
def sentences() -> Mapping[str, str]:
    found: dict[str, str] = json.loads((FOLDER / "zh_CN.json").read_text(encoding="utf-8"))
    return found


@cache
def _known() -> tuple[Sentence, ...]:
    """Those that count first, then those with most words of their own, so that the closest one is found."""
    known = [
        Sentence(tuple(HOLE.split(text)[::2]), tuple(map(bool, HOLE.split(text)[1::2])), said)
        for text, said in sentences().items()
    ]
    return tuple(sorted(known, key=lambda each: (any(each.counts), sum(map(len, each.parts))), reverse=True))


def _said(text: str, depth: int) -> str | None:
    """None for what is no sentence of the check: a name, a number, a text of the designer."""
    if depth > DEEPEST or len(text) > LONGEST:
        return None
    for each in _known():
        holes = each.holes(text)
        if holes is not None:
            return _put_in(each.said, [_said(hole, depth + 1) or hole for hole in holes])
    if text[:1].isupper() and (whole := _said(text[0].lower() + text[1:], depth + 1)):
        return whole
    if text.endswith(".") and (whole := _said(text[:-1], depth + 1)):
        return f"{whole}。"
    for colon in list(re.finditer(": ", text))[:MOST_COLONS]:
        rest = _said(text[colon.end() :], depth + 1)
        if rest is not None:
            before = text[: colon.start()]
            return f"{_said(before, depth + 1) or before}：{rest}"
    return None


def _put_in(said: str, holes: Sequence[str]) -> str:
    return NUMBER.sub(lambda number: holes[int(number[1]) - 1], said)
