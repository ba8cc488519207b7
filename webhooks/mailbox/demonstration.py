"""Mail to look at in a demonstration: letters that became its cases, some from machines, one that cannot be read."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case
from webhooks.mailbox.filing import CHANNEL
from webhooks.mailbox.model import Mail, MailLook, Outcome

FILED = 8
MACHINES = ("automatic", "bulk", "bounce")


def demonstrate(session: Session, *, now: datetime) -> None:
    """The newest cases of the mailbox as if they had come by mail. Nothing is read and nobody is answered."""
    query = select(Case).where(Case.channel == CHANNEL).order_by(Case.id.desc()).limit(FILED)
    for case in reversed(session.scalars(query).all()):
        session.add(_mail(f"case {case.id}", Outcome.FILED, case.filed_at, case_id=case.id))
    for hours, why in enumerate(MACHINES, 2):
        session.add(_mail(why, Outcome.LEFT, now - timedelta(hours=hours), why=why))
    session.add(_mail("broken", Outcome.REFUSED, now - timedelta(hours=1), why="broken"))
    session.add(MailLook(came_by="drop", at=now, trouble=""))


def _mail(what: str, outcome: Outcome, at: datetime, *, why: str = "", case_id: int | None = None) -> Mail:
    key = hashlib.sha256(f"demonstration: {what}".encode()).hexdigest()
    return Mail(
        key=key,
        at=at,
        came_by="drop",
        outcome=outcome,
        why=why,
        size_bytes=2_000 + int(key[:3], 16),
        sender_shown=f"{key[0]}**@example.org",
        found_in=f"{key[:16]}-letter.eml",
        case_id=case_id,
    )
