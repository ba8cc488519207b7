"""Pictures: opened to see that they are ones, and made small for pages. Only what is made here is ever shown inline."""

from __future__ import annotations

import io
import threading

from PIL import ExifTags, Image, ImageOps

MOST_PIXELS = 65_000_000
"""As many as the sensors of phones have that keep every pixel."""
PREVIEW_EDGE = 720
"""Pixels of the longer edge."""
QUALITY = 72
_FORMATS = {"jpeg": ("JPEG",), "png": ("PNG",), "webp": ("WEBP",)}
_ONE_AT_A_TIME = threading.Lock()
"""A large picture takes 150 MB while it is open; many people must not open theirs at once."""


class Broken(Exception):
    """No picture, or a damaged one."""


class TooManyPixels(Exception):
    """A picture that would take too much memory."""


ORIENTATION = ExifTags.Base.Orientation


def preview_of(data: bytes, kind: str) -> tuple[bytes, int]:
    """A small JPEG, upright, without what the camera wrote into the file; and which way up the file is, 1 to 8.

    Raises Broken, TooManyPixels.
    """
    with _ONE_AT_A_TIME:
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise TooManyPixels
                way_up = picture.getexif().get(ORIENTATION, 1)
                picture.draft("RGB", (PREVIEW_EDGE * 2, PREVIEW_EDGE * 2))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
                paper = Image.new("RGB", upright.size, "white")
                seen = upright.convert("RGBA")
                paper.paste(seen, mask=seen)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise TooManyPixels from error
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise Broken from error
        made = io.BytesIO()
        paper.save(made, "JPEG", quality=QUALITY, optimize=True)
        return made.getvalue(), way_up if isinstance(way_up, int) else 1
