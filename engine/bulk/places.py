"""From what somebody wrote about a place to the unit that it is: an id, names in any order of detail, an address.

Pure but for the list of units, which is read once for many rows. What is told less exactly than it could be is the
lowest unit that is sure; whoever handles it finds the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from engine.territory import ancestors, is_within

ENDS = re.compile(r"(街道办事处|街道办|街道|社区居委会|社区工作站|社区|片区)$")
"""What people leave out behind the name of a place."""
LIKELY = 72
MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as it is found: its id, its names in Chinese and English."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Found:
    """`exact` where all that was written led there; `suggested` are ids of what it may be instead."""

    place_id: str | None
    exact: bool = False
    suggested: Sequence[str] = field(default=())


class Places:
    """The living places of an area. `find` may be asked by one thread at a time."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._ids: dict[str, str] = {}
        self._named: dict[str, list[str]] = {}
        self._below: dict[tuple[str, str], list[str]] = {}
        """Places of a name by each unit that they lie in."""
        for place in places:
            self._ids[place.id.lower()] = place.id
            above = [self._ids.get(each.lower(), each) for each in ancestors(place.id)]
            for name in _names_of(place):
                self._named.setdefault(name, []).append(place.id)
                for unit in above:
                    self._below.setdefault((name, unit), []).append(place.id)
        self._names = list(self._named)
        self._long = [name for name in self._names if len(name) > 2]
        self._lengths: dict[str, list[int]] = {}
        """How long the names are that begin with a sign, the longest first."""
        for first, length in sorted({(name[0], len(name)) for name in self._names}, reverse=True):
            self._lengths.setdefault(first, []).append(length)
        self.find = lru_cache(maxsize=20_000)(self._find)

    def _find(self, text: str) -> Found:
        plain = folded(text)
        if not plain:
            return Found(None)
        whole = self._ids.get(unicodedata.normalize("NFKC", text).strip().lower())
        if whole is not None:
            return Found(whole, exact=True)
        within: list[str] | None = None
        for name in dict.fromkeys(self._names_in(plain)):
            if within is None:
                within = self._named[name]
                continue
            nearer = [one for unit in within for one in self._below.get((name, unit), ())]
            named = set(self._named[name])  # else the larger place is named behind the smaller one
            within = nearer or [one for one in within if not named.isdisjoint(ancestors(one))] or within
        if not within:
            return Found(None, suggested=self._suggested(plain))
        shared = _shared(within)
        if len(within) == 1 or shared in within:
            return Found(shared, exact=True)
        return Found(shared if shared.count(".") >= 1 else None, suggested=tuple(sorted(within)[:MOST_SUGGESTED]))

    def _names_in(self, text: str) -> Iterator[str]:
        """Names of places from left to right, the longest that begins at a sign."""
        at = 0
        while at < len(text):
            lengths = self._lengths.get(text[at], ())
            name = next((text[at : at + n] for n in lengths if text[at : at + n] in self._named), "")
            if name:
                yield name
            at += len(name) or 1

    def _suggested(self, plain: str) -> Sequence[str]:
        hits = process.extract(plain, self._long, scorer=fuzz.partial_ratio, limit=MOST_SUGGESTED, score_cutoff=LIKELY)
        return tuple(dict.fromkeys(self._named[name][0] for name, _score, _at in hits))


def folded(text: str) -> str:
    """A name without width, case and what stands between its parts."""
    return re.sub(r"[\s\-_/>›·,，、|]+", "", unicodedata.normalize("NFKC", text).lower())


def _names_of(place: Place) -> set[str]:
    zh, en = folded(place.name_zh), folded(place.name_en)
    short = ENDS.sub("", zh)
    return {name for name in (zh, en, short if len(short) > 1 else zh) if name and not name.isdigit()}


def _shared(units: Sequence[str]) -> str:
    """The lowest unit that all of them lie in."""
    return next((each for each in ancestors(units[0]) if all(is_within(one, each) for one in units)), units[0])
