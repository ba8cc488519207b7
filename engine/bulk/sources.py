"""A file that was brought in, as rows of text: CSV in its encodings, JSON, XLSX. Read once, in order, with bounds.

What somebody sends is counted, not believed: a workbook's parts while they are unpacked, its cells before any are read.
Formulas are never worked out; what the spreadsheet last saw in the cell is taken.
"""

from __future__ import annotations

import codecs
import csv
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from engine.bulk.cells import written
from engine.bulk.workbook import must_be_harmless as workbook_must_be_harmless
from engine.bulk.workbook import refused, rows_of_sheet
from engine.errors import Invalid
from engine.strict_json import DECODER, must_be_harmless

MOST_COLUMNS = 200
LONGEST_CELL = 30_000
LONGEST_LINE = 1_000_000
LINES_LOOKED_AT = 2_000
SEPARATORS = ",;\t|"
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(slots=True)
class Shape:
    """What kind of file it is; `odd` counts lines that are written in another encoding than the rest."""

    format: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    odd: int = 0
    sheets: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def open_source(file: IO[bytes]) -> tuple[Shape, Iterator[list[str]]]:
    """The shape of a file and its rows, each trimmed on the right. Raises Invalid `import.refused`, also while it is
    being read, with the reason in both languages as `words`."""
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    if not start.strip():
        raise refused("文件是空的。", "The file is empty.")
    if start.startswith(b"PK"):
        return _workbook(file)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(
            "这是旧版 .xls 或加密的工作簿。请另存为不加密的 .xlsx 后再上传。",
            "This is an old .xls or a workbook with a password. Save it as an open .xlsx first.",
        )
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")):
        raise refused("这不是表格文件。请上传 CSV、XLSX 或 JSON。", "This is no table. Send CSV, XLSX or JSON.")
    encoding, skip = _encoding(file, start)
    file.seek(skip)
    if _plain_start(start, encoding)[:1] in ("[", "{"):
        shape = Shape("json", encoding)
        return shape, _padded(_objects(file, encoding))
    if encoding.startswith("utf-16"):
        lines: Iterable[str] = codecs.getreader(encoding)(file, "replace")
        shape = Shape("csv", encoding, "\t")
        first = _plain_start(start, encoding)
        shape.separator = _separator(first.splitlines())
        return shape, _csv(lines, shape)
    shape = Shape("csv", encoding)
    shape.separator = _separator([_decoded(line, shape) for line in start.splitlines()[:20]])
    shape.odd = 0
    return shape, _csv((_decoded(line, shape) for line in _lines(file)), shape)


def _workbook(file: IO[bytes]) -> tuple[Shape, Iterator[list[str]]]:
    try:
        workbook_must_be_harmless(file)
        sheet, sheets, rows = rows_of_sheet(file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, KeyError) as error:
        raise refused("这不是完好的 Excel 工作簿（.xlsx）。", "This is no undamaged workbook (.xlsx).") from error
    return Shape("xlsx", sheet=sheet, sheets=sheets), (_trimmed([written(cell) for cell in row]) for row in rows)


def _encoding(file: IO[bytes], start: bytes) -> tuple[str, int]:
    """The encoding of most lines, and how many bytes of mark stand before them."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    for mark, name in UTF16.items():
        if start.startswith(mark):
            return name, 2
    right = wrong = 0
    for number, line in enumerate(_lines(file)):
        if line.isascii():
            continue
        if _is_utf8(line):
            right += 1
        else:
            wrong += 1
        if number > LINES_LOOKED_AT and right + wrong > 50:
            break
    return ("gb18030" if wrong > right else "utf-8"), 0


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise refused("有一行过长，这不是表格。", "A line is too long; this is no table.")
        yield line


def _decoded(line: bytes, shape: Shape) -> str:
    """In the encoding of the file, or, where somebody put two files together, in the other one."""
    other = "gb18030" if shape.encoding == "utf-8" else "utf-8"
    for encoding in (shape.encoding, other):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            continue
        shape.odd += encoding == other
        return text
    shape.odd += 1
    return line.decode(shape.encoding, "replace")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain_start(start: bytes, encoding: str) -> str:
    return start.decode(encoding, "replace").lstrip("\ufeff \r\n\t")


def _separator(lines: Iterable[str]) -> str:
    """The sign that stands most often, and equally often in most lines."""
    rows = [line for line in lines if line.strip()][:20]

    def fits(sign: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=sign), [])) for line in rows]
        usual = max(set(counts), key=counts.count, default=1)
        return (counts.count(usual) if usual > 1 else 0), usual

    return max(SEPARATORS, key=fits, default=",") if rows else ","


def _csv(lines: Iterable[str], shape: Shape) -> Iterator[list[str]]:
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=shape.separator)
    try:
        for row in reader:
            yield _trimmed(row)
    except csv.Error as error:
        raise refused(
            f"第 {reader.line_num} 行无法读取。请检查引号是否成对。",
            f"Line {reader.line_num} cannot be read: {error}. See whether its quotes come in pairs.",
        ) from error


def _objects(file: IO[bytes], encoding: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON array, or of lines of JSON, one after the other: the whole is never held."""
    text = ""
    read = codecs.getreader(encoding)(file, "strict")
    ended = False
    while True:
        text = text.lstrip("\ufeff \r\n\t,[" if not ended else " \r\n\t,]")
        if text[:1] == "]":
            return
        try:
            found, end = DECODER.raw_decode(text) if text else (None, -1)
            if end == len(text) and not ended and not isinstance(found, dict):
                end = -1
        except ValueError as error:
            if ended or not isinstance(error, json.JSONDecodeError):
                raise refused("JSON 无法读取：文件不完整或写错。", f"This is no readable JSON: {error}.") from error
            end = -1
        except RecursionError as error:
            raise refused("JSON 嵌套过深。", "The JSON is nested too deep.") from error
        if end < 0:
            if ended:
                return
            try:
                more = read.read(65_536)
            except UnicodeDecodeError as error:
                raise refused("JSON 应为 UTF-8 编码。", "JSON is written in UTF-8.") from error
            ended = not more
            text += more
            if len(text) > LONGEST_LINE + 65_536:
                raise refused("JSON 中有一项过大或写错。", "An item of the JSON is too large, or wrong.")
            continue
        if not isinstance(found, dict):
            raise refused("JSON 应为对象的列表，每个对象一行。", "JSON is to be a list of objects, one for each row.")
        try:
            must_be_harmless(found)
        except Invalid as refusal:
            raise refused("JSON 中有嵌套过深、项数过多或无法保存的内容。", refusal.sentence) from refusal
        yield found
        text = text[end:]


def _padded(objects: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    """A row of names first, which is the union of the keys of the first objects; what comes later is refused."""
    first: list[dict[str, Any]] = []
    names: dict[str, int] = {}
    flat = (_flat(each) for each in objects)
    for each in flat:
        first.append(each)
        for name in each:
            names.setdefault(name, len(names))
        if len(first) >= LINES_LOOKED_AT:
            break
    if not names:
        raise refused("JSON 里没有数据。", "There is no data in the JSON.")
    yield list(names)
    for rows in (first, flat):
        for each in rows:
            strange = [name for name in each if name not in names]
            if strange:
                raise refused(
                    f"JSON 中途出现新的键“{strange[0][:40]}”。请给所有对象相同的键。",
                    f"A new key appears late in the JSON: {strange[0][:40]!r}. Give all objects the same keys.",
                )
            yield _trimmed([written(each.get(name)) for name in names])


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """One level of objects within is told as `outer.inner`, anything deeper as text."""
    flat: dict[str, Any] = {}
    for key, value in found.items():
        parts = {f"{key}.{name}": part for name, part in value.items()} if isinstance(value, dict) else {key: value}
        for name, part in parts.items():
            flat[name] = json.dumps(part, ensure_ascii=False) if isinstance(part, dict | list) else part
    return flat


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    if len(row) > MOST_COLUMNS:
        raise refused(f"超过 {MOST_COLUMNS} 列。", f"There are more than {MOST_COLUMNS} columns.")
    if any(len(cell) > LONGEST_CELL for cell in row):
        raise refused(f"有单元格超过 {LONGEST_CELL} 个字。", f"A cell has more than {LONGEST_CELL:,} characters.")
    return row
