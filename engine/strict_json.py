"""JSON of somebody else as we take it: no key given twice, no number that is none, neither deep nor endless.

No text that a database cannot hold either: zero characters and halves of characters are refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from engine.errors import Invalid

DEEPEST = 20
MOST_VALUES = 2000
"""In one body, containers counted."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_json(sent: bytes | str, *, most: int = MOST_VALUES) -> dict[str, Any]:
    """The object that was sent; bytes are UTF-8.

    Raises Invalid `body.unreadable`, `body.too_deep` or `body.too_many_values`.
    """
    try:
        found = DECODER.decode(sent.decode("utf-8") if isinstance(sent, bytes) else sent)
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise Invalid("body.unreadable", f"The body is not readable JSON: {error}") from error
    if not isinstance(found, dict):
        raise Invalid("body.unreadable", "The body must be a JSON object.")
    must_be_harmless(found, most=most)
    return found


def must_be_harmless(tree: dict[str, Any], *, most: int = MOST_VALUES) -> None:
    """Looks at what was read, from JSON or otherwise. Raises Invalid as `read_json` does."""
    level: list[Any] = [tree]
    count = 0
    for _depth in range(DEEPEST):
        following: list[Any] = []
        for each in level:
            if isinstance(each, str):
                _must_be_storable(each)
            elif isinstance(each, dict):
                for key in each:
                    _must_be_storable(key)
                following += each.values()
            elif isinstance(each, list):
                following += each
        count += len(following)
        if count > most:
            raise Invalid("body.too_many_values", f"The body has more than {most:,} values.")
        if not following:
            return
        level = following
    raise too_deep()


def too_deep() -> Invalid:
    """The refusal of what is nested deeper than that, for readers of other forms."""
    return Invalid("body.too_deep", f"The body is nested deeper than {DEEPEST}.")


def _must_be_storable(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise Invalid("body.unreadable", "The body holds a character that cannot be stored.")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_finite, parse_constant=_no_constant)
"""For who reads a long file object by object. What it gives is not looked at yet: see `must_be_harmless`."""
