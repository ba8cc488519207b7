"""What completed forms say of a mediation, kept in its register and in the case's history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import mediation, tasks
from engine.cases import Case, lock_case, lock_open_case
from engine.deadlines import Deadline, DeadlineState
from engine.errors import Invalid
from engine.mediation import SUCCEEDED, Booking, Outcome, Referral
from engine.people import Viewer
from engine.process.push import Push, record
from engine.store import update_row
from engine.tasks import Task

HOLDER = "holder"
"""The value of a form for: this unit mediates itself."""
SESSION = "mediation_session"
"""The form in which is written what was said at a session."""
AFTER = ("p_confirmation", "p_performance")
"""What runs beside a case once something was agreed."""


def offered(push: Push, answers: Mapping[str, Any]) -> None:
    """Whoever calls the petitioner first asks whether they want mediation; a form without the question says nothing."""
    answer = answers.get("mediation_offer")
    if answer not in mediation.ANSWERS:
        return
    try:
        said = mediation.checked(answer, answers.get("mediation_reason"), answers.get("mediation_note"))
    except Invalid as refusal:
        fields = {f"mediation_{key}": words for key, words in refusal.facts["fields"].items()}
        raise Invalid(refusal.code, refusal.sentence, fields=fields) from refusal
    mediation.keep_offer(push.session, push.case.id, *said, by=push.actor_id, now=push.now)
    push.happened("mediation.offered", {"answer": said[0], "reason": said[1]})


def referred(push: Push, answers: Mapping[str, Any]) -> None:
    """Raises Invalid for an organisation that is shut out of the case."""
    named = str(answers.get("organisation") or HOLDER)
    if named != HOLDER and push.wall.shuts_out(named):
        wrong = {"zh": "该组织须回避。", "en": "This organisation is complained about."}
        raise Invalid("organisation.walled", "This organisation may not see the case.", fields={"organisation": wrong})
    ended(push, Outcome.SILENT)
    referral = mediation.refer(
        push.session,
        push.case.id,
        None if named == HOLDER else named,
        chosen_by=str(answers.get("chosen_by") or "unit"),
        now=push.now,
    )
    push.happened("mediation.referred", {"organisation": referral.organisation_id, "chosen_by": referral.chosen_by})


def answered(push: Push, answers: Mapping[str, Any]) -> None:
    referral = mediation.running(push.session, push.case.id)
    if referral is None:
        return
    if answers.get("decision") == "refuse":
        ended(push, Outcome.REFUSED)
        return
    named = str(answers.get("mediator") or "")
    mediation.accept(push.session, referral, int(named) if named.isdecimal() else None, now=push.now)
    facts = {"organisation": referral.organisation_id, "mediator": referral.mediator_id}
    push.happened("mediation.accepted", facts)


def ended(push: Push, outcome: Outcome) -> None:
    """Does nothing where no mediation runs. What was agreed may still be signed at a session; else none is held."""
    referral = mediation.running(push.session, push.case.id)
    if referral is not None:
        mediation.end(referral, outcome, now=push.now)
        push.session.flush()
        push.happened("mediation.ended", {"organisation": referral.organisation_id, "outcome": outcome.value})
        if outcome not in SUCCEEDED:
            _call_off(push)


def closed(push: Push) -> None:
    """With the case ends a mediation that still runs, and nobody comes to a session that is ahead."""
    ended(push, Outcome.WITHDRAWN)
    _call_off(push)


def _call_off(push: Push) -> None:
    for booking in mediation.call_off_ahead(push.session, push.case.id, by=push.actor_id, now=push.now):
        push.happened("mediation.cancelled", _hours(booking))


def _hours(booking: Booking) -> dict[str, Any]:
    hours = {"from": booking.starts_at.isoformat(), "until": booking.ends_at.isoformat()}
    return {"booking": booking.id, "room": booking.room_id, **hours}


def answering(push: Push) -> str:
    """Who mediates: the organisation, with the mediator it named where they have an account; else the holder."""
    unit_id, person_id = mediation.answering(push.session, push.case.id, without=push.wall.people)
    if unit_id is None or push.wall.shuts_out(unit_id):
        return push.case.holder_id
    return unit_id if person_id is None else f"{unit_id}#{person_id}"


@dataclass(frozen=True, slots=True)
class Pending:
    """What still runs after an agreement: its performance, or the time in which a court may confirm it."""

    case: Case
    clock: Deadline


def after_mediation(
    session: Session, mediator_ids: Collection[int], *, viewer: Viewer, most: int = 50
) -> Sequence[Pending]:
    """Of the mediations that these mediators brought to an agreement, the soonest first; none behind the viewer's
    wall. One statement."""
    if not mediator_ids:
        return []
    theirs = select(Referral.case_id).where(
        Referral.mediator_id.in_(sorted(mediator_ids)), Referral.outcome.in_(sorted(SUCCEEDED))
    )
    rows = session.execute(
        select(Case, Deadline)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Case.id.in_(theirs), Deadline.process.in_(AFTER), Deadline.state == DeadlineState.ARMED.value)
        .where(tasks.outside_wall(viewer, Case.id.expression))
        .order_by(Deadline.due_at, Deadline.id)
        .limit(most)
    ).all()
    return [Pending(case, clock) for case, clock in rows]


def next_session_at(session: Session, case_id: int) -> datetime | None:
    """When the parties want to meet again, as the last session that was held says it. One statement."""
    held = select(Task.answers).where(Task.case_id == case_id, Task.form == SESSION, Task.completed_at.is_not(None))
    answers = session.scalars(held.order_by(Task.id.desc()).limit(1)).first()
    said = (answers or {}).get("next_at")
    return datetime.fromisoformat(said) if said else None


def offer_mediation(
    session: Session, case_id: int, answer: str, reason: str | None, note: str, *, viewer: Viewer, now: datetime
) -> None:
    """What the parties said; the last word counts. The caller has seen the case.

    Raises Invalid, NotAllowed, Conflict for a closed case.
    """
    case = lock_open_case(session, case_id)
    viewer.must("mediation.offer")
    said = mediation.checked(answer, reason, note)
    mediation.keep_offer(session, case.id, *said, by=viewer.person_id, now=now)
    facts = {"answer": said[0], "reason": said[1]}
    record(session, case, "mediation.offered", actor_id=viewer.person_id, now=now, facts=facts)
    update_row(session, case)


def book_session(
    session: Session,
    case_id: int,
    room_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    people: int,
    mediator_id: int | None,
    viewer: Viewer,
    now: datetime,
) -> Booking:
    """Books a room for a case, whose history says so. The caller has seen the case. Raises like `mediation.book`."""
    case = lock_open_case(session, case_id)
    booking = mediation.book(
        session,
        room_id,
        starts_at=starts_at,
        ends_at=ends_at,
        people=people,
        case_id=case.id,
        mediator_id=mediator_id,
        purpose=None,
        viewer=viewer,
        now=now,
    )
    record(session, case, "mediation.booked", actor_id=viewer.person_id, now=now, facts=_hours(booking))
    update_row(session, case)
    return booking


def cancel_session(session: Session, booking_id: int, *, viewer: Viewer, now: datetime) -> Booking:
    """Idempotent. A booking for a case is called off in its history too; the case is locked before the booking."""
    case_id = mediation.case_of(session, booking_id)
    case = None if case_id is None else lock_case(session, case_id)
    stood = mediation.stands(session, booking_id)
    booking = mediation.cancel(session, booking_id, viewer=viewer, now=now)
    if case is not None and stood:
        record(session, case, "mediation.cancelled", actor_id=viewer.person_id, now=now, facts=_hours(booking))
        update_row(session, case)
    return booking
