"""Deliveries from the queue to the receiver and back into the log."""

from __future__ import annotations

import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from engine import deliveries, outbox
from engine.clock import ManualClock
from engine.deliveries import Attempt, Courier, Delivery, Letter, Receiver, Worker
from engine.deliveries.worker import FOR_FAILING, THREADS
from engine.errors import Conflict, NotFound
from engine.outward import Answer, Outward, Unreached
from engine.store import Store, arm_failpoint, open_store

ROOT = "the installation's own secret"
OK = Answer(200, "ok", 5)


class World(Outward):
    """Everybody out there, by address: what they answer, and what they got."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Callable[[], Answer]] = defaultdict(lambda: lambda: OK)
        self.got: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def send(self, url: str, body: bytes, headers: Mapping[str, str], **_more: Any) -> Answer:
        self.got[url].append((headers.get("webhook-id", ""), body.decode()))
        return self.answers[url]()

    def says(self, url: str, status: int, *, asks: str | None = None) -> None:
        self.answers[url] = lambda: Answer(status, "<b>no</b>", 5, asks)


@pytest.fixture
def out() -> World:
    return World()


@pytest.fixture
def worker(store: Store, clock: ManualClock, out: World) -> Worker:
    return Worker(store, clock, Courier(out, clock, root=ROOT), chance=lambda: 0)


def receiver(store: Store, clock: ManualClock, name: str = "a", **more: Any) -> int:
    with store.transaction() as session:
        keys = [deliveries.new_key(ROOT, now=clock.now())]
        values = {"url": f"https://{name}.example/", "kind": "subscription", "signed": True, "keys": keys, **more}
        return deliveries.receiver(session, name, now=clock.now(), **values).id


def queue(store: Store, clock: ManualClock, receiver_id: int, *keys: str) -> int:
    with store.transaction() as session:
        letters = [Letter(receiver_id, key, "case.raised", f'"{key}"', clock.now()) for key in keys]
        return deliveries.enqueue(session, letters)


@contextmanager
def rows(store: Store, receiver_id: int) -> Iterator[tuple[Receiver, list[Delivery]]]:
    with store.reading() as session:
        found = session.query(Delivery).filter_by(receiver_id=receiver_id).order_by(Delivery.id)
        yield session.get_one(Receiver, receiver_id), found.all()


def test_what_is_queued_arrives_once_in_order_and_is_logged(each_store: Store, clock: ManualClock, out: World) -> None:
    worker = Worker(each_store, clock, Courier(out, clock, root=ROOT))
    to = receiver(each_store, clock)
    assert queue(each_store, clock, to, "msg_1", "msg_2", "msg_1") == 2
    assert worker.work() == 2
    assert out.got["https://a.example/"] == [("msg_1", '"msg_1"'), ("msg_2", '"msg_2"')]
    assert worker.work() == 0
    with rows(each_store, to) as (found, sent):
        assert [each.state for each in sent] == ["delivered", "delivered"]
        assert found.delivered_at == clock.now()
    with each_store.reading() as session:
        entries, following = deliveries.deliveries_of(session, to, most=1)
        assert [each.delivery.key for each in entries] == ["msg_2"]
        assert entries[0].last is not None
        assert (entries[0].last.status, entries[0].last.answer, entries[0].last.ms) == (200, "ok", 5)
        entries, following = deliveries.deliveries_of(session, to, before=following)
        assert ([each.delivery.key for each in entries], following) == (["msg_1"], None)


def test_one_bad_message_does_not_hold_up_the_others(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    queue(store, clock, to, "msg_bad", "msg_2", "msg_3")
    out.answers["https://a.example/"] = lambda: (
        Answer(422, "", 1) if out.got["https://a.example/"][-1][0] == "msg_bad" else OK
    )
    worker.work()
    with rows(store, to) as (found, sent):
        assert [each.state for each in sent] == ["waiting", "delivered", "delivered"]
        assert (sent[0].attempts, sent[0].next_at) == (1, clock.now() + timedelta(seconds=5))
        assert found.failures == 0


def test_a_receiver_that_is_dead_for_three_days_gets_everything_afterwards_in_order(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    out.says("https://a.example/", 500)
    keys = [f"msg_{number}" for number in range(18)]
    for key in keys:
        queue(store, clock, to, key)
        for _ in range(2):
            worker.work()
            clock.advance(timedelta(hours=2))
    with rows(store, to) as (found, sent):
        assert {each.state for each in sent} == {"waiting"}
        assert found.failing_since is not None
        assert (clock.now() - found.failing_since).days == 3
        assert found.trouble == "http.500"
    tried = len(out.got["https://a.example/"])
    assert tried < 3 * 18
    out.says("https://a.example/", 200)
    clock.advance(timedelta(minutes=31))
    worker.work()
    arrived = [key for key, _ in out.got["https://a.example/"][tried:]]
    assert sorted(arrived) == sorted(keys)
    assert arrived[1:] == [key for key in keys if key != arrived[0]]
    with rows(store, to) as (found, _sent):
        assert (found.failures, found.rests_until, found.trouble) == (0, None, None)


def test_what_is_given_up_is_shown_and_can_be_delivered_again_under_its_id(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    out.says("https://a.example/", 500)
    queue(store, clock, to, "msg_1")
    for _ in range(10):
        worker.work()
        clock.advance(timedelta(hours=27))
    with store.transaction() as session:
        assert deliveries.count_failed(session) == 1
        assert [each.name for each in deliveries.in_trouble(session)] == ["a"]
        assert deliveries.health_of(session, [to])[to].failed == 1
        assert deliveries.redeliver_failed(session, to, now=clock.now()) == 1
        deliveries.resume(session, to, now=clock.now())
    out.says("https://a.example/", 204)
    assert worker.work() == 1
    assert {key for key, _ in out.got["https://a.example/"]} == {"msg_1"}
    assert len(out.got["https://a.example/"]) == 11
    with store.transaction() as session:
        assert deliveries.count_failed(session) == 0
        (only,) = session.query(Delivery)
        assert len(deliveries.attempts_of(session, only.id)) == 11
        deliveries.redeliver(session, to, only.id, now=clock.now())
    assert worker.work() == 1
    with store.transaction() as session:
        with pytest.raises(NotFound):
            deliveries.redeliver(session, to + 1, only.id, now=clock.now())
        deliveries.redeliver(session, to, only.id, now=clock.now())
        session.flush()
        with pytest.raises(Conflict):
            deliveries.redeliver(session, to, only.id, now=clock.now())


def test_410_ends_it_until_somebody_resumes(store: Store, clock: ManualClock, out: World, worker: Worker) -> None:
    to = receiver(store, clock)
    out.says("https://a.example/", 410)
    queue(store, clock, to, "msg_1", "msg_2")
    assert worker.work() == 1
    clock.advance(timedelta(days=1))
    assert worker.work() == 0
    with rows(store, to) as (found, sent):
        assert (found.state, [each.state for each in sent]) == ("gone", ["failed", "waiting"])
    out.says("https://a.example/", 200)
    with store.transaction() as session:
        deliveries.resume(session, to, now=clock.now())
    assert worker.work() == 1


def test_a_receiver_is_left_alone_as_long_as_it_asks(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    out.says("https://a.example/", 429, asks="600")
    queue(store, clock, to, "msg_1", "msg_2")
    assert worker.work() == 1
    clock.advance(timedelta(seconds=599))
    assert worker.work() == 0
    clock.advance(timedelta(seconds=1))
    out.says("https://a.example/", 200)
    assert worker.work() == 2


def test_while_it_is_paused_or_held_what_comes_is_kept(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    with store.transaction() as session:
        deliveries.pause(session, to)
    queue(store, clock, to, "msg_1")
    assert worker.work() == 0
    with store.transaction() as session:
        deliveries.resume(session, to, now=clock.now())
        outbox.hold(session, "put back from a backup", now=clock.now())
    assert worker.work() == 0
    with store.transaction() as session:
        outbox.let_go(session)
    assert worker.work() == 1


def test_a_node_that_dies_between_sending_and_marking_sends_again_under_the_same_id(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    class Killed(BaseException):
        pass

    def die() -> Answer:
        raise Killed

    to = receiver(store, clock)
    queue(store, clock, to, "msg_1")
    out.answers["https://a.example/"] = die
    with pytest.raises(Killed):
        worker.work()
    out.says("https://a.example/", 200)
    assert worker.work() == 0, "its lease still runs"
    clock.advance(timedelta(seconds=61))
    assert worker.work() == 1
    assert [key for key, _ in out.got["https://a.example/"]] == ["msg_1", "msg_1"]


def test_twenty_that_hang_do_not_delay_a_healthy_one(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    hanging, let_go, arrived = threading.Semaphore(0), threading.Event(), threading.Event()

    def hang() -> Answer:
        hanging.release()
        let_go.wait(10)
        raise Unreached("outward.time", "", ms=10_000)

    def arrive() -> Answer:
        arrived.set()
        return OK

    for number in range(20):
        queue(store, clock, receiver(store, clock, f"h{number}"), "msg_1")
        out.answers[f"https://h{number}.example/"] = hang
    assert worker.tick() == 20
    assert all(hanging.acquire(timeout=10) for _ in range(20))
    out.answers["https://a.example/"] = arrive
    queue(store, clock, receiver(store, clock), "msg_1")
    assert worker.tick() == 1
    assert arrived.wait(10)
    let_go.set()
    worker.stop(seconds=10)
    assert worker.tick() == 0


def test_those_that_failed_lately_share_a_few_threads(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    for number in range(THREADS + 3):
        queue(store, clock, receiver(store, clock, f"h{number}"), "msg_1")
        out.says(f"https://h{number}.example/", 500)
    worker.work()
    clock.advance(timedelta(seconds=10))
    picked = worker._pick(healthy=THREADS, failing=FOR_FAILING)
    assert len(picked) == FOR_FAILING


def test_under_a_changed_secret_of_the_installation_nothing_leaves_unsigned(
    store: Store, clock: ManualClock, out: World
) -> None:
    to = receiver(store, clock)
    queue(store, clock, to, "msg_1")
    Worker(store, clock, Courier(out, clock, root="another")).work()
    assert not out.got
    with rows(store, to) as (found, _sent):
        assert found.trouble == "deliveries.secret"


def test_a_receiver_named_in_a_configuration_has_its_secret_given(store: Store, clock: ManualClock, out: World) -> None:
    to = receiver(store, clock, "source:12345", keys=[])
    plain = receiver(store, clock, "channel", keys=[], signed=False)
    queue(store, clock, to, "msg_1")
    queue(store, clock, plain, "msg_1")
    given = {"source:12345": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    assert Worker(store, clock, Courier(out, clock, root=ROOT, given=given)).work() == 2
    assert [key for key, _ in out.got["https://channel.example/"]] == [""]


def test_a_receiver_is_tried_out_at_once_whatever_its_state(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    courier = Courier(out, clock, root=ROOT)
    with store.transaction() as session:
        deliveries.pause(session, to)

    def ping(key: str) -> deliveries.Sent:
        return deliveries.send_now(
            store, courier, to, key=key, kind="ping", body="{}", content_type="application/json", now=clock.now()
        )

    out.says("https://a.example/", 500)
    assert ping("msg_1").said == "http.500"
    with rows(store, to) as (found, sent):
        assert (found.failures, sent[0].state) == (0, "failed")
    out.says("https://a.example/", 200)
    assert ping("msg_2").ok
    assert worker.work() == 0


def test_old_deliveries_are_forgotten_and_open_ones_are_not(
    store: Store, clock: ManualClock, out: World, worker: Worker
) -> None:
    to = receiver(store, clock)
    queue(store, clock, to, "msg_1", "msg_2")
    worker.work()
    with store.transaction() as session:
        deliveries.pause(session, to)
    queue(store, clock, to, "msg_3")
    clock.advance(timedelta(days=31))
    with store.transaction() as session:
        assert deliveries.forget_old(session, before=clock.now() - timedelta(days=30)) == 2
        assert deliveries.forget_old(session, before=clock.now() - timedelta(days=30)) == 0
        assert [each.key for each in session.query(Delivery)] == ["msg_3"]
        assert session.query(Attempt).count() == 0
        deliveries.forget(session, to)
        assert session.query(Delivery).count() == session.query(Receiver).count() == 0


def test_killed_between_sending_and_marking_it_sends_again_under_the_same_id(
    store: Store, sqlite_url: str, clock: ManualClock, out: World, worker: Worker
) -> None:
    """A real SIGKILL in a process of its own; the receiver hears of the same id twice."""
    to = receiver(store, clock)
    queue(store, clock, to, "msg_1", "msg_2")
    store.dispose()
    child = os.fork()
    if child == 0:
        arm_failpoint("sent-not-marked:kill")
        Worker(open_store(sqlite_url), clock, Courier(out, clock, root=ROOT)).work()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with rows(store, to) as (_found, sent):
        assert {each.state for each in sent} == {"waiting"}
    clock.advance(timedelta(seconds=61))
    assert worker.work() == 2
    assert [key for key, _ in out.got["https://a.example/"]] == ["msg_1", "msg_2"]
