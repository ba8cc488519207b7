"""Whole numbers in addresses and forms, no larger than a column of the database holds."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1
MOST_PAGES = 9999


class Id(IntegerConverter):
    """`<int:case_id>`: an address with a larger number leads nowhere."""

    def __init__(self, map: Map, **wanted: Any) -> None:
        super().__init__(map, **{"max": LARGEST, **wanted})


def page_number(words: str | None) -> int:
    """Of a list in pages; the first for anything else."""
    page = number(words) or 1
    return page if page <= MOST_PAGES else 1


def number(words: str | None) -> int | None:
    """None for anything else."""
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 10 else None
