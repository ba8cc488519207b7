"""What a content is, told by its bytes; and how a file is called when it is handed out."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

MOST_PARTS = 5_000
"""An office file is a zip; one with more parts is none."""
LONGEST_NAME = 120

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Kind:
    media_type: str
    endings: tuple[str, ...]
    """The first is given to a file whose name has none of them."""


KINDS: Mapping[str, Kind] = {
    "jpeg": Kind("image/jpeg", ("jpg", "jpeg", "jfif")),
    "png": Kind("image/png", ("png",)),
    "webp": Kind("image/webp", ("webp",)),
    "pdf": Kind("application/pdf", ("pdf",)),
    "docx": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    "xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "text": Kind("text/plain", ("txt", "csv", "md", "log")),
}
"""Everything that is kept. What is not here is refused."""

PICTURES = frozenset({"jpeg", "png", "webp"})
"""What has a preview, made here."""

ACCEPTED = ",".join(
    [*(KINDS[kind].media_type for kind in sorted(PICTURES)), *(f".{kind.endings[0]}" for kind in KINDS.values())]
)
"""For a file input: a help to the person, no check. Phones turn their own kind of picture into one of these."""

_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})


def kind_of(data: bytes) -> str | None:
    """A key of `KINDS`; None for anything else, also for a web page or a drawing that calls itself a text."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return "text" if _is_text(data) else None


def is_phone_photo(data: bytes) -> bool:
    """HEIC, HEIF or AVIF: what many phones make of a photo, and few computers here can open."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF


def _office(data: bytes) -> str | None:
    """Only the list of parts is read, nothing is unpacked. One with macros is none of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = set(parts.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    if "[Content_Types].xml" not in names or len(names) > MOST_PARTS:
        return None
    if any(name.lower().endswith((".bin", ".exe", ".dll")) and "vba" in name.lower() for name in names):
        return None
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else None


def _is_text(data: bytes) -> bool:
    """Plain words in UTF-8 or GB 18030. Markup is refused: opened from a phone's folder it would run."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return bool(text.strip()) and not _CONTROL.search(text) and not text.lstrip().startswith("<")
    return False


def clean_name(written: str) -> str:
    """The name without a path, without what cannot be seen, and not too long."""
    name = re.split(r"[\\/]", written)[-1]
    name = "".join(sign for sign in name if unicodedata.category(sign) not in _UNSEEN).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME and dot and len(ending) <= 8:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return name[:LONGEST_NAME]


def file_name(name: str, kind: str) -> str:
    """The name under which a file is handed out: it always ends as its content asks for."""
    endings = KINDS[kind].endings
    return name if name.lower().rpartition(".")[2] in endings and "." in name else f"{name}.{endings[0]}"
