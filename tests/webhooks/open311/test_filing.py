"""Open311 GeoReport v2 as an app meets it: what is listed, what is filed once, and what cannot be taken."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import func, select

from engine import citizen
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.documents import Document
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web.district import District
from tests.webhooks.open311.civic_app import (
    GRID,
    OURS,
    RECORDED,
    REPORT,
    THEIRS,
    acts,
    file,
    get,
    spark,
    the_case,
    with_config,
)

# --- what is listed ---


def test_services_are_the_categories_in_both_languages(client: FlaskClient) -> None:
    chinese = {each["service_code"]: each for each in get(client, "services.json")}
    english = {each["service_code"]: each for each in get(client, "services.json", locale="en")}
    assert chinese["road.lighting"]["service_name"] == "道路照明"
    assert english["road.lighting"]["service_name"] == "Street lighting"
    assert english["road.lighting"] == {
        "service_code": "road.lighting",
        "service_name": "Street lighting",
        "description": "Street lighting",
        "metadata": True,
        "type": "realtime",
        "keywords": english["road.lighting"]["keywords"],
        "group": "Roads",
    }
    accepted = client.get("/open311/v2/services.json", headers={"Accept-Language": "en-GB,en"})
    assert accepted.json == list(english.values())


def test_a_definition_asks_what_a_citizen_knows(client: FlaskClient) -> None:
    told = get(client, "services/road.lighting.json", locale="en")
    assert told["service_code"] == "road.lighting"
    asked = {each["code"]: each for each in told["attributes"]}
    assert list(asked) == ["people_count", "amount_cny", "injury", "risk"]
    assert asked["injury"] == {
        "variable": True,
        "code": "injury",
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": None,
        "order": 3,
        "description": "Injury",
        "values": [
            {"key": "none", "name": "None"},
            {"key": "minor", "name": "Minor"},
            {"key": "serious", "name": "Serious"},
            {"key": "fatal", "name": "Fatal"},
        ],
    }


def test_xml_says_what_json_says(client: FlaskClient) -> None:
    file(client)
    for address, root in (
        ("discovery", "discovery"),
        ("services", "services"),
        ("services/road.lighting", "service_definition"),
        ("requests", "service_requests"),
    ):
        answer = client.get(f"/open311/v2/{address}.xml")
        assert answer.content_type == "text/xml; charset=utf-8"
        assert answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
        read = etree.fromstring(answer.data)
        assert read.tag == root
        assert spark(read) == as_texts(get(client, f"{address}.json"))


def as_texts(told: Any) -> Any:
    if isinstance(told, list):
        return [as_texts(each) for each in told]
    if isinstance(told, dict):
        return {key: as_texts(value) for key, value in told.items()}
    return json.dumps(told) if isinstance(told, bool | int | float) else told or None


# --- filing ---


def test_a_report_becomes_a_case(client: FlaskClient, district: District) -> None:
    answer = client.post("/open311/v2/requests.json?locale=en", data=REPORT)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json
    assert set(told) == {"service_request_id", "service_notice", "account_id"}
    case = the_case(district, told["service_request_id"])
    assert (case.channel, case.category, case.kind) == ("open311", "road.lighting", "complaint")
    assert case.place_id == GRID
    assert case.facts["people_count"] == 3
    assert case.title == "楼下路灯不亮"
    assert case.description.splitlines()[2:] == ["lamp: L-17", "https://pictures.example.org/1.jpg"]
    with district.store.reading() as session:
        (party,) = session.scalars(select(Party).where(Party.case_id == case.id))
        assert (party.name, party.phone, party.address, party.protected) == (
            "王小红", "13800138000", "wang@example.org", True,
        )  # fmt: skip
        code = told["service_notice"].rpartition(" ")[2].rstrip(".")
        tracking = citizen.find_tracking(session, code)
        assert tracking is not None
        assert tracking.case_id == case.id


def test_what_comes_in_twice_counts_once(client: FlaskClient, district: District) -> None:
    first = client.post("/open311/v2/requests.json", data=REPORT).json
    assert client.post("/open311/v2/requests.json", data=REPORT).json == first
    named = [file(client, external_id="fms-1", description=f"又一盏 {n}") for n in range(3)]
    by_header = client.post(
        "/open311/v2/requests.json", data={**REPORT, "description": "x"}, headers={"Idempotency-Key": "fms-1"}
    )
    assert len({*named, by_header.json[0]["service_request_id"]}) == 1
    assert file(client, api_key=THEIRS, external_id="fms-1") not in named
    with district.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 3
    token = get(client, "tokens/fms-1.json", api_key=OURS)
    assert token == [{"service_request_id": named[0], "token": "fms-1"}]


WRONG: Sequence[tuple[Mapping[str, Any], int, str]] = (
    ({"api_key": "wrong"}, 403, "api_key"),
    ({"api_key": ""}, 403, "api_key"),
    ({"service_code": ""}, 400, "service_code"),
    ({"service_code": "no.such"}, 404, "no.such"),
    ({"address_id": "", "address_string": "", "lat": "", "long": ""}, 400, "lat"),
    ({"lat": "nan"}, 400, "lat"),
    ({"lat": "22.6", "long": ""}, 400, "lat"),
    ({"lat": "91"}, 400, "lat"),
    ({"description": "x" * 4001}, 400, "description"),
    ({"phone": "1" * 41}, 400, "phone"),
    ({"attribute[people_count]": "many"}, 400, "attribute[people_count]"),
    ({"attribute[injury]": "bad"}, 400, "attribute[injury]"),
    ({"jurisdiction_id": "elsewhere.example.org"}, 404, "jurisdiction_id"),
    ({"media_url": [f"https://x.example.org/{n}" for n in range(21)]}, 400, "media_url"),
)


def test_what_cannot_be_taken_is_told_in_the_form_asked_for(client: FlaskClient, district: District) -> None:
    for number, (change, status, said) in enumerate(WRONG):
        form = ("json", "xml")[number % 2]
        answer = client.post(f"/open311/v2/requests.{form}?locale=en", data={**REPORT, **change})
        assert answer.status_code == status, (change, answer.text)
        errors = answer.json if form == "json" else spark(etree.fromstring(answer.data))
        assert [str(each["code"]) for each in errors] == [str(status)] * len(errors)
        assert said in errors[0]["description"]
    with district.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_every_address_answers_in_its_form(client: FlaskClient) -> None:
    for method, address, status in (
        ("GET", "services/no.such.xml", 404),
        ("GET", "requests/LHQ-20260302-0009.xml", 404),
        ("GET", "tokens/none.xml", 404),
        ("GET", "servicerequestupdates.xml", 403),
        ("GET", "nowhere.xml", 404),
        ("POST", "services.xml", 404),
        ("GET", "requests.xml?start_date=yesterday", 400),
        ("GET", "requests.xml?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400),
        ("GET", "requests.xml?status=lost", 400),
        ("GET", "requests.xml?page=0", 400),
    ):
        answer = client.open(f"/open311/v2/{address}", method=method)
        assert answer.status_code == status, (address, answer.text)
        (error,) = spark(etree.fromstring(answer.data))
        assert error["code"] == str(status)
        assert error["description"]


def test_what_fixmystreet_sends_is_taken_word_for_word(client: FlaskClient, district: District) -> None:
    """Recorded from FixMyStreet's own client, Open311.pm, which filed and followed a case with it."""
    form = "application/x-www-form-urlencoded"
    sent = (RECORDED / "fixmystreet_request.form").read_text(encoding="ascii").strip().replace("KEY", quote_plus(OURS))
    answers = [client.post("/open311/v2/requests.xml", data=sent, content_type=form) for _ in range(2)]
    numbers = [etree.fromstring(each.data).findtext("request/service_request_id") for each in answers]
    case = the_case(district, str(numbers[0]))
    assert numbers[0] == numbers[1], "it sends its own number"
    assert (case.title, case.external_no) == ("路灯不亮", "first:43")
    assert case.description.startswith("路灯不亮\n\n楼下路灯三天不亮。\n\nhttps://fms.example.org/report/42")
    said = (RECORDED / "fixmystreet_update.form").read_text(encoding="ascii").strip().replace("KEY", quote_plus(OURS))
    said = said.replace("NUMBER", case.number)
    update = client.post("/open311/v2/servicerequestupdates.xml", data=said, content_type=form)
    assert etree.fromstring(update.data).findtext("request_update/update_id") == "7"
    assert acts(district, case.number)[-1] == "case.told"


def test_files_come_along(client: FlaskClient, district: District) -> None:
    picture = io.BytesIO(b"plain words of a witness")
    number = file(client, media=(picture, "note.txt"))
    with district.store.reading() as session:
        (paper,) = session.scalars(select(Document))
    assert (paper.case_id, paper.name, paper.protected) == (the_case(district, number).id, "note.txt", True)
    program = {**REPORT, "description": "y", "media": (io.BytesIO(b"MZ\x90\x00\x03"), "a.exe")}
    assert client.post("/open311/v2/requests.json", data=program).status_code == 400


PLACES: Sequence[tuple[Mapping[str, str], str]] = (
    ({"address_id": "LHQ.MZ.01.01.01.01"}, "LHQ.MZ.01.01.01.01"),
    ({"address_id": "#NOTPINPOINTED#"}, "LHQ.MZ"),
    ({"address_string": "深圳市龙华区民治街道和悦社区第1片区门口"}, "LHQ.MZ.01.01"),
    ({"address_string": "Lanhe Community, Guanlan Street"}, "LHQ.GL.01"),
    ({"address_string": "民治街道和观澜街道之间"}, "LHQ.MZ"),
    ({"address_string": "看这里 https://help.example.org/q/LHQ.GL.01.01.01"}, "LHQ.GL.01.01.01"),
    ({"lat": "22.6", "long": "114.0"}, "LHQ.MZ"),
)


def test_a_place_is_found_from_whatever_was_sent(client: FlaskClient, district: District) -> None:
    nowhere = {"address_id": "", "address_string": "", "lat": "", "long": ""}
    for where, place in PLACES:
        assert the_case(district, file(client, **{**nowhere, **where})).place_id == place, where


def test_an_office_with_outlines_finds_the_unit_around_a_point(
    client: FlaskClient, district: District, world: World, app: Flask, clock: ManualClock, tmp_path: Any
) -> None:
    square = [[114.0, 22.6], [114.1, 22.6], [114.1, 22.7], [114.0, 22.7], [114.0, 22.6]]
    shape = {"type": "Polygon", "coordinates": [square]}
    drawn = [{"type": "Feature", "properties": {"unit": unit}, "geometry": shape} for unit in ("LHQ.GL", "LHQ.GL.01")]
    outlines = tmp_path / "outlines.geojson"
    outlines.write_text(json.dumps({"type": "FeatureCollection", "features": drawn}), encoding="utf-8")
    reports = world.config.reports.model_copy(update={"geojson": outlines})
    app.extensions[KEY] = Edge(district.store, with_config(world, reports=reports), clock)
    nowhere = {"address_id": "", "address_string": ""}
    assert the_case(district, file(client, **nowhere)).place_id == "LHQ.GL.01"
    assert the_case(district, file(client, **nowhere, lat="23.5", description="z")).place_id == "LHQ.MZ"
