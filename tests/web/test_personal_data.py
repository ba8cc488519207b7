"""Personal data: masked wherever a case is shown, in the clear only for those who may and say why, on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import intake
from engine.cases import masked_address, masked_id_number, masked_name, masked_phone, masked_text
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.intake import Filing, PartyIn
from engine.people import tokens
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
NAME, PHONE, ID_NUMBER, ADDRESS = "谢慧兰", "13800138000", "440300199001011238", "民治街道和悦花园3栋502"
SECRETS = (NAME, PHONE, ID_NUMBER, ADDRESS)


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    filing = Filing(
        channel="hotline_12345",
        kind="dispute",
        category="neighbour.leak",
        title="楼上漏水，请打13800138000",
        description=f"身份证{ID_NUMBER}，电话{PHONE}。",
        place_id="LHQ.MZ.01.01.01",
        received_at=clock.now(),
        parties=(
            PartyIn("applicant", NAME, phone=PHONE, address=ADDRESS, id_number=ID_NUMBER, protected=True),
            PartyIn("respondent", "许某"),
        ),
    )
    with district.store.transaction() as session:
        return intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id


@pytest.mark.parametrize(
    ("mask", "written", "shown"),
    [
        (masked_name, "谢慧兰", "谢**"),
        (masked_phone, "13800138000", "138****8000"),
        (masked_phone, "110", "****"),
        (masked_id_number, "440300199001011238", "440300********1238"),
        (masked_id_number, "G1234567", "****"),
        (masked_address, ADDRESS, "民治街道和悦****"),
        (masked_address, "3栋502", "****"),
        (masked_text, "请打13800138000或138-0013-8001。", "请打138****8000或138****8001。"),
        (masked_text, "证件44030019900101123X在案", "证件440300********123X在案"),
        (masked_text, "工单202603021234567号，共12739件", "工单202603021234567号，共12739件"),
        (masked_text, "无", "无"),
    ],
)
def test_masks(mask: Callable[[str], str], written: str, shown: str) -> None:
    assert mask(written) == shown


def test_nothing_is_in_the_clear_by_itself(
    app: Flask, visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    task = town.open_task(district, case_id)
    for who in ("grid", "zone", "community", "district"):
        visitor = visit(who)
        pages = (f"/cases/{case_id}{more}" for more in ("", "/print", "/time"))
        for where in ("/", "/cases", *pages, f"/tasks/{task.id}"):
            page = visitor.get(where).text
            assert not [secret for secret in SECRETS[:1] + SECRETS[2:] if secret in page], (who, where)
        with district.store.transaction() as session:
            token = tokens.issue(
                session, district.people[who], "t", now=clock.now(), ends_at=clock.now() + timedelta(days=1)
            )
        for where in ("/tasks?tab=unit", f"/tasks/{task.id}", "/cases", "/cases/LHQ-20260302-0001"):
            answer = app.test_client().get(f"/api/v1{where}", headers={"Authorization": f"Bearer {token}"})
            assert not [secret for secret in SECRETS if secret in answer.text], (who, where)
        (party, _respondent) = answer.json["parties"]
        assert (party["name"], party["phone"], party["shown"]) == ("谢**", "138****8000", False)


def test_with_a_reason_and_for_a_quarter_of_an_hour(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    empty = visitor.post(f"/cases/{case_id}/unmasking", {"reason": ""})
    assert empty.status_code == 422
    assert visitor.post(f"/cases/{case_id}/unmasking", {"reason": "上门核实"}).status_code == 302
    page = words(visitor.get(f"/cases/{case_id}"))
    assert all(secret in page for secret in SECRETS)
    assert "对您明文显示至" in page
    assert "X-In-The-Clear" in visitor.get(f"/cases/{case_id}").headers  # the service worker keeps no such page
    assert NAME in words(visitor.get(f"/cases/{case_id}/print"))
    assert NAME not in visit("grid_b").get(f"/cases/{case_id}").text
    clock.advance(timedelta(minutes=15))
    masked = visitor.get(f"/cases/{case_id}")
    assert NAME not in masked.text
    assert "X-In-The-Clear" not in masked.headers
    with district.store.reading() as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "identity.unmasked")).one()
    assert entry.actor_id == district.people["grid"]
    assert entry.facts["reason"] == "上门核实"
    assert entry.facts["fields"] == ["address", "id_number", "name", "phone"]
    assert not any(secret in str(entry.facts) for secret in SECRETS)


def test_one_tap_calls_and_is_noted(visit: Visit, district: District, case_id: int) -> None:
    """Without a script the number is shown, with one it is given to be dialled."""
    visitor = visit("grid")
    page = visitor.get(f"/cases/{case_id}")
    assert "tel:" not in page.text
    party = page.text.partition('name="party" value="')[2].partition('"')[0]
    fields = {"party": party, "reason": "电话联系", "csrf_token": visitor.token}
    dialled = visitor.client.post(f"/cases/{case_id}/unmasking", data=fields, headers={"Accept": "application/json"})
    assert dialled.json == {"phone": PHONE}
    assert f'href="tel:{PHONE}"' in visitor.get(f"/cases/{case_id}").text
    foreign = visitor.client.post(f"/cases/{case_id}/unmasking", data={**fields, "party": "987654"})
    assert foreign.status_code == 404


@pytest.mark.parametrize(("who", "status"), [("zone", 403), ("building", 404), ("street_gl", 404), ("designer", 403)])
def test_whoever_does_not_work_on_it_may_not(
    visit: Visit, district: District, case_id: int, who: str, status: int
) -> None:
    visitor = visit(who)
    visitor.get("/")
    page = visitor.get(f"/cases/{case_id}")
    assert "/unmasking" not in page.text
    assert visitor.post(f"/cases/{case_id}/unmasking", {"reason": "好奇"}).status_code == status


def test_the_clerk_of_the_community_speaks_with_petitioners(visit: Visit, case_id: int) -> None:
    visitor = visit("community")
    visitor.get("/")
    assert visitor.post(f"/cases/{case_id}/unmasking", {"reason": "回访"}).status_code == 302
    assert NAME in visitor.get(f"/cases/{case_id}").text
