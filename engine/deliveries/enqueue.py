"""Making receivers, and putting something into the queue. Both are harmless a second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.deliveries.model import Delivery, DeliveryState, Receiver, ReceiverState
from engine.store import Prepared, note_due, table_of

JSON = "application/json"
NEXT_DUE = "maplebridge.delivery_due"
"""What a committed session notes (`note_due`) to have deliveries sent soon."""


def receiver(
    session: Session,
    name: str,
    *,
    url: str,
    kind: str,
    signed: bool,
    now: datetime,
    keys: Sequence[Mapping[str, Any]] = (),
) -> Receiver:
    """The receiver of that name, made when there is none; its address is what is said now.

    Check the address first (`Outward.check`). A signed receiver without keys has its secret given to the worker.
    """
    found = session.scalar(select(Receiver).where(Receiver.name == name))
    if found is None:
        found = Receiver(
            name=name,
            kind=kind,
            url=url,
            signed=signed,
            keys=[dict(key) for key in keys],
            state=ReceiverState.ON.value,
            failures=0,
            made_at=now,
        )
        session.add(found)
    elif found.url != url or found.signed != signed:
        found.url, found.signed = url, signed
    session.flush()
    return found


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for a receiver. `key` has no dot: signatures part by dots. `subject` is the number of its case."""

    receiver_id: int
    key: str
    kind: str
    body: str
    at: datetime
    subject: str | None = None
    content_type: str = JSON


def enqueue(session: Session, letters: Iterable[Letter]) -> int:
    """Queues messages, due from their own instant on; gives how many are new to their receiver under their key."""
    letters = [*letters]
    if letters:
        note_due(session, NEXT_DUE, min(each.at for each in letters))
    rows = [
        {
            "receiver_id": each.receiver_id,
            "key": each.key,
            "kind": each.kind,
            "subject": each.subject,
            "body": each.body,
            "content_type": each.content_type,
            "state": DeliveryState.WAITING.value,
            "created_at": each.at,
            "next_at": each.at,
            "attempts": 0,
        }
        for each in letters
    ]
    return _ENQUEUE[session.get_bind().dialect.name].run_many(session, rows)


_COLUMNS = (
    *("receiver_id", "key", "kind", "subject", "body", "content_type"),
    *("state", "created_at", "next_at", "attempts"),
)
_ENQUEUE = {
    dialect: Prepared(insert(table_of(Delivery)).on_conflict_do_nothing(), columns=_COLUMNS)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
