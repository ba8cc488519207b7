"""Few rounds of the races of `bench/prove/race.py`, on both databases; the harness runs hundreds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench import ground
from bench.ground import Ground
from bench.prove import race
from engine import process
from engine.cases import Case
from engine.clock import ManualClock
from engine.errors import Conflict
from engine.store import Store, open_store


@pytest.fixture
def settled(each_store: Store, database_url: str, clock: ManualClock) -> Iterator[Ground]:
    ground.settle_in(each_store)
    with ground.ground(database_url, clock=clock) as opened:
        yield opened


def test_two_handlers_complete_parallel_tasks_at_the_same_instant(settled: Ground) -> None:
    ran = race.parallel_tasks(settled, 5)
    assert (ran.wrong, ran.ends) == ([], {"answered": 10})


@pytest.mark.parametrize("people", [2, 20])
def test_one_task_is_completed_by_one_of_many(settled: Ground, people: int) -> None:
    ran = race.one_task(settled, 4, people)
    assert (ran.wrong, ran.ends) == ([], {"Completion": 4, "task.done": 4 * (people - 1)})


def test_a_case_is_resolved_or_rises_never_both(settled: Ground, clock: ManualClock) -> None:
    ran = race.completion_against_deadline(settled, clock, 40)
    assert (ran.wrong, ran.ends.total()) == ([], 40)


def test_four_nodes_fire_300_timers_once(postgres_url: str, clock: ManualClock) -> None:
    store = open_store(postgres_url)
    ground.settle_in(store)
    store.dispose()
    ran = race.four_nodes(postgres_url, clock, rounds=1, timers=300)
    assert (ran.wrong, ran.ends["fired"]) == ([], 300)


def test_a_stale_page_is_told_that_the_case_moved_on_and_changes_nothing(settled: Ground, clock: ManualClock) -> None:
    case_id = settled.file()
    opened = settled.only_task(case_id)
    viewer = settled.asker(opened)
    clock.advance(timedelta(days=3))
    settled.app.scheduler.tick()
    with settled.store.reading() as session:
        before = process.tell(session, settled.app.world, _case(settled, case_id), viewer=viewer, now=clock.now())
    with pytest.raises(Conflict) as refused:
        settled.complete(opened, viewer=viewer)
    assert refused.value.code == "task.gone"
    assert (refused.value.facts["task"], refused.value.facts["case"]) == (opened, case_id)
    with settled.store.reading() as session:
        after = process.tell(session, settled.app.world, _case(settled, case_id), viewer=viewer, now=clock.now())
    assert [entry.hash for entry in after.entries] == [entry.hash for entry in before.entries]
    assert race.whole(settled) == []


def _case(g: Ground, case_id: int) -> Case:
    with g.store.reading() as session:
        found = session.get(Case, case_id)
        assert found is not None
        return found
