"""How few cases tell of single people. One number for all who are told numbers and read no case."""

from __future__ import annotations

FEWEST = 5
"""A number about fewer cases than this is held back from whoever may not see the cases behind it."""


def told(count: int | None, *, least: int = FEWEST) -> int | None:
    """The number, or None where it is about too few; that there are none at all is said."""
    return count if count is None or count == 0 or count >= least else None
