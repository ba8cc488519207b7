"""What a case says for one letter, read from its rows, and the letter made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case, parties_of
from engine.deadlines import Deadline, Extension
from engine.deploy import LoadedRelease
from engine.errors import Invalid, NotFound
from engine.letters.around import Around
from engine.letters.fields import PARTY_FIELDS, Facts, day_words, party_values, value_of, values_said
from engine.letters.filling import Values
from engine.letters.kinds import KINDS
from engine.letters.model import Letter, LetterState
from engine.letters.rows import of_case
from engine.letters.word import Parts
from engine.tasks import Form, Task, TaskState
from engine.territory import ancestors, line_name, units_by_id

REVIEW, REPLY = "petition_review_apply", "supervision_reply"
"""Steps of limits.yaml that letters name the last day of."""
TO_UNITS = frozenset({"forwarding", "assignment", "supervision"})
"""Letters to another unit; every other one goes to the petitioners."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """`pending`: what was taken from a step that is not done yet, by question; None where no such step calls for it."""

    facts: Facts
    pending: Mapping[str, Any] | None


def gather(
    session: Session,
    around: Around,
    letter: Letter,
    case: Case,
    runs_on: Mapping[int, int],
    *,
    drafted_by: int,
    clear: bool,
    now: datetime,
) -> Gathered:
    """`runs_on` gives the release of each instance of the case; `drafted_by` whose draft of an open step counts."""
    every_task = session.scalars(select(Task).where(Task.case_id == case.id).order_by(Task.completed_at, Task.id)).all()
    releases = {each: around.releases.get(session, release_id) for each, release_id in runs_on.items()}
    answers, forms = _answers(every_task, releases)
    own = next((task for task in every_task if task.id == letter.task_id), None)
    pending = _pending(session, own, releases, answers, forms, drafted_by)
    words = _words(session, around, letter, case, releases, answers, now)
    facts = Facts(case, parties_of(session, case.id), answers, forms, words, clear, around.calendar.tz)
    return Gathered(facts, pending)


def values_for(facts: Facts, parts: Parts) -> Values:
    """What stands for the fields that a template names."""
    return values_said(parts, partial(value_of, facts), party_values(facts))


def missing_in(kind: str, facts: Facts) -> list[str]:
    """Names of the fields that the kind must have and that say nothing; its number is given when it is issued."""
    return [
        name
        for name in KINDS[kind].needs
        if name != "number" and not (facts.parties if name in PARTY_FIELDS else value_of(facts, name))
    ]


def _answers(
    every_task: Sequence[Task], releases: Mapping[int, LoadedRelease]
) -> tuple[dict[str, Mapping[str, Any]], dict[str, Form]]:
    """The latest answers to each form, with the form they were given to."""
    answers: dict[str, Mapping[str, Any]] = {}
    forms: dict[str, Form] = {}
    for task in every_task:
        if task.state == TaskState.COMPLETED and task.form and task.instance_id in releases:
            answers[task.form] = task.answers or {}
            forms[task.form] = releases[task.instance_id].form(task.process, task.form)
    return answers, forms


def _pending(
    session: Session,
    own: Task | None,
    releases: Mapping[int, LoadedRelease],
    answers: dict[str, Mapping[str, Any]],
    forms: dict[str, Form],
    drafted_by: int,
) -> Mapping[str, Any] | None:
    """A step that writes and delivers its letter in one: until it is done, its author's draft counts."""
    if own is None or own.form is None or own.instance_id not in releases:
        return None
    form = releases[own.instance_id].form(own.process, own.form)
    if own.state == TaskState.COMPLETED:
        answers[own.form], forms[own.form] = own.answers or {}, form
        return None
    draft = tasks.draft_of(session, drafted_by, tasks.about_task(own.id))
    written = {key: value for key, value in (draft.answers if draft else {}).items() if key in form.fields}
    answers[own.form], forms[own.form] = written, form
    return written


def _words(
    session: Session,
    around: Around,
    letter: Letter,
    case: Case,
    releases: Mapping[int, LoadedRelease],
    answers: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> dict[str, str]:
    """Units, days and numbers, as they read in a letter."""
    zone = around.calendar.tz
    tier = str(answers.get("petition_register", {}).get("responsible") or "")
    responsible = around.tiers.unit_at(case.place_id, tier) if tier in around.tiers.names else case.holder_id
    units = units_by_id(session, {letter.unit_id, case.holder_id, responsible, *ancestors(case.place_id)})
    clock, more = _clock(session, case.id)
    others = of_case(session, case.id)
    opinions = [each for each in others if each.kind.endswith("opinion") and each.id != letter.id]
    numbered = [each.number for each in opinions if each.number and each.state != LetterState.VOIDED]
    about = next((each for each in others if each.id == letter.about_id), None)
    place = [units[each] for each in reversed(ancestors(case.place_id)) if each in units]
    return {
        "number": letter.number or "",
        "unit": units[letter.unit_id].name_zh,
        "issued_on": day_words(letter.issued_at or now, zone),
        "place": line_name(place, "zh"),
        "holder": units[case.holder_id].name_zh,
        "responsible_unit": units[responsible].name_zh if responsible in units else "",
        "handle_until": day_words(clock.due_at if clock else None, zone),
        "extension_reason": more.reason if more else "",
        "extended_until": day_words(clock.due_at if more and clock else None, zone),
        "remedy_until": _ends(around, releases, REVIEW, case, now),
        "reply_until": _ends(around, releases, REPLY, case, now),
        "opinion_number": numbered[-1] if numbered else "",
        "about_name": KINDS[about.kind].zh if about else "",
        "about_number": (about.number or "") if about else "",
        **({"addressee": units[case.holder_id].name_zh} if about and about.kind in TO_UNITS else {}),
    }


def _clock(session: Session, case_id: int) -> tuple[Deadline | None, Extension | None]:
    """The latest clock of the handling, and what it was extended by."""
    granted = and_(Extension.deadline_id == Deadline.id, Extension.decision == "approved")
    found = session.execute(
        select(Deadline, Extension)
        .outerjoin(Extension, granted)
        .where(Deadline.case_id == case_id, Deadline.step == "handle")
        .order_by(Deadline.id.desc())
        .limit(1)
    ).first()
    return (None, None) if found is None else (found[0], found[1])


def _ends(around: Around, releases: Mapping[int, LoadedRelease], step: str, case: Case, now: datetime) -> str:
    """The last day of a time limit that begins now; empty where no process of the case has it."""
    for release in releases.values():
        for limits in release.limits.values():
            if step in limits.steps:
                try:
                    length = limits.length(step, case.tier)
                except (Invalid, NotFound):
                    continue
                due = around.calendar.due(now, length, provisional=True)
                return day_words(due.at, around.calendar.tz)
    return ""
