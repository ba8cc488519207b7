"""A message becomes words on a channel. So far there is one channel: the notices page of the units concerned.

The outbox brings each outward act of a case here; who hears of it follows from the act. Posting twice is harmless:
a notice is unique by the message's key and the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import outbox
from engine.cases import Case, get_case
from engine.people import Viewer
from engine.store import Base, Instant, Json, table_of
from engine.territory import Tiers


class Notice(Base):
    """Something a unit should know about a case. `what` is the act, or the word a diagram told."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("key", "unit_id"), Index("ix_notice_unit_id_id", "unit_id", "id"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    what: Mapped[str] = mapped_column(String(48))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)


class NoticesRead(Base):
    """Up to which notice a person has looked."""

    __tablename__ = "notices_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    up_to: Mapped[int] = mapped_column(Integer)


def post(session: Session, parcel: outbox.Parcel, *, tiers: Tiers) -> int:
    """Puts a message of the outbox on the notices of every unit it concerns; gives how many are new."""
    case = get_case(session, parcel.case_id)
    what = str(parcel.facts.get("what") or parcel.topic)
    units = _told_units(parcel, case, tiers)
    known = set(session.scalars(select(Notice.unit_id).where(Notice.key == parcel.key)))
    rows = [
        {
            "key": parcel.key,
            "unit_id": unit,
            "case_id": case.id,
            "what": what,
            "facts": dict(parcel.facts),
            "at": parcel.created_at,
        }
        for unit in units
        if unit not in known
    ]
    if rows:
        session.execute(insert(table_of(Notice)), rows)
    return len(rows)


def notices_of(session: Session, viewer: Viewer, *, most: int = 50) -> Sequence[tuple[Notice, Case]]:
    """The newest notices of the viewer's units with their cases, newest first. Confidential cases stay out."""
    rows = session.execute(
        select(Notice, Case)
        .join(Case, Case.id == Notice.case_id)
        .where(Notice.unit_id.in_(viewer.units()), Case.confidential.is_(False))
        .order_by(Notice.id.desc())
        .limit(most)
    )
    return [(notice, case) for notice, case in rows]


def unread(session: Session, viewer: Viewer) -> int:
    """How many notices came since the viewer last looked; at most 100 are counted."""
    seen = session.scalar(select(NoticesRead.up_to).where(NoticesRead.person_id == viewer.person_id)) or 0
    newer = select(Notice.id).where(Notice.unit_id.in_(viewer.units()), Notice.id > seen).limit(100).subquery()
    return session.scalar(select(func.count()).select_from(newer)) or 0


def mark_read(session: Session, viewer: Viewer) -> None:
    """Notes that the viewer has looked at everything there is."""
    newest = session.scalar(select(func.max(Notice.id)).where(Notice.unit_id.in_(viewer.units()))) or 0
    session.merge(NoticesRead(person_id=viewer.person_id, up_to=newest))


def _told_units(parcel: outbox.Parcel, case: Case, tiers: Tiers) -> list[str]:
    """The units an act concerns: both ends of a move, whom a diagram names, else the holder."""
    facts = parcel.facts
    units: list[str] = [str(end["unit"]) for end in (facts.get("from"), facts.get("to")) if isinstance(end, dict)]
    units += _words_to_units(facts.get("whom") or (), case, tiers)
    if not units:
        units = [case.holder_id]
    return list(dict.fromkeys(units))


def _words_to_units(words: Iterable[str], case: Case, tiers: Tiers) -> list[str]:
    units: list[str] = []
    above = tiers.tier_above(case.place_id, case.tier)
    for word in words:
        if word in ("holder", "deputy", "parties"):
            units.append(case.holder_id)  # a party has no page: the holder tells them
        elif word == "above" and above is not None:
            units.append(tiers.unit_at(case.place_id, above))
        elif word == "top":
            units.append(tiers.unit_at(case.place_id, tiers.top))
    return units
