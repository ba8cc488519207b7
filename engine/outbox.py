"""What must leave: written in the transaction that caused it, leased, sent and marked afterwards.

Nothing goes over the network inside the transaction of an act. A crash between sending and marking sends again
under the same key, so every receiver must take a key twice without harm.

A database that was put back from a backup holds everything (`hold`): it remembers as unsent what the old one may have
sent since. Nothing leaves, whatever its way, until an operator says so (`let_go`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store import Base, Instant, Json, Prepared, failpoint, note_due, table_of

NEXT_DUE = "maplebridge.outbox_due"
"""What a committed session notes (`note_due`) to have the outbox emptied soon."""
LEASE = timedelta(seconds=60)
GIVE_UP_AFTER = 10
LONGEST_WAIT = timedelta(hours=6)


class OutboxEntry(Base):
    """One message to the world. `key` is the same on every try."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_open",
            "next_at",
            "id",
            postgresql_where=text("sent_at IS NULL"),
            sqlite_where=text("sent_at IS NULL"),
        ),
        Index("ix_outbox_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    history_seq: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str] = mapped_column(String(48))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)


class Hold(Base):
    """While its one row is there, nothing leaves: no entry is claimed, no delivery and no message is sent."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    since: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(String(200))
    """Which backup was put back; empty: somebody wanted it so."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed entry as its sender sees it."""

    id: int
    key: str
    case_id: int
    topic: str
    facts: Mapping[str, Any]
    created_at: datetime
    attempts: int


_PUT = Prepared(
    insert(table_of(OutboxEntry)),
    columns=("key", "case_id", "history_seq", "topic", "facts", "created_at", "next_at", "attempts"),
)


def put(session: Session, case: Any, topic: str, *, now: datetime, facts: Mapping[str, Any]) -> None:
    """Queues a message about a case, keyed by the history entry that caused it and the topic.

    Call it after `history.record`; `facts` may tell one message of an entry from another by a key `to`.
    """
    key = f"{case.id}:{case.history_seq}:{topic}:{facts.get('to', '')}"[:80]
    row = {
        "key": key,
        "case_id": case.id,
        "history_seq": case.history_seq,
        "topic": topic,
        "facts": dict(facts),
        "created_at": now,
        "next_at": now,
        "attempts": 0,
    }
    _PUT.add(session, row)
    note_due(session, NEXT_DUE, now)
    failpoint("outbox-written")


def claim(session: Session, *, now: datetime, most: int) -> list[Parcel]:
    """Leases due entries, oldest first, so that no other node sends them for a minute. Commit before sending.

    Gives none while everything is held.
    """
    if held(session) is not None:
        return []
    due = (
        select(OutboxEntry.id)
        .where(OutboxEntry.sent_at.is_(None), OutboxEntry.next_at <= now, OutboxEntry.attempts < GIVE_UP_AFTER)
        .order_by(OutboxEntry.next_at, OutboxEntry.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    if not ids:
        return []
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(ids))
        .values(next_at=now + LEASE, attempts=OutboxEntry.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = session.scalars(select(OutboxEntry).where(OutboxEntry.id.in_(ids)).order_by(OutboxEntry.id))
    return [Parcel(r.id, r.key, r.case_id, r.topic, r.facts, r.created_at, r.attempts) for r in rows]


def mark_sent(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Idempotent."""
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(ids), OutboxEntry.sent_at.is_(None))
        .values(sent_at=now, trouble=None)
        .execution_options(synchronize_session=False)
    )


def mark_failed(session: Session, entry_id: int, *, now: datetime, attempts: int, trouble: str) -> None:
    """Puts an entry off: 1, 2, 4 … minutes, at most six hours; after ten tries it waits for an operator."""
    wait = min(timedelta(minutes=2 ** max(attempts - 1, 0)), LONGEST_WAIT)
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(next_at=now + wait, trouble=trouble[:2000])
        .execution_options(synchronize_session=False)
    )


def backlog(session: Session) -> tuple[int, datetime | None]:
    """How many entries wait to be sent, and since when the oldest does; those given up are `stuck`, not counted."""
    count, since = session.execute(
        select(func.count(), func.min(OutboxEntry.created_at)).where(
            OutboxEntry.sent_at.is_(None), OutboxEntry.attempts < GIVE_UP_AFTER
        )
    ).one()
    return count, since


def stuck(session: Session, *, most: int = 100) -> Sequence[OutboxEntry]:
    """Entries that were given up, for the operator."""
    return session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.sent_at.is_(None), OutboxEntry.attempts >= GIVE_UP_AFTER)
        .order_by(OutboxEntry.id)
        .limit(most)
    ).all()


def held(session: Session) -> Hold | None:
    """Since when and why nothing leaves; None in ordinary times. Whoever sends anything asks it before claiming."""
    return session.get(Hold, 1)


def hold(session: Session, why: str, *, now: datetime) -> Hold:
    """Keeps everything back from now on. What is held already stays as it is."""
    found = held(session)
    if found is None:
        found = Hold(id=1, since=now, why=why[:200])
        session.add(found)
        session.flush()
    return found


def let_go(session: Session) -> bool:
    """Sends again what waits, each under the key it always had; False when nothing was held."""
    found = held(session)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True
