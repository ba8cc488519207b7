"""Outlines of places from a GeoJSON file of one's own, laid flat for a drawing. No tiles, no request to anybody.

The file is a FeatureCollection of Polygons and MultiPolygons in degrees; `properties.unit` is the unit's id.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.errors import Invalid

Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Outline:
    """A place drawn into a box: rings of points, and where its name may stand."""

    unit_id: str
    rings: Sequence[Ring]
    centre: tuple[float, float]


def outlines(file: Path, units: Collection[str], width: float, height: float) -> Mapping[str, Outline]:
    """The places among `units` that the file draws, together filling the box. Raises Invalid for another kind of file.

    An equirectangular projection around the middle: at the size of a district nothing better can be seen.
    """
    shapes = {unit: rings for unit, rings in _read(file, _changed(file)).items() if unit in units}
    points = [point for rings in shapes.values() for ring in rings for point in ring]
    if not points:
        return {}
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    across, up = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min(width / across, height / up)
    left, top = (width - across * scale) / 2, (height - up * scale) / 2

    def flat(x: float, y: float) -> tuple[float, float]:
        return round(left + (x - west) * squeeze * scale, 1), round(top + (north - y) * scale, 1)

    return {
        unit: _outline(unit, [[flat(*point) for point in ring] for ring in rings]) for unit, rings in shapes.items()
    }


def units_around(file: Path, east: float, north: float) -> Sequence[str]:
    """The units of the file that a point in degrees lies in, in no order. Raises like `outlines`."""
    return [
        unit
        for unit, rings in _read(file, _changed(file)).items()
        if sum(_holds(ring, east, north) for ring in rings) % 2
    ]


def _holds(ring: Ring, x: float, y: float) -> bool:
    """Whether a line from the point to the east crosses the ring an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _outline(unit: str, rings: Sequence[Ring]) -> Outline:
    outer = max(rings, key=lambda ring: _box_area(ring))
    xs, ys = [x for x, _ in outer], [y for _, y in outer]
    return Outline(unit, rings, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))


def _box_area(ring: Ring) -> float:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError as fault:
        raise Invalid("outlines.missing", f"The file of outlines {file.name} cannot be read.") from fault


@lru_cache(maxsize=2)
def _read(file: Path, _changed_at: float) -> Mapping[str, Sequence[Ring]]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {unit: rings for unit, rings in _shapes(document) if rings}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Invalid("outlines.unreadable", f"The file {file.name} is no GeoJSON with polygons of units.") from fault


def _shapes(document: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Ring]]]:
    for feature in document["features"]:
        shape = feature["geometry"]
        polygons = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}[shape["type"]]
        yield (
            str(feature["properties"]["unit"]),
            [[(float(point[0]), float(point[1])) for point in ring] for polygon in polygons for ring in polygon],
        )
