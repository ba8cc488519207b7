"""What the operator's page shows: the last look into each box, and the mails by what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webhooks.mailbox.model import Mail, MailLook, Outcome

PAGE = 50


def note_look(session: Session, came_by: str, trouble: str, *, now: datetime) -> None:
    """Writes down that a box was looked into. Several nodes may at once."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(MailLook).values(came_by=came_by, at=now, trouble=trouble)
    session.execute(row.on_conflict_do_update(index_elements=["came_by"], set_={"at": now, "trouble": trouble}))


def looks(session: Session) -> Mapping[str, MailLook]:
    """The last look into each box."""
    return {each.came_by: each for each in session.scalars(select(MailLook))}


def counts(session: Session) -> Mapping[Outcome, int]:
    """How many mails became what, from an index alone."""
    rows = session.execute(select(Mail.outcome, func.count()).group_by(Mail.outcome))
    return {Outcome(outcome): count for outcome, count in rows}


def mails(session: Session, outcome: Outcome, *, before: int | None) -> tuple[Sequence[Mail], int | None]:
    """The latest of an outcome, newest first, and where the next page begins."""
    query = select(Mail).where(Mail.outcome == outcome.value).order_by(Mail.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(Mail.id < before)
    rows = session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None
