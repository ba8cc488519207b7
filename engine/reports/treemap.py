"""A squarified treemap: areas in proportion, rectangles as square as they can be. Pure.

After Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """The rectangle of the `index`-th weight."""

    index: int
    x: float
    y: float
    width: float
    height: float


def squarify(weights: Sequence[float], width: float, height: float) -> Sequence[Cell]:
    """Cells for the positive weights, in the order they are laid out: the largest first, from the top left."""
    order = sorted((i for i, weight in enumerate(weights) if weight > 0), key=lambda i: (-weights[i], i))
    total = sum(weights[i] for i in order)
    if not order or width <= 0 or height <= 0:
        return []
    left = [(i, weights[i] * width * height / total) for i in order]
    cells: list[Cell] = []
    x = y = 0.0
    while left:
        side = min(width, height)
        row = 1
        while row < len(left) and _worst(left[: row + 1], side) <= _worst(left[:row], side):
            row += 1
        area = sum(each for _, each in left[:row])
        thick = area / side
        along = 0.0
        for index, each in left[:row]:
            length = each / thick
            if width >= height:
                cells.append(Cell(index, x, y + along, thick, length))
            else:
                cells.append(Cell(index, x + along, y, length, thick))
            along += length
        if width >= height:
            x, width = x + thick, width - thick
        else:
            y, height = y + thick, height - thick
        left = left[row:]
    return cells


def _worst(row: Sequence[tuple[int, float]], side: float) -> float:
    """The greatest ratio of two sides in a row laid along `side`."""
    areas = [area for _, area in row]
    total = sum(areas)
    return max(side**2 * max(areas) / total**2, total**2 / (side**2 * min(areas)))
