"""From a `.bpmn` file to a drawing: every shape and edge of its first plane. Source: BPMN 2.0.2, chapter 12 (DI)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine.design.picture import symbols
from engine.design.picture.model import Drawing, Figure, Label, Point
from engine.design.picture.words import in_language, wrapped
from engine.runtime import read_xml

MARGIN = 12.0
LARGEST = 100_000.0
"""A place farther out than this is a slip of the file."""
ORDER = ("pool", "lane", "group", "flow", "box", "gateway", "event", "note")
ACTIVITIES = frozenset({"callActivity", "subProcess", "transaction", "adHocSubProcess", "task"})

Box = tuple[float, float, float, float]


def draw(name: str, data: bytes, locale: str) -> Drawing | None:
    """Names in the reader's language. None for a file that draws nothing. Raises Invalid `xml.*` as `read_xml`."""
    root = read_xml(name, data)
    nodes = {node.get("id"): node for node in root.iter() if isinstance(node.tag, str) and node.get("id")}
    plane = next((node for node in root.iter("{*}BPMNPlane")), None)
    if plane is None:
        return None
    items: dict[str, list[Figure | Label]] = {part: [] for part in ORDER}
    labels: list[Label] = []
    for drawn in plane:
        node = nodes.get(drawn.get("bpmnElement"))
        if node is None:
            continue
        kind = _local(node.tag)
        if _local(drawn.tag) == "BPMNShape" and (box := _box(drawn)):
            part = _part(kind, drawn)
            for each in _shape(part, kind, node, drawn, box, locale):
                (labels if isinstance(each, Label) else items[part]).append(each)  # type: ignore[arg-type]
        elif _local(drawn.tag) == "BPMNEdge":
            for each in _edge(kind, node, drawn, nodes, locale):
                (labels if isinstance(each, Label) else items["flow"]).append(each)  # type: ignore[arg-type]
    every = (*(each for part in ORDER for each in items[part]), *labels)
    points = [point for each in every for point in _extent(each)]
    if not points:
        return None
    left, top = min(x for x, _ in points) - MARGIN, min(y for _, y in points) - MARGIN
    right, bottom = max(x for x, _ in points) + MARGIN, max(y for _, y in points) + MARGIN
    return Drawing(left, top, right - left, bottom - top, every)


def _part(kind: str, drawn: Any) -> str:
    if kind in ("participant", "lane"):
        return "pool" if kind == "participant" else "lane"
    if kind.endswith("Gateway"):
        return "gateway"
    if kind.endswith("Event"):
        return "event"
    if kind == "group" or (kind in ACTIVITIES and drawn.get("isExpanded") == "true"):
        return "group"
    return "note" if kind == "textAnnotation" else "box"


def _shape(part: str, kind: str, node: Any, drawn: Any, box: Box, locale: str) -> Iterator[Figure | Label]:
    left, top, wide, high = box
    right, bottom, middle = left + wide, top + high, (left + wide / 2, top + high / 2)
    corners = ((left, top), (right, bottom))
    id_, name = node.get("id"), in_language(node.get("name") or "", locale)
    match part:
        case "pool" | "lane":
            yield Figure(part, "rect", corners, id_)
            lines = wrapped(name, high - 8, 12, most=2)
            yield Label(part, (left + 15, middle[1]), lines, id_, upright=drawn.get("isHorizontal") != "false")
            if part == "pool":
                yield Figure(part, "lines", ((left + 30, top), (left + 30, bottom)), id_)
        case "group":
            yield Figure(part, "rect", corners, id_, corner=10, dashed=kind == "group")
            yield Label(part, (middle[0], top + 14), wrapped(name, wide - 20, 12, most=1), id_)
        case "gateway":
            yield Figure(
                part,
                "lines",
                ((middle[0], top), (right, middle[1]), (middle[0], bottom), (left, middle[1])),
                id_,
                closed=True,
            )
            yield from symbols.of_gateway(kind, middle)
            yield from _beside(part, name, id_, drawn, (middle[0], bottom + 4))
        case "event":
            yield from _event(kind, node, corners, middle)
            yield from _beside(part, name, id_, drawn, (middle[0], bottom + 4))
        case "note":
            yield Figure(part, "lines", ((left + 12, top), (left, top), (left, bottom), (left + 12, bottom)), id_)
            said = "".join(node.itertext()).strip()
            yield Label(part, middle, wrapped(in_language(said, locale), wide - 10, 11), id_, size=11)
        case _:
            thick = 4.0 if kind == "callActivity" else 1.5
            yield Figure(part, "rect", corners, id_, width=thick, corner=10 if _is_activity(kind) else 0)
            yield from symbols.of_task(kind, left + 6, top + 6)
            yield from symbols.of_foot(_foot(kind, node), middle[0], bottom)
            yield Label(part, middle, wrapped(name, wide - 12, 12, most=4), id_)


def _event(kind: str, node: Any, corners: tuple[Point, Point], middle: Point) -> Iterator[Figure]:
    id_ = node.get("id")
    dashed = node.get("cancelActivity") == "false" or node.get("isInterrupting") == "false"
    throws = kind in ("endEvent", "intermediateThrowEvent")
    yield Figure("event", "oval", corners, id_, width=3.5 if kind == "endEvent" else 1.5, dashed=dashed)
    if kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        (left, top), (right, bottom) = corners
        yield Figure("event", "oval", ((left + 3, top + 3), (right - 3, bottom - 3)), dashed=dashed)
    definition = next((_local(child.tag) for child in node if _local(child.tag).endswith("EventDefinition")), "")
    yield from symbols.of_event(definition.removesuffix("EventDefinition"), middle, throws=throws)


def _beside(part: str, name: str, id_: str, drawn: Any, below: Point) -> Iterator[Label]:
    """Where the file puts the words, else below."""
    if not name:
        return
    box = _label_box(drawn)
    lines = wrapped(name, max(box[2], 60) if box else 90, 11)
    middle = (box[0] + box[2] / 2, box[1] + box[3] / 2) if box else (below[0], below[1] + 7 * len(lines))
    yield Label(part, middle, lines, id_, size=11)


def _edge(kind: str, node: Any, drawn: Any, nodes: dict[str, Any], locale: str) -> Iterator[Figure | Label]:
    points = tuple(point for each in drawn.iter("{*}waypoint") if (point := _point(each)))
    if len(points) < 2:
        return
    id_, plain = node.get("id"), kind == "sequenceFlow"
    yield Figure("flow", "lines", points, id_, dashed=not plain, arrow=kind != "association")
    source = nodes.get(node.get("sourceRef"))
    if plain and source is not None and source.get("default") == id_:
        yield _slash(points[0], points[1])
    name = in_language(node.get("name") or "", locale)
    if name:
        half = points[(len(points) - 1) // 2], points[(len(points) - 1) // 2 + 1]
        between = ((half[0][0] + half[1][0]) / 2, (half[0][1] + half[1][1]) / 2 - 10)
        box = _label_box(drawn)
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2) if box else between
        yield Label("flow", middle, wrapped(name, max(box[2], 60) if box else 120, 11), id_, size=11)


def _slash(start: Point, end: Point) -> Figure:
    """The stroke across the beginning of a default flow."""
    length = math.dist(start, end) or 1.0
    dx, dy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    x, y = start[0] + 9 * dx, start[1] + 9 * dy
    across = ((x - 4 * dx + 5 * dy, y - 4 * dy - 5 * dx), (x + 4 * dx - 5 * dy, y + 4 * dy + 5 * dx))
    return Figure("symbol", "lines", across)


def _foot(kind: str, node: Any) -> set[str]:
    said = {"collapsed"} if kind in ACTIVITIES - {"task"} else set[str]()
    for child in node:
        if _local(child.tag) == "multiInstanceLoopCharacteristics":
            said.add("sequential" if child.get("isSequential") == "true" else "parallel")
        elif _local(child.tag) == "standardLoopCharacteristics":
            said.add("loop")
    return said


def _is_activity(kind: str) -> bool:
    return kind in ACTIVITIES or kind.endswith("Task")


def _label_box(drawn: Any) -> Box | None:
    label = next((child for child in drawn if _local(child.tag) == "BPMNLabel"), None)
    return None if label is None else _box(label)


def _box(drawn: Any) -> Box | None:
    bounds = next((child for child in drawn if _local(child.tag) == "Bounds"), None)
    if bounds is None:
        return None
    x, y, width, height = (_number(bounds.get(each)) for each in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None or width < 0 or height < 0:
        return None
    return x, y, width, height


def _point(node: Any) -> Point | None:
    x, y = _number(node.get("x")), _number(node.get("y"))
    return None if x is None or y is None else (x, y)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def _extent(item: Figure | Label) -> tuple[Point, ...]:
    if isinstance(item, Figure):
        return item.points
    x, y = item.middle
    half = max((len(line) for line in item.lines), default=0) * item.size / 2
    high = len(item.lines) * item.size * 0.65
    return ((x, y - half), (x, y + half)) if item.upright else ((x - half, y - high), (x + half, y + high))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
