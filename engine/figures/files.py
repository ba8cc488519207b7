"""A report as a workbook (.xlsx) and as a Word file (.docx), made of the same tables as its page. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence

from engine.design import word_file
from engine.figures.sheets import NOTE, Sheet

LONGEST_NAME = 31
FORBIDDEN = str.maketrans("[]:*?/\\'", "        ")


def as_workbook(title: str, subject: str, sheets: Sequence[Sheet], *, locale: str) -> bytes:
    """A sheet for each table. Numbers are numbers; nothing in a cell is read as a formula or a link."""
    import xlsxwriter  # needed for this alone, and slow to import

    data = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(data, plain)
    book.set_properties({"title": title, "subject": subject, "author": "Maplebridge"})
    bold, wrapped, quiet = (
        book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        book.add_format({"text_wrap": True, "valign": "top"}),
        book.add_format({"font_color": "#5b656b"}),
    )
    taken: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_name(sheet.title, taken))
        page.write_string(0, 0, title, bold)
        page.write_string(1, 0, f"{subject}. {NOTE.to(locale)}", quiet)
        for column, words in enumerate(sheet.head):
            page.write_string(3, column, words, bold)
            page.set_column(column, column, 6 * sheet.widths[column])
        for number, row in enumerate(sheet.rows, 4):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, cell, wrapped)
                else:
                    page.write_number(number, column, cell, wrapped)
        page.freeze_panes(4, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
    book.close()
    return data.getvalue()


def as_word(title: str, subject: str, sheets: Sequence[Sheet], *, locale: str) -> bytes:
    blocks: list[word_file.Block] = [word_file.Paragraph(NOTE.to(locale))]
    for sheet in sheets:
        blocks.append(word_file.Heading(sheet.title))
        rows = tuple(tuple((_said(cell),) for cell in row) for row in sheet.rows)
        blocks.append(word_file.Table(sheet.head, rows, sheet.widths))
    return word_file.write_word(title, subject, blocks, locale=locale)


def _said(cell: str | float) -> str:
    return cell if isinstance(cell, str) else f"{cell:,}"


def _name(title: str, taken: set[str]) -> str:
    """What a sheet may be called: short, without some signs, each once."""
    name = title.translate(FORBIDDEN).strip()[:LONGEST_NAME]
    number = 2
    while name.lower() in taken:
        name = f"{name[: LONGEST_NAME - 3]} {number}"
        number += 1
    taken.add(name.lower())
    return name
