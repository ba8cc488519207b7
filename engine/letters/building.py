"""The templates that ship, made as Word files from the readable texts in `shipped/`, when one is first needed.

No binary lies in the repository: a change of a letter can be read as a change. The same text gives the same file. Set
as official documents are (GB/T 9704): A4, its margins, title, number, salutation, body, unit, seal and day. Fonts are
named and not put into the file.

A line begins with what it is: `#` title, `^` number, `<` salutation, `##` heading, `>` the end on the right, `|` a row
of a table; any other is body.
"""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.letters.word import open_word, write_word
from engine.runtime import read_xml

if TYPE_CHECKING:
    from docx.document import Document

FOLDER = Path(__file__).parent / "shipped"
BODY, TITLE, HEADING = "仿宋", "方正小标宋简体", "黑体"
LATIN = "Times New Roman"
BODY_PT, TITLE_PT, CELL_PT, LINE_PT = 16, 22, 14, 28
MARGINS_MM = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
TEXT_MM = 156
LABEL_MM = 30


@lru_cache(maxsize=32)
def shipped(kind: str) -> bytes:
    """The template of a kind as a Word file."""
    return build((FOLDER / f"{kind}.txt").read_text(encoding="utf-8"))


def build(text: str) -> bytes:
    from docx import Document as new_document
    from docx.shared import Mm, Pt

    document = new_document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    for side, mm in MARGINS_MM.items():
        setattr(page, side, Mm(mm))
    normal = document.styles["Normal"]
    normal.font.size = Pt(BODY_PT)
    _font(normal, BODY)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = Pt(LINE_PT)
    properties = document.core_properties
    properties.author, properties.language, properties.title = "Maplebridge", "zh-CN", text.split("\n")[0].lstrip("# ")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    for is_table, part in groupby(lines, key=lambda line: line.startswith("|")):
        if is_table:
            _table(document, [[cell.strip(" ") for cell in line.strip("|").split("|")] for line in part])
        else:
            for line in part:
                _line(document, line)
    _page_number(page)
    written = io.BytesIO()
    document.save(written)
    parts = open_word(written.getvalue())
    parts.pop("docProps/thumbnail.jpeg", None)
    parts["_rels/.rels"] = _without_thumbnail(parts["_rels/.rels"])
    return write_word(parts, {})


def _line(document: Document, line: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Pt

    mark, _, words = line.partition(" ")
    indent = 2 * BODY_PT
    match mark:
        case "#":
            title = document.add_paragraph()
            _run(title, words, TITLE, TITLE_PT)
            title.alignment = ALIGN.CENTER
            title.paragraph_format.line_spacing = Pt(TITLE_PT * 1.6)
            title.paragraph_format.space_after = Pt(8)
        case "^":
            number = document.add_paragraph()
            _run(number, words, BODY, BODY_PT)
            number.alignment = ALIGN.CENTER
            number.paragraph_format.space_after = Pt(LINE_PT / 2)
        case "<":
            _run(document.add_paragraph(), words, BODY, BODY_PT)
        case ">":
            end = document.add_paragraph()
            _run(end, words, BODY, BODY_PT)
            end.alignment = ALIGN.RIGHT
            end.paragraph_format.right_indent = Pt(indent)
            end.paragraph_format.keep_with_next = True
        case "##":
            heading = document.add_paragraph()
            _run(heading, words, HEADING, BODY_PT)
            heading.paragraph_format.first_line_indent = Pt(indent)
            heading.paragraph_format.keep_with_next = True
        case _:
            body = document.add_paragraph()
            _run(body, line, BODY, BODY_PT)
            body.alignment = ALIGN.JUSTIFY
            body.paragraph_format.first_line_indent = Pt(indent)


def _table(document: Document, rows: list[list[str]]) -> None:
    """Rows with fewer cells than the widest let their last cell take the rest."""
    from docx.shared import Mm, Pt

    wide = max(map(len, rows))
    labelled = wide in (2, 4) and all(not row[0].startswith("{") for row in rows)
    widths = [TEXT_MM / wide] * wide
    if labelled:
        rest = (TEXT_MM - LABEL_MM * wide / 2) / (wide / 2)
        widths = [LABEL_MM, rest] * (wide // 2)
    table = document.add_table(rows=0, cols=wide, style="Table Grid")
    table.autofit = False
    for row in rows:
        cells = table.add_row().cells
        for cell, width in zip(cells, widths, strict=True):
            cell.width = Mm(width)
        if len(row) < wide:
            cells[len(row) - 1].merge(cells[-1])
        for cell, words in zip(cells, row, strict=False):
            _run(cell.paragraphs[0], words, BODY, CELL_PT)
            cell.paragraphs[0].paragraph_format.line_spacing = Pt(22)
    document.add_paragraph().paragraph_format.line_spacing = Pt(CELL_PT)


def _run(paragraph: Any, words: str, font: str, size: float) -> None:
    from docx.shared import Pt

    run = paragraph.add_run(words)
    run.font.size = Pt(size)
    _font(run, font)


def _font(thing: Any, east_asian: str) -> None:
    """Chinese letters are chosen by another attribute than Latin ones."""
    from docx.oxml.ns import qn

    thing.font.name = LATIN
    thing.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)


def _page_number(page: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    foot = page.footer.paragraphs[0]
    foot.alignment = ALIGN.CENTER
    foot._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))


def _without_thumbnail(relations: bytes) -> bytes:
    """The picture of python-docx' own template has no business in ours."""
    root = read_xml("_rels/.rels", relations)
    for relation in list(root):
        if str(relation.get("Target", "")).endswith("thumbnail.jpeg"):
            root.remove(relation)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
