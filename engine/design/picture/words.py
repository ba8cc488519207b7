"""Text in a box: how wide it is about, and where it breaks. Chinese breaks anywhere, other words between words."""

from __future__ import annotations

import re
import unicodedata

LINE = 1.25
"""The height of a line, in letters."""
_PIECE = re.compile(r"[⺀-鿿豈-﫿＀-￯　-〿][,,。;;::、!?!?))」』”]*|[^\s⺀-鿿豈-﫿＀-￯　-〿]+|\s+")


def in_language(name: str, locale: str) -> str:
    """`中文 / English` in the reader's language; a name without a slash is the same in all."""
    zh, _, en = name.partition(" / ")
    return (zh if locale.startswith("zh") else en or zh).strip()


def width_of(text: str, size: float) -> float:
    """About; a Chinese character is as wide as it is high."""
    return size * sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.56 for each in text)


def wrapped(text: str, width: float, size: float, *, most: int = 8) -> tuple[str, ...]:
    """Lines that fit the width where they can be broken; the last ends in … when there are more than `most`."""
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(text):
        if line and width_of((line + piece).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    lines = [each for each in (*lines, line.strip()) if each]
    return tuple(lines) if len(lines) <= most else (*lines[: most - 1], f"{lines[most - 1]}…")
