"""What somebody typed and has not sent: kept on the server while they type, offered again on any device.

One draft per person and form. The newest words win; what another device had kept until then stays beside them, so
that nothing typed is lost. A draft outlives its task: when the case has moved on, its author still finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases import Case
from engine.errors import Invalid
from engine.store import Base, Instant, Json, canonical_json
from engine.tasks.model import Task, TaskState

FILING = "filing"
MOST_READ = 200
BROUGHT_UP = timedelta(days=30)
LARGEST = 64_000
"""Characters of a whole draft as JSON."""


class Draft(Base):
    """`about` is `task:<id>` or `filing`. `other` is what a second device had written when this one was saved."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_task_id", "task_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    about: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    """As sent: texts and lists of texts by field, not yet checked."""
    revision: Mapped[int] = mapped_column(Integer)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    other: Mapped[dict[str, Any] | None] = mapped_column(Json)
    other_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Saved:
    """`put_aside_at`: when the words were saved that these ones replaced without having known them; mostly None."""

    draft: Draft
    put_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft with the task and the case it is about."""

    draft: Draft
    task: Task
    case: Case


@dataclass(frozen=True, slots=True)
class Begun:
    """`open`: the tasks with a draft that still wait; `kept`: what was written for those that have moved on, latest
    first."""

    filing: Draft | None
    open: frozenset[int]
    kept: Sequence[Kept]


def about_task(task_id: int) -> str:
    return f"task:{task_id}"


def draft_of(session: Session, person_id: int, about: str) -> Draft | None:
    return session.get(Draft, (person_id, about))


def save_draft(
    session: Session,
    person_id: int,
    about: str,
    answers: Mapping[str, Any],
    *,
    seen: int | None,
    now: datetime,
    task_id: int | None = None,
) -> Saved:
    """Keeps the newest words. `seen` is the revision they were written upon, None for a page that had none.

    Words that were saved meanwhile from somewhere else go to `other`, and stay there until the draft is dropped.
    Saving the same words again changes nothing. Raises Invalid `draft.too_large`.
    """
    written = {key: value for key, value in answers.items() if value not in ("", [])}
    if len(canonical_json(written)) > LARGEST:
        raise Invalid("draft.too_large", "This is too long to be kept as a draft.")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = {"task_id": task_id, "answers": written, "revision": 1, "saved_at": now}
    session.execute(
        insert(Draft)
        .values(person_id=person_id, about=about, **first)
        .on_conflict_do_nothing(index_elements=["person_id", "about"])
    )
    draft = session.get_one(Draft, (person_id, about), with_for_update=True, populate_existing=True)
    if draft.answers == written:
        return Saved(draft, None)
    before = (draft.answers, draft.saved_at) if seen != draft.revision else None
    if before is not None:
        draft.other, draft.other_at = before
    draft.answers, draft.revision, draft.saved_at = written, draft.revision + 1, now
    return Saved(draft, before[1] if before else None)


def drop_draft(session: Session, person_id: int, about: str) -> None:
    """Idempotent."""
    session.execute(
        delete(Draft)
        .where(Draft.person_id == person_id, Draft.about == about)
        .execution_options(synchronize_session="evaluate")
    )


def drafts_by(session: Session, person_id: int, *, now: datetime) -> Begun:
    """Everything the person has begun to write, in one query; what moved on is brought up for a month."""
    rows = session.execute(_BEGUN, {"person_id": person_id, "since": now - BROUGHT_UP}).all()
    about_tasks = [Kept(*row) for row in rows if row[0].task_id is not None]
    return Begun(
        filing=next((draft for draft, _task, _case in rows if draft.about == FILING), None),
        open=frozenset(each.task.id for each in about_tasks if each.task.state == TaskState.OPEN),
        kept=[each for each in about_tasks if each.task.state != TaskState.OPEN],
    )


_BEGUN = (
    select(Draft, Task, Case)
    .outerjoin(Task, Task.id == Draft.task_id)
    .outerjoin(Case, Case.id == Task.case_id)
    .where(Draft.person_id == bindparam("person_id"))
    .where(or_(Draft.saved_at > bindparam("since"), Task.state == TaskState.OPEN.value))
    .order_by(Draft.saved_at.desc())
    .limit(MOST_READ)
)
