"""Handling together, as it stands: who was asked, who has answered; what was agreed, who has signed it.

Read from the tasks of a case by the names of their forms, which are the contract here as they are for `marks`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import documents
from engine.documents import Document
from engine.store import canonical_json
from engine.tasks import Task, TaskState

INVITES = ("invite_joint", "arbitration")
"""Forms that ask other units in: the lead's, and the decision that says who leads and who joins."""
FORMS = (*INVITES, "co_opinion", "agreement", "sign")
Answered = Literal["answered", "awaited", "absent", "released"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What became of one invitation. `released`: the case moved on before the time was up."""

    task: Task
    state: Answered

    @property
    def answers(self) -> Mapping[str, Any]:
        return self.task.answers or {}


@dataclass(frozen=True, slots=True)
class Joint:
    """The latest round: the invitation and one opinion per unit, in the order of the invitation."""

    invitation: Task
    opinions: tuple[Opinion, ...]

    @property
    def answered(self) -> int:
        return sum(opinion.state == "answered" for opinion in self.opinions)

    @property
    def awaits(self) -> bool:
        return any(opinion.state == "awaited" for opinion in self.opinions)


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's: `signed` None while it is awaited; `holds` says that the drawing stands under this very text."""

    task: Task
    party_id: int
    signed: bool | None
    document: Document | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """The latest agreement. `sha256` is the hash of its answers, the same that the history keeps."""

    task: Task
    sha256: str
    signatures: tuple[Signature, ...]


def joint_of(every_task: Sequence[Task]) -> Joint | None:
    """Of the tasks of a case, oldest first. None when nobody was ever invited."""
    invitation = _last_completed(every_task, *INVITES)
    if invitation is None or not (invitation.answers or {}).get("co_units"):
        return None
    asked = [task for task in every_task if task.form == "co_opinion" and task.id > invitation.id]
    return Joint(invitation, tuple(Opinion(task, _became(task)) for task in asked))


def agreement_in(every_task: Sequence[Task], papers: Sequence[Document]) -> Agreement | None:
    """Of the tasks of a case, oldest first, and its documents. None when nothing was agreed."""
    agreed = _last_completed(every_task, "agreement")
    if agreed is None:
        return None
    sha256 = hash_of(agreed)
    drawn = {str(paper.id): paper for paper in papers if paper.signs is not None}
    asked = [task for task in every_task if task.form == "sign" and task.id > agreed.id]
    return Agreement(agreed, sha256, tuple(_signature(task, drawn, sha256) for task in asked))


def agreement_of(session: Session, case_id: int) -> Agreement | None:
    """`agreement_in` for whoever has not read the case anyway."""
    return agreement_in(tasks_together(session, case_id), documents.of_case(session, case_id, identity_shown=True))


def tasks_together(session: Session, case_id: int) -> Sequence[Task]:
    return session.scalars(select(Task).where(Task.case_id == case_id, Task.form.in_(FORMS)).order_by(Task.id)).all()


def hash_of(task: Task) -> str:
    """The hash of what was answered, as `task.completed` in the history has it."""
    return hashlib.sha256(canonical_json(task.answers or {}).encode()).hexdigest()


def conclusion_from(joint: Joint, names: Mapping[str, str], positions: Mapping[str, str]) -> dict[str, str]:
    """First words for the conclusion: what each unit promised, and who thinks otherwise. One line per unit."""
    measures, dissent = [], []
    for opinion in joint.opinions:
        unit, said = names.get(opinion.task.unit_id, opinion.task.unit_id), opinion.answers
        if said.get("measures"):
            by = f" ({said['commit_date']})" if said.get("commit_date") else ""
            measures.append(f"{unit}: {said['measures']}{by}")
        if said.get("position") in ("partly", "disagree", "not_ours"):
            position = positions.get(said["position"], said["position"])
            dissent.append(f"{unit}: {position} — {said.get('opinion', '')}")
    written = {"measures": "\n".join(measures)[:2000], "dissent": "\n".join(dissent)[:1000]}
    return {key: text for key, text in written.items() if text}


def _last_completed(every_task: Sequence[Task], *forms: str) -> Task | None:
    return next((t for t in reversed(every_task) if t.form in forms and t.state == TaskState.COMPLETED), None)


def _became(task: Task) -> Answered:
    if task.state == TaskState.COMPLETED:
        return "answered"
    if task.state == TaskState.OPEN:
        return "awaited"
    late = task.due_at is not None and task.closed_at is not None and task.due_at <= task.closed_at
    return "absent" if late else "released"


def _signature(task: Task, drawn: Mapping[str, Document], sha256: str) -> Signature:
    said = task.answers or {}
    document = next((drawn[each] for each in said.get("signature") or [] if each in drawn), None)
    signed = None if task.state == TaskState.OPEN else said.get("signed") == "yes"
    return Signature(task, int(task.item or 0), signed, document, document is not None and document.signs == sha256)
