"""What operators do with what could not be taken: take it in again, put it aside, show a body in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import people
from engine.config import SourceConfig
from engine.errors import REQUIRED, Conflict, Invalid
from engine.people import Viewer
from engine.process import World
from webhooks.inbound import rows
from webhooks.inbound.accepting import look
from webhooks.inbound.model import Delivery, State
from webhooks.inbound.reading import read
from webhooks.inbound.sources import source_of, sources_of

SHOWN = 9
"""A text up to so many plain signs is a code and no person's."""
MOST_LINES = 300


def take_in_again(session: Session, world: World, delivery_id: int, *, viewer: Viewer, now: datetime) -> bool:
    """Judges a refused or expired delivery by the rules that are in force now; gives whether it waits to be filed.

    Raises Conflict `delivery.settled` for one that needs no look, `delivery.forgotten` when its body is gone.
    """
    row = _to_look_at(session, delivery_id, viewer)
    if row.body is None:
        raise Conflict("delivery.forgotten", "Its content was kept for a while only, and is gone.")
    source, said = source_of(world.config, row.source), row.code
    look(session, world, source, row, now=now)
    if row.message is not None and row.state == State.WAITING:
        row.code, row.received_at = said, now  # what was noted on the case is not noted twice; it waits anew
    people.operator_log.log(session, viewer, "inbound.replayed", f"delivery:{row.id}", now=now)
    return row.state == State.WAITING


def put_aside(session: Session, delivery_id: int, reason: str, *, viewer: Viewer, now: datetime) -> None:
    """Nobody has to look at it any more; its body is forgotten. Raises Invalid without a reason, Conflict as above."""
    row = _to_look_at(session, delivery_id, viewer)
    _need(reason)
    row.state, row.settled_at, row.body = State.DROPPED.value, now, None
    people.operator_log.log(session, viewer, "inbound.dropped", f"delivery:{row.id}", now=now, reason=reason.strip())


def show_body(
    session: Session, world: World, delivery_id: int, reason: str, *, viewer: Viewer, now: datetime
) -> tuple[Delivery, str]:
    """The content in the clear; who looked, and why, stands in the operators' log."""
    viewer.must("system.operate")
    row = rows.lock(session, delivery_id, viewer=viewer)
    if row.body is None:
        raise Conflict("delivery.forgotten", "Its content was kept for a while only, and is gone.")
    _need(reason)
    people.operator_log.log(session, viewer, "inbound.shown", f"delivery:{row.id}", now=now, reason=reason.strip())
    return row, row.body.decode(_codec(world, row), "replace")


def masked_lines(world: World, row: Delivery) -> list[tuple[str, str]]:
    """Path and value of all that was sent, without what might be about a person; empty when it cannot be read."""
    if row.body is None:
        return []
    try:
        source = source_of(world.config, row.source)
        tree = read(source, row.body, kind=row.kind, charset=row.charset)
    except Exception:  # it may be anything
        return []
    codes = _coded(source)
    return [(path, _masked(value, path in codes)) for path, value in _leaves(tree, "")][:MOST_LINES]


def _to_look_at(session: Session, delivery_id: int, viewer: Viewer) -> Delivery:
    viewer.must("system.operate")
    row = rows.lock(session, delivery_id, viewer=viewer)
    if row.state not in rows.TO_LOOK_AT:
        raise Conflict("delivery.settled", "It has been settled meanwhile.")
    return row


def _need(reason: str) -> None:
    if not reason.strip():
        raise Invalid("field.required", "reason is needed.", fields={"reason": REQUIRED})


def _codec(world: World, row: Delivery) -> str:
    source = next((each for each in sources_of(world.config) if each.name == row.source), None)
    return "gb18030" if source is not None and source.charset == "gb18030" and "utf" not in row.charset else "utf-8"


def _coded(source: SourceConfig) -> set[str]:
    """Paths whose values are words of a value map: codes of the other system."""
    rules = (source.map.kind, source.map.category, source.map.place_id, source.map.external_no, source.map.version)
    return {path for rule in rules if rule is not None for path in rule.path}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{at}")
    else:
        yield path, value


def _masked(value: Any, is_code: bool) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    plain = text.isascii() and len(text) <= SHOWN and not (text.isdigit() and len(text) > 6)
    return text if is_code or plain or not text else f"{text[:1]}…"
