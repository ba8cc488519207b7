"""Printable sheets of place codes: stickers, eight to a page, or a card or a poster for each place. PDF, bilingual.

The letters are the reader's own (STSong-Light and Helvetica are not embedded), so a whole community stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import segno
from reportlab.lib.pagesizes import A4, A6, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from engine.citizen.places import Label
from engine.territory import line_name

CHINESE, LATIN, LATIN_BOLD = "STSong-Light", "Helvetica", "Helvetica-Bold"
INK, GREY, LINE = (0.11, 0.13, 0.15), (0.36, 0.4, 0.42), (0.8, 0.79, 0.76)
WIDER = 1.15
"""So much wider than Helvetica may the letters be that a reader puts in its place."""
QUIET = 4
"""Modules of white around a code, as its standard asks."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`size` is that of the page in points; a page holds `columns` × `rows` labels."""

    size: tuple[float, float]
    columns: int = 1
    rows: int = 1


LAYOUTS: Mapping[str, Layout] = {
    "labels": Layout(A4, columns=2, rows=4),
    "cards": Layout(landscape(A6)),
    "posters": Layout(A4),
}


def draw_sheets(out: BinaryIO, labels: Sequence[Label], layout: str, *, base: str, hotline: str, title: str) -> None:
    """Writes the PDF. `base` is where the pages without sign-in are found, `https://help.example.org` for example."""
    if CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    plan = LAYOUTS[layout]
    page = Canvas(out, pagesize=plan.size, pageCompression=1, invariant=1)
    page.setTitle(title)
    width, height = plan.size[0] / plan.columns, plan.size[1] / plan.rows
    on_page = plan.columns * plan.rows
    for number, label in enumerate(labels):
        if number and number % on_page == 0:
            page.showPage()
        row, column = divmod(number % on_page, plan.columns)
        x, y = column * width, plan.size[1] - (row + 1) * height
        if on_page > 1:
            page.setStrokeColorRGB(*LINE)
            page.setLineWidth(0.3)
            page.rect(x, y, width, height)
        draw = _upright if height > width else _across
        draw(page, label, x, y, width, height, base, hotline)
    page.save()


def _across(
    page: Canvas, label: Label, x: float, y: float, width: float, height: float, base: str, hotline: str
) -> None:
    """The code on the left, the words beside it."""
    side = min(height - 12 * mm, width * 0.52)
    edge, top = x + 3 * mm, y + height - 5 * mm
    code_y = top - side
    quiet = _code(page, _address(base, label), edge, code_y, side)
    left = edge + side + 2 * mm
    room = x + width - left - 5 * mm
    line = top - 9 * mm
    line = _words(page, "扫码反映诉求", left, line, room, 17, CHINESE, INK)
    line = _words(page, "Scan to report", left, line, room, 11, LATIN_BOLD, INK) - 3 * mm
    line = _place(page, label, left, line, room, 10.5)
    _words(page, "无需下载，无需登录", left, line - 3 * mm, room, 8, CHINESE, GREY)
    line = _words(page, "No app, no sign-in", left, line - 6.5 * mm, room, 7.5, LATIN, GREY)
    if hotline:
        _words(page, f"Tel {hotline}", left, line - 1 * mm, room, 9, LATIN_BOLD, INK)
    _words(page, _short(base, label), edge + quiet, code_y - 6 * mm, width - quiet - 9 * mm, 8.5, LATIN, INK)


def _upright(
    page: Canvas, label: Label, x: float, y: float, width: float, height: float, base: str, hotline: str
) -> None:
    """A poster: everything in the middle, one thing below the other."""
    side, middle, room = width * 0.6, x + width / 2, width - 30 * mm
    line = y + height - 32 * mm
    line = _words(page, "扫码反映诉求", middle, line, room, 44, CHINESE, INK, centred=True)
    line = _words(page, "Scan to report", middle, line, room, 24, LATIN_BOLD, INK, centred=True)
    _code(page, _address(base, label), middle - side / 2, line - side - 4 * mm, side)
    line = _place(page, label, middle, line - side - 18 * mm, room, 20, centred=True) - 6 * mm
    line = _words(page, "无需下载，无需登录", middle, line, room, 13, CHINESE, GREY, centred=True)
    line = _words(page, "No app, no sign-in", middle, line, room, 12, LATIN, GREY, centred=True)
    if hotline:
        _words(page, f"Tel {hotline}", middle, line - 4 * mm, room, 18, LATIN_BOLD, INK, centred=True)
    _words(page, _short(base, label), middle, y + 14 * mm, room, 12, LATIN, INK, centred=True)


def _place(page: Canvas, label: Label, x: float, y: float, room: float, size: float, *, centred: bool = False) -> float:
    """The place in both languages, its two highest units left out: everybody around knows them."""
    units = label.line[2:] or label.line
    upper, lower = units[:-2], units[-2:]
    for part in (upper, lower):
        if part:
            y = _words(page, line_name(part, "zh"), x, y, room, size, CHINESE, INK, centred=centred)
    for part in (lower, upper):
        if part:
            y = _words(page, line_name(part, "en"), x, y, room, size * 0.75, LATIN, GREY, centred=centred)
    return y


def _words(
    page: Canvas,
    words: str,
    x: float,
    y: float,
    room: float,
    size: float,
    font: str,
    colour: tuple[float, float, float],
    *,
    centred: bool = False,
) -> float:
    """One line, smaller when it would not fit; gives the height for the next one."""
    if font != CHINESE and not words.isascii():
        font = CHINESE
    wide = pdfmetrics.stringWidth(words, font, size) * (1 if font == CHINESE else WIDER)
    size = min(size, size * room / wide) if wide else size
    page.setFont(font, size)
    page.setFillColorRGB(*colour)
    (page.drawCentredString if centred else page.drawString)(x, y, words)
    return y - size * 1.35


def _code(page: Canvas, address: str, x: float, y: float, side: float) -> float:
    """Draws a code with its quiet edge, and gives how wide that is."""
    matrix = segno.make(address, error="m", micro=False).matrix
    module = side / (len(matrix) + 2 * QUIET)
    path = page.beginPath()
    for row, cells in enumerate(matrix):
        bottom = y + side - (QUIET + row + 1) * module
        for start, end in _runs(cells):
            # A hair wider and higher than it is, so that no printer draws white lines between the modules.
            path.rect(x + (QUIET + start) * module, bottom, (end - start) * module + 0.05, module + 0.05)
    page.setFillColorRGB(0, 0, 0)
    page.drawPath(path, stroke=0, fill=1)
    return QUIET * module


def _runs(cells: Sequence[int]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for column, dark in enumerate([*cells, 0]):
        if dark and start is None:
            start = column
        elif not dark and start is not None:
            yield start, column
            start = None


def _address(base: str, label: Label) -> str:
    return f"{base}/q/{label.code}"


def _short(base: str, label: Label) -> str:
    """What is typed when no camera works."""
    return _address(base, label).partition("://")[2]
