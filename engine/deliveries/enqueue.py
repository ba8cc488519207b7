"""Making receivers, and putting something into the queue. Both are harmless a second time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.deliveries.model import Delivery, DeliveryState, Receiver, ReceiverState
from engine.store import table_of

JSON = "application/json"


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


def enqueue(
    session: Session,
    receiver_id: int,
    key: str,
    kind: str,
    body: str,
    *,
    now: datetime,
    subject: str | None = None,
    content_type: str = JSON,
) -> bool:
    """Queues a message; False when this receiver has one under this key. `key` has no dot: signatures part by dots."""
    row = {
        "receiver_id": receiver_id,
        "key": key,
        "kind": kind,
        "subject": subject,
        "body": body,
        "content_type": content_type,
        "state": DeliveryState.WAITING.value,
        "created_at": now,
        "next_at": now,
        "attempts": 0,
    }
    return session.execute(_ENQUEUE[session.get_bind().dialect.name], row).first() is not None


_ENQUEUE = {
    dialect: insert(table_of(Delivery)).on_conflict_do_nothing().returning(table_of(Delivery).c.id)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
