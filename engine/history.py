"""What happened to a case: append-only, numbered without a gap, each entry carrying the hash of the one before.

The head (last number and hash) stands on the case row, so recording needs no query and the case row's lock keeps
two writers apart. Triggers in the migrations refuse UPDATE and DELETE on the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, Integer, String, event, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store import Base, Instant, Json, Prepared, canonical_json, failpoint, table_of

STEERED = text("act IN ('case.returned', 'case.downgraded', 'triage.overridden', 'case.token_moved')")
"""Acts by which somebody turned a case from where it was going; written out, so that queries meet the index."""

FIGURED = text(
    "act IN ('case.closed', 'case.reopened', 'case.sorted', 'citizen.confirmed', 'citizen.rated', 'citizen.refused',"
    " 'clock.extended', 'clock.paused', 'triage.overridden')"
)
"""Acts that figures are counted from (`reports.population`)."""
ENDS = text("act IN ('case.closed', 'case.reopened')")
MEDIATED = text("act IN ('mediation.accepted', 'mediation.ended')")
"""What an organisation's figures are counted from."""


class HistoryEntry(Base):
    """One act. `after` holds the fields of the case that the act changed, so that replay gives the present state."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_steered", "at", postgresql_where=STEERED, sqlite_where=STEERED),
        Index("ix_history_figured", "act", "at", "case_id", postgresql_where=FIGURED, sqlite_where=FIGURED),
        Index("ix_history_mediated", "case_id", postgresql_where=MEDIATED, sqlite_where=MEDIATED),
        Index("ix_history_ends", "case_id", "seq", "at", postgresql_where=ENDS, sqlite_where=ENDS),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    act: Mapped[str] = mapped_column(String(48))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER history_no_update BEFORE UPDATE ON history"
        " BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
        "CREATE TRIGGER history_no_delete BEFORE DELETE ON history"
        " BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$",
        "CREATE TRIGGER history_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history"
        " FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()",
    ),
}
"""Statements that make the database itself refuse a change of the past; the migrations run them too."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(table_of(HistoryEntry), "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


_APPEND = Prepared(insert(table_of(HistoryEntry)), columns=table_of(HistoryEntry).c.keys())


def record(
    session: Session,
    case: Any,
    act: str,
    *,
    actor_id: int | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Appends one entry and moves the head on `case` (a `cases.Case`), whose row the caller has locked.

    `actor_id` None is the system. `act` is noun.past (`case.raised`). `after` names the case fields that changed.
    """
    seq = case.history_seq + 1
    previous = case.history_hash
    row = {
        "case_id": case.id,
        "seq": seq,
        "at": now,
        "actor_id": actor_id,
        "act": act,
        "facts": dict(facts or {}),
        "after": dict(after or {}),
        "previous_hash": previous,
    }
    row["hash"] = digest(row)
    case.history_seq = seq
    case.history_hash = row["hash"]
    _APPEND.add(session, row)
    failpoint("history-written")


def first_break(entries: Sequence[HistoryEntry], head: str) -> int | None:
    """The number of the first entry whose chain does not hold, or None when all of it does.

    `entries` are a run of one case in order, up to its last; `head` is the hash that the case keeps of that one.
    """
    previous = entries[0].previous_hash if entries and entries[0].seq > 1 else ""
    seq = entries[0].seq - 1 if entries else 0
    for entry in entries:
        row = {column.key: getattr(entry, column.key) for column in table_of(HistoryEntry).c}
        if entry.seq != seq + 1 or entry.previous_hash != previous or digest(row) != entry.hash:
            return entry.seq
        seq, previous = entry.seq, entry.hash
    return None if previous == head else seq


def digest(row: Mapping[str, Any]) -> str:
    """The hash of an entry over everything in it and the hash before it."""
    text = canonical_json(
        [
            row["case_id"],
            row["seq"],
            row["at"].isoformat(timespec="microseconds"),
            row["actor_id"],
            row["act"],
            row["facts"],
            row["after"],
            row["previous_hash"],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()
