"""Another system that follows the demonstration: what it took, refused, and what waits for it. Nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import deliveries, people
from engine.main import Application
from engine.outward import Answer, Outward
from engine.people import Viewer

REFUSES = 4
"""The fourth message from the end, once, with an error page."""


class _NobodyThere(Outward):
    """Answers for a receiver that does not exist."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def send(self, url: str, body: bytes, headers: Mapping[str, str], **_more: Any) -> Answer:
        self._asked += 1
        if self._asked == REFUSES:
            return Answer(503, "<html><h1>503 Service Temporarily Unavailable</h1></html>", 1204)
        return Answer(202, '{"accepted": true}', 20 + 7 * self._asked % 40)


def be_followed(lived: Application, *, now: datetime) -> None:
    """Does nothing where no operator is offered."""
    root = lived.config.server.secret_key.get_secret_value()
    with lived.store.transaction() as session:
        operator = _operator(session)
        if operator is None:
            return
        top = operator.units(["operator"])[0]
        receiver_id = lived.follow(session, top, viewer=operator, now=now).id
    courier = deliveries.Courier(_NobodyThere(), lived.clock, root=root)
    deliveries.Worker(lived.store, lived.clock, courier).work()
    with lived.store.transaction() as session:
        deliveries.pause(session, receiver_id)


def _operator(session: Session) -> Viewer | None:
    found = (person.id for person, membership in people.demo_people(session) if membership.role == "operator")
    first = next(found, None)
    return None if first is None else people.viewer_of(session, first)
