"""A case goes to an organisation, which accepts or refuses; it ends in an agreement or without one.

One referral of a case runs at a time. States, each for good: referred → accepted → ended, or referred → refused/silent.
The caller has locked the case and writes its history.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.mediation.model import NEVER_BEGAN, Mediator, Organisation, Outcome, Referral
from engine.people import Membership, Person


def refer(session: Session, case_id: int, organisation_id: str | None, *, chosen_by: str, now: datetime) -> Referral:
    """`organisation_id` None: the holding unit mediates itself. One that still ran got no answer."""
    earlier = running(session, case_id)
    if earlier is not None:
        end(earlier, Outcome.SILENT, now=now)
    if organisation_id is not None and session.get(Organisation, organisation_id) is None:
        organisation_id = None  # a form of an earlier release wrote a name here
    referral = Referral(case_id=case_id, organisation_id=organisation_id, chosen_by=chosen_by, referred_at=now)
    session.add(referral)
    session.flush()
    return referral


def accept(session: Session, referral: Referral, mediator_id: int | None, *, now: datetime) -> None:
    """A mediator of another organisation is passed over; one without an account is only named."""
    mediator = None if mediator_id is None else session.get(Mediator, mediator_id)
    if mediator is not None and mediator.organisation_id == referral.organisation_id:
        referral.mediator_id = mediator.id
        referral.person_id = _with_role(session, mediator)
    referral.accepted_at = now
    session.flush()


def end(referral: Referral, outcome: Outcome, *, now: datetime) -> None:
    """Idempotent: the first end stands."""
    if referral.ended_at is None:
        referral.ended_at, referral.outcome = now, outcome.value


def running(session: Session, case_id: int) -> Referral | None:
    return session.scalars(
        select(Referral)
        .where(Referral.case_id == case_id, Referral.ended_at.is_(None))
        .order_by(Referral.id.desc())
        .limit(1)
    ).first()


def referrals_of(session: Session, case_id: int) -> list[Referral]:
    """Oldest first."""
    return list(session.scalars(select(Referral).where(Referral.case_id == case_id).order_by(Referral.id)))


def answering(session: Session, case_id: int, *, without: Collection[int] = ()) -> tuple[str | None, int | None]:
    """Which organisation answers for the mediation of a case, and which person; (None, None): the holding unit does.

    After the mediation it is still theirs to see the agreement performed. People of `without` are not named.
    """
    found = session.scalars(
        select(Referral)
        .where(
            Referral.case_id == case_id,
            Referral.outcome.is_(None) | Referral.outcome.not_in(sorted(NEVER_BEGAN)),
        )
        .order_by(Referral.id.desc())
        .limit(1)
    ).first()
    if found is None or found.organisation_id is None:
        return None, None
    return found.organisation_id, None if found.person_id in without else found.person_id


def _with_role(session: Session, mediator: Mediator) -> int | None:
    """Their account, when it may still answer for the organisation."""
    return session.scalar(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.id == mediator.person_id, Person.active, Membership.unit_id == mediator.organisation_id)
        .limit(1)
    )
