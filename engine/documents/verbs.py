"""Adding a document to a case, and taking one out of sight: both lock the case and are written into its history.

A photo of no case is only kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import history
from engine.cases import lock_case
from engine.config import DocumentsConfig
from engine.documents.kept import Kept
from engine.documents.kinds import PICTURES
from engine.documents.model import Document, Photo, Use
from engine.errors import Conflict, Invalid, NotFound
from engine.reasons import reason_given


def attach(
    session: Session,
    case_id: int,
    kept: Kept,
    *,
    limits: DocumentsConfig,
    actor_id: int | None,
    now: datetime,
    task_id: int | None = None,
    protected: bool = False,
    signs: str | None = None,
) -> Document:
    """Adds a kept content to a case. What the case shows already is given back and added no second time.

    `signs` makes it a signature under the answers of that hash. `actor_id` None is the petitioner. Raises NotFound for
    an unknown case and Conflict `document.too_many` for a full one.
    """
    case = lock_case(session, case_id)
    shown = (Document.case_id == case_id, Document.hidden_at.is_(None))
    same = select(Document).where(*shown, Document.sha256 == kept.sha256, Document.signs.is_not_distinct_from(signs))
    for known in session.scalars(same if signs is None else same.where(Document.task_id == task_id)):
        if protected and not known.protected:
            known.protected = True
            facts = {"document": known.id, "sha256": known.sha256}
            history.record(session, case, "document.protected", actor_id=actor_id, now=now, facts=facts)
        return known
    if session.execute(select(func.count()).select_from(Document).where(*shown)).scalar_one() >= limits.per_case:
        raise Conflict("document.too_many", f"A case takes at most {limits.per_case} documents.", case=case_id)
    document = Document(
        case_id=case_id,
        task_id=task_id,
        sha256=kept.sha256,
        kind=kept.kind,
        size_bytes=kept.size_bytes,
        name=kept.name,
        use=Use.PAPER if signs is None else Use.SIGNATURE,
        signs=signs,
        protected=protected,
        added_by=actor_id,
        added_at=now,
    )
    session.add(document)
    session.flush()
    told = {
        "document": document.id,
        "sha256": kept.sha256,
        "bytes": kept.size_bytes,
        "kind": kept.kind,
        **({"task": task_id} if task_id else {}),
        **({"signs": signs} if signs else {}),
    }
    history.record(session, case, "document.added", actor_id=actor_id, now=now, facts=told)
    return document


def hide(session: Session, case_id: int, document_id: int, reason: str, *, actor_id: int, now: datetime) -> Document:
    """Takes a document out of sight; row, content and history stay. Hiding it again changes nothing.

    Raises NotFound, Invalid without a reason, and Conflict for a signature: it belongs to what was signed.
    """
    case = lock_case(session, case_id)
    document = session.get(Document, document_id)
    if document is None or document.case_id != case_id:
        raise NotFound("document.unknown", "There is no such document.", document=document_id)
    reason = reason_given(reason)
    if document.use == Use.SIGNATURE:
        raise Conflict("document.signature", "A signature stays with what was signed.", case=case_id)
    if document.hidden_at is None:
        document.hidden_at, document.hidden_by, document.hidden_reason = now, actor_id, reason
        history.record(
            session,
            case,
            "document.hidden",
            actor_id=actor_id,
            now=now,
            facts={"document": document.id, "sha256": document.sha256, "reason": reason},
        )
    return document


def keep_photo(session: Session, kept: Kept, *, actor_id: int, now: datetime) -> Photo:
    """A row for a kept picture that belongs to no case. Raises Invalid `document.kind` for what is none."""
    if kept.kind not in PICTURES:
        words = {"zh": f"{kept.name}：请拍照片。", "en": f"{kept.name}: a photo is needed."}
        raise Invalid("document.kind", words["en"], words=words)
    photo = Photo(
        sha256=kept.sha256,
        kind=kept.kind,
        size_bytes=kept.size_bytes,
        name=kept.name,
        added_by=actor_id,
        added_at=now,
    )
    session.add(photo)
    session.flush()
    return photo
