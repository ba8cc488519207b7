"""What was not filed, as a table of the same columns with what is wrong beside each row: to be mended and sent again.

Nothing in it runs: a cell that begins like a formula is text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from engine.bulk.fields import WHAT_IS_WRONG
from engine.bulk.model import NotedRow, Outcome
from engine.territory import harmless

WIDE = 60
PIECE = 200


def as_csv(names: Sequence[str], rows: Iterable[NotedRow], *, locale: str) -> Iterator[bytes]:
    """UTF-8 with the mark that spreadsheets look for, some rows at a time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    yield b"\xef\xbb\xbf"
    for number, cells in enumerate(_lines(names, rows, locale)):
        writer.writerow(cells)
        if number % PIECE == PIECE - 1:
            yield _taken(text)
    yield _taken(text)


def write_workbook(file: IO[bytes], names: Sequence[str], rows: Iterable[NotedRow], *, locale: str) -> None:
    """A workbook, written row by row: it takes no more memory for many."""
    import xlsxwriter  # needed for this alone, and slow to import

    plain = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    book = xlsxwriter.Workbook(file, plain)
    sheet = book.add_worksheet("1")
    text, red = book.add_format({"num_format": "@"}), book.add_format({"font_color": "#a32015", "text_wrap": True})
    sheet.set_column(0, max(0, len(names) - 1), 18, text)
    sheet.set_column(len(names), len(names), WIDE, red)
    sheet.freeze_panes(1, 0)
    for number, cells in enumerate(_lines(names, rows, locale)):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell, red if column == len(names) else text)
    book.close()


def said_of(row: NotedRow, names: Sequence[str], locale: str) -> str:
    """What is wrong with a row, in one cell."""
    zh = locale.startswith("zh")
    if row.outcome == Outcome.ALIKE:
        return "与已有案件相似,未立案。" if zh else "It looks like a case there is, and was not filed."
    said = []
    for fault in row.faults:
        column = fault.get("column")
        name = names[column] if column is not None and column < len(names) else ""
        words = fault["zh"] if zh else fault["en"]
        said.append((f"{name}:" if zh else f"{name}: ") + words if name else words)
    return (" " if not zh else "").join(said)


def _lines(names: Sequence[str], rows: Iterable[NotedRow], locale: str) -> Iterator[list[str]]:
    yield [*(harmless(name) for name in names), WHAT_IS_WRONG]
    for row in rows:
        cells = [*row.cells, *[""] * (len(names) - len(row.cells))][: len(names)]
        yield [*(harmless(cell) for cell in cells), harmless(said_of(row, names, locale))]


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return data
