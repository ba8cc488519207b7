"""Issuing a letter, delivering it, voiding it, saying that it is not needed. Each locks the case and is in its history.

Issuing puts real names on paper, so it is an act like showing personal data in the clear: it asks for the right to
see them, and the history says whose they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import documents, history, tasks
from engine.cases import Case, lock_case
from engine.documents import Kept
from engine.errors import REQUIRED, Conflict, Invalid, NotAllowed, NotFound
from engine.letters.around import Around
from engine.letters.fields import label_of, name_of_field
from engine.letters.filling import Grid, Line, blocks_of, fields_in, fill
from engine.letters.gather import Gathered, gather, missing_in, values_for
from engine.letters.kinds import KINDS, METHODS
from engine.letters.model import Letter, LetterState
from engine.letters.numbers import next_number, number_words
from engine.letters.steps import DELIVERED_AT, METHOD, NUMBER, PAPERS, call_for, delivers, named, note_delivery
from engine.letters.templates import in_force, known_kind
from engine.letters.word import open_word
from engine.people import Viewer
from engine.reasons import reason_given
from engine.tasks import Task, Words
from engine.territory import units_by_id

RECEIPT = "delivery_receipt"
ISSUE = "letter.issue"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a due letter would say now, and what it lacks: labels of fields, in the order of the kind."""

    blocks: list[Line | Grid]
    missing: list[Words]


def may_issue(viewer: Viewer, letter: Letter, case: Case, asked: Iterable[Task]) -> bool:
    """Whether the letters of that unit are theirs and the parties are named to them. `asked`: the case's open tasks."""
    return viewer.may(ISSUE, letter.unit_id) and tasks.identity_shown(viewer, case, asked)


def preview(
    session: Session,
    around: Around,
    letter: Letter,
    case: Case,
    runs_on: Mapping[int, int],
    *,
    viewer: Viewer,
    clear: bool,
    now: datetime,
) -> Preview:
    """Nothing is written. `clear`: whether the viewer sees personal data of the case now."""
    found = gather(session, around, letter, case, runs_on, drafted_by=viewer.person_id, clear=clear, now=now)
    parts = open_word(in_force(session, letter.kind, letter.unit_id).content)
    blocks = blocks_of(open_word(fill(parts, values_for(found.facts, parts))))
    return Preview(blocks, _labels(letter.kind, found))


def ask_for(session: Session, case_id: int, kind: str, *, viewer: Viewer, now: datetime) -> Letter:
    """Makes a letter of the unit that holds the case due that no step called for; one of the kind that is due already
    is given back.

    Raises NotFound for an unknown kind and for a confidential case, NotAllowed. Receipts are asked for at the letter
    they are about.
    """
    case = lock_case(session, case_id)
    known_kind(kind)
    unit_id = case.holder_id
    viewer.must(ISSUE, unit_id)
    if kind == RECEIPT or case.confidential:
        raise NotFound("letter.kind", "There is no such letter.")
    return _due(session, case, kind, unit_id) or call_for(session, case, kind, unit_id, now=now)


def ask_for_step(
    session: Session, around: Around, task: Task, release_id: int, *, viewer: Viewer, now: datetime
) -> Letter:
    """Makes the letter due that an open step writes and delivers in one. Raises NotFound for any other step."""
    case = lock_case(session, task.case_id)
    kind = delivers(around.releases.get(session, release_id), task)
    if not kind or task.state != tasks.TaskState.OPEN:
        raise NotFound("letter.kind", "There is no such letter.")
    viewer.must(ISSUE, task.unit_id)
    known = _due(session, case, kind, task.unit_id)
    return known or call_for(session, case, kind, task.unit_id, task_id=task.id, now=now)


def ask_for_receipt(session: Session, letter_id: int, *, viewer: Viewer, now: datetime) -> Letter:
    """Makes the receipt of delivery of an issued letter due. Raises Conflict for one that is not issued."""
    letter, case = _locked(session, letter_id)
    viewer.must(ISSUE, letter.unit_id)
    if not KINDS[letter.kind].goes_out or letter.state not in (LetterState.ISSUED, LetterState.DELIVERED):
        raise _not_now(letter)
    known = _due(session, case, RECEIPT, letter.unit_id, about_id=letter.id)
    return known or call_for(session, case, RECEIPT, letter.unit_id, about_id=letter.id, now=now)


def issue(
    session: Session, around: Around, letter_id: int, runs_on: Mapping[int, int], *, viewer: Viewer, now: datetime
) -> Letter:
    """Gives a due letter its number and its file. Issuing it again gives the letter as it is.

    Raises NotAllowed, Conflict for a letter that is not due, Invalid `letter.incomplete` whose `missing` are labels in
    both languages. A refusal uses up no number.
    """
    letter, case = _locked(session, letter_id)
    if letter.state in (LetterState.ISSUED, LetterState.DELIVERED):
        return letter
    if letter.state != LetterState.DUE:
        raise _not_now(letter)
    viewer.must(ISSUE, letter.unit_id)
    if not may_issue(viewer, letter, case, tasks.open_of_case(session, case.id)):
        raise NotAllowed("letter.names", "Only those to whom the parties are named may put them on paper.")
    template = in_force(session, letter.kind, letter.unit_id)
    parts = open_word(template.content)
    found = gather(session, around, letter, case, runs_on, drafted_by=viewer.person_id, clear=True, now=now)
    if missing := _labels(letter.kind, found):
        raise Invalid("letter.incomplete", "The letter lacks what it must say.", missing=missing)
    local = now.astimezone(around.calendar.tz)
    unit = units_by_id(session, {letter.unit_id})[letter.unit_id]
    letter.year, letter.seq = local.year, next_number(session, letter.kind, letter.unit_id, local.year)
    letter.number = number_words(around.config.letters.number, letter.kind, unit.name_zh, letter.year, letter.seq)[:120]
    letter.issued_at, letter.issued_by = now, viewer.person_id
    letter.template_id, letter.template_sha256 = template.id, template.sha256
    written = {each.name for each in fields_in(parts)}
    letter.answers = _pledged(found, written)
    found.facts.words["number"] = letter.number
    name = f"{KINDS[letter.kind].zh} {letter.number}.docx"
    kept = documents.keep(around.config.documents, name, fill(parts, values_for(found.facts, parts)))
    document = documents.attach(
        session,
        case.id,
        kept,
        limits=around.config.documents,
        actor_id=viewer.person_id,
        now=now,
        task_id=letter.task_id,
        protected=True,
    )
    letter.document_id, letter.state = document.id, LetterState.ISSUED.value
    session.flush()
    facts = {
        **named(letter),
        "template": template.sha256,
        "sha256": document.sha256,
        "parties": [party.id for party in found.facts.parties],
    }
    history.record(session, case, "letter.issued", actor_id=viewer.person_id, now=now, facts=facts)
    return letter


def deliver(
    session: Session,
    around: Around,
    letter_id: int,
    runs_on: Mapping[int, int],
    *,
    method: str,
    delivered_at: datetime | None,
    receipt: Kept | None,
    viewer: Viewer,
    now: datetime,
) -> Letter:
    """Notes that an issued letter reached its addressee. Noting it again changes nothing.

    Raises NotAllowed, Invalid, Conflict for a letter that is not issued, and Conflict `letter.by_step` where a step of
    the case does it: then completing that step is the delivery.
    """
    letter, case = _locked(session, letter_id)
    if letter.state == LetterState.DELIVERED:
        return letter
    viewer.must(ISSUE, letter.unit_id)
    if letter.state != LetterState.ISSUED or not KINDS[letter.kind].goes_out:
        raise _not_now(letter)
    asked = tasks.open_of_case(session, case.id)
    if (step := delivering_step(session, around, letter, runs_on, asked)) is not None:
        raise Conflict("letter.by_step", "A step of the case delivers this letter.", case=case.id, task=step.id)
    wrong: dict[str, Any] = {} if method in METHODS else {METHOD: REQUIRED}
    if delivered_at is None:
        wrong[DELIVERED_AT] = REQUIRED
    if wrong or delivered_at is None:
        raise Invalid("letter.delivery", "It is not said how and when it was delivered.", fields=wrong)
    paper = None
    if receipt is not None:
        limits = around.config.documents
        paper = documents.attach(
            session, case.id, receipt, limits=limits, actor_id=viewer.person_id, now=now, protected=True
        )
    note_delivery(
        session,
        case,
        letter,
        method=method,
        delivered_at=delivered_at,
        receipt_id=paper.id if paper else None,
        actor_id=viewer.person_id,
        now=now,
    )
    return letter


def delivering_step(
    session: Session, around: Around, letter: Letter, runs_on: Mapping[int, int], asked: Iterable[Task]
) -> Task | None:
    """The one of the open tasks of the case whose completion is the delivery of this letter."""
    for task in asked:
        release_id = runs_on.get(task.instance_id)
        if release_id is not None and delivers(around.releases.get(session, release_id), task) == letter.kind:
            return task
    return None


def void(session: Session, letter_id: int, reason: str, *, viewer: Viewer, now: datetime) -> Letter:
    """Voids an issued letter, which keeps its number, and gives a fresh one that is due. Conflict once delivered."""
    letter, case = _locked(session, letter_id)
    if letter.state == LetterState.VOIDED:
        return letter
    viewer.must("letter.void", letter.unit_id)
    if letter.state != LetterState.ISSUED:
        raise _not_now(letter)
    _end(letter, LetterState.VOIDED, reason, viewer, now)
    session.flush()
    facts = {**named(letter), "reason": letter.ended_reason}
    history.record(session, case, "letter.voided", actor_id=viewer.person_id, now=now, facts=facts)
    kind, unit_id = letter.kind, letter.unit_id
    return call_for(session, case, kind, unit_id, now=now, task_id=letter.task_id, about_id=letter.about_id)


def waive(session: Session, letter_id: int, reason: str, *, viewer: Viewer, now: datetime) -> Letter:
    """Says that a due letter is not needed. Raises Conflict for one that is not due, Invalid without a reason."""
    letter, case = _locked(session, letter_id)
    if letter.state == LetterState.WAIVED:
        return letter
    viewer.must(ISSUE, letter.unit_id)
    if letter.state != LetterState.DUE:
        raise _not_now(letter)
    _end(letter, LetterState.WAIVED, reason, viewer, now)
    session.flush()
    facts = {**named(letter), "reason": letter.ended_reason}
    history.record(session, case, "letter.waived", actor_id=viewer.person_id, now=now, facts=facts)
    return letter


def _locked(session: Session, letter_id: int) -> tuple[Letter, Case]:
    """The case is the lock: the letter is read again under it."""
    known = session.get(Letter, letter_id)
    if known is None:
        raise NotFound("letter.unknown", "There is no such letter.", letter=letter_id)
    case = lock_case(session, known.case_id)
    return session.get_one(Letter, letter_id, populate_existing=True), case


def _due(session: Session, case: Case, kind: str, unit_id: str, *, about_id: int | None = None) -> Letter | None:
    asked = session.query(Letter).filter_by(
        case_id=case.id, kind=kind, unit_id=unit_id, about_id=about_id, state=LetterState.DUE.value
    )
    return asked.order_by(Letter.id).first()


def _pledged(found: Gathered, written: set[str]) -> dict[str, Any] | None:
    """What the letter took from the draft of its own step, so that the step is done with the same words."""
    if found.pending is None:
        return None
    keys = {name_of_field(each).partition(".")[2] for each in written} - {METHOD, DELIVERED_AT, PAPERS, NUMBER, ""}
    return {key: value for key, value in found.pending.items() if key in keys}


def _labels(kind: str, found: Gathered) -> list[Words]:
    return [label_of(name, found.facts.forms) for name in missing_in(kind, found.facts)]


def _end(letter: Letter, state: LetterState, reason: str, viewer: Viewer, now: datetime) -> None:
    letter.state, letter.ended_reason = state.value, reason_given(reason)
    letter.ended_at, letter.ended_by = now, viewer.person_id


def _not_now(letter: Letter) -> Conflict:
    return Conflict("letter.state", "The letter is not in a state for this any more.", case=letter.case_id)
