"""What belongs together and what grows suddenly, decided from values alone. Nothing here reads a table or a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.territory import Tiers, ancestors, is_within

# --- one and the same -------------------------------------------------------------------------------------------------

PROPOSED_FROM = 70
"""From this likeness on, in per cent, a pair is put before a person."""
SHOWN_FROM = 50
"""From this one on, a page that shows a case says "looks like"."""
WEIGHTS: Mapping[str, int] = {"person": 35, "place": 20, "category": 15, "text": 30}
NEAR_TIERS = 2
"""Two places are near when the unit so many tiers above the lowest answers for both."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A case, or what somebody is about to file, as it is compared. `words` are those of title and text."""

    place_id: str
    category: str
    received_at: datetime
    words: frozenset[str]
    people: frozenset[str] = field(default=frozenset())
    """Telephones and identity numbers of those who ask."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two matters are alike, in per cent, and by what: person, place or near, category, text."""

    score: int
    text: int
    grounds: tuple[str, ...]


def likeness(one: Matter, other: Matter, tiers: Tiers) -> Likeness:
    """Weighs what two matters share. Where one of them names nobody, the person is left out of the weighing."""
    shares = {
        "place": _place_share(one.place_id, other.place_id, tiers),
        "category": 1.0 if one.category == other.category else 0.0,
        "text": text_share(one.words, other.words),
    }
    if one.people and other.people:
        shares["person"] = 1.0 if one.people & other.people else 0.0
    weight = sum(WEIGHTS[each] for each in shares)
    score = round(100 * sum(WEIGHTS[each] * share for each, share in shares.items()) / weight)
    grounds = [ground for ground in ("person", "category") if shares.get(ground) == 1.0]
    if shares["place"]:
        grounds.insert(len(grounds) - ("category" in grounds), "place" if shares["place"] == 1.0 else "near")
    if shares["text"] >= 0.3:
        grounds.append("text")
    return Likeness(score, round(100 * shares["text"]), tuple(grounds))


def text_share(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the shorter text stands in the other one."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0


def _place_share(one: str, other: str, tiers: Tiers) -> float:
    if is_within(one, other) or is_within(other, one):
        return 1.0
    return 0.5 if area_of(one, tiers) == area_of(other, tiers) is not None else 0.0


# --- clusters ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case as a cluster sees it."""

    case_id: int
    area: str
    category: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one category and area, oldest first."""

    area: str
    category: str
    cases: tuple[Arrival, ...]


def area_of(place_id: str, tiers: Tiers) -> str | None:
    """Where the neighbours of a place are: the unit two tiers above the lowest; a place told less exactly is its own.

    None for one that is told no more exactly than the two highest tiers: half a district are no neighbours.
    """
    depth = place_id.count(".") + 1
    if depth <= min(2, len(tiers.names) - 1):
        return None
    lowest = len(tiers.names) - NEAR_TIERS
    return ".".join(place_id.split(".")[:lowest]) if depth > lowest else place_id


def clusters(new: Iterable[Arrival], known: Iterable[Arrival], *, least: int, within: timedelta) -> list[Group]:
    """The groups that new cases have made or joined: at least so many of one category and area within so long.

    `known` are all cases of the time, the new ones among them.
    """
    by_key: dict[tuple[str, str], list[Arrival]] = {}
    for each in known:
        by_key.setdefault((each.area, each.category), []).append(each)
    found: dict[tuple[str, str], set[Arrival]] = {}
    for each in new:
        key = (each.area, each.category)
        around = [
            one
            for one in by_key.get(key, ())
            if timedelta() <= each.received_at - one.received_at <= within or one.case_id == each.case_id
        ]
        if len(around) >= least:
            found.setdefault(key, set()).update(around)
    return [
        Group(area, category, tuple(sorted(cases, key=lambda one: (one.received_at, one.case_id))))
        for (area, category), cases in sorted(found.items())
    ]


# --- surges -----------------------------------------------------------------------------------------------------------

Counts = Mapping[tuple[str, str], int]
"""Cases by place and category."""
KNOWN_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Surge:
    """`mean` is that of a week before."""

    unit_id: str
    category: str
    count: int
    mean: float


def surges(week: Counts, before: Counts, *, weeks: float, factor: float, least: int) -> list[Surge]:
    """Units whose last week held `factor` times the mean of the weeks before, and at least so many cases.

    Counted where leads answer for many grids: from the third tier from the top upwards. A unit above is named only for
    what is left without the units below it that are named already. With less than two weeks to compare with, nothing is
    said.
    """
    if weeks < KNOWN_WEEKS:
        return []
    now, then = _rolled_up(week), _rolled_up(before)
    named: list[Surge] = []
    for unit, category in sorted(now, key=lambda key: (-key[0].count("."), key)):
        count, past = now[unit, category], then[unit, category]
        mean = past / weeks
        if count >= least and count >= factor * mean:
            named.append(Surge(unit, category, count, round(mean, 2)))
            for above in ancestors(unit)[1:]:
                now[above, category] -= count
                then[above, category] -= past
    return named


def _rolled_up(counts: Counts) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (place, category), count in counts.items():
        for unit in ancestors(place):
            if unit.count(".") <= 2:
                found[unit, category] += count
    return found


# --- what comes back --------------------------------------------------------------------------------------------------


def comes_back(closed: Sequence[datetime], received_at: datetime, *, times: int, within: timedelta) -> bool:
    """Whether so many cases of the place and category were closed before this one came, within so long."""
    return sum(1 for at in closed if timedelta() <= received_at - at <= within) >= times


def common_unit(places: Iterable[str]) -> str:
    """The lowest unit that all places lie in."""
    parts = [each.split(".") for each in places]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return ".".join(shared)
