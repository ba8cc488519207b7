"""A drawing as PNG, for programs that cannot show SVG. Chinese is written where the machine has letters for it."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from engine.design.picture.model import INK, PAPER, Drawing, Figure, Label, Point, arrow_head
from engine.design.picture.words import LINE

SCALE = 1.5
MOST_PIXELS = 40_000_000
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
SIMPLIFIED = 2
"""Which of the languages in one file of Noto letters."""
HOLLOW = frozenset({"lane", "flow", "note", "symbol", "paper"})


def as_png(drawing: Drawing) -> bytes:
    """A very large drawing gets smaller; text that has no letters here is left out."""
    scale = min(SCALE, (MOST_PIXELS / (drawing.width * drawing.height)) ** 0.5)
    picture = Image.new("L", (round(drawing.width * scale), round(drawing.height * scale)), PAPER)
    pen = _Pen(ImageDraw.Draw(picture), drawing, scale)
    for item in drawing.items:
        if isinstance(item, Figure):
            pen.figure(item)
        else:
            pen.label(item, picture)
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


class _Pen:
    def __init__(self, draw: ImageDraw.ImageDraw, drawing: Drawing, scale: float) -> None:
        self.draw, self.drawing, self.scale = draw, drawing, scale

    def at(self, point: Point) -> Point:
        return (point[0] - self.drawing.x) * self.scale, (point[1] - self.drawing.y) * self.scale

    def figure(self, figure: Figure) -> None:
        points = [self.at(point) for point in figure.points]
        wide = max(1, round(figure.width * self.scale))
        fill = INK if figure.inked else None if figure.part in HOLLOW else PAPER
        ink = PAPER if figure.part == "paper" else INK
        match figure.shape:
            case "rect":
                self.draw.rounded_rectangle((*points[0], *points[1]), figure.corner * self.scale, fill, ink, wide)
            case "oval":
                self.draw.ellipse((*points[0], *points[1]), fill, ink, wide)
            case "lines":
                if figure.closed:
                    self.draw.polygon(points, fill)
                    points = [*points, points[0]]
                self.draw.line(points, ink, wide, joint="curve")
                if figure.arrow:
                    self.draw.polygon([self.at(point) for point in arrow_head(*figure.points[-2:])], INK)

    def label(self, label: Label, picture: Image.Image) -> None:
        font = _letters(round(label.size * self.scale), all(line.isascii() for line in label.lines))
        if font is None:
            return
        text, (x, y) = "\n".join(label.lines), self.at(label.middle)
        spacing = label.size * self.scale * (LINE - 1)
        if not label.upright:
            self.draw.multiline_text((x, y), text, INK, font, anchor="mm", align="center", spacing=spacing)
            return
        _left, _top, right, bottom = self.draw.multiline_textbbox((0, 0), text, font, spacing=spacing)
        lying = Image.new("L", (round(right) + 4, round(bottom) + 4), PAPER)
        ImageDraw.Draw(lying).multiline_text((2, 2), text, INK, font, align="center", spacing=spacing)
        standing = lying.rotate(90, expand=True)
        picture.paste(standing, (round(x - standing.width / 2), round(y - standing.height / 2)))


@lru_cache
def _letters(size: int, plain: bool) -> Any:
    known = next((font for font in FONTS if Path(font).exists()), None)
    if known is not None:
        return ImageFont.truetype(known, size, index=SIMPLIFIED if "Noto" in known else 0)
    return ImageFont.load_default(size) if plain else None
