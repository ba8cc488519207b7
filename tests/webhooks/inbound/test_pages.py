"""What an operator sees of what came in, and does about what could not be taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from engine import deliveries
from engine.cases import Case
from engine.clock import ManualClock
from engine.people import OperatorEntry
from tests.web.district import District
from tests.web.visitor import Visitor, words
from tests.webhooks.inbound.sender import SECRETS, Sender, order
from webhooks.inbound import Delivery, State, sweep

Settle = Callable[[], int]
Visit = Callable[[str | None], Visitor]
PRAISE = {"type": "表扬", "content": "谢女士 13800138000 说夜里很吵"}


@pytest.fixture
def operator(visit: Visit, connected: District) -> Visitor:
    visitor = visit("operator")
    visitor.get("/operations")
    return visitor


def allow_praise(connected: District) -> None:
    """What an operator does to config.yaml, and a restart."""
    hotline, *others = connected.world.config.inbound.sources
    kind = hotline.map.kind.model_copy(update={"values": {**(hotline.map.kind.values or {}), "表扬": "suggestion"}})
    mended = hotline.model_copy(update={"map": hotline.map.model_copy(update={"kind": kind})})
    inbound = connected.world.config.inbound.model_copy(update={"sources": (mended, *others)})
    connected.world.config = connected.world.config.model_copy(update={"inbound": inbound})


def test_the_page_tells_of_every_source(sender: Sender, operator: Visitor, settle: Settle, connected: District) -> None:
    sender.hotline(order())
    settle()
    sender.hotline(order(**PRAISE), id="evt_2")
    sender.secret = SECRETS["HOTLINE_SECRET_NEXT"][:-8] + "AAAAAAA="
    sender.hotline(order())
    page = operator.get("/operations/inbound")
    said = words(page)
    for text in ("hotline", "province", "terminal", "已立案 1", "被拒 1", "签名错误或缺失 1", "1 件待查看", "从未"):
        assert text in said, text
    assert "/order/type → kind" in said
    assert "对照表里没有“表扬”" in said
    assert "13800138000" not in page.text
    assert "没有待查看的" in words(operator.get("/operations/inbound?source=terminal"))
    assert "SZ12345" in words(operator.get("/operations/inbound?source=hotline&state=filed"))
    assert '<a href="/operations/inbound"' in operator.get("/operations").text


def test_a_refused_delivery_is_taken_in_again_once_the_rules_are_mended(
    sender: Sender, operator: Visitor, settle: Settle, connected: District
) -> None:
    sender.hotline(order(**PRAISE), id="evt_1")
    page = operator.get("/operations/inbound/1")
    assert "/order/class/code 0307" in words(page)
    assert "谢女士" not in page.text
    assert "夜里很吵" not in page.text
    operator.post("/operations/inbound/1/filing")
    assert "仍然不能受理" in words(operator.get("/operations/inbound/1"))
    allow_praise(connected)
    assert operator.post("/operations/inbound/1/filing").status_code == 302
    settle()
    with connected.store.reading() as session:
        case = session.scalars(select(Case)).one()
        log = session.scalars(select(OperatorEntry.act)).all()
    assert case.kind == "suggestion"
    assert log == ["inbound.replayed", "inbound.replayed"]
    page = words(operator.get("/operations/inbound/1"))
    assert case.number in page
    assert 'inbound/1/filing"' not in operator.get("/operations/inbound/1").text
    assert operator.post("/operations/inbound/1/filing").status_code == 409


def test_its_sender_may_bring_it_in_too(sender: Sender, connected: District) -> None:
    assert sender.hotline(order(**PRAISE), id="evt_1").status_code == 422
    allow_praise(connected)
    assert sender.hotline(order(**PRAISE), id="evt_1").status_code == 202


def test_who_looks_at_a_content_in_the_clear_says_why(sender: Sender, operator: Visitor, connected: District) -> None:
    sender.hotline(order(**PRAISE))
    operator.get("/operations/inbound/1")
    bare = operator.post("/operations/inbound/1/content", {"reason": " "})
    assert bare.status_code == 422
    assert "谢女士" not in bare.text
    shown = operator.post("/operations/inbound/1/content", {"reason": "核对编码"})
    assert "谢女士" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with connected.store.reading() as session:
        (entry,) = session.scalars(select(OperatorEntry)).all()
    assert (entry.act, entry.subject, entry.reason) == ("inbound.shown", "delivery:1", "核对编码")


def test_what_is_put_aside_needs_no_look_and_keeps_no_content(
    sender: Sender, operator: Visitor, connected: District
) -> None:
    sender.hotline(order(**PRAISE))
    operator.get("/operations/inbound/1")
    assert operator.post("/operations/inbound/1/dropping", {"reason": ""}).status_code == 422
    assert operator.post("/operations/inbound/1/dropping", {"reason": "测试数据"}).status_code == 302
    assert "没有待查看的" in words(operator.get("/operations/inbound"))
    with connected.store.reading() as session:
        row = session.get_one(Delivery, 1)
    assert (row.state, row.body) == (State.DROPPED, None)


def test_contents_are_forgotten_in_time_and_what_waits_is_not(
    sender: Sender, connected: District, clock: ManualClock, operator: Visitor
) -> None:
    sender.hotline(order(**PRAISE), id="refused")
    sender.hotline(order(), id="waits")
    clock.advance(timedelta(days=31))
    sweep(connected.store, connected.world, clock)
    with connected.store.reading() as session:
        bodies = {row.delivery_id: row.body is None for row in session.scalars(select(Delivery))}
    assert bodies == {"refused": True, "waits": False}
    clock.advance(timedelta(days=400))
    sweep(connected.store, connected.world, clock)
    with connected.store.reading() as session:
        assert session.scalars(select(Delivery.delivery_id)).all() == ["waits"]


@pytest.mark.parametrize("who", ["grid", "district", "designer"])
def test_nobody_else_sees_it(visit: Visit, sender: Sender, who: str) -> None:
    sender.hotline(order(**PRAISE))
    visitor = visit(who)
    visitor.get("/")
    assert visitor.get("/operations/inbound").status_code == 403
    assert visitor.get("/operations/inbound/1").status_code == 403
    assert visitor.post("/operations/inbound/1/content", {"reason": "x"}).status_code == 403


def test_a_page_asks_little_however_much_came(
    sender: Sender, operator: Visitor, connected: District, settle: Settle
) -> None:
    for number in range(40):
        sender.hotline(order(no=f"N-{number}", **(PRAISE if number % 4 else {})), id=f"e-{number}")
    settle()
    asked: list[str] = []
    event.listen(connected.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page = operator.get("/operations/inbound")
    assert len(asked) <= 15, "\n".join(asked)
    following = re.search(r'href="(/operations/inbound\?before=\d+#list)"', page.text)
    assert following is None, "thirty fit on a page"
    assert len(re.findall(r"hotline-\d+</strong>", page.text)) == 30


def test_what_was_given_up_is_told_again(operator: Visitor, connected: District, clock: ManualClock) -> None:
    with connected.store.transaction() as session:
        receiver = deliveries.receiver(
            session, "source:hotline", url="https://h.example/", kind="source", signed=True, now=clock.now()
        )
        deliveries.enqueue(session, [deliveries.Letter(receiver.id, "k", "case.state", "{}", clock.now())])
        session.flush()
        row = session.scalars(select(deliveries.Delivery)).one()
        row.state, row.done_at = "failed", clock.now()
    assert "状态回写 1 条已放弃" in words(operator.get("/operations/inbound"))
    assert operator.post("/operations/inbound/sources/hotline/writing").status_code == 302
    assert "状态回写 1 条待发" in words(operator.get("/operations/inbound"))
    assert operator.post("/operations/inbound/sources/nobody/writing").status_code == 404
