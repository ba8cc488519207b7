"""A database as the check sees it, and instants as the embedded one writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from bench import ground
from engine import verify


def check(url: str, now: datetime) -> list[verify.Violation]:
    with ground.ground(url) as g:
        return verify.check(g.store, g.app.world, now=now)


def at_text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", timespec="microseconds")
