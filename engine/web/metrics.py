"""`/metrics` for Prometheus: what this process did, and what waits in the database. Numbers of things, never a name.

Only who asks by themselves from an allowed network, or brings the token, gets an answer; to everybody else there is no
such page.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address, ip_network

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session

from engine import deadlines, deliveries, notify, outbox, process
from engine.errors import NotFound
from engine.web.context import looking, now, world
from engine.web.heartbeat import nodes
from engine.web.meter import CONTENT_TYPE, Gauge
from engine.web.policy import policy
from engine.web.watched import meter

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
@policy("public")
def metrics() -> Response:
    if not _may_read():
        raise NotFound("page.unknown", "There is no such page.")
    with looking() as session:
        gauges = tuple(_known(session, now()))
    return Response(meter(current_app).text(gauges), content_type=CONTENT_TYPE)


def _may_read() -> bool:
    """A request that came through a proxy has the proxy's address, or one that somebody may have written themselves."""
    config = world().config.metrics
    token, shown = config.token.get_secret_value(), request.headers.get("Authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")):
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(address in ip_network(each) for each in config.networks)


def _known(session: Session, at: datetime) -> Iterator[Gauge]:
    """A dozen statements; each from an index."""
    oldest = deadlines.oldest_unprocessed(session, now=at)
    waiting, since = outbox.backlog(session)
    beats = nodes(session)
    yield _one(
        "maplebridge_deadline_late_seconds",
        "How long the oldest due deadline waits to be fired.",
        _age(oldest, at),
    )
    yield _one("maplebridge_deadlines_due", "Deadlines that are due and not fired.", deadlines.due_now(session, now=at))
    yield _one("maplebridge_outbox_waiting", "Messages of the outbox that wait to be worked on.", waiting)
    yield _one("maplebridge_outbox_oldest_seconds", "How long the oldest of them waits.", _age(since, at))
    yield _one("maplebridge_outbox_stuck", "Messages of the outbox that were given up.", len(outbox.stuck(session)))
    aside = process.count_troubles(session)
    yield _one("maplebridge_incidents", "Cases set aside because their process failed.", aside)
    held = outbox.held(session)
    yield _one("maplebridge_held_seconds", "Since when everything that leaves is held; 0: it is not.",
               _age(None if held is None else held.since, at))  # fmt: skip
    yield Gauge(
        "maplebridge_node_beat_age_seconds",
        "How long ago a node that ticks was last heard.",
        tuple((_age(node.beat_at, at), node.name) for node in beats),
        "node",
    )
    yield Gauge(
        "maplebridge_node_fired_last_hour",
        "Deadlines a node fired within the hour before it was last heard.",
        tuple((float(node.fired_last_hour), node.name) for node in beats),
        "node",
    )
    yield Gauge(
        "maplebridge_node_latest_by_seconds",
        "How late the latest firing of that hour was.",
        tuple((node.latest_by_s, node.name) for node in beats),
        "node",
    )
    under_way, given_up, oldest_message = notify.backlog(session)
    yield _one("maplebridge_messages_waiting", "Mail and messages to people that wait to be sent.", under_way)
    yield _one("maplebridge_messages_oldest_seconds", "How long the oldest of them waits.", _age(oldest_message, at))
    yield _one("maplebridge_messages_given_up", "Mail and messages that were given up.", given_up)
    waits, failed = deliveries.count_waiting(session), deliveries.count_failed(session)
    yield _one("maplebridge_deliveries_waiting", "Deliveries to other systems that wait for their next try.", waits)
    yield _one("maplebridge_deliveries_given_up", "Deliveries that were given up and wait for a decision.", failed)


def _one(name: str, says: str, value: float) -> Gauge:
    return Gauge(name, says, ((float(value), ""),))


def _age(since: datetime | None, at: datetime) -> float:
    return 0.0 if since is None else max((at - since).total_seconds(), 0.0)
