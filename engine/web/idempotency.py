"""Answers kept for repeated requests: the same `Idempotency-Key` gives the same answer and acts only once.

The row is written first, in the transaction of the act: a second request with the same key waits for the first one,
and finds its answer. An act that was refused leaves nothing behind, so its key is free again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import Conflict, Invalid
from engine.store import Base, Instant, Prepared, canonical_json, table_of

KEPT_FOR = timedelta(hours=48)
SWEPT_AT_ONCE = 100
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class KeptAnswer(Base):
    """What was answered to a request with a key. `status` is empty only while the act runs."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        UniqueConstraint("actor_id", "route", "key"),
        Index("ix_kept_answer_kept_at", "kept_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    route: Mapped[str] = mapped_column(String(200))
    """Method and path, for example `POST /api/v1/cases`."""
    key: Mapped[str] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    location: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of the API: `body` is JSON text."""

    status: int
    body: str
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act under a key; `keep` turns it into the kept answer."""

    id: int


def checked_key(sent: str | None) -> str | None:
    """Raises Invalid for a key that is not 1 to 255 visible ASCII characters."""
    if sent is not None and not KEY.fullmatch(sent):
        raise Invalid("idempotency.key", "Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.")
    return sent


def claim(session: Session, *, actor_id: int, route: str, key: str, sent: Any, now: datetime) -> Claim | Answer:
    """The right to act, or the answer that was given before.

    Waits while another request with this key is acting. Raises Invalid `idempotency.reused` when the key came with
    another body.
    """
    mark = hashlib.sha256(canonical_json(sent).encode()).hexdigest()
    claiming = {"actor_id": actor_id, "route": route, "key": key, "body_hash": mark, "kept_at": now}
    for (fresh,) in _CLAIM[session.get_bind().dialect.name].rows(session, claiming):
        return Claim(fresh)
    kept = session.scalars(
        select(KeptAnswer).where(KeptAnswer.actor_id == actor_id, KeptAnswer.route == route, KeptAnswer.key == key)
    ).first()
    if kept is None or kept.status is None or kept.body is None:  # swept away between the two statements
        raise Conflict("idempotency.busy", "The answer to this key is just being given; send it again.")
    if kept.body_hash != mark:
        raise Invalid("idempotency.reused", "This Idempotency-Key came before with another body; use a new key.")
    return Answer(kept.status, kept.body, kept.location)


def keep(session: Session, claimed: Claim, answer: Answer, *, now: datetime) -> None:
    """Keeps the answer with the act, and sweeps away some that are older than two days without waiting for anybody."""
    _KEEP.run(session, {"this": claimed.id, "status": answer.status, "body": answer.body, "location": answer.location})
    _SWEEP.run(session, {"kept_since": now - KEPT_FOR})


_kept = table_of(KeptAnswer)
_CLAIM = {
    dialect: Prepared(
        insert(_kept).on_conflict_do_nothing(index_elements=["actor_id", "route", "key"]).returning(_kept.c.id),
        columns=("actor_id", "route", "key", "body_hash", "kept_at"),
        gives=[Integer()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_KEEP = Prepared(
    update(_kept)
    .where(_kept.c.id == bindparam("this"))
    .values({name: bindparam(name) for name in ("status", "body", "location")})
)
_OLD = (
    select(_kept.c.id)
    .where(_kept.c.kept_at < bindparam("kept_since"))
    .order_by(_kept.c.kept_at)
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = Prepared(delete(_kept).where(_kept.c.id.in_(_OLD)))
