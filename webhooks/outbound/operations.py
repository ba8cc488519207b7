"""Subscriptions over the JSON API: what the pages do, for programs that set themselves up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import g
from pydantic import Field
from sqlalchemy import Select
from sqlalchemy.orm import Session

from engine import deliveries, tasks
from engine.deliveries import Attempt, Delivery, Health
from engine.errors import Conflict
from engine.outward import Outward
from engine.web.api import Acted, Cursor, Room, Told, row, tell
from engine.web.context import now, viewer, world
from webhooks.outbound import keeping
from webhooks.outbound.keeping import LONGEST_NAME, Line, Wanted
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.trial import root_secret, send_trial

SUBSCRIPTIONS = Room(
    "subscriptions", "Other systems that are told of events.", read="operations:read", write="operations:write"
)
PLACE = "/operations/subscriptions"
ONE = f"{PLACE}/<int:subscription_id>"

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://oa.example.gov.cn/maplebridge"])]
UnitId = Annotated[str, Field(min_length=1, max_length=64)]
Kinds = Annotated[list[str], Field(min_length=1, max_length=len(KINDS), examples=[["case.filed", "case.closed"]])]


class Subscription(Told):
    """`state` is on, paused, or gone (the receiver answered 410). Secrets are never told."""

    id: int
    name: str
    url: str
    unit_id: str
    kinds: list[str]
    state: str
    waiting: int
    failed: int
    failing_since: datetime | None
    trouble: str | None
    delivered_at: datetime | None
    made_at: datetime
    made_by: int


class SubscriptionSecret(Told):
    """Shown this once."""

    secret: str


class Trial(Told):
    """Either `status`, what the receiver answered, or `trouble`, why nothing came back."""

    status: int | None
    trouble: str | None
    ms: int
    answer: str


class Repeated(Told):
    count: int


DELIVERY = row("Delivery", Delivery, "id key kind subject state created_at next_at attempts done_at")
ATTEMPT = row("DeliveryAttempt", Attempt, "at ms status trouble answer")
DELIVERY_FULL = row(
    "DeliveryFull",
    Delivery,
    "id key kind subject state created_at next_at attempts done_at body content_type",
    "With its tries, newest first.",
    tries=list[ATTEMPT],  # type: ignore[valid-type]
)


@SUBSCRIPTIONS.look(PLACE, "listSubscriptions", "outbound.keep", "List subscriptions", lists=Subscription)
def list_subscriptions(session: Session) -> Any:
    lines = keeping.all_of(session)
    health = deliveries.health_of(session, [line.receiver.id for line in lines], hidden=_hidden())
    return [_told(line, health[line.receiver.id]) for line in lines], None


@SUBSCRIPTIONS.look(ONE, "readSubscription", "outbound.keep", "Read a subscription", tells=Subscription)
def read_subscription(session: Session, subscription_id: int) -> Any:
    return _read(session, subscription_id)


def _reach(_session: Session, *_places: int, url: str, **_words: Any) -> None:
    """Resolves the name while no lock is held."""
    Outward(world().config.outbound.inside).check(url)


@SUBSCRIPTIONS.act(
    PLACE,
    "makeSubscription",
    "outbound.keep",
    "Have another system told of events",
    tells=Subscription,
    status=201,
    description="Then ask for its secret with makeSubscriptionSecret.",
    before=_reach,
)
def make(session: Session, *, name: Name, url: Url, unit_id: UnitId, kinds: Kinds) -> Any:
    wanted = _wanted(name, url, unit_id, kinds)
    line = keeping.make(session, wanted, root_secret(), viewer=viewer(), now=now())
    return _told(line, Health())


@SUBSCRIPTIONS.act(
    ONE,
    "changeSubscription",
    "outbound.keep",
    "Change a subscription",
    method="PUT",
    tells=Subscription,
    before=_reach,
)
def change(session: Session, subscription_id: int, *, name: Name, url: Url, unit_id: UnitId, kinds: Kinds) -> Any:
    wanted = _wanted(name, url, unit_id, kinds)
    keeping.change(session, subscription_id, wanted, viewer=viewer(), now=now())
    return _read(session, subscription_id)


@SUBSCRIPTIONS.act(
    f"{ONE}/pausing", "pauseSubscription", "outbound.keep", "Send it nothing for now", tells=Subscription
)
def pause(session: Session, subscription_id: int) -> Any:
    keeping.pause(session, subscription_id, viewer=viewer(), now=now())
    return _read(session, subscription_id)


@SUBSCRIPTIONS.act(
    f"{ONE}/resuming",
    "resumeSubscription",
    "outbound.keep",
    "Send to it again",
    tells=Subscription,
    description="From what waited longest; also after it answered 410.",
)
def resume(session: Session, subscription_id: int) -> Any:
    keeping.resume(session, subscription_id, viewer=viewer(), now=now())
    return _read(session, subscription_id)


@SUBSCRIPTIONS.act(
    f"{ONE}/secret",
    "makeSubscriptionSecret",
    "outbound.keep",
    "Make a new secret",
    method="PUT",
    tells=SubscriptionSecret,
    description="The one before signs too for a week.",
)
def make_secret(session: Session, subscription_id: int) -> Any:
    key = keeping.rotate(session, subscription_id, root_secret(), viewer=viewer(), now=now())
    return SubscriptionSecret(secret=deliveries.secret_text(root_secret(), key))


@SUBSCRIPTIONS.act(
    f"{ONE}/secret/ending",
    "endOldSubscriptionSecret",
    "outbound.keep",
    "End the secret before the newest",
    tells=Subscription,
)
def end_old_secret(session: Session, subscription_id: int) -> Any:
    keeping.end_old_secret(session, subscription_id, viewer=viewer(), now=now())
    return _read(session, subscription_id)


def _try(_session: Session, subscription_id: int) -> None:
    """The network, while no lock is held."""
    g.trial = send_trial(subscription_id)


@SUBSCRIPTIONS.act(
    f"{ONE}/pings",
    "pingSubscription",
    "outbound.keep",
    "Send a trial and see what it answers",
    tells=Trial,
    before=_try,
)
def ping(session: Session, subscription_id: int) -> Any:
    sent = g.trial
    return Trial(status=sent.status, trouble=sent.trouble, ms=sent.ms, answer=sent.answer)


@SUBSCRIPTIONS.act(
    ONE, "removeSubscription", "outbound.keep", "Remove a subscription with its log", method="DELETE", tells=Acted
)
def remove(session: Session, subscription_id: int) -> Any:
    keeping.remove(session, subscription_id, viewer=viewer(), now=now())
    return Acted()


@SUBSCRIPTIONS.look(f"{ONE}/deliveries", "listDeliveries", "outbound.keep", "List what was sent to it", lists=DELIVERY)
def list_deliveries(session: Session, subscription_id: int, *, state: str = "", cursor: Cursor = "") -> Any:
    line = keeping.get(session, subscription_id)
    entries, following = deliveries.deliveries_of(
        session, line.receiver.id, state=state or None, before=int(cursor) if cursor else None, hidden=_hidden()
    )
    return [entry.delivery for entry in entries], following


@SUBSCRIPTIONS.look(
    f"{ONE}/deliveries/<int:delivery_id>",
    "readDelivery",
    "outbound.keep",
    "Read a delivery with its tries",
    tells=DELIVERY_FULL,
)
def read_delivery(session: Session, subscription_id: int, delivery_id: int) -> Any:
    line = keeping.get(session, subscription_id)
    delivery = deliveries.get_delivery(session, line.receiver.id, delivery_id, hidden=_hidden())
    tries = tell(session, ATTEMPT, deliveries.attempts_of(session, delivery_id))
    return tell(session, DELIVERY_FULL, [delivery], tries=tries)[0]


@SUBSCRIPTIONS.act(
    f"{ONE}/deliveries/<int:delivery_id>/repetition",
    "repeatDelivery",
    "outbound.keep",
    "Send a delivery again under its id",
    tells=Repeated,
)
def repeat(session: Session, subscription_id: int, delivery_id: int) -> Any:
    try:
        keeping.redeliver(session, subscription_id, delivery_id, viewer=viewer(), now=now())
    except Conflict:  # it is about to be sent
        return Repeated(count=0)
    return Repeated(count=1)


@SUBSCRIPTIONS.act(
    f"{ONE}/repetitions",
    "repeatFailedDeliveries",
    "outbound.keep",
    "Send all that was given up again",
    tells=Repeated,
)
def repeat_failed(session: Session, subscription_id: int) -> Any:
    return Repeated(count=keeping.redeliver_failed(session, subscription_id, viewer=viewer(), now=now()))


def _wanted(name: str, url: str, unit_id: str, kinds: list[str]) -> Wanted:
    return Wanted(name, Outward(world().config.outbound.inside).plain(url), kinds, unit_id)


def _hidden() -> Select[str]:
    return tasks.numbers_shut_out(viewer())


def _read(session: Session, subscription_id: int) -> Subscription:
    session.flush()
    line = keeping.get(session, subscription_id)
    return _told(line, deliveries.health_of(session, [line.receiver.id], hidden=_hidden())[line.receiver.id])


def _told(line: Line, health: Health) -> Subscription:
    receiver, subscription = line.receiver, line.subscription
    return Subscription(
        id=subscription.id,
        name=line.name,
        url=receiver.url,
        unit_id=subscription.unit_id,
        kinds=subscription.kinds,
        state=receiver.state,
        waiting=health.waiting,
        failed=health.failed,
        failing_since=receiver.failing_since,
        trouble=receiver.trouble,
        delivered_at=receiver.delivered_at,
        made_at=receiver.made_at,
        made_by=subscription.made_by,
    )
