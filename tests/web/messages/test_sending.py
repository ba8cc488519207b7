"""A message on its way to a mail server or a robot: tried again, given up, given back; what a crash leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import notify, outbox
from engine.config import NotifyConfig
from engine.notify import Medium, Sending
from engine.people import viewer_of
from tests.web.messages.conftest import GRID, Post


def test_a_server_that_is_down_is_tried_again_with_the_same_id_and_then_given_up(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.channel("zone")
    post.box.refuses["grid@office.example"] = "451 later"
    post.happens(case_id, units=[GRID])
    post.happens(case_id, units=["LHQ.MZ.01.01"])
    assert [to for to, _ in post.mails()] == ["zone@office.example"]
    post.happens(case_id, what="papers_arrived", units=[GRID])  # gathers behind the one that waits
    waits = []
    while (sending := post.rows(Sending)[0]).state == "open":
        waits.append(sending.next_at - post.clock.now())
        post.clock.set(sending.next_at)
        post.courier.work()
    minutes = [round(wait.total_seconds() / 60) for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert sending.state == "given_up"
    assert sending.trouble == "451 later"
    post.box.refuses.clear()
    with post.district.store.transaction() as session:
        operator = viewer_of(session, post.district.people["operator"])
        assert notify.backlog(session)[1] == 1
        notify.try_again(session, sending.id, viewer=operator, now=post.clock.now())
    post.courier.work()  # the one that waited behind it follows at the next turn
    assert len(post.mails()) == 3
    ids = [str(mail["Message-ID"]) for mail in post.box.mails]
    assert f"<{sending.key}@office.example>" in ids
    assert len(set(ids)) == 3


def test_a_node_that_stops_gives_back_what_it_has_not_begun(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.channel(GRID, Medium.DINGTALK, "dingtalk-key")
    post.happens(case_id, units=[GRID])
    stopping = post.another()

    def tell(*asked: Any) -> notify.Said:
        stopping.stop()  # while the words are made
        return post.words(*asked)

    stopping.tell = tell
    assert stopping.work() == 2
    assert [(row.state, row.attempts, row.next_at) for row in post.rows(Sending)] == [("open", 0, post.clock.now())] * 2
    assert stopping.work() == 0
    assert len(post.mails()) == len(post.there.calls) == 1


def test_who_is_unknown_to_the_server_is_given_up_at_once(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.box.refuses["*"] = "550 nobody of that name"
    post.happens(case_id, units=[GRID])
    post.courier.work()
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.attempts, sending.trouble) == ("given_up", 1, "550 nobody of that name")
    with post.district.store.transaction() as session:
        operator = viewer_of(session, post.district.people["operator"])
        notify.let_be(session, sending.id, viewer=operator, now=post.clock.now())
    assert post.rows(Sending)[0].state == "dropped"


def test_a_robot_that_says_no_is_heard(post: Post, case_id: int) -> None:
    post.channel(GRID, Medium.DINGTALK, "dingtalk-key")
    post.there.answers = [(200, {"errcode": 310000, "errmsg": "sign not match"}), (200, {"errcode": 0})]
    post.happens(case_id, units=[GRID])
    post.courier.work()
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.trouble) == ("open", "310000: sign not match")
    post.clock.advance(timedelta(minutes=1))
    post.courier.work()
    first, second = (call[2]["text"]["content"] for call in post.there.calls)
    assert first == second
    assert post.rows(Sending)[0].state == "sent"


def test_an_installation_without_a_mail_server_says_so(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.courier.config = NotifyConfig()
    post.happens(case_id, units=[GRID])
    post.courier.work()
    assert [row.trouble for row in post.rows(Sending)] == [notify.NO_SERVER]


def test_an_address_that_may_not_be_called_is_given_up_at_once(post: Post, case_id: int) -> None:
    post.channel(GRID, Medium.WEBHOOK, "https://10.1.2.3/hook")
    post.happens(case_id, units=[GRID])
    post.courier.work()
    assert [(row.state, row.trouble) for row in post.rows(Sending)] == [("given_up", "outward.inside")]


def test_a_crash_between_sending_and_marking_sends_once_more_under_the_same_id(
    post: Post, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])

    def die(_point: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("engine.notify.courier.failpoint", die)
        with pytest.raises(KeyboardInterrupt):
            post.courier.work()
    assert len(post.box.mails) == 1
    other = post.another()
    assert other.work() == 0  # leased: nobody else sends it meanwhile
    post.clock.advance(timedelta(minutes=5))
    assert other.work() == 1
    first, second = post.box.mails
    assert first["Message-ID"] == second["Message-ID"]
    post.clock.advance(timedelta(days=1))
    assert other.work() == 0


def test_nothing_leaves_while_everything_is_held(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])
    with post.district.store.transaction() as session:
        outbox.hold(session, "restored", now=post.clock.now())
    assert post.mails() == []
    with post.district.store.transaction() as session:
        outbox.let_go(session)
    assert len(post.mails()) == 1


def test_a_plain_mail_is_sent_once_and_its_words_are_forgotten(post: Post) -> None:
    for _ in range(2):
        with post.district.store.transaction() as session:
            notify.mail(
                session,
                "citizen@home.example",
                "您的来信已受理",
                "查询码 ABC",
                key="inbox.42",
                now=post.clock.now(),
                answers="<their.mail@home.example>",
            )
        assert post.mails() == [("citizen@home.example", "您的来信已受理")]
    (mail,) = post.box.mails
    assert (mail["In-Reply-To"], mail["Message-ID"]) == ("<their.mail@home.example>", "<inbox.42@office.example>")
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.to, sending.body) == ("sent", None, None)


def test_what_was_sent_long_ago_is_forgotten(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])
    post.courier.work()
    post.clock.advance(timedelta(days=31))
    post.courier.work()
    assert post.rows(Sending) == post.rows(notify.Message) == []
