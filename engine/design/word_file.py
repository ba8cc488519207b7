"""Headings, paragraphs, tables and pictures as a Word file (.docx). Pure; python-docx is imported when first needed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.design.picture import Drawing, as_png, as_svg

if TYPE_CHECKING:
    from docx.document import Document

LETTERS = {"zh": ("Microsoft YaHei", "zh-CN"), "en": ("Calibri", "en-GB")}
SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
SVG_SPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
A4 = (210, 297)
MARGIN = 20
TALLEST = 150


@dataclass(frozen=True, slots=True)
class Heading:
    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: str


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. A cell of several lines is several paragraphs."""

    head: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    widths: tuple[int, ...]
    """Shares of the page's width."""


@dataclass(frozen=True, slots=True)
class Picture:
    """On a page of its own, lying."""

    drawing: Drawing
    words: str


Block = Heading | Paragraph | Table | Picture


def write_word(title: str, subject: str, blocks: Sequence[Block], *, locale: str) -> bytes:
    """The same blocks give the same bytes inside; nothing in them is read as anything but text."""
    from docx import Document as new_document
    from docx.shared import Mm, Pt

    document = new_document()
    letters, language = LETTERS[locale[:2]]
    properties = document.core_properties
    properties.title, properties.subject, properties.author, properties.language = (
        title,
        subject,
        "Maplebridge",
        language,
    )
    style = document.styles["Normal"]
    style.font.size = Pt(10.5)
    for each in ("Normal", "Title", "Heading 1", "Heading 2"):
        _letters(document.styles[each], letters)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(A4[0]), Mm(A4[1])
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN)
    document.add_heading(_clean(title), 0)
    document.add_paragraph(_clean(subject))
    for block in blocks:
        match block:
            case Heading():
                document.add_heading(_clean(block.words), block.level)
            case Paragraph():
                document.add_paragraph(_clean(block.words))
            case Table():
                _table(document, block)
            case Picture():
                _picture(document, block)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _letters(style: Any, letters: str) -> None:
    """Chinese letters are chosen by another attribute than Latin ones."""
    from docx.oxml.ns import qn

    style.font.name = letters
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), letters)


def _table(document: Document, block: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Mm

    made = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    made.autofit = False
    for cell, words in zip(made.rows[0].cells, block.head, strict=True):
        cell.text = ""
        cell.paragraphs[0].add_run(_clean(words)).bold = True
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # repeated on every page
    for row in block.rows:
        cells = made.add_row().cells
        for cell, lines in zip(cells, row, strict=True):
            cell.text = _clean(lines[0]) if lines else ""
            for line in lines[1:]:
                cell.add_paragraph(_clean(line))
    whole = A4[0] - 2 * MARGIN
    for column, share in zip(made.columns, block.widths, strict=True):
        for cell in column.cells:
            cell.width = Mm(whole * share / sum(block.widths))
    document.add_paragraph()


def _picture(document: Document, block: Picture) -> None:
    """SVG for programs that show it, PNG beside it for the others."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.shared import Mm

    lying = document.add_section(WD_SECTION.NEW_PAGE)
    lying.orientation, lying.page_width, lying.page_height = WD_ORIENT.LANDSCAPE, Mm(A4[1]), Mm(A4[0])
    drawing = block.drawing
    wide = min(A4[1] - 2 * MARGIN, TALLEST * drawing.width / drawing.height)
    shape = document.add_picture(io.BytesIO(as_png(drawing)), width=Mm(wide))
    shape._inline.docPr.set("descr", block.words)
    svg = as_svg(drawing, block.words).encode()
    part = Part(PackURI("/word/media/diagram.svg"), "image/svg+xml", svg, document.part.package)
    known = document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
    extension = (
        '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<a:ext uri="{SVG_EXTENSION}"><asvg:svgBlip xmlns:asvg="{SVG_SPACE}" r:embed="{known}"/></a:ext></a:extLst>'
    )
    shape._inline.graphic.graphicData.pic.blipFill.blip.append(parse_xml(extension))
    document.add_paragraph(_clean(block.words))
    upright = document.add_section(WD_SECTION.NEW_PAGE)
    upright.orientation, upright.page_width, upright.page_height = WD_ORIENT.PORTRAIT, Mm(A4[0]), Mm(A4[1])


def _clean(words: str) -> str:
    """XML of a Word file holds no control characters."""
    return "".join(letter for letter in words if letter >= " " or letter in "\n\t")
