"""What was sent, as one tree whatever its form: keys, lists and plain values. Pure, bounded, and strict.

XML becomes keys by tag, without namespaces; `@name` is an attribute, `#text` the text beside attributes or tags, and
tags of one name beside each other are a list. Forms become keys by field.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from engine.config import SourceConfig
from engine.errors import Invalid
from engine.runtime import read_xml
from engine.strict_json import DEEPEST, MOST_VALUES, must_be_harmless, read_json, too_deep

KINDS = {
    "json": ("application/json", "text/json"),
    "xml": ("application/xml", "text/xml"),
    "form": ("application/x-www-form-urlencoded",),
}
_DECLARATION = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]*?\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']\s*([A-Za-z0-9._-]{1,40})")
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_GB = frozenset({"gb18030", "gbk", "gb2312", "cp936"})

Tree = dict[str, Any]


def read(source: SourceConfig, body: bytes, *, kind: str, charset: str) -> Tree:
    """`kind` and `charset` are what the sender says of the body, or empty texts.

    Raises Invalid `content_type.unknown`, `inbound.charset`, and what `read_json` and `read_xml` refuse.
    """
    if (
        kind
        and kind not in KINDS[source.format]
        and not (source.format != "form" and kind.endswith(f"+{source.format}"))
    ):
        raise Invalid("content_type.unknown", f"{source.name} sends {KINDS[source.format][0]}, not {kind[:60]}.")
    match source.format:
        case "json":
            return read_json(_text(source, body, charset))
        case "xml":
            declared = _ENCODING.search(found[0]) if (found := _DECLARATION.match(body)) else None
            inside = declared[1].decode().lower() if declared else ""
            root = read_xml("the body", _text(source, _DECLARATION.sub(b"", body), charset or inside).encode())
            tree = {_local(root.tag): _of_xml(root, 1)}
        case "form":
            tree = _form(source, body, charset)
    must_be_harmless(tree)
    return tree


def find(tree: Any, path: str) -> Any:
    """What stands at a path; None where nothing does. Of a list without a number, the first."""
    at = tree
    for part in path.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list) and part.isdecimal() and len(part) < 6:
            at = at[int(part)] if int(part) < len(at) else None
            continue
        if isinstance(at, list):
            at = at[0] if at else None
        if isinstance(at, dict) and part in at:
            at = at[part]
        elif part != "0" or isinstance(at, dict):
            return None
    if isinstance(at, dict):
        at = at.get("#text")
    return at


def _text(source: SourceConfig, body: bytes, charset: str) -> str:
    declared = charset.lower()
    if declared in _UTF8 and (declared or source.charset == "utf-8"):
        codec = "utf-8"
    elif source.charset == "gb18030" and declared in _GB | {""}:
        codec = "gb18030"
    else:
        raise Invalid("inbound.charset", f"{source.name} is read as {source.charset.upper()}, not as {declared[:40]}.")
    try:
        return body.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Invalid(
            "inbound.charset", f"The body is not {codec.upper()}: byte {error.start} cannot be read.", at=error.start
        ) from error


def _form(source: SourceConfig, body: bytes, charset: str) -> Tree:
    codec = "gb18030" if source.charset == "gb18030" and charset.lower() not in _UTF8 - {""} else "utf-8"
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding=codec, errors="strict", max_num_fields=MOST_VALUES
        )
    except UnicodeDecodeError as error:
        raise Invalid("inbound.charset", f"A field of the form is not {codec.upper()}.") from error
    except ValueError as error:
        raise Invalid("body.too_many_values", f"The form has more than {MOST_VALUES:,} fields.") from error
    found: Tree = {}
    for name, value in pairs:
        if name in found:
            raise Invalid("body.unreadable", "A field stands twice in the form.")
        found[name] = value
    return found


def _of_xml(element: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise too_deep()
    found: Tree = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _of_xml(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip()
    if not found:
        return text
    return {**found, "#text": text} if text else found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
