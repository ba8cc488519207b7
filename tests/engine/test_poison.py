"""A diagram that runs wild stops its own case, which becomes an incident; a hundred others go on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from bench import ground
from bench.ground import Ground
from engine import deploy, process, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.errors import Unavailable
from engine.history import HistoryEntry
from engine.process import Instance
from engine.store import Store

HEALTHY = 100
LOOP = {
    'id="f_gw_open__t_handle" name="继续 / Go on" sourceRef="gw_open" targetRef="t_handle"': (
        'id="f_gw_open__t_handle" name="继续 / Go on" sourceRef="gw_open" targetRef="gw_outcome"'
    ),
    'id="f_s_card_yellow__gw_carded" sourceRef="s_card_yellow" targetRef="gw_carded"': (
        'id="f_s_card_yellow__gw_carded" sourceRef="s_card_yellow" targetRef="gw_card"'
    ),
}
"""Two loops without anybody to wait for: behind "go on" and behind an overdue clock."""


@pytest.fixture
def settled(store: Store, sqlite_url: str, clock: ManualClock) -> Iterator[Ground]:
    ground.settle_in(store)
    with ground.ground(sqlite_url, clock=clock) as opened:
        yield opened


def release(g: Ground, changed: Mapping[str, str]) -> None:
    files = dict(deploy.read_folder(ground.ROOT / "bpmn"))
    text = files["small/small.bpmn"].decode()
    for before, after in changed.items():
        assert before in text
        text = text.replace(before, after)
    files["small/small.bpmn"] = text.encode()
    with g.store.transaction() as session:
        deploy.store_release(session, files, reason="poison", actor_id=None, now=g.clock.now())


def acts(g: Ground, case_id: int) -> list[str]:
    with g.store.reading() as session:
        rows = select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
        return list(session.scalars(rows))


def test_a_wild_case_beside_a_hundred_whole_ones(settled: Ground, clock: ManualClock) -> None:
    g = settled
    release(g, LOOP)
    poisoned = g.file()
    release(g, {})
    with g.store.transaction() as session:
        whole = [g.file_in(session, place=ground.GRIDS[n % len(ground.GRIDS)]).id for n in range(HEALTHY)]
    clock.advance(timedelta(days=2, hours=10))
    began = time.process_time()
    while (tick := g.app.scheduler.fire_due(most=1_000)).fired or tick.failed:
        clock.advance(timedelta(minutes=10))
    assert time.process_time() - began < 20
    with g.store.reading() as session:
        (trouble,) = process.troubles(session)
        assert trouble.case_id == poisoned
        assert "one push" in trouble.said
        tiers = set(session.scalars(select(Case.tier).where(Case.id.in_(whole))))
    assert tiers == {"zone"}, "all the others have risen"
    assert acts(g, poisoned).count("incident.opened") == 1
    assert "case.carded" not in acts(g, poisoned), "nothing of the wild push is kept"
    assert verify.check(g.store, g.app.world, now=clock.now()) == []


def test_who_completes_a_task_into_a_loop_is_told_and_the_case_is_set_aside(settled: Ground) -> None:
    g = settled
    release(g, LOOP)
    case_id = g.file()
    task_id = g.advance(case_id, "t_handle")
    before = acts(g, case_id)
    with pytest.raises(Unavailable) as failed:
        g.complete(task_id, answers={"outcome": "continue"})
    assert failed.value.code == "instance.failed"
    assert acts(g, case_id) == before
    for _ in range(2):  # twice is once
        with g.store.transaction() as session:
            process.set_aside(session, failed.value, now=g.clock.now())
    assert acts(g, case_id) == [*before, "incident.opened"]
    with pytest.raises(Unavailable) as again:
        g.complete(task_id)
    assert again.value.code == "instance.set_aside"
    with g.store.reading() as session:
        (trouble,) = process.troubles(session)
        assert session.scalar(select(Instance.state).where(Instance.id == trouble.instance_id))
    assert verify.check(g.store, g.app.world, now=g.clock.now()) == []
