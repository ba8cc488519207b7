"""Queries over documents. Whether the asker may see the case is settled before (`tasks.see_case`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.model import Document
from engine.errors import NotFound


def of_case(session: Session, case_id: int, *, identity_shown: bool) -> Sequence[Document]:
    """The documents of a case, oldest first, hidden ones with them; protected ones only where identities are shown."""
    wanted = select(Document).where(Document.case_id == case_id).order_by(Document.id)
    if not identity_shown:
        wanted = wanted.where(~Document.protected)
    return session.scalars(wanted).all()


def see(session: Session, case_id: int, document_id: int, *, identity_shown: bool) -> Document:
    """One document to be read. Raises NotFound alike for one of another case, a hidden and a protected one."""
    document = session.get(Document, document_id)
    if (
        document is None
        or document.case_id != case_id
        or document.hidden_at is not None
        or (document.protected and not identity_shown)
    ):
        raise NotFound("document.unknown", "There is no such document.", document=document_id)
    return document
