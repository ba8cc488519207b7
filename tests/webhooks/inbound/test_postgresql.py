"""The same on PostgreSQL: what SQLite does not know (locks on rows, waiting for another's insert) is tried here."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select

from engine.cases import Case, CaseState, Party
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.process import World
from engine.store import open_store
from tests.web import district as town
from tests.webhooks.inbound.sender import config_of, documented_sources, order
from webhooks.inbound import Delivery, Matter, Proof, Sent, Settler, State, gate_of, source_of, sweep, tell, wake
from webhooks.inbound.rows import listed, what_came


def sent(content: dict[str, object], id: str, message: str | None = None) -> Sent:
    body = json.dumps(content).encode()
    return Sent(Proof(id, sha256(body).hexdigest()), body, "application/json", "", message)


def test_one_matter_whatever_comes_at_once(postgres_url: str, clock: ManualClock, tmp_path: Path) -> None:
    store = open_store(postgres_url)
    settled = town.settle(store, now=clock.now())
    inbound = config_of(tmp_path, "\n".join(documented_sources())).inbound
    world = World(settled.config.model_copy(update={"inbound": inbound}), settled.world.calendar)
    world.releases = settled.world.releases
    source, gate = source_of(world.config, "hotline"), gate_of(store)
    coming = [sent(order(revision=number % 3, title=f"第{number % 3}版"), f"e-{number % 3}") for number in range(9)]
    with ThreadPoolExecutor(6) as many:
        receipts = {
            seen.receipt
            for seen in many.map(lambda each: gate.take(store, world, source, each, now=clock.now()), coming)
        }
        assert len(receipts) == 3
        settlers = [Settler(store, world, clock) for _ in range(3)]
        while any(many.map(lambda settler: settler.once(), settlers)):
            pass
    withdrawal = sent({"order": {"no": order()["order"]["no"], "reason": "已解决"}}, "w", "m_withdraw")
    gate.take(store, world, source, withdrawal, now=clock.now())
    with store.transaction() as session:
        case = session.scalars(select(Case)).one()
        assert case.title == "第2版"
        assert session.scalars(select(Matter)).one().case_id == case.id
        wake(session, [case.id], now=clock.now())
        tell(session, world, [case.id], now=clock.now())
    while settlers[0].once():
        pass
    with store.transaction() as session:
        operator = viewer_of(session, settled.people["operator"])
        assert session.scalars(select(Case.state)).one() == CaseState.WITHDRAWN
        states = dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())
        assert states[State.FILED] == states[State.DELIVERED] == 1
        assert sum(states.values()) == 4
        assert what_came(session, inbound.sources, viewer=operator, now=clock.now())[0].by_state == states
        assert listed(session, source="hotline", state=None, before=None, viewer=operator) == ([], None)
        session.add(Party(case_id=case.id, role="respondent", name="郑子涵", person_id=operator.person_id))
        session.flush()
        assert what_came(session, inbound.sources, viewer=operator, now=clock.now())[0].by_state == {}
    clock.advance(timedelta(days=500))
    sweep(store, world, clock)
    with store.reading() as session:
        assert session.scalar(select(func.count(Delivery.id))) == 0
    store.dispose()
