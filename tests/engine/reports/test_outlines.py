"""Outlines of one's own file are laid flat into the box, north up; another kind of file is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.reports import outlines


def square(unit: str, west: float, south: float, size: float = 0.1) -> dict[str, Any]:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {
        "type": "Feature",
        "properties": {"unit": unit},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def write(folder: Path, features: list[dict[str, Any]]) -> Path:
    file = folder / "district.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def test_north_is_up_and_the_box_is_kept(tmp_path: Path) -> None:
    file = write(tmp_path, [square("LHQ.A", 114.0, 22.6), square("LHQ.B", 114.0, 22.7), square("LHQ.C", 113.9, 22.6)])
    found = outlines(file, {"LHQ.A", "LHQ.B"}, 640, 400)
    assert set(found) == {"LHQ.A", "LHQ.B"}
    assert found["LHQ.B"].centre[1] < found["LHQ.A"].centre[1]
    points = [point for each in found.values() for ring in each.rings for point in ring]
    assert all(0 <= x <= 640 and 0 <= y <= 400 for x, y in points)
    assert max(y for _, y in points) - min(y for _, y in points) == pytest.approx(400, abs=0.2)


def test_several_parts_of_one_place(tmp_path: Path) -> None:
    parts = [square("", 114.0, 22.6)["geometry"]["coordinates"], square("", 114.2, 22.6)["geometry"]["coordinates"]]
    feature = {"properties": {"unit": "LHQ.A"}, "geometry": {"type": "MultiPolygon", "coordinates": parts}}
    assert len(outlines(write(tmp_path, [feature]), {"LHQ.A"}, 100, 100)["LHQ.A"].rings) == 2


def test_places_the_file_does_not_draw(tmp_path: Path) -> None:
    assert outlines(write(tmp_path, []), {"LHQ.A"}, 100, 100) == {}


@pytest.mark.parametrize(
    "content", ["no json", "[]", '{"features": [{}]}', '{"features": [{"geometry": {"type": "Point"}}]}']
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.geojson"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Invalid, match=r"other\.geojson"):
        outlines(file, {"LHQ.A"}, 100, 100)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"absent\.geojson"):
        outlines(tmp_path / "absent.geojson", {"LHQ.A"}, 100, 100)
