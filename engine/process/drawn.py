"""Who is drawn, by lot that anybody can draw again: the same words fall on the same side for ever."""

from __future__ import annotations

import hashlib


def is_drawn(words: str, share: float) -> bool:
    """True for about `share` of all words. Pure."""
    return int(hashlib.sha256(words.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF < share
