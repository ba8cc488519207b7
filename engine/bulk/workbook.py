"""A workbook (.xlsx): counted while it is unpacked, and only then read.

A small file may unpack to gigabytes, and a sheet with two cells may span a thousand million of them. Neither is
believed: every part is unpacked and thrown away once, with its bytes, rows, cells and the furthest cell counted.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from engine.errors import Invalid

MOST_PARTS = 500
LARGEST_PART = 256 * 1024 * 1024
LARGEST_WHOLE = 512 * 1024 * 1024
MOST_TIMES_PACKED = 300
"""So many times as large as it is packed may a part be, when it is larger than a megabyte."""
MOST_ROWS = 200_000
MOST_CELLS = 6_000_000
FURTHEST_COLUMN = 1_000
PIECE = 1024 * 1024
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
CELL = re.compile(rb"""<(?:\w+:)?(?:c|row|dimension)\s[^>]*?\b(?:r|ref)=["'](?:[A-Z]+\d+:)?([A-Z]*)(\d+)["']""")
OPENED = re.compile(rb"<(?:\w+:)?(c|row)[\s/>]")
OVERLAP = 4096
"""A tag may lie across two pieces."""


def must_be_harmless(file: IO[bytes]) -> None:
    """Raises Invalid for what is too large unpacked, spans too much, or has macros."""
    file.seek(0)
    with zipfile.ZipFile(file) as packed:
        entries = packed.infolist()
        if len(entries) > MOST_PARTS:
            raise refused("文件由过多部分组成。", "The file has too many parts.")
        names = {entry.filename for entry in entries}
        if "xl/workbook.xml" not in names:
            raise refused("这不是 Excel 工作簿（.xlsx）。", "This is no workbook (.xlsx).")
        if any("vbaProject" in name for name in names):
            raise refused("文件含有宏。请另存为 .xlsx。", "The file has macros. Save it as .xlsx without them.")
        left = LARGEST_WHOLE
        for entry in entries:
            left -= _counted(packed, entry, left)


def _counted(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
    """The bytes of a part."""
    size = cells = rows = 0
    is_sheet = SHEET.fullmatch(entry.filename) is not None
    most = min(LARGEST_PART, left)
    tail = b""
    with packed.open(entry) as part:
        while piece := part.read(PIECE):
            size += len(piece)
            if size > most or (size > PIECE and size > MOST_TIMES_PACKED * max(1, entry.compress_size)):
                raise refused("文件解压后过大。", "Unpacked, the file is too large.")
            if not is_sheet:
                continue
            text = tail + piece
            cut = text.rfind(b"<", len(text) - OVERLAP) if len(text) > OVERLAP else 0
            whole, tail = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
            for found in OPENED.finditer(whole):
                if found[1] == b"c":
                    cells += 1
                else:
                    rows += 1
            _must_lie_near(whole)
            if cells > MOST_CELLS or rows > MOST_ROWS:
                raise _too_many()
    if tail:
        _must_lie_near(tail)
    return size


def _must_lie_near(text: bytes) -> None:
    for found in CELL.finditer(text):
        if len(found[2]) > 7 or int(found[2]) > MOST_ROWS:
            raise _too_many()
        if found[1] and _column(found[1]) > FURTHEST_COLUMN:
            raise refused(
                f"工作表的列超过 {FURTHEST_COLUMN}，请删除右侧的空列。",
                f"The sheet spans more than {FURTHEST_COLUMN:,} columns; delete those on the right.",
            )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = 26 * number + letter - 64
    return number


def _too_many() -> Invalid:
    return refused(
        f"工作表超过 {MOST_ROWS} 行，或含有过多单元格。请删除数据下方的空行，或分成几个文件。",
        f"The sheet has over {MOST_ROWS:,} rows, or too many cells. Delete what lies below, or make several files.",
    )


def rows_of_sheet(file: IO[bytes]) -> tuple[str, list[str], Iterator[list[Any]]]:
    """The first visible sheet with anything in it: its name, the names of all, and its rows from the top."""
    import python_calamine  # a file at a time needs it, and few processes at all

    file.seek(0)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        shown = [
            each.name
            for each in book.sheets_metadata
            if each.visible == python_calamine.SheetVisibleEnum.Visible
            and each.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        for name in shown:
            sheet = book.get_sheet_by_name(name)
            if sheet.start is not None and sheet.height > 1:
                if sheet.total_height * sheet.total_width > MOST_CELLS:
                    raise _too_many()
                return name, shown, _rows(sheet)
    except python_calamine.CalamineError as error:
        raise refused("这不是完好的 Excel 工作簿（.xlsx）。", "This is no undamaged workbook (.xlsx).") from error
    raise refused("工作簿里没有数据。", "There is no data in the workbook.")


def _rows(sheet: Any) -> Iterator[list[Any]]:
    left = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield [*left, *row]


def refused(zh: str, en: str) -> Invalid:
    return Invalid("import.refused", en, words={"zh": zh, "en": en}, fields={"file": {"zh": zh, "en": en}})
