"""What one dispatcher leaves for the next: a note on the unit, shown until the following one is written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import Invalid, NotAllowed
from engine.people import ACTS, Person, Viewer
from engine.store import Base, Instant, UnitId

LONGEST = 1000


class ShiftNote(Base):
    """The newest of a unit counts; the earlier ones stay as a record."""

    __tablename__ = "shift_note"
    __table_args__ = (Index("ix_shift_note_unit_id_id", "unit_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(Instant)


def leave_note(session: Session, unit_id: str, text: str, *, viewer: Viewer, now: datetime) -> None:
    """Raises NotAllowed for a unit where the viewer does not lead, Invalid for no text or too much of it."""
    if unit_id not in viewer.units(ACTS["board.read"]):
        raise NotAllowed("note.not_yours", "You can only leave a note for a unit where you lead or dispatch.")
    text = text.strip()
    if not text:
        raise _wrong("请填写交班内容。", "Write what the next one should know.")
    if len(text) > LONGEST:
        raise _wrong(f"最多 {LONGEST} 字。", f"At most {LONGEST} characters.")
    session.add(ShiftNote(unit_id=unit_id, text=text, written_by=viewer.person_id, written_at=now))


def newest_note(session: Session, unit_id: str) -> tuple[ShiftNote, Person] | None:
    """The note that stands, with who wrote it."""
    row = session.execute(
        select(ShiftNote, Person)
        .join(Person, Person.id == ShiftNote.written_by)
        .where(ShiftNote.unit_id == unit_id)
        .order_by(ShiftNote.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid("note.text", en, fields={"note": {"zh": zh, "en": en}})
