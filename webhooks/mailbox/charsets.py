"""Bytes of a mail as text, whatever it says or forgets to say about their charset. Pure."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header

LONGEST_HEADER = 4_000
_KNOWN = re.compile(
    r"(?:us-ascii|ascii|utf-?(?:8|16|32)(?:-?[lb]e)?|iso-?8859-?\d{1,2}|latin-?1|(?:windows|cp)-?\d{3,4}"
    r"|gb_?2312(?:-80)?|gbk|cp936|gb-?18030|hz(?:-gb-2312)?|big-?5(?:-?hkscs)?|euc-?(?:jp|kr|cn)|ks_c_5601-1987"
    r"|iso-2022-(?:jp|kr|cn)|shift[_-]?jis|koi8-[ru]|tis-620)",
    re.ASCII,
)
"""Others are not looked up: Python has codecs that are no charsets, and some that take very long."""
_WIDER = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "euc-cn": "gb18030",
    "ks_c_5601-1987": "cp949", "big5": "big5hkscs", "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8",
    "ascii": "utf-8",
}  # fmt: skip
"""Mailers name the smaller charset and write the larger one."""
_GUESSES = ("utf-8", "gb18030", "big5hkscs")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What no page shows, and what turns the direction of reading."""


def decoded(data: bytes, declared: str | None) -> str:
    """The text; in a charset that was declared wrongly, in the first that fits. Never raises."""
    name = (declared or "").strip().strip("\"'").lower()
    named = (_WIDER.get(name, name),) if _KNOWN.fullmatch(name) else ()
    for charset in (*named, *_GUESSES):
        try:
            return data.decode(charset)
        except (UnicodeError, LookupError):
            continue
    return data.decode(named[0] if named else "utf-8", "replace")


def seen(text: str) -> str:
    """The text without what cannot be seen; lines end in one way."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def readable(raw: str) -> str:
    """A header as the parser keeps it, its bytes that say no charset read."""
    return raw if raw.isascii() else decoded(raw.encode("utf-8", "surrogateescape"), None)


def header_text(raw: str | None) -> str:
    """A header in one line, its encoded words read; bytes that say no charset as well."""
    raw = readable((raw or "")[:LONGEST_HEADER])
    try:
        chunks = decode_header(raw)
    except (HeaderParseError, ValueError):
        chunks = [(raw, None)]
    words: list[str] = []
    for at, (chunk, charset) in enumerate(chunks):
        data = chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "surrogateescape")
        if at and None in (charset, chunks[at - 1][1]):
            words.append(" ")  # the library drops what stood between an encoded word and a plain one
        words.append(decoded(data, charset))
    return " ".join(seen("".join(words)).split())
