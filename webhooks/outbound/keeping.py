"""Subscriptions made, changed and removed, by an operator and into the operators' log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deliveries, people, tasks
from engine.deliveries import Receiver
from engine.errors import REQUIRED, Invalid, NotFound, too_long
from engine.people import Viewer
from engine.territory import Unit
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.model import Subscription

LONGEST_NAME = 60
PREFIX = "subscription:"
"""Before the names of subscriptions among those of all receivers."""
TWICE = timedelta(minutes=1)
"""The same form again so soon is the same act."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form says. `url_fault` is what checking the address found, which must not happen in a transaction."""

    name: str
    url: str
    kinds: Sequence[str]
    unit_id: str
    url_fault: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A subscription with its receiver."""

    subscription: Subscription
    receiver: Receiver

    @property
    def name(self) -> str:
        return self.receiver.label


def all_of(session: Session) -> Sequence[Line]:
    """By name; two hundred at most, which is as many as may be made."""
    rows = session.execute(
        select(Subscription, Receiver).join(Receiver, Receiver.id == Subscription.receiver_id).order_by(Receiver.name)
    ).all()
    return [Line(subscription, receiver) for subscription, receiver in rows]


def get(session: Session, subscription_id: int) -> Line:
    """Raises NotFound."""
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        raise NotFound("subscription.unknown", "There is no such subscription.")
    return Line(subscription, session.get_one(Receiver, subscription.receiver_id))


def make(session: Session, wanted: Wanted, root: str, *, viewer: Viewer, now: datetime) -> Line:
    """A subscription with its first secret. Made twice within a minute it is one. Raises Invalid with `fields`."""
    viewer.must("outbound.keep")
    found = session.scalar(select(Receiver).where(Receiver.name == PREFIX + wanted.name))
    if found is not None and found.url == wanted.url and now - found.made_at < TWICE:
        return Line(session.scalars(select(Subscription).filter_by(receiver_id=found.id)).one(), found)
    _check(session, wanted, taken=found is not None)
    receiver = deliveries.receiver(
        session,
        PREFIX + wanted.name,
        url=wanted.url,
        kind="subscription",
        signed=True,
        now=now,
        keys=[deliveries.new_key(root, now=now)],
    )
    made = Subscription(
        receiver_id=receiver.id, kinds=_in_order(wanted.kinds), unit_id=wanted.unit_id, made_by=viewer.person_id
    )
    session.add(made)
    session.flush()
    _log(session, viewer, "subscription.made", made, now, _facts(wanted))
    return Line(made, receiver)


def change(session: Session, subscription_id: int, wanted: Wanted, *, viewer: Viewer, now: datetime) -> Line:
    """What was queued before keeps its words and goes to the new address. Raises Invalid with `fields`."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    other = session.scalar(select(Receiver.id).where(Receiver.name == PREFIX + wanted.name))
    _check(session, wanted, taken=other not in (None, line.receiver.id))
    line.receiver.name, line.receiver.url = PREFIX + wanted.name, wanted.url
    line.subscription.kinds, line.subscription.unit_id = _in_order(wanted.kinds), wanted.unit_id
    _log(session, viewer, "subscription.changed", line.subscription, now, _facts(wanted))
    return line


def pause(session: Session, subscription_id: int, *, viewer: Viewer, now: datetime) -> None:
    """What happens meanwhile is kept for it."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    deliveries.pause(session, line.receiver.id)
    _log(session, viewer, "subscription.paused", line.subscription, now)


def resume(session: Session, subscription_id: int, *, viewer: Viewer, now: datetime) -> None:
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    deliveries.resume(session, line.receiver.id, now=now)
    _log(session, viewer, "subscription.resumed", line.subscription, now)


def rotate(session: Session, subscription_id: int, root: str, *, viewer: Viewer, now: datetime) -> Mapping[str, Any]:
    """A new secret; the one before signs too for a week. Made twice within a minute it is one. Gives its key."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    newest = line.receiver.keys[0]
    if len(line.receiver.keys) > 1 and now - datetime.fromisoformat(newest["made_at"]) < TWICE:
        return newest
    _log(session, viewer, "subscription.secret_made", line.subscription, now)
    return deliveries.rotate_key(session, line.receiver.id, root, now=now)


def end_old_secret(session: Session, subscription_id: int, *, viewer: Viewer, now: datetime) -> None:
    """From now on only the newest secret signs."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    deliveries.end_old_key(session, line.receiver.id)
    _log(session, viewer, "subscription.secret_ended", line.subscription, now)


def remove(session: Session, subscription_id: int, *, viewer: Viewer, now: datetime) -> None:
    """With its log and what still waits for it."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    _log(session, viewer, "subscription.removed", line.subscription, now, {"name": line.name, "url": line.receiver.url})
    session.delete(line.subscription)
    session.flush()
    deliveries.forget(session, line.receiver.id)


def redeliver(session: Session, subscription_id: int, delivery_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Under its old id. Raises NotFound; Conflict where it is about to be sent anyway."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    deliveries.get_delivery(session, line.receiver.id, delivery_id, hidden=tasks.numbers_shut_out(viewer))
    deliveries.redeliver(session, line.receiver.id, delivery_id, now=now)
    _log(session, viewer, "delivery.repeated", line.subscription, now, {"delivery": delivery_id})


def redeliver_failed(session: Session, subscription_id: int, *, viewer: Viewer, now: datetime) -> int:
    """Everything that was given up; gives how many."""
    viewer.must("outbound.keep")
    line = get(session, subscription_id)
    count = deliveries.redeliver_failed(session, line.receiver.id, now=now)
    if count:
        _log(session, viewer, "delivery.repeated", line.subscription, now, {"count": count})
    return count


def _check(session: Session, wanted: Wanted, *, taken: bool) -> None:
    fields: dict[str, Mapping[str, str]] = {}
    if not wanted.name:
        fields["name"] = REQUIRED
    elif len(wanted.name) > LONGEST_NAME:
        fields["name"] = too_long(LONGEST_NAME)
    elif taken:
        fields["name"] = {"zh": "已有同名订阅。", "en": "There is a subscription of that name."}
    if not wanted.url:
        fields["url"] = REQUIRED
    elif wanted.url_fault:
        fields["url"] = wanted.url_fault
    if not wanted.kinds or not set(wanted.kinds) <= set(KINDS):
        fields["kinds"] = {"zh": "请至少选择一种事件。", "en": "Choose at least one kind of event."}
    if not wanted.unit_id:
        fields["unit"] = REQUIRED
    elif session.get(Unit, wanted.unit_id) is None:
        fields["unit"] = {"zh": "没有这个单位编号。", "en": "There is no unit with that id."}
    if fields:
        raise Invalid("subscription.invalid", "The subscription cannot be saved.", fields=fields)


def _in_order(kinds: Sequence[str]) -> list[str]:
    return [kind for kind in KINDS if kind in kinds]


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {"name": wanted.name, "url": wanted.url, "unit": wanted.unit_id, "kinds": _in_order(wanted.kinds)}


def _log(
    session: Session,
    viewer: Viewer,
    act: str,
    subscription: Subscription,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    people.operator_log.log(session, viewer, act, f"subscription:{subscription.id}", now=now, facts=facts)
