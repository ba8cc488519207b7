"""Files as offices really send them, read into rows; and those that are meant to do harm."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter

from engine.bulk import workbook
from engine.bulk.sources import open_source
from engine.errors import Invalid

ROWS = [["编号", "内容"], ["1", "楼上漏水，天花板发霉"], ["2", "夜间施工"]]


def text_of(separator: str = ",") -> str:
    return "\r\n".join(separator.join(row) for row in ROWS) + "\r\n"


def read(data: bytes) -> tuple[Any, list[list[str]]]:
    shape, rows = open_source(io.BytesIO(data))
    return shape, list(rows)


@pytest.mark.parametrize(
    ("data", "encoding", "separator"),
    [
        (text_of().encode(), "utf-8", ","),
        (text_of().encode("utf-8-sig"), "utf-8", ","),
        (text_of().encode("gb18030"), "gb18030", ","),
        (text_of(";").encode("gb18030"), "gb18030", ";"),
        (text_of("\t").encode("utf-16"), "utf-16-le", "\t"),
        (text_of("|").encode(), "utf-8", "|"),
    ],
)
def test_text_is_read_in_the_encoding_and_with_the_separator_it_has(data: bytes, encoding: str, separator: str) -> None:
    shape, rows = read(data)
    assert (shape.encoding, shape.separator) == (encoding, separator)
    assert rows == ROWS


def test_two_files_that_were_put_together_are_read_line_by_line_in_the_encoding_of_each() -> None:
    shape, rows = read("编号,内容\n1,楼上漏水了\n2,夜间施工了\n".encode() + "3,拖欠工资\n".encode("gb18030"))
    assert rows[3] == ["3", "拖欠工资"]
    assert shape.odd == 1


def test_a_cell_may_hold_lines_quotes_and_separators() -> None:
    _, rows = read('a,b\n"第一行\n第二行","他说：""漏水""，没人管"\n'.encode())
    assert rows[1] == ["第一行\n第二行", '他说："漏水"，没人管']


@pytest.mark.parametrize("lines", [False, True])
def test_json_is_read_as_a_list_and_as_lines(lines: bool) -> None:
    objects = [{"id": 1, "party": {"name": "王某"}, "ok": True}, {"id": 2.0, "party": {"name": None}, "tags": ["a"]}]
    data = "\n".join(map(json.dumps, objects)) if lines else json.dumps(objects, indent=1)
    shape, rows = read(data.encode())
    assert shape.format == "json"
    assert rows == [["id", "party.name", "ok", "tags"], ["1", "王某", "是"], ["2", "", "", '["a"]']]


def made(fill: Callable[[Any, Any], None]) -> bytes:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    fill(book, book.add_worksheet("台账"))
    book.close()
    return data.getvalue()


def test_a_workbook_is_read_as_a_spreadsheet_shows_it() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("B1:E1", "2025年积案台账")
        sheet.write_row(2, 1, ["编号", "时间", "电话", "身份证"])
        sheet.write(3, 1, 17)
        sheet.write_datetime(3, 2, datetime(2025, 3, 1, 9, 5), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write(3, 3, 13800138000)
        sheet.write(3, 4, 440301199001011234)
        sheet.write_formula(4, 1, '=HYPERLINK("http://example.org")', None, "shown")

    shape, rows = read(made(fill))
    assert shape.sheet == "台账"
    assert rows[0] == ["", "2025年积案台账"]
    assert rows[2] == ["", "编号", "时间", "电话", "身份证"]
    assert rows[3] == ["", "17", "2025-03-01 09:05:00", "13800138000", "4.403011990010113e+17"]
    assert rows[4] == ["", "shown"]


def packed(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name.replace("__", "/") + ".xml", content)
    return data.getvalue()


def sheet(body: bytes, dimension: bytes = b"A1") -> bytes:
    return packed(
        xl__workbook=b"<workbook/>",
        xl__worksheets__sheet1=b'<worksheet><dimension ref="' + dimension + b'"/><sheetData>' + body + b"</sheetData>",
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"%PDF-1.7 ...", id="another-kind"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(100), id="old-or-encrypted"),
        pytest.param(b"PK\x03\x04 broken", id="broken"),
        pytest.param(packed(word__document=b"<w/>"), id="no-workbook"),
        pytest.param(packed(xl__workbook=b"<w/>", xl__sharedStrings=b" " * 30_000_000), id="packed-too-well"),
        pytest.param(sheet(b'<row r="1"><c r="XFD1"/></row>'), id="too-wide"),
        pytest.param(sheet(b'<row r="1048576"><c r="A1048576"/></row>'), id="too-far-down"),
        pytest.param(sheet(b"", b"A1:A1048576"), id="says-so"),
        pytest.param(packed(xl__workbook=b"<w/>", xl__vbaProject=b"x"), id="macros"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 100_000, id="deep-objects"),
        pytest.param(b"[1, 2, 3]", id="no-objects"),
        pytest.param(b'[{"a": 1}, {"a": ', id="cut-off"),
        pytest.param(b",".join(b"x" for _ in range(300)) + b"\n", id="too-many-columns"),
        pytest.param(b"a,b\n1," + b"x" * 40_000, id="too-long-a-cell"),
    ],
)
def test_what_cannot_or_must_not_be_read_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read(data)
    assert set(refusal.value.facts["words"]) == {"zh", "en"}


def test_cells_are_counted_whatever_the_sheet_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 100)
    with pytest.raises(Invalid):
        read(sheet(b"<row>" + b"<c><v>1</v></c>" * 101 + b"</row>"))
