"""What a citizen may do with a matter of theirs: add papers, say whether it is solved, rate, object, withdraw.

Each is recorded as the petitioner's, told to the unit, and counts once: done again it changes nothing and says so by
giving the same answer. Each takes a living tracking code and locks its case.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, CaseState, lock_case
from engine.citizen.model import Tracking
from engine.citizen.progress import carried_on, in_time_to_refuse, said_of, told_entries
from engine.citizen.tracking import case_of
from engine.errors import REQUIRED, Conflict, Invalid
from engine.people import limit_tries
from engine.process import NotSolved, World
from engine.reasons import LONGEST as REASON

LONGEST_NOTE = 2000
MOST_ACTS = 20
"""With one code in a quarter of an hour."""
PETITIONER = {"by": "petitioner"}


def note_act(session: Session, tracking: Tracking, *, now: datetime) -> None:
    """Counts an act before it is done. Raises Unavailable `citizen.too_many`. Commit before acting."""
    limit_tries(
        session,
        f"tracking:acts:{tracking.id}",
        most=MOST_ACTS,
        code="citizen.too_many",
        sentence="There was too much in a short time; please wait, or call.",
        now=now,
    )


def add_note(session: Session, world: World, tracking: Tracking, note: str, *, now: datetime) -> bool:
    """Adds what the citizen writes; gives True when the case waited for it and its clock runs on.

    The same words again, with nothing between, count once. Raises Conflict `case.ended`.
    """
    note = _text(note, "note", needed=True)
    case = case_of(session, tracking)
    said = [entry for entry in told_entries(session, case) if entry.act != "clock.resumed"]
    if said[-1].act == "material.supplied" and said[-1].facts == {"note": note, **PETITIONER}:
        return False
    link, lead = carried_on(session, case)
    if link is None:
        resumed = process.supply(session, world, case.id, note, viewer=None, now=now)
    else:
        facts = {"note": note, **PETITIONER}
        process.record(session, case, "material.supplied", actor_id=None, now=now, facts=facts)
        lead = lock_case(session, lead.id)
        resumed = process.supply(session, world, lead.id, f"{case.number}: {note}", viewer=None, now=now)
    process.record(
        session, lead, "case.told", actor_id=None, now=now, facts={"what": "papers_arrived", "whom": ["holder"]}
    )
    return resumed


def case_for_papers(session: Session, tracking: Tracking) -> int:
    """Where photos of the petitioner are of use: the case, or the one that carries it on."""
    return carried_on(session, case_of(session, tracking))[1].id


def confirm(session: Session, tracking: Tracking, *, now: datetime) -> None:
    """Notes that the matter is solved. Raises Conflict `answer.none` or `answer.refused`."""
    case = case_of(session, tracking)
    link, lead = carried_on(session, case)
    said = said_of(told_entries(session, case), link, lead)
    if said.confirmed:
        return
    _must_be_answered(lead)
    if said.refused:
        raise Conflict("answer.refused", "You have said already that it is not solved.")
    process.record(session, case, "citizen.confirmed", actor_id=None, now=now, facts=PETITIONER)


def refuse(session: Session, world: World, tracking: Tracking, reason: str, *, now: datetime) -> NotSolved:
    """Notes that the answer did not solve it: the same unit does it again; the second time it is supervised.

    A case that another one carries on goes its own way again instead.

    Raises Invalid without a reason, Conflict `answer.none`, `answer.confirmed` or `answer.too_late`.
    """
    reason = _text(reason, "reason", needed=True)
    case = case_of(session, tracking)
    link, lead = carried_on(session, case)
    said = said_of(told_entries(session, case), link, lead)
    if said.refused:
        return NotSolved.SUPERVISED if case.state == CaseState.CLOSED else NotSolved.REOPENED
    _must_be_answered(lead)
    if said.confirmed:
        raise Conflict("answer.confirmed", "You have said already that it is solved.")
    if not in_time_to_refuse(lead, world, now=now):
        raise Conflict("answer.too_late", "The time for saying so has passed; please report it anew.")
    process.record(session, case, "citizen.refused", actor_id=None, now=now, facts={"reason": reason, **PETITIONER})
    if link is not None:  # what did not hold for this one may hold for the others
        process.split(session, world, case.id, reason[:REASON], viewer=None, now=now)
        return NotSolved.REOPENED
    return process.not_solved(session, world, case, "petitioner_refused", actor_id=None, now=now, facts=PETITIONER)


def rate(session: Session, tracking: Tracking, stars: int, words: str, *, now: datetime) -> None:
    """Notes how satisfied the citizen is, 1 to 5. Raises Invalid for another number, Conflict `answer.none`."""
    if stars not in range(1, 6):
        raise Invalid(
            "rating.stars",
            "A rating is a number from 1 to 5.",
            fields={"stars": {"zh": "请选择 1 至 5 分。", "en": "Choose 1 to 5."}},
        )
    words = _text(words, "words")
    case = case_of(session, tracking)
    link, lead = carried_on(session, case)
    if said_of(told_entries(session, case), link, lead).stars is not None:
        return
    _must_be_answered(lead)
    process.record(
        session, case, "citizen.rated", actor_id=None, now=now, facts={"stars": stars, "words": words, **PETITIONER}
    )


def ask_review(session: Session, world: World, tracking: Tracking, reason: str, *, now: datetime) -> None:
    """Asks the office above to review the opinion, within the time that the law gives for it.

    Raises Invalid without a reason, Conflict `review.none` when no opinion waits for it any more.
    """
    reason = _text(reason, "reason", needed=True)
    case = case_of(session, tracking)
    none = Conflict("review.none", "There is no opinion that a review could be asked of now.")
    if carried_on(session, case)[0] is not None or case.ended:
        raise none
    said = told_entries(session, case)[-1]
    if said.act == "message.arrived" and said.facts.get("reason") == reason:
        return
    try:
        process.apply_review(session, world, case.id, reason, viewer=None, now=now)
    except Conflict as refusal:
        if refusal.code != "message.not_awaited":
            raise
        raise none from refusal


def withdraw(session: Session, world: World, tracking: Tracking, reason: str, *, now: datetime) -> None:
    """Ends the matter because the citizen no longer pursues it."""
    reason = _text(reason, "reason", needed=True)
    case = case_of(session, tracking)
    if case.state == CaseState.WITHDRAWN:
        return
    process.withdraw(session, world, case.id, reason, viewer=None, now=now)


def _must_be_answered(case: Case) -> None:
    if case.state != CaseState.CLOSED:
        raise Conflict("answer.none", "There is no answer yet to say this of.")


def _text(written: str, field: str, *, needed: bool = False) -> str:
    written = written.strip()
    if needed and not written:
        raise Invalid("field.required", f"{field} is needed.", fields={field: REQUIRED})
    if len(written) > LONGEST_NOTE:
        raise Invalid(
            "field.too_long",
            f"{field} is too long.",
            fields={field: {"zh": f"最多 {LONGEST_NOTE} 个字。", "en": f"At most {LONGEST_NOTE:,} characters."}},
        )
    return written
