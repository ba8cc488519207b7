"""A drawing as SVG. It carries its own colours for a file or print; a page may give others to its classes.

Built of `Markup`, so that whatever a diagram says is escaped where it is put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from engine.design.picture.model import INK, PAPER, Drawing, Figure, Label, Mark, Point, arrow_head
from engine.design.picture.words import LINE, width_of

FILLS = {"pool": PAPER, "lane": "none", "group": PAPER, "box": PAPER, "event": PAPER, "gateway": PAPER}
FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

WHOLE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="{x} {y} {width} {height}" width="{width}"'
    ' height="{height}" role="{role}" aria-label="{title}" font-family="{font}">{inside}</svg>'
)
RECT = Markup('<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}" {style}/>')
OVAL = Markup('<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" {style}/>')
PATH = Markup('<path d="{d}" {style}/>{head}')
STYLE = Markup('class="{kind}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"{dashes}')
DASHES = Markup(' stroke-dasharray="6 4"')
HEAD = Markup('<path d="{d}" class="part-symbol inked" fill="{ink}"/>')
BADGE = Markup(
    '<rect class="badge {kind}" x="{x}" y="{y}" width="{width}" height="24" rx="12" fill="{paper}" stroke="{ink}"/>'
    '<text class="badge-words" x="{middle}" y="{base}" font-size="13" font-weight="600" text-anchor="middle"'
    ' fill="{ink}">{words}</text>'
)
LINK = Markup('<a href="{address}" aria-label="{spoken}">{badge}</a>')
TEXT = Markup('<text class="words-{part}" font-size="{size}" text-anchor="middle" fill="{ink}"{turn}>{lines}</text>')
TURN = Markup(' transform="rotate(-90 {x} {y})"')
SPAN = Markup('<tspan x="{x}" y="{y}">{words}</tspan>')


def as_svg(drawing: Drawing, title: str, marks: Mapping[str, Mark] | None = None) -> Markup:
    """One `<svg>` of its own; the classes are `picture` and `part-…`. `title` is what a screen reader says.

    A mark colours the outline of an element by its class and writes its badge below; a tap leads to its address.
    """
    known = dict(marks or {})
    inside, badges = [], []
    for each in drawing.items:
        if isinstance(each, Label):
            inside.append(_label(each))
            continue
        mark = known.pop(each.element, None)
        inside.append(_figure(each, mark.kind if mark else ""))
        if mark:
            badges.append(_badge(each, mark))
    return WHOLE.format(
        x=_n(drawing.x),
        y=_n(drawing.y),
        width=_n(drawing.width),
        height=_n(drawing.height),
        role="group" if badges else "img",
        title=title,
        font=FONT,
        inside=Markup("").join([*inside, *badges]),
    )


def _figure(figure: Figure, kind: str = "") -> Markup:
    filled = figure.shape != "lines" or figure.closed
    style = STYLE.format(
        kind=" ".join(filter(None, (f"part-{figure.part}", "inked" if figure.inked else "", kind))),
        fill=INK if figure.inked else FILLS.get(figure.part, "none") if filled else "none",
        stroke=PAPER if figure.part == "paper" else INK,
        width=_n(figure.width),
        dashes=DASHES if figure.dashed else "",
    )
    (left, top), (right, bottom) = figure.points[0], figure.points[-1]
    wide, high = right - left, bottom - top
    match figure.shape:
        case "rect":
            corner = _n(figure.corner)
            return RECT.format(x=_n(left), y=_n(top), width=_n(wide), height=_n(high), corner=corner, style=style)
        case "oval":
            middle = {"x": _n((left + right) / 2), "y": _n((top + bottom) / 2)}
            return OVAL.format(**middle, rx=_n(wide / 2), ry=_n(high / 2), style=style)
        case "lines":
            head = _head(*figure.points[-2:]) if figure.arrow else ""
            return PATH.format(d=_path(figure.points, closed=figure.closed), style=style, head=head)


def _badge(figure: Figure, mark: Mark) -> Markup:
    """On the upper edge, at the right: there neither signs nor names stand."""
    right, top = max(x for x, _ in figure.points), min(y for _, y in figure.points)
    wide = width_of(mark.badge, 13) + 16
    x = right - wide + 10
    badge = BADGE.format(
        kind=mark.kind,
        x=_n(x),
        y=_n(top - 13),
        width=_n(wide),
        middle=_n(x + wide / 2),
        base=_n(top + 4),
        words=mark.badge,
        paper=PAPER,
        ink=INK,
    )
    if not mark.address:
        return badge
    spoken = mark.spoken if mark.badge in mark.spoken else f"{mark.badge}, {mark.spoken}"
    return LINK.format(address=mark.address, spoken=spoken, badge=badge)


def _head(before: Point, tip: Point) -> Markup:
    """The head of an arrow, as an area of its own: a marker would need an id, which two pictures on a page share."""
    return HEAD.format(d=_path(arrow_head(before, tip), closed=True), ink=INK)


def _label(label: Label) -> Markup:
    x, y = label.middle
    step = label.size * LINE
    first = y - step * (len(label.lines) - 1) / 2 + label.size * 0.36
    lines = [SPAN.format(x=_n(x), y=_n(first + nth * step), words=line) for nth, line in enumerate(label.lines)]
    turn = TURN.format(x=_n(x), y=_n(y)) if label.upright else ""
    return TEXT.format(part=label.part, size=_n(label.size), ink=INK, turn=turn, lines=Markup("").join(lines))


def _path(points: Iterable[Point], *, closed: bool) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + ("Z" if closed else "")


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
