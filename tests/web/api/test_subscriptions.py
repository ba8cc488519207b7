"""A system that sets itself up: subscriptions over the API, once each, as the document says."""

from __future__ import annotations

from typing import Any

from flask import Flask

from engine import outbox
from engine.clock import ManualClock
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web import district as town
from tests.web.api.conftest import Call
from tests.web.district import District
from tests.webhooks.outbound.listening import listening
from webhooks import outbound

PLACE = "/api/v1/operations/subscriptions"
WANTED: dict[str, Any] = {"name": "OA", "url": "https://8.8.8.8/in", "unit_id": "LHQ.MZ", "kinds": ["case.filed"]}


def test_a_system_sets_itself_up_and_goes(app: Flask, call: Call, district: District, clock: ManualClock) -> None:
    """makeSubscription, makeSubscriptionSecret, pingSubscription, pauseSubscription, resumeSubscription,
    changeSubscription, listDeliveries, readDelivery, repeatDelivery, repeatFailedDeliveries, endOldSubscriptionSecret,
    readSubscription, listSubscriptions, removeSubscription."""
    allowed = district.config.outbound.model_copy(update={"inside": ("127.0.0.0/8",)})
    world = World(district.config.model_copy(update={"outbound": allowed}), district.world.calendar)
    app.extensions[KEY] = Edge(district.store, world, clock)
    operator = call("operator")
    assert call("grid").get(PLACE).status_code == 403
    refused = operator.post(PLACE, {**WANTED, "url": "https://10.0.0.8/"})
    assert (refused.status_code, refused.json["code"]) == (422, "outward.inside")
    refused = operator.post(PLACE, {**WANTED, "kinds": ["case.told"]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/kinds")
    with listening() as (url, got):
        made = operator.post(PLACE, {**WANTED, "url": url})
        assert made.status_code == 201
        assert (made.json["state"], made.json["waiting"]) == ("on", 0)
        here = f"{PLACE}/{made.json['id']}"
        secret = operator.send("PUT", f"{here}/secret").json["secret"]
        assert secret.startswith("whsec_")
        assert operator.post(f"{here}/pings", {}).json["status"] == 200
    assert len(got) == 1
    assert operator.post(f"{here}/pings", {}).json["trouble"] == "outward.connection"
    assert operator.post(f"{here}/pausing", {}).json["state"] == "paused"
    with district.store.transaction() as session:
        case = town.add_case(session, now=clock.now())
        parcel = outbox.Parcel(1, f"{case.id}:1:case.filed:", case.id, "case.filed", {}, clock.now(), 1)
        outbound.post(session, [parcel], public_url="")
    assert operator.get(here).json["waiting"] == 1
    assert operator.send("PUT", here, {**WANTED, "name": "OA 2"}).json["url"] == WANTED["url"]
    assert operator.post(f"{here}/resuming", {}).json["state"] == "on"
    listed = operator.get(f"{here}/deliveries?state=waiting").json["items"]
    assert [(each["kind"], each["subject"]) for each in listed] == [("case.filed", case.number)]
    full = operator.get(f"{here}/deliveries/1").json
    assert (full["kind"], full["tries"][0]["status"]) == ("ping", 200)
    assert operator.post(f"{here}/deliveries/{listed[0]['id']}/repetition", {}).json["count"] == 0
    assert operator.post(f"{here}/repetitions", {}).json["count"] == 1
    assert operator.post(f"{here}/secret/ending", {}).status_code == 200
    assert [each["name"] for each in operator.get(PLACE).json["items"]] == ["OA 2"]
    assert operator.send("DELETE", here).json == {"done": True}
    assert operator.get(here).status_code == 404
