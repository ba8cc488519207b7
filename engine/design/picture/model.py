"""What a drawing is made of: outlines and words, in the units of the diagram, back to front."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

INK, PAPER = "#1f2933", "#ffffff"
Point = tuple[float, float]
Shape = Literal["rect", "oval", "lines"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One outline. Of a `rect` or `oval` the points are the upper left and lower right corner; of `lines` all corners.

    `part` says of what: pool, lane, group, box, event, gateway, flow, symbol. `inked` areas are filled like lines.
    """

    part: str
    shape: Shape
    points: tuple[Point, ...]
    element: str = ""
    width: float = 1.5
    closed: bool = False
    inked: bool = False
    dashed: bool = False
    arrow: bool = False
    corner: float = 0


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text around a middle point; `upright` reads from bottom to top, as a lane's name does."""

    part: str
    middle: Point
    lines: tuple[str, ...]
    element: str = ""
    size: float = 12
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said about an element: a class for its colour, a few letters, where a tap leads and what it is called."""

    kind: str
    badge: str
    address: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    x: float
    y: float
    width: float
    height: float
    items: tuple[Figure | Label, ...]


def arrow_head(before: Point, tip: Point) -> tuple[Point, Point, Point]:
    length = max(math.dist(before, tip), 0.01)
    dx, dy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    back = (tip[0] - 9 * dx, tip[1] - 9 * dy)
    return tip, (back[0] - 4 * dy, back[1] + 4 * dx), (back[0] + 4 * dy, back[1] - 4 * dx)
