"""What a step of a diagram does to letters when it is done: the letters it calls for, and the one it delivers.

Its properties `letter` and `delivers` say so; nothing here knows a step by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history, runtime
from engine.cases import Case
from engine.deploy import LoadedRelease
from engine.errors import Conflict, Invalid
from engine.letters.model import Letter, LetterState
from engine.tasks import Task

METHOD, DELIVERED_AT, PAPERS, NUMBER = "method", "delivered_at", "papers", "letter_no"
"""What is read from the form of a step that delivers a letter."""


class Step(Protocol):
    """A task, be it a row or one that a rehearsal thinks of."""

    @property
    def process(self) -> str: ...
    @property
    def element(self) -> str: ...


def property_of(release: LoadedRelease, task: Step, name: str) -> str:
    """What the diagram says of a task, as it is written; empty where it says nothing."""
    process = release.package.processes.get(task.process)
    element = process.elements.get(task.element) if process else None
    return (element.properties.get(name) or "").strip() if element else ""


def delivers(release: LoadedRelease, task: Step) -> str:
    """The kind of letter that a task delivers; empty for most."""
    return property_of(release, task, "delivers")


def step_done(
    session: Session,
    release: LoadedRelease,
    case: Case,
    task: Task,
    answers: Mapping[str, Any],
    variables: Mapping[str, Any],
    *,
    actor_id: int,
    now: datetime,
) -> datetime | None:
    """Notes the delivery and makes letters due. Gives when the letter was delivered; None where the step delivers none.

    Raises Invalid for a delivery that lies in the future or before its letter, and Conflict `letter.differs` when the
    letter was issued with other words than the step is done with.
    """
    delivered_at = None
    if kind := delivers(release, task):
        delivered_at = _delivered(session, case, task, kind, answers, actor_id=actor_id, now=now)
    for call in runtime.letter_calls(property_of(release, task, "letter")):
        if call.is_due(variables):
            call_for(session, case, call.kind, task.unit_id, task_id=task.id, now=now)
    return delivered_at


def call_for(
    session: Session,
    case: Case,
    kind: str,
    unit_id: str,
    *,
    now: datetime,
    task_id: int | None = None,
    about_id: int | None = None,
) -> Letter:
    """Makes a letter due. It has no number yet."""
    letter = Letter(
        case_id=case.id,
        kind=kind,
        unit_id=unit_id,
        task_id=task_id,
        about_id=about_id,
        state=LetterState.DUE.value,
        called_at=now,
    )
    session.add(letter)
    session.flush()
    return letter


def note_delivery(
    session: Session,
    case: Case,
    letter: Letter,
    *,
    method: str,
    delivered_at: datetime,
    receipt_id: int | None,
    actor_id: int,
    now: datetime,
) -> None:
    """The one place where a letter becomes delivered. Raises Invalid for an instant that cannot be."""
    must_be_possible(letter, delivered_at, now=now)
    letter.state = LetterState.DELIVERED.value
    letter.method, letter.delivered_at, letter.receipt_id = method, delivered_at, receipt_id
    letter.delivery_noted_at, letter.delivery_noted_by = now, actor_id
    session.flush()
    facts = {**named(letter), "method": method, "delivered_at": delivered_at.isoformat()}
    history.record(session, case, "letter.delivered", actor_id=actor_id, now=now, facts=facts)


def named(letter: Letter) -> dict[str, Any]:
    """How the history names a letter."""
    return {"letter": letter.id, "kind": letter.kind, "number": letter.number}


def must_be_possible(letter: Letter | None, delivered_at: datetime, *, now: datetime) -> None:
    if delivered_at > now:
        raise _wrong("送达时间不能晚于现在。", "The delivery cannot lie in the future.")
    issued_at = letter.issued_at if letter else None
    if issued_at is not None and delivered_at < issued_at.replace(second=0, microsecond=0):
        raise _wrong("送达时间不能早于文书落款时间。", "It cannot have been delivered before it was issued.")


def _delivered(
    session: Session, case: Case, task: Task, kind: str, answers: Mapping[str, Any], *, actor_id: int, now: datetime
) -> datetime | None:
    said = answers.get(DELIVERED_AT)
    if not said:
        return None
    delivered_at = datetime.fromisoformat(str(said))
    letters = session.scalars(
        select(Letter).where(Letter.case_id == case.id, Letter.kind == kind).order_by(Letter.id)
    ).all()
    letter = next((each for each in reversed(letters) if each.state == LetterState.ISSUED), None)
    must_be_possible(letter, delivered_at, now=now)
    if letter is None:
        _written_elsewhere(letters, answers, actor_id=actor_id, now=now)
        return delivered_at
    if letter.task_id == task.id and _differs(letter, answers):
        raise Conflict(
            "letter.differs",
            f"The letter {letter.number} was issued with other words; void it and issue it anew.",
            case=case.id,
            letter=letter.id,
        )
    papers = answers.get(PAPERS) or ()
    note_delivery(
        session,
        case,
        letter,
        method=str(answers.get(METHOD) or ""),
        delivered_at=delivered_at,
        receipt_id=int(papers[0]) if papers else None,
        actor_id=actor_id,
        now=now,
    )
    return delivered_at


def _written_elsewhere(letters: Sequence[Letter], answers: Mapping[str, Any], *, actor_id: int, now: datetime) -> None:
    """What was delivered is a paper that was not made here: nobody needs to issue it any more."""
    for letter in letters:
        if letter.state == LetterState.DUE:
            letter.state = LetterState.WAIVED.value
            letter.ended_at, letter.ended_by, letter.ended_reason = now, actor_id, str(answers.get(NUMBER) or "—")[:200]


def _differs(letter: Letter, answers: Mapping[str, Any]) -> bool:
    """Spaces and line ends do not count: browsers send them differently."""
    return any(str(answers.get(key, "")).split() != str(value).split() for key, value in (letter.answers or {}).items())


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid("letter.delivery", en, fields={DELIVERED_AT: {"zh": zh, "en": en}})
