"""Each message of the outbox becomes a delivery for everybody who follows it. Harmless a second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import cases, deliveries, outbox
from engine.cases import NO_WALL, Case, Wall
from engine.deliveries import Letter, Receiver, ReceiverState
from engine.territory import is_within
from webhooks.outbound.event import CONTENT_TYPE, event_of, key_of
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.model import Subscription


@dataclass(frozen=True, slots=True)
class _Follower:
    receiver_id: int
    kinds: frozenset[str]
    unit_id: str


def post(session: Session, parcels: Sequence[outbox.Parcel], *, public_url: str) -> int:
    """Queues messages of the outbox for their followers; gives how many deliveries are new.

    A subscription hears of cases that lie in its unit or are held there. Nobody hears of confidential cases, and a unit
    that is shut out of a case hears of it as little as its people do. A few statements, however many messages.
    """
    told = [each for each in parcels if each.topic in KINDS]
    followers = _following(session) if told else ()
    if not followers:
        return 0
    found = cases.cases_by_id(session, {each.case_id for each in told})
    walls = cases.walls_of(session, found.values())
    letters: list[Letter] = []
    for parcel in told:
        case = found[parcel.case_id]
        hearing = _hearing(followers, parcel.topic, case, walls.get(case.id, NO_WALL))
        if hearing:
            key, body = key_of(parcel), event_of(parcel, case, public_url=public_url)
            letters += [
                Letter(to, key, parcel.topic, body, parcel.created_at, case.number, CONTENT_TYPE) for to in hearing
            ]
    return deliveries.enqueue(session, letters)


def _hearing(followers: Sequence[_Follower], topic: str, case: Case, wall: Wall) -> list[int]:
    """The receivers that hear of an act of a case."""
    if case.confidential:
        return []
    return [
        each.receiver_id
        for each in followers
        if topic in each.kinds
        and (is_within(case.place_id, each.unit_id) or is_within(case.holder_id, each.unit_id))
        and not wall.shuts_out(each.unit_id)
    ]


def _following(session: Session) -> Sequence[_Follower]:
    rows = session.execute(
        select(Subscription.receiver_id, Subscription.kinds, Subscription.unit_id)
        .join(Receiver, Receiver.id == Subscription.receiver_id)
        .where(Receiver.state != ReceiverState.GONE.value)
        .order_by(Subscription.id)
    )
    return [_Follower(receiver_id, frozenset(kinds), unit_id) for receiver_id, kinds, unit_id in rows]
