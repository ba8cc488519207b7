"""The one door through which a diagram or a table comes in as XML: hardened, bounded, with line numbers kept.

Nothing is fetched and nothing is expanded. A document type is refused before the parser sees it, whatever the encoding,
so no entity of its own can exist. Size, number of tags and depth are bounded.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree

from engine.errors import Invalid

LARGEST_FILE = 2 * 1024 * 1024
MOST_TAGS = 250_000
DEEPEST_TAG = 100

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252"}
    | {"gb2312", "gbk", "gb18030", "big5"}
)
_DECLARATION = re.compile(r"<\?xml\s(?P<body>[^<>]*?)\?>")
_DECLARED = re.compile(r"""encoding\s*=\s*["']\s*(?P<name>[A-Za-z0-9._-]{1,40})\s*["']""")
_LONG_TAG = re.compile(r"<[^!?<>][^<>]{50000}")
"""The parser compares every attribute of a tag with every other."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_xml(name: str, data: bytes, *, limit_bytes: int = LARGEST_FILE) -> Any:
    """The root element of the file `name`, without comments and processing instructions; `sourceline` is 1-based.

    Raises Invalid `xml.*`, its facts naming `file` and, where known, `line` and `column`: `xml.empty`,
    `xml.too_large`, `xml.encoding`, `xml.characters`, `xml.doctype`, `xml.too_many_tags`,
    `xml.tag_too_long`, `xml.too_deep`, `xml.malformed`. Never anything else.
    """
    if len(data) > limit_bytes:
        raise _refusal(
            "xml.too_large", name, f"it has {len(data):,} bytes, more than the {limit_bytes:,} that are allowed"
        )
    text = _decoded(name, data)
    if not text.strip():
        raise _refusal("xml.empty", name, "the file is empty")
    if bad := _FORBIDDEN.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise _refusal("xml.characters", name, f"it holds a character (code {ord(bad[0])}) that XML forbids", line)
    _refuse_doctype(name, text)
    if text.count("<") > MOST_TAGS:
        raise _refusal("xml.too_many_tags", name, f"it has more than {MOST_TAGS:,} tags")
    if long := _LONG_TAG.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise _refusal("xml.tag_too_long", name, "one of its tags has more than 50,000 characters", line)
    root = _parsed(name, text)
    _refuse_depth(name, root)
    return root


def local_name(tag: str) -> str:
    """`{namespace}task` → `task`."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """`{namespace}task` → `namespace`, or an empty text."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _decoded(name: str, data: bytes) -> str:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    if encoding is None:
        declaration = _DECLARATION.match(data[:300].lstrip().decode("ascii", "replace"))
        declared = _DECLARED.search(declaration["body"]) if declaration else None
        encoding = declared["name"].lower() if declared else "utf-8"
        if encoding not in _ENCODINGS:
            raise _refusal("xml.encoding", name, f'its encoding "{encoding}" is not read here; save it as UTF-8')
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as fault:
        raise _refusal(
            "xml.encoding", name, f"its bytes are not {encoding.upper()}, which it claims to be; save it as UTF-8"
        ) from fault


def _refuse_doctype(name: str, text: str) -> None:
    """A document type can stand only before the root; comments and instructions may stand before it. Linear in time."""
    at = 0
    while True:
        at = text.find("<", at)
        if at < 0:
            return
        if text.startswith("<!--", at):
            end, tail = text.find("-->", at), 3
        elif text.startswith("<?", at):
            end, tail = text.find("?>", at), 2
        elif text.startswith("<!", at):
            line = text.count("\n", 0, at) + 1
            raise _refusal("xml.doctype", name, "a document type (DOCTYPE) or entity declaration is not allowed", line)
        else:
            return
        if end < 0:
            return
        at = end + tail


def _parsed(name: str, text: str) -> Any:
    # The declared encoding no longer holds for the decoded text; `encoding` overrides it.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: Any = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as fault:
        line, column = fault.position
        reason = str(fault.msg or "not well-formed").rpartition(", line")[0] or str(fault.msg)
        if "depth" in reason.lower():
            raise _refusal("xml.too_deep", name, "its tags are nested too deeply", line) from fault
        raise _refusal("xml.malformed", name, f"it is not well-formed XML: {reason}", line, column) from fault
    except (etree.LxmlError, ValueError, UnicodeError) as fault:
        raise _refusal("xml.malformed", name, f"it cannot be read as XML: {fault}") from fault
    if root.getroottree().docinfo.doctype:
        raise _refusal("xml.doctype", name, "a document type (DOCTYPE) is not allowed")
    return root


def _refuse_depth(name: str, root: Any) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST_TAG:
            raise _refusal("xml.too_deep", name, "its tags are nested too deeply", element.sourceline or 0)


def _refusal(code: str, name: str, why: str, line: int = 0, column: int = 0) -> Invalid:
    where = f"{name}, line {line}" if line else name
    return Invalid(code, f"{where} cannot be read: {why}.", file=name, line=line, column=column, why=why)
