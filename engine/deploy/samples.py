"""The sample box of each process: scenarios made from real cases, with nothing in them that tells whose they were.

A sample waits until a designer takes it into a proposal or lays it aside. It names no case, no person and no day.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import NotFound
from engine.store import Base

WAITS = text("NOT closed")


class Sample(Base):
    __tablename__ = "sample"
    __table_args__ = (Index("ix_sample_waiting", "id", postgresql_where=WAITS, sqlite_where=WAITS),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    process_id: Mapped[str] = mapped_column(String(64))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    """On which it went so."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """A scenario, as `bpmn/README.md` says."""
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    """Taken into a proposal, or laid aside."""


def put_sample(session: Session, process_id: str, release_id: int, content: bytes) -> Sample:
    sample = Sample(process_id=process_id, release_id=release_id, content=content, closed=False)
    session.add(sample)
    session.flush()
    return sample


def waiting_samples(session: Session, *, most: int = 50) -> Sequence[Sample]:
    """Oldest first."""
    return session.scalars(select(Sample).where(Sample.closed.is_(False)).order_by(Sample.id).limit(most)).all()


def close_sample(session: Session, sample_id: int) -> Sample:
    """Takes it out of the box. Raises NotFound for one that is not there, or not any more."""
    found = session.scalars(select(Sample).where(Sample.id == sample_id).with_for_update()).first()
    if found is None or found.closed:
        raise NotFound("sample.unknown", "There is no such sample in the box.", sample=sample_id)
    found.closed = True
    return found
