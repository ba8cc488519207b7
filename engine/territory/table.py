"""Tables that are brought in and taken out: CSV read with every fault by row and column, cells that run nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.errors import Invalid

MOST_ROWS = 50_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that cannot be taken; row 1 is the line of the column names."""

    row: int
    column: str
    zh: str
    en: str


def table_text(data: bytes) -> str:
    """The text of a file: UTF-8, or GB18030, in which Excel saves a CSV in China. Raises Invalid `file.unreadable`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    fields = {
        "table": {"zh": "文件须为 UTF-8 或 GB18030 编码的文本。", "en": "The file must be text, in UTF-8 or GB18030."}
    }
    raise Invalid("file.unreadable", "The file cannot be taken.", fields=fields)


def read_table(
    text: str,
    columns: Sequence[str],
    needed: Sequence[str],
    faults: list[Fault],
    *,
    empty: str = "文件是空的。 / The file is empty.",
) -> list[tuple[int, Mapping[str, str]]]:
    """The lines with the number of their row, each with a cell for every column, trimmed. Adds to `faults`: with one
    in the names of the columns there are no lines. `empty` is said, in both languages, of a file without a line.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    lines: list[tuple[int, Mapping[str, str]]] = []
    before = len(faults)
    try:
        header = [(name or "").strip() for name in reader.fieldnames or ()]
        reader.fieldnames = header
        faults += [Fault(1, name, "缺少此列。", "This column is missing.") for name in needed if name not in header]
        faults += [
            Fault(1, name or "?", "没有这样的列。", "There is no such column.")
            for name in header
            if name not in columns
        ]
        if len(faults) == before:
            lines = list(_lines(reader, columns, faults))
    except csv.Error as error:
        faults.append(Fault(reader.line_num, "", "这一行无法读取。", f"This line cannot be read: {error}."))
    if not lines and len(faults) == before:
        zh, _, en = empty.partition(" / ")
        faults.append(Fault(1, columns[0], zh, en))
    if len(lines) > MOST_ROWS:
        faults.append(Fault(MOST_ROWS, columns[0], f"最多 {MOST_ROWS} 行。", f"At most {MOST_ROWS} lines."))
    return lines


def day_in(row: int, column: str, cell: str, faults: list[Fault]) -> date | None:
    """A day written as 2026-03-01; None for an empty cell."""
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        faults.append(Fault(row, column, "日期须写作 2026-03-01。", "Write a day as 2026-03-01."))
        return None


def refusal(code: str, faults: Sequence[Fault]) -> Invalid:
    listed = "; ".join(f"row {each.row}, {each.column}: {each.en}" for each in faults[:20])
    return Invalid(code, f"The file cannot be taken: {listed}", faults=list(faults))


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows as text, whatever it begins with."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _lines(
    reader: csv.DictReader[str], columns: Sequence[str], faults: list[Fault]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    for row, raw in enumerate(reader, 2):
        if None in raw or None in raw.values():
            faults.append(Fault(row, "", "这一行的列数不对。", "This line has too many or too few cells."))
        yield row, {key: _plain(raw.get(key)) for key in columns}


def _plain(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
