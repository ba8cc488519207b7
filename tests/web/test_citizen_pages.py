"""What somebody without a sign-in finds: the page of a place, and the report that becomes a case."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import documents
from engine.cases import Case, Party
from engine.citizen import Tracking
from engine.citizen.codes import hash_of
from engine.clock import ManualClock
from engine.territory import Unit
from tests.web.citizens import (
    BUILDING,
    GOOD,
    GRID,
    Visit,
    code_at,
    code_of,
    count,
    form_at,
    photo,
    the_case,
)
from tests.web.district import District

# --- places


@pytest.mark.parametrize(
    ("typed", "place", "sure"),
    [
        (code_at(BUILDING), "1号楼", True),
        (code_at(BUILDING).lower(), "1号楼", True),
        (BUILDING, "1号楼", True),
        (code_at(BUILDING, generation=7), "1号楼", False),
        (f"{BUILDING}-00000", "1号楼", False),
        (f"{GRID}.77-7K2MX", "第1网格", False),
        ("LHQ.MZ.01.99", "和悦社区", False),
        ("NOWHERE-7K2MX", "龙华区", False),
        ("漏水", "龙华区", False),
    ],
)
def test_every_code_lands_on_the_nearest_living_place(visit: Visit, typed: str, place: str, sure: bool) -> None:
    answer = visit(None).get(f"/q/{typed}")
    assert answer.status_code == 200
    assert place in re.findall(r'class="spot-name">(.*?)<', answer.text)[0]
    assert ("旧码" in answer.text) is not sure


def test_a_place_that_was_merged_or_closed_leads_on(visit: Visit, district: District) -> None:
    with district.store.transaction() as session:
        gone = session.get_one(Unit, BUILDING)
        gone.valid_to, gone.merged_into = date(2026, 1, 1), "LHQ.MZ.01.01.01.02"
        session.get_one(Unit, "LHQ.GL.01.01.01.01").valid_to = date(2026, 1, 1)
    assert "2号楼" in visit(None).get(f"/q/{code_at(BUILDING)}").text
    page = visit(None).get(f"/q/{code_at('LHQ.GL.01.01.01.01')}").text
    assert "第1网格" in page
    assert "1号楼" not in page


def test_the_way_to_a_place_without_a_code(visit: Visit) -> None:
    visitor = visit(None)
    assert "民治街道" in visitor.get("/q").text
    assert "1号楼" in visitor.get(f"/q?place={GRID}").text
    assert f'href="/q/{BUILDING}"' in visitor.get(f"/q?place={BUILDING}").text
    assert "民治街道" in visitor.get("/q?place=nowhere").text


# --- the report


def test_three_fields_and_a_photo_become_a_case(visit: Visit, district: District) -> None:
    visitor = visit(None)
    where = f"/q/{code_at(BUILDING)}"
    fields = {**form_at(visitor, where), **GOOD, "phone": "138 0013 8000", "csrf_token": visitor.token}
    answer = visitor.client.post(where, data={**fields, "photos": photo()}, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    code, case = code_of(answer.text), the_case(district)
    assert (case.channel, case.place_id, case.title, case.address_text) == (
        "qr",
        BUILDING,
        "楼上漏水，天花板发霉",
        "302 室",
    )
    assert case.category == "neighbour.leak"
    assert not case.anonymous
    assert case.filed_by is None
    with district.store.reading() as session:
        assert [(party.phone, party.protected) for party in session.scalars(select(Party))] == [("138 0013 8000", True)]
        papers = documents.of_case(session, case.id, identity_shown=True)
        assert [(paper.kind, paper.protected, paper.added_by) for paper in papers] == [("jpeg", True, None)]
        tracking = session.scalars(select(Tracking)).one()
    assert tracking.code_hash == hash_of(code)
    assert code.replace("-", "") not in str(vars(tracking))


def test_without_a_phone_it_is_anonymous_and_without_known_words_unsorted(visit: Visit, district: District) -> None:
    visitor = visit(None)
    answer = visitor.post(f"/q/{GRID}", {**form_at(visitor, f"/q/{GRID}"), **GOOD, "what": "邻里之间的一件小事"})
    assert answer.status_code == 200
    case = the_case(district)
    assert case.anonymous
    assert case.category == "unsorted"


def test_a_form_sent_twice_counts_once_and_shows_the_same_code(visit: Visit, app: Flask, district: District) -> None:
    visitor = visit(None)
    fields = {**form_at(visitor, f"/q/{GRID}"), **GOOD}
    first = visitor.post(f"/q/{GRID}", fields)
    second = visitor.post(f"/q/{GRID}", fields)
    assert code_of(first.text) == code_of(second.text)
    assert count(district, Case) == 1
    visitor.post(f"/q/{GRID}", {**form_at(visitor, f"/q/{GRID}"), **GOOD})
    assert count(district, Case) == 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"what": ""}, "what"),
        ({"what": "漏水"}, "what"),
        ({"what": "漏" * 2001}, "what"),
        ({"where": "x" * 201}, "where"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 40}, "phone"),
        ({"form_key": "short"}, "form_key"),
        ({"website": "http://spam.example"}, "website"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    visit: Visit, district: District, fields: dict[str, str], wrong: str
) -> None:
    visitor = visit(None)
    sent = {**form_at(visitor, f"/q/{GRID}"), **GOOD, "where": "三栋后门", **fields}
    answer = visitor.post(f"/q/{GRID}", sent)
    assert answer.status_code == 422
    assert sent["where"] in answer.text
    assert f'id="wrong-{wrong}"' in answer.text or f"<code>{wrong}</code>" in answer.text
    assert count(district, Case) == 0


def test_a_file_that_is_no_photo_is_refused_and_a_good_one_is_not_lost(visit: Visit, district: District) -> None:
    visitor = visit(None)
    fields = {**form_at(visitor, f"/q/{GRID}"), **GOOD, "csrf_token": visitor.token}
    page = (io.BytesIO(b"<script>alert(1)</script>"), "photo.jpg")
    answer = visitor.client.post(
        f"/q/{GRID}", data={**fields, "phone": "call me", "photos": [photo(), page]}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert all(f'id="wrong-{each}"' in answer.text for each in ("photos", "phone")), "all that is wrong is said at once"
    kept = re.findall(r'name="kept" value="([^"]+)"', answer.text)
    assert len(kept) == 1
    answer = visitor.post(f"/q/{GRID}", {**fields, "kept": html.unescape(kept[0])})
    assert answer.status_code == 200
    with district.store.reading() as session:
        assert len(documents.of_case(session, the_case(district).id, identity_shown=True)) == 1


def test_too_many_reports_from_one_address_must_wait(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = visit(None)
    key = form_at(visitor, f"/q/{GRID}")
    codes = [visitor.post(f"/q/{GRID}", {**key, **GOOD, "what": ""}).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]
    clock.advance(timedelta(minutes=16))
    assert visitor.post(f"/q/{GRID}", {**key, **GOOD}).status_code == 200
