"""A Word file as its parts: opened with bounds, refused where it could reach out or run something, written anew.

Nothing in a template is a program here: a field is a name in double braces, and what stands for it is text. What Word
itself would run or fetch when somebody opens the letter is refused when the template is uploaded: macros, objects that
are put in, links to outside, and fields that read other files.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.errors import Invalid, Refusal
from engine.runtime import read_xml

LARGEST_FILE = 1024 * 1024
LARGEST_PART = 4 * 1024 * 1024
LARGEST_WHOLE = 12 * 1024 * 1024
MOST_PARTS = 200

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DOCUMENT = "word/document.xml"
TYPES = "[Content_Types].xml"
TEXT_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
"""Parts with words of the letter in them."""
_MACRO = re.compile(r"vba|macroEnabled|macrosheet", re.IGNORECASE)
_FORBIDDEN_PART = re.compile(
    r"\.(bin|exe|dll|js|vbs|html?|mht|svg)$|(^|/)(embeddings|activeX|ctrlProps)/", re.IGNORECASE
)
_FORBIDDEN_RELATION = re.compile(
    r"/(attachedTemplate|aFChunk|oleObject|package|subDocument|control|frame|vbaProject|externalLink\w*)$"
)
_HARMLESS_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION"})
_CHANGES = frozenset(f"{W}{name}" for name in ("ins", "del", "moveFrom", "moveTo"))
_STAMP = (2024, 1, 1, 0, 0, 0)
"""All parts are written with one time, so that equal contents are equal files."""

Parts = dict[str, bytes]


def open_word(data: bytes) -> Parts:
    """The parts by name. Raises Invalid `template.refused` with the reason in both languages as `words`."""
    if len(data) > LARGEST_FILE:
        raise refused("文件超过 1 MB。", "The file is larger than 1 MB.")
    try:
        parts = _unpacked(data)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise refused("这不是完好的 Word 文件（.docx）。", "This is no undamaged Word file (.docx).") from error
    if DOCUMENT not in parts or TYPES not in parts:
        raise refused("这不是 Word 文件（.docx）。", "This is no Word file (.docx).")
    for name, content in parts.items():
        _refuse_part(name, content)
    return parts


def _unpacked(data: bytes) -> Parts:
    """Bytes are counted while they are unpacked: what a header says of sizes is not believed."""
    parts: Parts = {}
    left = LARGEST_WHOLE
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = packed.infolist()
        if len(entries) > MOST_PARTS:
            raise refused(f"文件由超过 {MOST_PARTS} 个部分组成。", f"The file has more than {MOST_PARTS} parts.")
        for entry in entries:
            if entry.is_dir():
                continue
            if ".." in entry.filename or entry.filename.startswith(("/", "\\")) or entry.filename in parts:
                raise refused("文件内部的名称不正常。", "The names inside the file are not sound.")
            with packed.open(entry) as part:
                content = part.read(min(LARGEST_PART, left) + 1)
            left -= len(content)
            if len(content) > LARGEST_PART or left < 0:
                raise refused("文件解压后过大。", "Unpacked, the file is too large.")
            parts[entry.filename] = content
    return parts


def _refuse_part(name: str, content: bytes) -> None:
    if _MACRO.search(name) or (name == TYPES and _MACRO.search(content.decode("utf-8", "replace"))):
        raise refused("文件含有宏。请另存为不含宏的 .docx。", "The file has macros. Save it as .docx without them.")
    if _FORBIDDEN_PART.search(name):
        raise refused(f"文件嵌有其他对象（{name}）。", f"Something else is put into the file ({name}).")
    if not name.endswith((".xml", ".rels")):
        return
    root = _root(name, content)
    if name.endswith(".rels"):
        _refuse_links(root)
    elif name.startswith("word/"):
        _refuse_running(root)


def _root(name: str, content: bytes) -> Any:
    try:
        return read_xml(name, content, limit_bytes=LARGEST_PART)
    except Refusal as error:
        raise refused(f"文件的一部分（{name}）无法读取。", f"A part of the file ({name}) cannot be read.") from error


def _refuse_links(root: Any) -> None:
    for relation in root.iter():
        target = str(relation.get("Target") or "")
        outside = str(relation.get("TargetMode") or "").lower() == "external"
        if outside or "://" in target or target.startswith("\\\\"):
            raise refused(
                f"文件链接到外部：{target[:80]}。请删除链接后再上传。",
                f"The file links to outside: {target[:80]}. Take the link out and upload it again.",
            )
        if _FORBIDDEN_RELATION.search(str(relation.get("Type") or "")):
            raise refused("文件引用了其他模板或对象。", "The file brings in another template or object.")


def _refuse_running(root: Any) -> None:
    for node in root.iter(f"{W}instrText", f"{W}fldSimple", *_CHANGES, f"{W}altChunk", f"{W}object"):
        if node.tag in _CHANGES:
            raise refused(
                "文件有未接受的修订。请在 Word 中接受全部修订后再上传。",
                "The file has tracked changes. Accept them all in Word and upload it again.",
            )
        if node.tag in (f"{W}altChunk", f"{W}object"):
            raise refused("文件嵌有其他对象。", "Something else is put into the file.")
    for code in field_codes(root):
        word = code.strip().partition(" ")[0].upper()
        if word not in _HARMLESS_FIELDS:
            raise refused(
                f"文件含有域代码“{code.strip()[:40]}”，只允许页码。",
                f"The file has the field code “{code.strip()[:40]}”; only page numbers may be there.",
            )


def field_codes(root: Any) -> Iterator[str]:
    """The codes of Word's own fields, each put together from the runs it is spread over."""
    for simple in root.iter(f"{W}fldSimple"):
        yield str(simple.get(f"{W}instr") or "")
    open_codes: list[str] = []
    for node in root.iter(f"{W}fldChar", f"{W}instrText"):
        if node.tag == f"{W}instrText":
            if not open_codes:
                yield node.text or ""
            else:
                open_codes[-1] += node.text or ""
        elif node.get(f"{W}fldCharType") == "begin":
            open_codes.append("")
        elif node.get(f"{W}fldCharType") == "end" and open_codes:
            yield open_codes.pop()
    yield from open_codes


def roots(parts: Mapping[str, bytes]) -> dict[str, Any]:
    """The parts with words in them, read; the body first."""
    names = sorted((name for name in parts if TEXT_PARTS.fullmatch(name)), key=lambda name: (name != DOCUMENT, name))
    return {name: _root(name, parts[name]) for name in names}


def write_word(parts: Mapping[str, bytes], changed: Mapping[str, Any]) -> bytes:
    """The file with some parts replaced. The same parts give the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(parts, key=lambda name: (name != TYPES, name)):
            content = parts[name]
            if name in changed:
                content = etree.tostring(changed[name], xml_declaration=True, encoding="UTF-8", standalone=True)
            packed.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def refused(zh: str, en: str) -> Invalid:
    return Invalid("template.refused", en, words={"zh": zh, "en": en}, fields={"file": {"zh": zh, "en": en}})
