"""The pages of subscriptions, from the first one to a given-up delivery that is sent again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook

from engine import deliveries, outbox, people
from engine.clock import ManualClock
from engine.deliveries import Courier, Delivery, Receiver, Worker
from engine.outward import Outward
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words
from tests.webhooks.outbound.listening import listening
from webhooks import outbound

PLACE = "/operations/subscriptions"
FORM = {"name": "OA", "url": "https://8.8.8.8/in", "unit": "LHQ.MZ", "kinds": ["case.filed", "case.raised"]}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def here(app: Flask, district: District, clock: ManualClock) -> World:
    """The district, which may call receivers on this machine."""
    allowed = district.config.outbound.model_copy(update={"inside": ("127.0.0.0/8",)})
    world = World(district.config.model_copy(update={"outbound": allowed}), district.world.calendar)
    world.releases = district.world.releases
    app.extensions[KEY] = Edge(district.store, world, clock)
    return world


@pytest.fixture
def operator(here: World, visit: Callable[[str | None], Visitor]) -> Visitor:
    return in_english(visit("operator"), PLACE)


def made(operator: Visitor, **more: object) -> str:
    """Its address."""
    answer = operator.post(PLACE, {**FORM, **more})  # type: ignore[dict-item]
    assert answer.status_code == 200, words(answer)
    return f"{PLACE}/1"


def test_a_secret_is_shown_once_and_stored_nowhere(operator: Visitor, district: District) -> None:
    answer = operator.post(PLACE, FORM)
    (secret,) = set(SECRET.findall(answer.text))
    assert len(deliveries.keys.given_secret(secret)) == 32
    assert "whsec_" not in operator.get(f"{PLACE}/1").text
    again = operator.post(PLACE, FORM)
    assert SECRET.findall(again.text) == [secret], "the same form twice is one subscription"
    with district.store.reading() as session:
        assert session.query(Receiver).count() == 1
        assert secret.removeprefix("whsec_") not in json.dumps(session.query(Receiver).one().keys)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This is required."),
        ("name", "x" * 61, "At most 60 characters."),
        ("url", "", "This is required."),
        ("url", "https://10.0.0.8/", "That address lies inside the network"),
        ("url", "https://2130706433/", "not written in its plain form"),
        ("url", "http://8.8.8.8/", "Only https"),
        ("url", "https://a:b@8.8.8.8/", "no user name"),
        ("unit", "LHQ.XX", "no unit with that id"),
        ("kinds", [], "at least one kind"),
        ("kinds", ["case.told"], "at least one kind"),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field(operator: Visitor, field: str, value: object, said: str) -> None:
    answer = operator.post(PLACE, {**FORM, field: value})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'id="wrong-{field}"' in answer.text


def test_a_trial_tells_at_once_whether_it_arrives(operator: Visitor, clock: ManualClock) -> None:
    with listening(said="<b>hello</b>") as (url, got):
        page = operator.post(PLACE, {**FORM, "url": url})
        secret = SECRET.findall(page.text)[0]
        answer = operator.post(f"{PLACE}/1/pings")
    assert answer.status_code == 302
    assert "It answered 200 in" in words(operator.get(f"{PLACE}/1"))
    head, _, body = got[0].partition(b"\r\n\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
    }
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    signed = Webhook(secret)
    when = clock.now()
    assert signed.sign(headers["webhook-id"], when, body.decode()) == headers["webhook-signature"]
    assert json.loads(body)["id"] == headers["webhook-id"]
    log = operator.get(f"{PLACE}/1/deliveries/1")
    assert "&lt;b&gt;hello&lt;/b&gt;" in log.text
    assert "<b>hello" not in log.text


def test_a_trial_that_fails_says_why(operator: Visitor) -> None:
    with listening() as (url, _got):
        pass
    here_ = made(operator, url=url)
    operator.post(f"{here_}/pings")
    page = words(operator.get(here_))
    assert "Nobody answered there." in page
    assert "given up" in page


def test_a_secret_is_changed_without_a_gap(operator: Visitor, district: District, clock: ManualClock) -> None:
    with listening() as (url, got):
        first = SECRET.findall(operator.post(PLACE, {**FORM, "url": url}).text)[0]
        second = SECRET.findall(operator.post(f"{PLACE}/1/secrets").text)[0]
        assert SECRET.findall(operator.post(f"{PLACE}/1/secrets").text) == [second], "a double click is one"
        assert "Two are valid" in words(operator.get(f"{PLACE}/1"))
        operator.post(f"{PLACE}/1/pings")
        operator.post(f"{PLACE}/1/secrets/ending")
        operator.post(f"{PLACE}/1/pings")
    signatures = [
        re.search(rb"webhook-signature: (.*)\r\n", each, re.IGNORECASE).group(1).split()  # type: ignore[union-attr]
        for each in got
    ]
    assert first != second
    assert [len(each) for each in signatures] == [2, 1]
    assert "One is valid" in words(operator.get(f"{PLACE}/1"))


def test_an_event_goes_out_fails_is_given_up_and_is_sent_again(
    operator: Visitor, here: World, district: District, clock: ManualClock
) -> None:
    courier = Courier(Outward(["127.0.0.0/8"]), clock, root=town.SECRET)
    worker = Worker(district.store, clock, courier, chance=lambda: 0)
    with listening(410, "gone <script>") as (url, _got):
        page = made(operator, url=url)
        with district.store.transaction() as session:
            case = town.add_case(session, now=clock.now())
            parcel = outbox.Parcel(1, f"{case.id}:1:case.filed:", case.id, "case.filed", {}, clock.now(), 1)
            outbound.post(session, [parcel], public_url="")
        worker.work()
    shown = words(operator.get(page))
    assert "ended by itself (410)" in shown
    assert case.number in shown
    assert "1 given up" in words(operator.get(PLACE))
    assert "The receiver answered 410" in shown
    with listening() as (url, got):
        operator.post(page, {**FORM, "url": url, "name": "OA 2"})
        operator.post(f"{page}/resuming")
        operator.post(f"{page}/repetitions")
        assert "1 message is sent again." in words(operator.get(page))
        worker.work()
        assert len(got) == 1
        operator.post(f"{page}/deliveries/1/repetition")
        operator.post(f"{page}/deliveries/1/repetition")
        assert "waits to be sent already" in words(operator.get(f"{page}/deliveries/1"))
        worker.work()
    assert len({re.search(rb"webhook-id: (\S+)", each, re.IGNORECASE).group(1) for each in got}) == 1  # type: ignore[union-attr]
    with district.store.reading() as session:
        acts = [each.act for each in people.operator_log.entries(session)[0]]
    assert acts[::-1][:3] == ["subscription.made", "subscription.changed", "subscription.resumed"]
    operator.post(f"{page}/pausing")
    assert "paused" in words(operator.get(page))
    operator.post(f"{page}/deletion")
    assert operator.get(page).status_code == 404
    with district.store.reading() as session:
        assert session.query(Delivery).count() == 0


def test_another_subscriptions_delivery_is_not_found(operator: Visitor) -> None:
    with listening() as (url, _got):
        made(operator, url=url)
        operator.post(f"{PLACE}/1/pings")
    operator.post(PLACE, {**FORM, "name": "other"})
    assert operator.get(f"{PLACE}/2/deliveries/1").status_code == 404
    assert operator.post(f"{PLACE}/2/deliveries/1/repetition").status_code == 404
    assert operator.get(f"{PLACE}/9").status_code == 404


def test_what_is_sent_is_described(operator: Visitor) -> None:
    page = words(operator.get(f"{PLACE}/kinds"))
    assert '"specversion": "1.0"' in page
    assert "case.raised" in page
