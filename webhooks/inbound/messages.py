"""Messages to a running case: taken at once where it waits for them, else kept until it does, or until they expire."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import cases, process
from engine.cases import Case
from engine.config import SourceConfig
from engine.errors import Conflict, Invalid
from engine.process import World
from webhooks.inbound.accepting import faults_of, message_of
from webhooks.inbound.model import IS_WAITING, Delivery, Matter, State

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
MATERIAL = "m_material"


def try_message(session: Session, world: World, source: SourceConfig, row: Delivery, *, now: datetime) -> None:
    """Brings a message to its case; where that does not wait for it, says when it is tried next, or that it expired."""
    try:
        name, text = message_of(source, str(row.message), row, world)
    except (Invalid, KeyError) as refusal:  # the source was set up otherwise when it came
        row.state, row.settled_at, row.code = State.REFUSED.value, now, "inbound.invalid"
        row.faults = faults_of(refusal) if isinstance(refusal, Invalid) else None
        return
    case = _case_of(session, source, name)
    if case is not None:
        row.case_id = case.id
    if case is not None and _deliver(session, world, case, row, text, now=now):
        row.state, row.settled_at, row.body = State.DELIVERED.value, now, None
        return
    row.attempts += 1
    row.next_at = now + min(FIRST_WAIT * 2 ** min(row.attempts - 1, 10), LONGEST_WAIT)
    row.code = "message.no_case" if case is None else "message.not_awaited"
    if now - row.received_at >= timedelta(days=world.config.inbound.keep_messages_days):
        row.state, row.settled_at = State.EXPIRED.value, now


def wake(session: Session, case_ids: Collection[int], *, now: datetime) -> None:
    """Has what waits for cases tried at once, because something happened to them."""
    session.execute(
        update(Delivery)
        .where(Delivery.case_id.in_(sorted(case_ids)), IS_WAITING, Delivery.next_at > now)
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


def _case_of(session: Session, source: SourceConfig, name: str) -> Case | None:
    """The case that is meant, where the source may speak of it: it brought it, or it is one of its channel.

    Nothing tells a case that is another's from one that there is not.
    """
    if name.startswith("#"):
        case_id = cases.id_of_number(session, name[1:])
        if case_id is None:
            return None
        case = cases.get_case(session, case_id)
        brought = select(Matter.case_id).where(Matter.case_id == case_id, Matter.source == source.name)
        return case if case.channel == source.channel or session.scalar(brought) is not None else None
    case_id = session.scalar(
        select(Matter.case_id).where(Matter.source == source.name, Matter.external_no == name)
    ) or session.scalar(select(Case.id).where(Case.channel == source.channel, Case.external_no == name))
    return None if case_id is None else cases.get_case(session, case_id)


def _deliver(session: Session, world: World, case: Case, row: Delivery, text: str, *, now: datetime) -> bool:
    """What arrives is noted on the case at once, so that whoever works on it reads it; its clock runs on when it waits.
    All else is done by the petitioner's own acts, which need the case to wait for them."""
    try:
        if row.message == MATERIAL and row.code != "message.not_awaited":
            return process.supply(session, world, case.id, text, viewer=None, now=now)
        if not process.is_awaited(session, world, case.id, str(row.message)):
            return False
        match row.message:
            case "m_material":
                process.deliver_message(session, world, case.id, MATERIAL, {}, actor_id=None, now=now)
            case "m_withdraw":
                process.withdraw(session, world, case.id, text, viewer=None, now=now)
            case _:
                process.apply_review(session, world, case.id, text, viewer=None, now=now)
    except Conflict:  # closed, or it leads others: nothing to be done now
        return False
    return True
