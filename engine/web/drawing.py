"""Drawings of the board as numbers for SVG: a trend, and places as a treemap or by their own outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.reports import Outline, Standing, outlines, squarify

MAP = (640.0, 400.0)
GAP = 2.0
LETTER = 23.0
"""How wide a Chinese character of a label may become, in units of the map; others take a little more than half."""
TAPPED = 80.0
"""A finger needs 44 px, and the map is 358 px wide on a phone: smaller places are reached by the table."""
SPARK = (120.0, 32.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """One place on the map. `path` for an outline, else the rectangle; the label is empty where it does not fit."""

    standing: Standing
    heat: int
    """0 none overdue … 4 most of all."""
    label: str
    x: float
    y: float
    width: float
    height: float
    path: str = ""

    @property
    def tapped(self) -> bool:
        return not self.standing.is_rest and min(self.width, self.height) >= TAPPED


def spark(values: Sequence[int]) -> str:
    """Points of a line through the values, in a box of `SPARK`; empty for less than two."""
    if len(values) < 2:
        return ""
    width, height = SPARK
    low, high = min(values), max(values)
    spread = max(high - low, 1)
    step = (width - 4) / (len(values) - 1)
    flat = high == low
    return " ".join(
        f"{2 + index * step:.1f},{height / 2 if flat else height - 3 - (value - low) * (height - 6) / spread:.1f}"
        for index, value in enumerate(values)
    )


def heat(standing: Standing) -> int:
    """How much is overdue: none, up to 3, 6 or 12 of a hundred, more."""
    if not standing.overdue:
        return 0
    return 1 + sum(standing.share > most for most in (3, 6, 12))


def shapes(places: Sequence[Standing], names: Mapping[str, str], geojson: Path | None) -> Sequence[Shape]:
    """By their outlines when a file draws them all, else as a treemap: the area is what is open."""
    if geojson is not None:
        drawn = outlines(geojson, {each.unit.id for each in places if not each.is_rest}, *MAP)
        if all(each.is_rest or each.unit.id in drawn for each in places):
            return [_outlined(each, drawn[each.unit.id], names) for each in places if not each.is_rest]
    cells = squarify([each.open for each in places], *MAP)
    return [
        Shape(
            places[cell.index],
            heat(places[cell.index]),
            _fitting(names[places[cell.index].unit.id], cell.width, cell.height),
            round(cell.x + GAP / 2, 1),
            round(cell.y + GAP / 2, 1),
            round(max(cell.width - GAP, 0.5), 1),
            round(max(cell.height - GAP, 0.5), 1),
        )
        for cell in cells
    ]


def _outlined(standing: Standing, outline: Outline, names: Mapping[str, str]) -> Shape:
    xs = [x for ring in outline.rings for x, _ in ring]
    ys = [y for ring in outline.rings for _, y in ring]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    path = " ".join("M" + " L".join(f"{x} {y}" for x, y in ring) + " Z" for ring in outline.rings)
    label = _fitting(names[standing.unit.id], width, height)
    x, y = outline.centre
    return Shape(standing, heat(standing), label, x - width / 2, y - height / 2, width, height, path)


def _fitting(name: str, width: float, height: float) -> str:
    """The name, or its beginning, as far as it fits; nothing where too little of it would be left to know it by."""
    room = width - 20
    if height < 64:
        return ""
    for end in range(len(name), 2 if name[:1] > "\u2e80" else 4, -1):
        part = name[:end] if end == len(name) else name[: end - 1].rstrip() + "…"
        if sum(LETTER if sign > "\u2e80" or sign == "…" else LETTER * 0.58 for sign in part) <= room:
            return part
    return ""
