"""What a figure of the field is: its words and formula, how it is rounded, and the rows on either side of its fraction.

A metric is a value. It gives two queries, one for each side of the fraction; number and list come from the same query,
so that they cannot differ. Whoever owns rows that are counted (cases here, sessions in their own module) makes metrics
of them; who asks puts them all together.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Select

from engine.reports.figures import Within
from engine.reports.heat import Period


class Rounding(enum.StrEnum):
    """truncate: towards zero, as published rates are. half_up: the half away from zero."""

    TRUNCATE = "truncate"
    HALF_UP = "half_up"


class Shape(enum.StrEnum):
    """count: how many. share: of a hundred. per: how many of one to one of the other."""

    COUNT = "count"
    SHARE = "share"
    PER = "per"


class Group(enum.StrEnum):
    """Chapters of the pages and of the report, in their order."""

    LOAD = "load"
    SOLVING = "solving"
    PETITION = "petition"
    LADDER = "ladder"
    CARE = "care"
    MEETINGS = "meetings"


@dataclass(frozen=True, slots=True)
class Said:
    """Words in both languages, for pages and for files that are written with nobody asking."""

    zh: str
    en: str

    def to(self, locale: str) -> str:
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: which days, whose cases, and as of when. What happened after `as_of` is not known.

    `category` is one of them or its first part; `channel` one of them. Who may see what is asked as of today.
    """

    period: Period
    within: Within
    as_of: datetime
    category: str | None = None
    channel: str | None = None
    repeat_days: int = 90
    """Within so long after its closing the same person with the same category is the same matter again."""


Rows = Callable[[Any], Select[*tuple[Any, ...]]]
"""From an `Ask`'s `Population` to the rows that are counted: their ids, and where they count for more, how much."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `version` goes up with every change of what it counts; a kept report names it."""

    id: str
    group: Group
    name: Said
    formula: Said
    """What stands above and below the line, with every window and limit in it."""
    above: Rows
    below: Rows | None = None
    version: int = 1
    rounding: Rounding = Rounding.TRUNCATE
    decimals: int = 1
    about: str = "case"
    """What the rows are: `case`, or a word of the register that owns them."""
    better: int = 0
    """1: more is better. -1: less is. 0: neither."""
    filtered: bool = True
    """Whether category and channel narrow it; what is no case has neither."""
    yearly: bool = False
    """Whether the change against the year before is itself a figure that is published."""

    shape: Shape = Shape.SHARE


@dataclass(frozen=True, slots=True)
class Value:
    """What came out, before it is rounded. `below` is None for a mere count."""

    above: int
    below: int | None = None

    @property
    def exact(self) -> Fraction | None:
        """The count, or the fraction; None where there is nothing below the line."""
        if self.below is None:
            return Fraction(self.above)
        return Fraction(self.above, self.below) if self.below else None


def rounded(value: Fraction, decimals: int, rounding: Rounding) -> Decimal:
    """A fraction as a number with so many decimals. Exact: no binary fraction lies between."""
    whole, rest = divmod(abs(value) * 10**decimals, 1)
    up = rounding is Rounding.HALF_UP and rest >= Fraction(1, 2)
    number = Decimal(whole + up).scaleb(-decimals)
    return -number if value < 0 else number


def shown(metric: Metric, value: Value) -> Decimal | None:
    """The number that is printed: a count as it is, a share in percent, a ratio to one."""
    exact = value.exact
    if exact is None:
        return None
    if metric.shape is Shape.COUNT:
        return Decimal(value.above)
    of = 100 if metric.shape is Shape.SHARE else 1
    return rounded(exact * of, metric.decimals, metric.rounding)


def moved(metric: Metric, now: Value, before: Value) -> Decimal | None:
    """What is printed against the year before: of a count its `change`, of anything else its `points`."""
    return change(now, before) if metric.shape is Shape.COUNT else points(metric, now, before)


def change(now: Value, before: Value) -> Decimal | None:
    """How much more or less than a year before, in percent with one decimal, towards zero. None where nothing was.

    Of counts only; shares are compared in points (`points`).
    """
    if now.below is not None or not before.above:
        return None
    return rounded(Fraction(100 * (now.above - before.above), before.above), 1, Rounding.TRUNCATE)


def points(metric: Metric, now: Value, before: Value) -> Decimal | None:
    """By how many points a share moved: the difference of what is printed."""
    was, shows = shown(metric, before), shown(metric, now)
    return None if was is None or shows is None or metric.shape is Shape.COUNT else shows - was
