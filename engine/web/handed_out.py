"""Answers that are kept as files, under a name in any script."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.datastructures import Headers


def under(headers: Headers, name: str) -> None:
    """Has the answer kept as a file of that name. A header holds Latin letters only, so others are said as RFC 6266 has
    it, and once more as `_` for readers that do not know it."""
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    names = {"filename": plain} if plain == name else {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    headers.set("Content-Disposition", "attachment", **names)
