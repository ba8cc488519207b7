"""A drawing as SVG. It carries its own colours for a file or print; a page may give others to its classes."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from engine.design.picture.model import Drawing, Figure, Label, Mark, Point
from engine.design.picture.words import LINE, width_of

INK, PAPER = "#1f2933", "#ffffff"
FILLS = {"pool": PAPER, "lane": "none", "group": PAPER, "box": PAPER, "event": PAPER, "gateway": PAPER}
FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def as_svg(drawing: Drawing, title: str, marks: Mapping[str, Mark] | None = None) -> str:
    """One `<svg>` of its own; the classes are `picture` and `part-…`. `title` is what a screen reader says.

    A mark colours the outline of an element by its class and writes its badge below; a tap leads to its address.
    """
    box = f"{_n(drawing.x)} {_n(drawing.y)} {_n(drawing.width)} {_n(drawing.height)}"
    known = marks or {}
    inside, badges, done = [], [], set[str]()
    for each in drawing.items:
        if isinstance(each, Label):
            inside.append(_label(each))
            continue
        mark = known.get(each.element) if each.element not in done else None
        inside.append(_figure(each, mark.kind if mark else ""))
        if mark:
            done.add(each.element)
            badges.append(_badge(each, mark))
    role = "group" if badges else "img"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="{box}" width="{_n(drawing.width)}"'
        f' height="{_n(drawing.height)}" role="{role}" aria-label={quoteattr(title)} font-family="{FONT}">'
        f"{''.join(inside)}{''.join(badges)}</svg>"
    )


def _figure(figure: Figure, kind: str = "") -> str:
    stroke = PAPER if figure.part == "paper" else INK
    filled = figure.shape != "lines" or figure.closed
    fill = INK if figure.inked else FILLS.get(figure.part, "none") if filled else "none"
    words = " ".join(filter(None, (f"part-{figure.part}", "inked" if figure.inked else "", kind)))
    style = f'class={quoteattr(words)} fill="{fill}" stroke="{stroke}"'
    style += f' stroke-width="{_n(figure.width)}" stroke-linejoin="round"'
    if figure.dashed:
        style += ' stroke-dasharray="6 4"'
    (left, top), (right, bottom) = figure.points[0], figure.points[-1]
    match figure.shape:
        case "rect":
            at = f'x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" height="{_n(bottom - top)}"'
            return f'<rect {at} rx="{_n(figure.corner)}" {style}/>'
        case "oval":
            middle = f'cx="{_n((left + right) / 2)}" cy="{_n((top + bottom) / 2)}"'
            return f'<ellipse {middle} rx="{_n((right - left) / 2)}" ry="{_n((bottom - top) / 2)}" {style}/>'
        case "lines":
            path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in figure.points) + ("Z" if figure.closed else "")
            head = _head(*figure.points[-2:]) if figure.arrow else ""
            return f'<path d="{path}" {style}/>{head}'


def _badge(figure: Figure, mark: Mark) -> str:
    """On the upper edge, at the right: there neither signs nor names stand."""
    right, top = max(x for x, _ in figure.points), min(y for _, y in figure.points)
    wide = width_of(mark.badge, 13) + 16
    x = right - wide + 10
    drawn = (
        f'<rect class="badge {escape(mark.kind)}" x="{_n(x)}" y="{_n(top - 13)}" width="{_n(wide)}" height="24" rx="12"'
        f' fill="{PAPER}" stroke="{INK}"/><text class="badge-words" x="{_n(x + wide / 2)}" y="{_n(top + 4)}"'
        f' font-size="13" font-weight="600" text-anchor="middle" fill="{INK}">{escape(mark.badge)}</text>'
    )
    if not mark.address:
        return drawn
    spoken = mark.spoken if mark.badge in mark.spoken else f"{mark.badge}, {mark.spoken}"
    return f"<a href={quoteattr(mark.address)} aria-label={quoteattr(spoken)}>{drawn}</a>"


def _head(before: Point, tip: Point) -> str:
    """The head of an arrow, as an area of its own: a marker would need an id, which two pictures on a page share."""
    length = max(((tip[0] - before[0]) ** 2 + (tip[1] - before[1]) ** 2) ** 0.5, 0.01)
    dx, dy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    back = (tip[0] - 9 * dx, tip[1] - 9 * dy)
    corners = (tip, (back[0] - 4 * dy, back[1] + 4 * dx), (back[0] + 4 * dy, back[1] - 4 * dx))
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in corners) + "Z"
    return f'<path d="{path}" class="part-symbol inked" fill="{INK}"/>'


def _label(label: Label) -> str:
    x, y = label.middle
    turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if label.upright else ""
    step = label.size * LINE
    first = y - step * (len(label.lines) - 1) / 2 + label.size * 0.36
    lines = "".join(
        f'<tspan x="{_n(x)}" y="{_n(first + index * step)}">{escape(line)}</tspan>'
        for index, line in enumerate(label.lines)
    )
    style = f'class="words-{label.part}" font-size="{_n(label.size)}" text-anchor="middle" fill="{INK}"'
    return f"<text {style}{turn}>{lines}</text>"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
