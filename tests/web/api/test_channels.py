"""Channels over the API: one's own, which a code confirms, and those of a unit, which a token of another scope sets."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from engine.clock import ManualClock
from engine.people import OperatorEntry, tokens
from tests.web.api.caller import Caller
from tests.web.api.conftest import Call
from tests.web.district import District
from tests.web.test_channels import GRID, _with_mail, code_in

__all__ = ["_with_mail"]
MINE, UNITS = "/api/v1/me/channels", "/api/v1/units/channels"
MAIL = {"medium": "email", "to": "Lin@Office.example", "language": "en"}


def test_a_mail_address_is_added_confirmed_and_changed(call: Call, district: District, clock: ManualClock) -> None:
    """addChannel, sendChannelCode, confirmChannel, changeChannel, testChannel, readChannel, listChannels,
    removeChannel."""
    grid = call("grid")
    refused = grid.post(MINE, {**MAIL, "to": "lin"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/to")
    made = grid.post(MINE, MAIL)
    assert (made.status_code, made.json["to"], made.json["confirmed_at"]) == (201, "Lin@office.example", None)
    here = f"{MINE}/{made.json['id']}"
    assert call("street").get(here).status_code == 404
    clock.advance(timedelta(minutes=1))
    assert grid.post(f"{here}/codes", {}).status_code == 200
    wrong = grid.post(f"{here}/confirmation", {"code": "12 34"})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/code")
    assert grid.post(f"{here}/confirmation", {"code": code_in(district)}).json["confirmed_at"]
    chosen = {"kinds": ["overdue", "clock"], "rhythm": "daily", "daily_minute": 510, "quiet_from": 1260}
    half = grid.send("PUT", here, chosen)
    assert (half.status_code, half.json["errors"][0]["pointer"]) == (422, "/quiet_until")
    assert grid.send("PUT", here, {**chosen, "quiet_until": 420}).json["kinds"] == ["clock", "overdue"]
    assert grid.post(f"{here}/tests", {}).status_code == 200
    assert grid.get(here).json["daily_minute"] == 510
    assert [each["rhythm"] for each in grid.get(MINE).json["items"]] == ["daily"]
    assert [grid.post(f"{here}/confirmation", {"code": "no"}).status_code for _ in range(9)][-1] == 503
    assert grid.delete(here).json == {"done": True}
    assert grid.get(here).status_code == 404


def test_a_units_channel_is_set_by_its_lead(app: Flask, call: Call, district: District, clock: ManualClock) -> None:
    """addUnitChannel, listUnitChannels, readUnitChannel, changeUnitChannel, testUnitChannel, sendUnitChannelCode,
    confirmUnitChannel, removeUnitChannel."""
    lead, place = call("grid"), f"/api/v1/units/{GRID}/channels"
    robot = {"medium": "wecom", "to": "0123-4567-89ab-cdef"}
    assert lead.post("/api/v1/units/LHQ.MZ.01.01.02/channels", robot).status_code == 403
    made = lead.post(place, robot)
    assert (made.status_code, made.json["to"], made.json["unit_id"]) == (201, "…cdef", GRID)
    here, number = f"{UNITS}/{made.json['id']}", made.json["id"]
    assert lead.post(place, robot).status_code == 409
    assert lead.get(f"{MINE}/{number}").status_code == 404
    with district.store.transaction() as session:
        ends_at = clock.now() + timedelta(days=1)
        mine = ("me:read", "me:write")
        token = tokens.issue(session, district.people["grid"], "own", now=clock.now(), ends_at=ends_at, for_scopes=mine)
    assert Caller(app, token).delete(here).json["code"] == "scope.missing"
    assert lead.send("PUT", here, {"kinds": ["closed"], "secret": "SEC0123"}).json["kinds"] == ["closed"]
    assert "SEC0123" not in lead.get(here).text
    assert lead.post(f"{here}/tests", {}).status_code == 200
    assert lead.post(f"{here}/confirmation", {"code": "0"}).json["confirmed_at"]
    assert lead.post(f"{here}/codes", {}).status_code == 200
    assert [each["id"] for each in lead.get(place).json["items"]] == [number]
    assert call("operator").delete(here).json == {"done": True}
    with district.store.reading() as session:
        log = [row.act for row in session.query(OperatorEntry).order_by(OperatorEntry.id)]
    assert log == ["channel.added", "channel.changed", "channel.removed"]


def test_a_webhook_inside_the_network_is_refused(call: Call) -> None:
    answer = call("grid").post(MINE, {"medium": "webhook", "to": "https://169.254.169.254/latest"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/to")
