"""The ticks: after an outage, with a broken case among whole ones, with a clock that jumps, and in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bench import ground
from bench.ground import Ground
from engine import deliveries, deploy, outbox, people, process, verify
from engine.cases import Case, Visit
from engine.clock import ManualClock, SystemClock
from engine.deadlines import Deadline, DeadlineState
from engine.deliveries import Letter
from engine.errors import NotAllowed, Unavailable
from engine.history import HistoryEntry
from engine.process import Instance
from engine.scheduler import Job, Node, Scheduler, Tick, latest_beat
from engine.scheduler.background import Background, OneAtATime
from engine.store import Store


@pytest.fixture
def settled(each_store: Store, database_url: str, clock: ManualClock) -> Iterator[Ground]:
    ground.settle_in(each_store)
    with ground.ground(database_url, clock=clock) as opened:
        yield opened


def acts(g: Ground, case_id: int) -> list[str]:
    with g.store.reading() as session:
        return list(
            session.scalars(select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq))
        )


def assert_whole(g: Ground) -> None:
    assert verify.check(g.store, g.app.world, now=g.clock.now()) == []


def test_after_an_outage_each_case_rises_one_tier_oldest_first_and_late_by_the_truth(
    settled: Ground, clock: ManualClock
) -> None:
    cases = []
    for number in range(12):
        cases.append(settled.file(place=ground.GRIDS[number % 4]))
        clock.advance(timedelta(hours=1))
    clock.advance(timedelta(days=14))  # long enough for three tiers, had anybody ticked
    now = clock.now()
    fired: list[int] = []
    assert settled.app.scheduler.fire_due(on_fired=fired.append) == Tick(24, 0)  # each: not signed in, not handled
    with settled.store.reading() as session:
        clocks = {row.id: row for row in session.scalars(select(Deadline))}
        visits = session.scalars(select(Visit).order_by(Visit.case_id, Visit.seq)).all()
    assert [clocks[each].due_at for each in fired] == sorted(clocks[each].due_at for each in fired)
    assert [clocks[each].lateness_s for each in fired] == [
        (now - clocks[each].due_at).total_seconds() for each in fired
    ]
    assert [(visit.case_id, visit.tier) for visit in visits] == [(c, t) for c in cases for t in ("grid", "zone")]
    risen = [row for row in clocks.values() if row.step == "handle" and row.state == DeadlineState.ARMED]
    assert {row.started_at for row in risen} == {now}
    assert all(row.due_at > now + timedelta(days=2) for row in risen)
    assert settled.app.scheduler.fire_due() == Tick(0, 0)
    assert_whole(settled)


def test_a_broken_case_becomes_an_incident_holds_up_nobody_and_is_tried_again(
    settled: Ground, clock: ManualClock
) -> None:
    broken, *others = [settled.file() for _ in range(6)]
    with settled.store.transaction() as session:
        state = session.scalar(select(Instance.state).where(Instance.case_id == broken))
        session.execute(update(Instance).where(Instance.case_id == broken).values(state=b"{}"))
    clock.advance(timedelta(hours=8))  # the sign-in clocks are over, the tier clocks are not
    assert settled.app.scheduler.fire_due() == Tick(5, 1)
    for case_id in others:
        assert "clock.breached" in acts(settled, case_id)
    tries = 1
    while "incident.opened" not in acts(settled, broken):
        assert settled.app.scheduler.fire_due() == Tick(0, 0), "a failed clock is not tried again at once"
        clock.advance(timedelta(seconds=10) * 2 ** (tries - 1))
        assert settled.app.scheduler.fire_due() == Tick(0, 1)
        tries += 1
    assert tries == settled.app.config.scheduler.retries
    clock.advance(timedelta(hours=1))
    assert settled.app.scheduler.fire_due() == Tick(0, 0), "an incident is not tried again by itself"
    with settled.store.reading() as session:
        (trouble,) = process.troubles(session)
        assert (trouble.case_id, "state.broken" in trouble.said or "saved state" in trouble.said) == (broken, True)
        operator, handler = people.viewer_of(session, 1), people.Viewer(1, "", "", None, (("D", "handler"),))
    with pytest.raises(Unavailable):
        settled.complete(settled.only_task(broken))
    with pytest.raises(NotAllowed), settled.store.transaction() as session:
        process.retry(session, settled.app.world, trouble.instance_id, viewer=handler, now=clock.now())
    with settled.store.transaction() as session:
        session.execute(update(Instance).where(Instance.case_id == broken).values(state=state))
        process.retry(session, settled.app.world, trouble.instance_id, viewer=operator, now=clock.now())
    assert settled.app.scheduler.fire_due() == Tick(1, 0)
    assert acts(settled, broken)[-4:] == ["incident.opened", "incident.retried", "clock.breached", "case.told"]
    assert_whole(settled)


def test_a_clock_that_jumps_fires_nothing_twice_and_forgets_nothing(settled: Ground, clock: ManualClock) -> None:
    case_id = settled.file()
    start = clock.now()
    clock.advance(timedelta(days=3))
    assert settled.app.scheduler.fire_due().fired == 2
    for back in (timedelta(hours=1), timedelta(days=3)):
        clock.set(start + timedelta(days=3) - back)
        assert settled.app.scheduler.tick() == Tick(0, 0)
        assert_whole_but_beats(settled, start + timedelta(days=3))
    clock.set(start + timedelta(days=3, hours=1))
    assert settled.app.scheduler.fire_due() == Tick(0, 0)
    clock.set(start + timedelta(days=10))
    assert settled.app.scheduler.fire_due().fired == 2
    assert acts(settled, case_id).count("case.raised") == 2
    assert_whole(settled)


def assert_whole_but_beats(g: Ground, now: object) -> None:
    found = verify.check(g.store, g.app.world, now=now)  # type: ignore[arg-type]
    assert [each for each in found if not each.where.startswith("node")] == []


def test_a_warning_is_given_once(settled: Ground, clock: ManualClock) -> None:
    settled.file()
    clock.advance(timedelta(hours=5, minutes=30))  # of four working hours, with the pause at noon, 80 % are used
    assert (settled.app.scheduler.warn_due(), settled.app.scheduler.warn_due()) == (1, 0)
    assert_whole(settled)


def test_a_node_that_slept_for_days_beats_again_and_forgets_the_others(settled: Ground, clock: ManualClock) -> None:
    first, second = (Scheduler(settled.store, settled.app.world, clock, name=name) for name in ("a", "b"))
    first.beat()
    second.beat()
    clock.advance(timedelta(days=3))
    first.beat()
    with settled.store.reading() as session:
        assert session.scalars(select(Node.name)).all() == ["a"]
        assert latest_beat(session) == clock.now()


@pytest.mark.parametrize("begun", ["before", "after"])
def test_the_background_wakes_for_the_next_due_instant(
    store: Store, sqlite_url: str, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its interval is an hour here, so that nothing but the due instant can have woken it."""
    own = {
        "case/case.bpmn": (Path(__file__).parent / "short_timer.bpmn").read_bytes(),
        "case/triage.dmn": deploy.read_folder(ground.ROOT / "bpmn")["case/triage.dmn"],
    }
    clock = SystemClock()
    ground.settle_in(store, files=own, now=clock.now())
    with ground.ground(sqlite_url, clock=clock) as g:
        scheduler = seldom(g, clock)
        looked, closed = threading.Event(), threading.Event()
        tick = scheduler.tick
        monkeypatch.setattr(scheduler, "tick", lambda: (tick(), looked.set()))

        def look(_: object) -> None:
            with g.store.reading() as session:
                if session.scalars(select(Case.state)).all() == ["closed"]:
                    closed.set()

        g.store.after_commit.append(look)
        if begun == "before":
            g.file()
        scheduler.start()
        assert looked.wait(20)
        if begun == "after":
            g.file()
        try:
            assert closed.wait(20)
        finally:
            scheduler.stop()
        assert_whole(g)


def test_a_commit_wakes_posting_and_posting_wakes_sending(store: Store, sqlite_url: str) -> None:
    """Their intervals are an hour here, so that nothing but a commit can have woken them."""
    clock = SystemClock()
    posted, sent, threads = [], threading.Event(), set[str]()

    def post(session: Session, parcels: Sequence[outbox.Parcel]) -> None:
        posted.extend(parcel.key for parcel in parcels)
        threads.update({threading.current_thread().name} if parcels else ())
        deliveries.enqueue(session, [Letter(to, parcel.key, "k", "{}", clock.now()) for parcel in parcels])

    def send() -> None:
        with store.reading() as session:
            if posted and deliveries.count_waiting(session) == len(posted) == outbox_rows(session):
                sent.set()

    ground.settle_in(store, now=clock.now())
    with ground.ground(sqlite_url, clock=clock) as g:
        with g.store.transaction() as session:
            to = deliveries.receiver(session, "a", url="https://a.example/", kind="", signed=False, now=clock.now()).id
        job = Job("sending", send, timedelta(hours=1), woken_by=deliveries.NEXT_DUE, at_once=False)
        scheduler = seldom(g, clock, post=post, jobs=[job])
        scheduler.start()
        try:
            for place in ground.GRIDS[:3]:
                g.file(place=place)
            assert sent.wait(20)
        finally:
            scheduler.stop()
    assert len(set(posted)) == len(posted)
    assert threading.current_thread().name not in threads, "whoever acts does not wait for it"


def seldom(g: Ground, clock: SystemClock, **more: Any) -> Scheduler:
    """One whose ticks are an hour apart."""
    rare = g.app.config.scheduler.model_copy(update={"tick_seconds": 3600})
    g.app.world.config = g.app.config.model_copy(update={"scheduler": rare})
    return Scheduler(g.store, g.app.world, clock, name="node", **more)


def outbox_rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(outbox.OutboxEntry)) or 0


@pytest.mark.parametrize(("again", "times"), [(True, 2), (False, 1)])
def test_a_job_that_is_asked_for_while_it_runs_is_not_run_twice_at_once(again: bool, times: int) -> None:
    runs = []

    def run() -> None:
        runs.append("begun")
        if len(runs) == 1:
            job()  # what another thread would do
        runs.append("ended")

    job = OneAtATime(run, again=again)
    job()
    assert runs == ["begun", "ended"] * times


def test_a_message_that_cannot_be_posted_holds_up_no_other_and_is_shown(settled: Ground, clock: ManualClock) -> None:
    posted: list[str] = []

    def post(session: Session, parcels: Sequence[outbox.Parcel]) -> None:
        if any(parcel.id == 1 for parcel in parcels):
            raise ValueError("no words for it")
        posted.extend(parcel.key for parcel in parcels)

    for place in ground.GRIDS[:3]:
        settled.file(place=place)
    scheduler = Scheduler(settled.store, settled.app.world, clock, name="node", post=post)
    with settled.store.reading() as session:
        count, _since = outbox.backlog(session)
    assert scheduler.send_outbox() == count - 1
    assert len(set(posted)) == count - 1
    for _ in range(outbox.GIVE_UP_AFTER):
        clock.advance(timedelta(hours=7))
        assert scheduler.send_outbox() == 0
    with settled.store.reading() as session:
        assert outbox.backlog(session)[0] == 0
        assert [each.trouble for each in outbox.stuck(session)] == ["ValueError: no words for it"]


def test_a_job_in_portions_goes_on_until_nothing_is_left(store: Store) -> None:
    left, done = [1, 1, 1, 0, 1], threading.Event()

    def run() -> int:
        found = left.pop(0)
        if not found:
            done.set()
        return found

    stop_after(store, Job("portions", run, timedelta(hours=1), in_portions=True), done)
    assert left == [1]


def test_a_job_in_portions_ends_between_two_of_them_when_the_node_stops(store: Store) -> None:
    begun, stopped = threading.Event(), threading.Event()
    portions = []

    def run() -> int:
        portions.append("begun")
        begun.set()
        stopped.wait(20)
        return 1

    stop_after(store, Job("portions", run, timedelta(hours=1), in_portions=True, stop=stopped.set), begun)
    assert portions == ["begun"]


def stop_after(store: Store, job: Job, happened: threading.Event) -> None:
    background = Background(store, SystemClock(), node="node")
    background.start([job])
    assert happened.wait(20)
    background.stop()


def test_a_job_that_would_go_on_is_told_that_the_node_stops(store: Store) -> None:
    ran, stopped = threading.Event(), threading.Event()

    def run() -> None:
        ran.set()
        stopped.wait(20)  # a job that goes on until it is told

    stop_after(store, Job("letters", run, timedelta(hours=1), stop=stopped.set), ran)
    assert stopped.is_set()
