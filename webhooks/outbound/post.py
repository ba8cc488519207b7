"""Each message of the outbox becomes a delivery for everybody who follows it. Harmless a second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deliveries, outbox
from engine.cases import get_case, wall_of
from engine.deliveries import Receiver, ReceiverState
from engine.territory import is_within
from webhooks.outbound.event import CONTENT_TYPE, event_of, key_of
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.model import Subscription

_FOLLOWING = "subscriptions"


@dataclass(frozen=True, slots=True)
class _Follower:
    receiver_id: int
    kinds: frozenset[str]
    unit_id: str


def post(session: Session, parcel: outbox.Parcel, *, public_url: str) -> int:
    """Queues a message of the outbox for its followers; gives how many it is new for.

    A subscription hears of cases that lie in its unit or are held there. Nobody hears of confidential cases, and a unit
    that is shut out of a case hears of it as little as its people do.
    """
    followers = [each for each in _following(session) if parcel.topic in each.kinds] if parcel.topic in KINDS else []
    if not followers:
        return 0
    case = get_case(session, parcel.case_id)
    if case.confidential:
        return 0
    wall = wall_of(session, case)
    told = [
        each.receiver_id
        for each in followers
        if (is_within(case.place_id, each.unit_id) or is_within(case.holder_id, each.unit_id))
        and not wall.shuts_out(each.unit_id)
    ]
    if not told:
        return 0
    key, body = key_of(parcel), event_of(parcel, case, public_url=public_url)
    return sum(
        deliveries.enqueue(
            session,
            receiver_id,
            key,
            parcel.topic,
            body,
            now=parcel.created_at,
            subject=case.number,
            content_type=CONTENT_TYPE,
        )
        for receiver_id in told
    )


def _following(session: Session) -> Sequence[_Follower]:
    """Read once in a transaction, which claims many messages."""
    known: Sequence[_Follower] | None = session.info.get(_FOLLOWING)
    if known is None:
        rows = session.execute(
            select(Subscription.receiver_id, Subscription.kinds, Subscription.unit_id)
            .join(Receiver, Receiver.id == Subscription.receiver_id)
            .where(Receiver.state != ReceiverState.GONE.value)
            .order_by(Subscription.id)
        )
        known = [_Follower(receiver_id, frozenset(kinds), unit_id) for receiver_id, kinds, unit_id in rows]
        session.info[_FOLLOWING] = known
    return known
