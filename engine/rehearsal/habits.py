"""What people usually did: how long an answer took and what most chose, per form and tier.

Asked when a draft wants something that the history of a case has no answer for. Whatever is taken from here counts as
assumed. Equal cases give equal habits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.deadlines import WorkingCalendar
from engine.rehearsal.past import Asked, Past

HALF_A_DAY = 210
"""Working minutes until an answer where nobody ever gave one: half of a day of seven hours."""
KEPT = 101
"""So many of the lengths are kept, evenly: every hundredth and both ends."""
ANY = "*"


@dataclass(frozen=True, slots=True)
class Habit:
    """`lengths` are working minutes, shortest first; `chosen` the commonest value of each question."""

    lengths: tuple[float, ...]
    chosen: Mapping[str, Any]

    @property
    def usual(self) -> float:
        return self.lengths[(len(self.lengths) - 1) // 2]

    def longer_than(self, minutes: float) -> float | None:
        """The usual length among those that took longer; None when none ever did."""
        later = self.lengths[bisect_right(self.lengths, minutes) :]
        return later[(len(later) - 1) // 2] if later else None


class Habits:
    """By the name of the form, or of the element where there is no form; and by tier, or `*` for all tiers."""

    def __init__(self, known: Mapping[tuple[str, str], Habit]) -> None:
        self._known = dict(known)

    def of(self, word: str, tier: str) -> Habit | None:
        """At that tier, or at any where nobody ever did it there."""
        return self._known.get((word, tier)) or self._known.get((word, ANY))

    def longer_than(self, word: str, tier: str, minutes: float) -> float | None:
        """None when nobody at that tier ever took longer and answered all the same."""
        habit = self._known.get((word, tier))
        return None if habit is None else habit.longer_than(minutes)

    def as_json(self) -> dict[str, Any]:
        return {f"{w}|{t}": [list(h.lengths), dict(h.chosen)] for (w, t), h in sorted(self._known.items())}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Habits:
        known = {}
        for key, (lengths, chosen) in kept.items():
            word, _, tier = key.partition("|")
            known[word, tier] = Habit(tuple(lengths), chosen)
        return cls(known)


class Learner:
    """Takes cases in any order and portions, and gives the habits of all of them."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._lengths: dict[tuple[str, str], list[float]] = {}
        self._said: dict[tuple[str, str], dict[str, Counter[Any]]] = {}

    def take(self, pasts: Iterable[Past]) -> None:
        for past in pasts:
            for asked in past.asked:
                if asked.completed:
                    self._take(asked, past.course.stays[asked.stay].tier)

    def _take(self, asked: Asked, tier: str) -> None:
        word = word_of(asked.form, asked.element)
        length = self._calendar.working_minutes(asked.opened_at, asked.closed_at, provisional=True)
        for key in ((word, tier), (word, ANY)):
            self._lengths.setdefault(key, []).append(round(max(length, 0.0), 3))
            said = self._said.setdefault(key, {})
            for name, value in asked.answers.items():
                if isinstance(value, str | bool):
                    said.setdefault(name, Counter())[value] += 1

    def habits(self) -> Habits:
        return Habits(
            {key: Habit(_evenly(sorted(lengths)), self._commonest(key)) for key, lengths in self._lengths.items()}
        )

    def _commonest(self, key: tuple[str, str]) -> dict[str, Any]:
        """The first by letter of those that are equally common."""
        return {
            name: min(counter.items(), key=lambda each: (-each[1], str(each[0])))[0]
            for name, counter in sorted(self._said[key].items())
        }


def word_of(form: str | None, element: str) -> str:
    return form or element


def _evenly(lengths: list[float]) -> tuple[float, ...]:
    if len(lengths) <= KEPT:
        return tuple(lengths)
    last = len(lengths) - 1
    return tuple(lengths[round(number * last / (KEPT - 1))] for number in range(KEPT))
