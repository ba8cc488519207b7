"""An operator's program looks after what came in, as operators do on the page."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from engine.clock import ManualClock
from engine.people import OperatorEntry
from tests.web.api.conftest import callers
from tests.web.district import District
from tests.webhooks.inbound.sender import Sender, order
from tests.webhooks.inbound.test_pages import PRAISE, allow_praise

PLACE = "/api/v1/operations/inbound"


def test_what_could_not_be_taken_is_looked_after(
    app: Flask, sender: Sender, connected: District, clock: ManualClock, settle: Callable[[], int]
) -> None:
    """listSources, listInbound, readInbound, takeInAgain, putAside, showInboundContent, tellSourceAgain."""
    call = callers(app, connected, clock)
    operator, one = call("operator"), f"{PLACE}/deliveries/1"
    assert call("grid").get(f"{PLACE}/deliveries").status_code == 403
    sender.hotline(order(**PRAISE), id="evt_1")
    sender.hotline(order(**PRAISE, id="SZ-2"), id="evt_2")
    assert [each["looks"] for each in operator.get(f"{PLACE}/sources").json["items"]] == [2, 0, 0]
    listed = operator.get(f"{PLACE}/deliveries?source=hotline").json["items"]
    assert [(each["delivery_id"], each["state"]) for each in listed] == [("evt_2", "refused"), ("evt_1", "refused")]
    full = operator.get(one)
    assert (full.json["faults"][0]["field"], full.json["kept"], "谢女士" in full.text) == ("kind", True, False)
    assert "/order/class/code" in {each["path"] for each in full.json["lines"]}
    assert operator.send("PUT", f"{one}/content", {"reason": " "}).status_code == 422
    assert "谢女士" in operator.send("PUT", f"{one}/content", {"reason": "核对编码"}).json["content"]
    assert operator.post(f"{one}/filing", {}).json["state"] == "refused"
    allow_praise(connected)
    assert operator.post(f"{one}/filing", {}).json["state"] == "waiting"
    settle()
    filed = operator.get(one).json
    assert (filed["state"], filed["lines"], filed["case"] is None) == ("filed", [], False)
    assert operator.post(f"{one}/filing", {}).status_code == 409
    other = f"{PLACE}/deliveries/2"
    assert operator.post(f"{other}/dropping", {"reason": ""}).status_code == 422
    assert operator.post(f"{other}/dropping", {"reason": "测试数据"}).json == {"done": True}
    assert operator.get(f"{PLACE}/deliveries").json == {"items": [], "next": None}
    assert operator.get(f"{PLACE}/deliveries/99").status_code == 404
    assert operator.post(f"{PLACE}/sources/province/writing", {}).status_code == 404
    with connected.store.reading() as session:
        log = session.scalars(select(OperatorEntry.act).order_by(OperatorEntry.id)).all()
    assert log == ["inbound.shown", "inbound.replayed", "inbound.replayed", "inbound.dropped"]
