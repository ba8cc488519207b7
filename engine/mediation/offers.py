"""Full mediation: every dispute is offered mediation, and whoever declines says why; how far that holds is counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.errors import Invalid
from engine.mediation.model import Offer, Referral
from engine.territory import within

ANSWERS = ("accepted", "declined")
REASONS = ("settled", "one_refuses", "court", "unreachable", "not_open", "other")
"""Why there is no mediation: they agreed without it, a party refuses, it is before a court or an arbitrator, a party
cannot be reached, the law leaves nothing to agree on, another reason (said in words)."""
LONGEST_NOTE = 2000
PAGE = 30


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the disputes filed in a period: how many were offered mediation, taken or declined, and how many went."""

    disputes: int
    offered: int
    declined: int
    mediated: int


def checked(answer: str, reason: str | None, note: str | None) -> tuple[str, str | None, str | None]:
    """Raises Invalid with the fields that are wrong. Pure."""
    wrong: dict[str, dict[str, str]] = {}
    said = (note or "").strip() or None
    if answer not in ANSWERS:
        wrong["answer"] = {"zh": "请选择。", "en": "Please choose."}
    if answer == "declined" and reason not in REASONS:
        wrong["reason"] = {"zh": "请选择不调解的原因。", "en": "Say why there is no mediation."}
    if answer == "declined" and reason == "other" and said is None:
        wrong["note"] = {"zh": "请说明原因。", "en": "Please say which."}
    if said is not None and len(said) > LONGEST_NOTE:
        wrong["note"] = {"zh": f"最多 {LONGEST_NOTE} 字。", "en": f"At most {LONGEST_NOTE} characters."}
    if wrong:
        raise Invalid("offer.invalid", "Something about the offer is missing.", fields=wrong)
    return answer, reason if answer == "declined" else None, said


def keep_offer(
    session: Session, case_id: int, answer: str, reason: str | None, note: str | None, *, by: int | None, now: datetime
) -> Offer:
    """The last word counts. The caller has checked it, locked the case, and writes the history."""
    offer = session.get(Offer, case_id)
    if offer is None:
        offer = Offer(case_id=case_id, answer=answer, offered_at=now)
        session.add(offer)
    offer.answer, offer.reason, offer.note, offer.offered_at, offer.offered_by = answer, reason, note, now, by
    session.flush()
    return offer


def offer_of(session: Session, case_id: int) -> Offer | None:
    return session.get(Offer, case_id)


def coverage(
    session: Session, units: Collection[str], seen: ColumnElement[bool], *, since: datetime, until: datetime
) -> Coverage:
    """Over the disputes of these units filed within [since, until) that may be `seen`. A referral counts as an offer.
    One statement."""
    disputes = _disputes(units), seen, Case.filed_at >= since, Case.filed_at < until
    row = session.execute(
        select(
            func.count(),
            func.count().filter(was_offered()),
            func.count().filter(exists().where(Offer.case_id == Case.id, Offer.answer == "declined")),
            func.count().filter(exists().where(Referral.case_id == Case.id)),
        )
        .select_from(Case)
        .where(*disputes)
    ).one()
    return Coverage(*(int(each) for each in row))


def not_offered(
    session: Session, units: Collection[str], seen: ColumnElement[bool], *, before: int | None = None, most: int = PAGE
) -> Sequence[Case]:
    """Open disputes of these units that may be `seen` and were not offered mediation, newest first. One statement."""
    wanted = [_disputes(units), seen, Case.closed_at.is_(None), ~was_offered()]
    if before is not None:
        wanted.append(Case.id < before)
    return session.scalars(select(Case).where(*wanted).order_by(Case.id.desc()).limit(most)).all()


def was_offered() -> ColumnElement[bool]:
    """A condition on `Case`."""
    return or_(exists().where(Offer.case_id == Case.id), exists().where(Referral.case_id == Case.id))


def _disputes(units: Collection[str]) -> ColumnElement[bool]:
    return and_(Case.kind == "dispute", ~Case.confidential, within(Case.place_id.expression, sorted(units)))
