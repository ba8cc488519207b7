"""What was kept before any row names it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked content that lies in the folder. Until a row names it, it is an orphan and harmless."""

    name: str
    kind: str
    sha256: str
    size_bytes: int
