"""Which cases belong together: one comes again after its answer, or is carried on by another. Numbers never change."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, case, func, select, text, union_all
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from engine.cases.model import Case
from engine.store import Base, Instant


class LinkKind(enum.StrEnum):
    REPEAT = "repeat"
    """The other one is an earlier case of the same person about the same matter, which had been answered."""
    MERGED = "merged"
    """The other one carries this case on: its master."""


FOLLOWS = text("kind = 'merged' AND ended_at IS NULL")


class CaseLink(Base):
    """From a case to an earlier one, or to its master. A link that has ended stays as a row."""

    __tablename__ = "case_link"
    __table_args__ = (
        Index("ix_case_link_case_id", "case_id", "kind"),
        Index("ix_case_link_other_id", "other_id", "kind"),
        Index("uq_case_link_one_master", "case_id", unique=True, postgresql_where=FOLLOWS, sqlite_where=FOLLOWS),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: the system, as it was filed."""
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the answer of the master was last written into the history of the case that follows it."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def link_to_master(session: Session, case_id: int) -> CaseLink | None:
    """The link that lives now; None for a case that is carried on by no other."""
    return session.scalars(select(CaseLink).where(CaseLink.case_id == case_id, *_LIVES)).first()


def links_to_followers(session: Session, masters: Iterable[int]) -> Sequence[CaseLink]:
    """The living links to any of these masters, oldest first."""
    return session.scalars(
        select(CaseLink).where(CaseLink.other_id.in_(sorted(set(masters))), *_LIVES).order_by(CaseLink.id)
    ).all()


def links_about(session: Session, case_id: int) -> Sequence[CaseLink]:
    """The living links to the case that carries a case on, or to the case itself where none does. One statement."""
    mine = aliased(CaseLink)
    merged = (mine.kind == LinkKind.MERGED.value, mine.ended_at.is_(None))
    master = select(mine.other_id).where(mine.case_id == case_id, *merged).scalar_subquery()
    wanted = func.coalesce(master, case_id)
    return session.scalars(select(CaseLink).where(CaseLink.other_id == wanted, *_LIVES)).all()


def linked_to(session: Session, case_id: int, *, most: int) -> Sequence[tuple[CaseLink, Case]]:
    """Every living link from or to a case with the case at its other end, the latest first. Asks nothing of rights."""
    ours = union_all(
        select(CaseLink.id).where(CaseLink.case_id == case_id), select(CaseLink.id).where(CaseLink.other_id == case_id)
    )
    other = case((CaseLink.case_id == case_id, CaseLink.other_id), else_=CaseLink.case_id)
    rows = session.execute(
        select(CaseLink, Case)
        .join(Case, Case.id == other)
        .where(CaseLink.id.in_(ours), CaseLink.ended_at.is_(None))
        .order_by(CaseLink.id.desc())
        .limit(most)
    )
    return [(link, found) for link, found in rows]


_LIVES = (CaseLink.kind == LinkKind.MERGED.value, CaseLink.ended_at.is_(None))
