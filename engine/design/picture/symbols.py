"""The small signs inside tasks, events and gateways, as outlines around a middle point or from a corner."""

from __future__ import annotations

from collections.abc import Iterator

from engine.design.picture.model import Figure, Point


def of_task(kind: str, x: float, y: float) -> Iterator[Figure]:
    """In a box of 16 from the upper left corner."""
    match kind:
        case "userTask":
            yield _lines(x, y, (1, 15), (1, 12), (4, 9), (12, 9), (15, 12), (15, 15), closed=True)
            yield _oval(x + 8, y + 5, 4)
        case "serviceTask":
            spokes = ((0, -7), (5, -5), (7, 0), (5, 5), (0, 7), (-5, 5), (-7, 0), (-5, -5))
            for dx, dy in spokes:
                yield _lines(x + 8, y + 8, (dx * 0.6, dy * 0.6), (dx, dy), width=2.5)
            yield _oval(x + 8, y + 8, 5)
            yield _oval(x + 8, y + 8, 2)
        case "scriptTask":
            yield _lines(x, y, (2, 1), (14, 1), (14, 15), (2, 15), closed=True)
            for height in (5, 8, 11):
                yield _lines(x, y, (5, height), (11, height))
        case "businessRuleTask":
            yield _lines(x, y, (0, 2), (16, 2), (16, 14), (0, 14), closed=True)
            for start, end in (((0, 6), (16, 6)), ((0, 10), (16, 10)), ((5, 2), (5, 14))):
                yield _lines(x, y, start, end)
        case "sendTask" | "receiveTask":
            yield from _envelope(x + 8, y + 8, 8, inked=kind == "sendTask")
        case "manualTask":
            yield _lines(x, y, (1, 5), (8, 5), (6, 2), (9, 3), (15, 7), (15, 13), (5, 13), (1, 10), closed=True)
        case _:
            return


def of_event(kind: str, middle: Point, *, throws: bool) -> Iterator[Figure]:
    """`kind` is the name of its definition: `timer`, `message` …; inside a circle of radius 18."""
    x, y = middle
    match kind:
        case "timer":
            yield _oval(x, y, 11)
            yield _lines(x, y, (0, -8), (0, 0), (5, 3))
        case "message":
            yield from _envelope(x, y, 9, inked=throws)
        case "escalation":
            yield _lines(x, y, (0, -10), (7, 9), (0, 2), (-7, 9), closed=True, inked=throws)
        case "error":
            zigzag = ((-8, 8), (-3, -7), (3, 3), (8, -8), (4, 8), (-2, -2))
            yield _lines(x, y, *zigzag, closed=True, inked=throws)
        case "signal":
            yield _lines(x, y, (0, -9), (9, 7), (-9, 7), closed=True, inked=throws)
        case "conditional":
            yield _lines(x, y, (-7, -9), (7, -9), (7, 9), (-7, 9), closed=True)
            for height in (-5, 0, 5):
                yield _lines(x, y, (-4, height), (4, height))
        case "terminate":
            yield Figure("symbol", "oval", ((x - 10, y - 10), (x + 10, y + 10)), inked=True)
        case "link":
            pointer = ((-9, -4), (2, -4), (2, -9), (10, 0), (2, 9), (2, 4), (-9, 4))
            yield _lines(x, y, *pointer, closed=True, inked=throws)
        case "compensate":
            yield _lines(x, y, (0, -7), (0, 7), (-8, 0), closed=True, inked=throws)
            yield _lines(x, y, (8, -7), (8, 7), (0, 0), closed=True, inked=throws)
        case _:
            return


def of_gateway(kind: str, middle: Point) -> Iterator[Figure]:
    x, y = middle
    match kind:
        case "exclusiveGateway":
            yield _lines(x, y, (-7, -8), (7, 8), width=3)
            yield _lines(x, y, (7, -8), (-7, 8), width=3)
        case "parallelGateway":
            yield _lines(x, y, (-11, 0), (11, 0), width=3)
            yield _lines(x, y, (0, -11), (0, 11), width=3)
        case "inclusiveGateway":
            yield Figure("symbol", "oval", ((x - 11, y - 11), (x + 11, y + 11)), width=2.5)
        case "eventBasedGateway":
            yield _oval(x, y, 13)
            yield _oval(x, y, 10.5)
            yield _lines(x, y, (0, -7), (7, -2), (4, 6), (-4, 6), (-7, -2), closed=True)
        case _:
            return


def of_foot(node_says: set[str], middle: float, bottom: float) -> Iterator[Figure]:
    """The marks at the lower edge of an activity: parallel, sequential, loop, collapsed."""
    x, y = middle, bottom - 11
    if "parallel" in node_says:
        for across in (-5, 0, 5):
            yield _lines(x, y, (across, -6), (across, 6), width=2)
    elif "sequential" in node_says:
        for down in (-5, 0, 5):
            yield _lines(x, y, (-6, down), (6, down), width=2)
    elif "loop" in node_says:
        yield _lines(x, y, (-2, 6), (-6, 2), (-6, -2), (-2, -6), (2, -6), (6, -2), (6, 2), (3, 6), arrow=True)
    if "collapsed" in node_says:
        across = 0 if node_says == {"collapsed"} else 16
        yield _lines(x + across, y, (-7, -7), (7, -7), (7, 7), (-7, 7), closed=True)
        yield _lines(x + across, y, (-4, 0), (4, 0))
        yield _lines(x + across, y, (0, -4), (0, 4))


def _envelope(x: float, y: float, half: float, *, inked: bool) -> Iterator[Figure]:
    high = half * 0.7
    yield _lines(x, y, (-half, -high), (half, -high), (half, high), (-half, high), closed=True, inked=inked)
    part = "paper" if inked else "symbol"
    yield Figure(part, "lines", ((x - half, y - high), (x, y + 1), (x + half, y - high)), width=1.2)


def _oval(x: float, y: float, radius: float) -> Figure:
    return Figure("symbol", "oval", ((x - radius, y - radius), (x + radius, y + radius)), width=1.2)


def _lines(
    x: float,
    y: float,
    *points: Point,
    closed: bool = False,
    inked: bool = False,
    arrow: bool = False,
    width: float = 1.2,
) -> Figure:
    moved = tuple((x + dx, y + dy) for dx, dy in points)
    return Figure("symbol", "lines", moved, width=width, closed=closed, inked=inked, arrow=arrow)
