"""Pictures without what the camera wrote into them: where it was taken, with which device, by whom.

Not a pixel changes. Kept are the way up, which nobody would recognise otherwise, and what tells how colours are meant.
What stands behind the end of a picture (a film, a second file) goes as well.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from engine.documents.pictures import ORIENTATION, Broken

_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1
_KEPT_APPLICATION = {0xE0: b"JFIF", 0xE2: b"ICC_PROFILE", 0xEE: b"Adobe"}
_COMMENT = 0xFE
_DROPPED_PNG = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_DROPPED_WEBP = frozenset({b"EXIF", b"XMP "})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04


def bare(data: bytes, kind: str, *, way_up: int) -> bytes:
    """The picture alone; the same bytes for the same picture. `way_up` is the orientation of its Exif, 1 to 8.

    Raises Broken for what is no such picture.
    """
    exif = _exif(way_up) if way_up in range(2, 9) else b""
    try:
        match kind:
            case "jpeg":
                return b"".join(_jpeg(data, exif))
            case "png":
                return b"".join(_png(data, exif))
            case _:
                return _webp(data, exif)
    except (IndexError, struct.error) as error:
        raise Broken from error


def _exif(way_up: int) -> bytes:
    """A TIFF directory that holds the orientation and nothing else."""
    return b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, ORIENTATION, 3, 1, way_up, 0, 0)


def _jpeg(data: bytes, exif: bytes) -> Iterator[bytes]:
    """Segments up to each scan, the scan as it is, until the end of the image."""
    yield data[:2]
    if exif:
        body = b"Exif\x00\x00" + exif
        yield struct.pack(">BBH", 0xFF, _EXIF, len(body) + 2) + body
    at = 2
    while True:
        found = _MARKER.match(data, at)
        if found is None:
            raise Broken
        marker = found.group(1)[0]
        if marker == _END:
            yield b"\xff\xd9"
            return
        end = found.end() + struct.unpack_from(">H", data, found.end())[0]
        if end > len(data):
            raise Broken
        if marker == _SCAN:
            following = _MARKER.search(data, end)
            if following is None:
                raise Broken
            end = following.start()
        if _says_how_to_see(marker, data[found.end() + 2 : found.end() + 16]):
            yield data[found.start() : end]
        at = end


def _says_how_to_see(marker: int, begins: bytes) -> bool:
    if 0xE0 <= marker <= 0xEF:
        return marker in _KEPT_APPLICATION and begins.startswith(_KEPT_APPLICATION[marker])
    return marker != _COMMENT


def _png(data: bytes, exif: bytes) -> Iterator[bytes]:
    yield data[:8]
    at = 8
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Broken
        if name == b"IDAT" and exif:
            yield struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
            exif = b""
        if name not in _DROPPED_PNG:
            yield data[at:end]
        if name == b"IEND":
            return
        at = end


def _webp(data: bytes, exif: bytes) -> bytes:
    parts = []
    at, stop = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at < stop:
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if end > len(data):
            raise Broken
        part = data[at:end] + b"\x00" * (length % 2)
        if name == b"VP8X":
            flags = part[8] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if exif else 0)
            part = part[:8] + bytes([flags]) + part[9:]
        if name not in _DROPPED_WEBP:
            parts.append(part)
        at = end + length % 2
    if exif:
        parts.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif)
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
