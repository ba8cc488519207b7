"""Charts as numbers for SVG: columns month by month with their axis, and bars for a row of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BOX = (640.0, 250.0)
LEFT, RIGHT, TOP, BOTTOM = 84.0, 8.0, 16.0, 44.0
STEPS = (1, 2, 2.5, 5, 10)
TICKS = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One value: where its column stands and what is said of it; no height where nothing is known."""

    label: str
    said: str
    x: float
    y: float
    width: float
    height: float
    marked: bool
    labelled: bool


@dataclass(frozen=True, slots=True)
class Columns:
    columns: Sequence[Column]
    ticks: Sequence[tuple[float, str]]
    """(height in the box, what it stands for), from the bottom up."""


def columns(values: Sequence[tuple[str, float | None, str]], *, whole: float | None = None, unit: str = "") -> Columns:
    """(label, value, said) as columns, the last of them marked. `whole` is the top of the axis, where one is natural.

    An axis begins at zero, so that lengths compare.
    """
    width, height = BOX
    most = max((value or 0 for _, value, _ in values), default=0)
    step = _step(most / TICKS)
    top = whole if whole is not None and most > whole / 2 else max(step, step * math.ceil(most / step))
    step = top / TICKS if top == whole else step
    floor, scale = height - BOTTOM, (height - TOP - BOTTOM) / top
    each = (width - LEFT - RIGHT) / max(len(values), 1)
    found = [
        Column(
            label,
            said,
            round(LEFT + number * each + each * 0.14, 1),
            round(floor - (value or 0) * scale, 1),
            round(each * 0.72, 1),
            round((value or 0) * scale, 1),
            number == len(values) - 1,
            number % 2 == (len(values) - 1) % 2,
        )
        for number, (label, value, said) in enumerate(values)
    ]
    ticks = [(round(floor - step * n * scale, 1), f"{_plain(step * n)}{unit}") for n in range(round(top / step) + 1)]
    return Columns(found, ticks)


def share_of(value: float | None, most: float) -> float:
    """How long the bar of a row is, of a hundred."""
    return round(100 * (value or 0) / most, 1) if most > 0 else 0.0


def _step(least: float) -> float:
    """A round number not below `least`."""
    if least <= 0:
        return 1.0
    tens = 10.0 ** math.floor(math.log10(least))
    return max(1.0, next(tens * each for each in STEPS if tens * each >= least * 0.999))


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
