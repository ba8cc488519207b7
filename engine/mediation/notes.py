"""A mediator's private note on a case: read and changed by its author alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.mediation.model import PrivateNote

LONGEST = 4000


def note_of(session: Session, case_id: int, *, person_id: int) -> str:
    """Empty when there is none."""
    note = session.get(PrivateNote, (case_id, person_id))
    return "" if note is None else note.text


def keep_note(session: Session, case_id: int, text: str, *, person_id: int, now: datetime) -> None:
    """An empty text removes it. Nothing of it is recorded anywhere else. The caller has seen the case."""
    said = text.replace("\r\n", "\n").strip()
    if len(said) > LONGEST:
        fields = {"text": {"zh": f"最多 {LONGEST} 字。", "en": f"At most {LONGEST} characters."}}
        raise Invalid("note.too_long", "The note is too long.", fields=fields)
    note = session.get(PrivateNote, (case_id, person_id))
    if not said:
        if note is not None:
            session.delete(note)
    elif note is None:
        session.add(PrivateNote(case_id=case_id, person_id=person_id, text=said, saved_at=now))
    else:
        note.text, note.saved_at = said, now
    session.flush()
