"""What a leader should know of a case before they receive: earlier matters of the same people, and earlier answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, Party, parties_of
from engine.people import Viewer
from engine.process import Related
from engine.tasks import Task, TaskState

ANSWERS = ("resolve", "suggestion_decision", "consult_answer", "petition_opinion", "petition_answer_simple")
"""Forms in which people are answered, each with the words of the reply."""
WORDS = ("reply_text", "measures")
MOST = 4


@dataclass(frozen=True, slots=True)
class Brief:
    """`answers` are what people were told in this matter and the related ones, the latest first."""

    parties: Sequence[Party]
    related: Sequence[Related]
    answers: Sequence[tuple[Task, str]]


def brief_of(session: Session, viewer: Viewer, case: Case) -> Brief:
    """Only what the viewer may see. Three statements."""
    parties = parties_of(session, case.id)
    related = process.related(session, viewer, case, parties)
    told = session.scalars(
        select(Task)
        .where(Task.case_id.in_([case.id, *(each.case.id for each in related)]))
        .where(Task.form.in_(ANSWERS), Task.state == TaskState.COMPLETED.value)
        .order_by(Task.completed_at.desc())
    )
    answers = [(task, said) for task in told if (said := _said(task))]
    return Brief(parties, related, answers[:MOST])


def _said(task: Task) -> str:
    return next((str(task.answers[key]) for key in WORDS if task.answers and task.answers.get(key)), "")
