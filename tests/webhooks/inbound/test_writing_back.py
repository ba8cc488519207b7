"""A source hears once of each state of its matters, in its own words and signed; what fails is tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

import webhooks
from engine import outbox, process
from engine.cases import Case
from engine.clock import ManualClock
from engine.deliveries import Courier, Worker
from engine.outward import Outward
from engine.people import viewer_of
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web import district as town
from tests.web.district import District
from tests.webhooks.inbound.sender import SECRETS, Sender, config_of, documented_sources, order
from webhooks.inbound import Matter, secrets_for, tell_followed

Settle = Callable[[], int]
ELSEWHERE = "https://12345.example.gov.cn/api/orders/status"


class Receiver(HTTPServer):
    """The hotline's side: keeps what the reference library finds to be true."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answers = 200
        super().__init__(("127.0.0.1", 0), Hears)


class Hears(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Webhook(SECRETS["HOTLINE_BACK"]).verify(body, dict(self.headers))
        if self.server.answers == 200:
            self.server.heard.append(json.loads(body))
        self.send_response(self.server.answers)
        self.end_headers()

    def log_message(self, *_given: Any) -> None: ...


@pytest.fixture
def hotline() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def connected(connected: District, hotline: Receiver, app: Any, clock: ManualClock, tmp_path: Path) -> District:
    """The documented hotline, which wants to hear, on this machine and allowed to be called."""
    source = documented_sources()[0].replace(ELSEWHERE, f"http://127.0.0.1:{hotline.server_port}/status")
    inbound = config_of(tmp_path, source).inbound
    outbound = connected.config.outbound.model_copy(update={"inside": ("127.0.0.1",)})
    changed = connected.config.model_copy(update={"inbound": inbound, "outbound": outbound})
    world = World(changed, connected.world.calendar)
    world.releases = connected.world.releases
    app.extensions[KEY] = Edge(connected.store, world, clock)
    return District(connected.store, world, world.config, connected.people)


def post(district: District, clock: ManualClock) -> None:
    """What the scheduler does for other systems, once."""
    with district.store.transaction() as session:
        for parcel in outbox.claim(session, now=clock.now(), most=100):
            webhooks.post(session, [parcel], district.world)
            webhooks.post(session, [parcel], district.world)  # a second time is harmless
            outbox.mark_sent(session, [parcel.id], now=clock.now())
    tell_followed(district.store, district.world, clock)


def send(district: District, clock: ManualClock) -> None:
    given = secrets_for(district.config)
    courier = Courier(Outward(district.config.outbound.inside), clock, root=town.SECRET, given=given)
    Worker(district.store, clock, courier, chance=lambda: 0).work()


def test_the_hotline_hears_of_each_state_once(
    sender: Sender, connected: District, settle: Settle, clock: ManualClock, hotline: Receiver
) -> None:
    clock.set(datetime.now(UTC))  # the reference library knows no other time
    sender.hotline(order(accepted_at="2026-03-02 08:41:07"))
    settle()
    post(connected, clock)
    hotline.answers = 503
    send(connected, clock)
    assert hotline.heard == []
    hotline.answers = 200
    clock.advance(timedelta(minutes=1))
    send(connected, clock)
    with connected.store.reading() as session:
        case = session.scalars(select(Case)).one()
    assert [(each["orderNo"], each["caseNo"], each["status"]) for each in hotline.heard] == [
        ("SZ12345-20260302-00817", case.number, "01")
    ]
    task = town.open_task(connected, case.id)
    with connected.store.transaction() as session:
        viewer = viewer_of(session, connected.people["grid"], now=clock.now())
        process.complete_task(session, connected.world, task.id, {"action": "sign"}, viewer=viewer, now=clock.now())
    for _ in range(3):
        post(connected, clock)
        send(connected, clock)
    with connected.store.transaction() as session:
        process.withdraw(session, connected.world, case.id, "已解决", viewer=None, now=clock.now())
    post(connected, clock)
    send(connected, clock)
    assert [each["status"] for each in hotline.heard] == ["01", "02", "09"]
    assert [each["seq"] for each in hotline.heard] == sorted(each["seq"] for each in hotline.heard)
    assert set(hotline.heard[0]) == {"orderNo", "caseNo", "status", "time", "seq"}, "no word about a person"
    with connected.store.reading() as session:
        assert session.scalars(select(Matter.followed)).all() == [False]
