"""Open311 GeoReport v2 as an app meets it: what is listed, filed once, followed, said, and told to nobody."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from engine import citizen
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.config import CivicAppConfig, Open311Config
from engine.documents import Document
from engine.history import HistoryEntry
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web import district as town
from tests.web.district import District
from tests.web.test_samples import do

OURS, THEIRS = "a key of the first civic app", "a key of the second civic app"
RECORDED = Path(__file__).parent / "payloads" / "open311"
GRID = "LHQ.MZ.01.01.01"
REPORT = {
    "api_key": OURS,
    "service_code": "road.lighting",
    "address_id": GRID,
    "address_string": "民治街道和悦社区1号楼302室",
    "description": "楼下路灯不亮。电话13912345678，晚上很黑。",
    "first_name": "小红",
    "last_name": "王",
    "phone": "13800138000",
    "email": "wang@example.org",
    "lat": "22.61",
    "long": "114.02",
    "media_url": "https://pictures.example.org/1.jpg",
    "attribute[people_count]": "3",
    "attribute[lamp]": "L-17",
}
SAID_BY_NOBODY = ("13912345678", "13800138000", "wang@example.org", "王小红", "302室", "L-17", "22.61", "路灯不亮")


@pytest.fixture
def world(district: District) -> World:
    apps = (
        CivicAppConfig(id="first", key_env="FIRST_KEY", place="LHQ.MZ"),
        CivicAppConfig(id="second", key_env="SECOND_KEY"),
        CivicAppConfig(id="keyless", key_env="NO_SUCH_KEY"),
    )
    return with_config(district.world, open311=Open311Config(apps=apps, jurisdiction="lhq.example.org"))


@pytest.fixture
def client(
    app: Flask, district: District, world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    monkeypatch.setenv("FIRST_KEY", OURS)
    monkeypatch.setenv("SECOND_KEY", THEIRS)
    app.extensions[KEY] = Edge(district.store, world, clock)
    return app.test_client()


def with_config(world: World, **sections: Any) -> World:
    made = World(world.config.model_copy(update=sections), world.calendar)
    made.releases = world.releases
    return made


def file(client: FlaskClient, **more: Any) -> str:
    answer = client.post("/open311/v2/requests.json", data={**REPORT, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json[0]["service_request_id"])


def get(client: FlaskClient, address: str, **query: str) -> Any:
    answer = client.get(f"/open311/v2/{address}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def the_case(district: District, number: str) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case).where(Case.number == number)).one()


def close(district: District, clock: ManualClock, number: str) -> None:
    """The grid signs for it, gets in touch, handles it and answers."""
    case_id = the_case(district, number).id
    do(district, clock, case_id, "grid", "sign_in", action="sign")
    do(district, clock, case_id, "grid", "first_contact", method="phone", reached="yes", summary="已联系")
    do(district, clock, case_id, "grid", "handle", action_type="talk", outcome="resolved", note="已派人")
    do(district, clock, case_id, "grid", "resolve", result_code="fulfilled", substantive="yes", reply_text="灯已修好。")


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


def spark(element: Any) -> Any:
    """XML as JSON has it: an element of members of one kind is a list."""
    children = list(element)
    if element.tag in ("services", "attributes", "values", "service_requests", "errors", "endpoints", "formats"):
        return [spark(each) for each in children]
    return {each.tag: spark(each) for each in children} if children else element.text


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


# --- following ---


def test_everybody_reads_where_it_stands_and_nothing_about_a_person(client: FlaskClient, district: District) -> None:
    number = file(client)
    (told,) = get(client, f"requests/{number}.json", locale="en")
    assert told["status"] == "open"
    assert told["status_notes"].startswith("Report received: ")
    assert told["service_name"] == "Street lighting"
    assert told["requested_datetime"] == "2026-03-02T09:00:00+08:00"
    assert told["expected_datetime"] > told["requested_datetime"]
    assert told["address"] == "Heyue Community, Minzhi Street, Longhua District"
    assert told["address_id"] == "LHQ.MZ.01"
    for key in ("", THEIRS):
        for address in (f"requests/{number}.json", "requests.json", f"requests.xml?service_request_id={number}"):
            seen = client.get(f"/open311/v2/{address}", query_string={"api_key": key} if "?" not in address else None)
            assert number in seen.text
            assert [each for each in SAID_BY_NOBODY if each in seen.text] == []
    (own,) = get(client, f"requests/{number}.json", api_key=OURS)
    assert own["lat"] == 22.61
    assert "路灯不亮" in own["description"]
    assert "13912345678" not in own["description"]


def test_confidential_and_walled_reports_are_told_to_nobody(client: FlaskClient, district: District) -> None:
    numbers = [file(client), file(client, description="别人的事")]
    for number, change in zip(numbers, ("confidential", "walled"), strict=True):
        with district.store.transaction() as session:
            setattr(session.scalars(select(Case).where(Case.number == number)).one(), change, True)
        for key in ("", OURS):
            assert client.get(f"/open311/v2/requests/{number}.json?api_key={key}").status_code == 404
            assert number not in client.get(f"/open311/v2/requests.json?api_key={key}").text
        said = {"api_key": OURS, "service_request_id": number, "update_id": "1", "status": "OPEN", "description": "x"}
        assert client.post("/open311/v2/servicerequestupdates.json", data=said).status_code == 404
    assert get(client, "servicerequestupdates.json", api_key=OURS) == []


def test_cases_of_other_channels_are_not_in_it(client: FlaskClient, district: District, clock: ManualClock) -> None:
    number = the_case_filed(district, clock)
    assert client.get(f"/open311/v2/requests/{number}.json").status_code == 404
    assert get(client, "requests.json") == []


def the_case_filed(district: District, clock: ManualClock) -> str:
    case_id = town.file_case(district, clock)
    with district.store.reading() as session:
        return session.get_one(Case, case_id).number


def test_requests_are_asked_for_by_what_they_are(client: FlaskClient, district: District, clock: ManualClock) -> None:
    lamp = file(client)
    close(district, clock, lamp)
    clock.advance(timedelta(days=10))
    waste = file(client, service_code="environment.waste", description="垃圾满了")
    pets = file(client, service_code="neighbour.pet", description="狗没有牵绳")

    def asked(**query: str) -> list[str]:
        return [each["service_request_id"] for each in get(client, "requests.json", **query)]

    assert asked() == [pets, waste, lamp]
    assert asked(status="closed") == [lamp]
    assert asked(status="open,closed") == [pets, waste, lamp]
    assert asked(service_code="road.lighting,neighbour.pet") == [pets, lamp]
    assert asked(end_date="2026-03-05T00:00:00Z") == [lamp]
    assert asked(start_date="2026-03-05T00:00:00+08:00") == [pets, waste]
    assert asked(page_size="2") == [pets, waste]
    assert asked(page_size="2", page="2") == [lamp]
    assert asked(service_request_id=f"{lamp},{waste}", status="open") == [waste, lamp]
    assert asked(start_date="2025-01-01T00:00:00Z") == []


def test_a_list_costs_the_same_however_long_it_is(client: FlaskClient, district: District) -> None:
    counted: list[str] = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *seen: counted.append(seen[2]))
    costs = []
    for more in (1, 12):
        for n in range(more):
            file(client, description=f"第 {more} 批第 {n} 盏")
        counted.clear()
        get(client, "requests.json", api_key=OURS)
        costs.append(len(counted))
    assert costs[0] == costs[1] <= 8


def test_what_happens_reaches_the_app_and_what_the_person_says_reaches_the_office(
    client: FlaskClient, district: District, clock: ManualClock
) -> None:
    number = file(client)
    clock.advance(timedelta(minutes=5))

    def say(update: str, status: str, text: str = "") -> TestResponse:
        fields = {"api_key": OURS, "service_request_id": number, "update_id": update, "status": status}
        fields |= {"description": text, "updated_datetime": "2026-03-02T09:05:00+08:00"}
        return client.post("/open311/v2/servicerequestupdates.json", data=fields)

    for _ in range(3):
        assert say("u1", "OPEN", "灯杆也歪了。").json == [{"update_id": "u1", "account_id": None}]
    close(district, clock, number)
    assert say("u2", "REOPEN").status_code == 400, "a refusal needs a reason"
    assert say("u3", "REOPEN", "还是不亮。").status_code == 200
    assert acts(district, number).count("material.supplied") == 1
    assert "citizen.refused" in acts(district, number)
    assert len(get(client, "servicerequestupdates.json", api_key=OURS)) == 3, "of the last two hours"
    today = {"start_date": "2026-03-02T00:00:00Z", "api_key": OURS}
    news = get(client, "servicerequestupdates.json", locale="en", **today)
    assert [(each["status"], each["description"].partition(":")[0]) for each in news] == [
        ("open", "You added something"),
        ("open", "Grid 1 signed for it"),
        ("closed", "The office answered"),
        ("open", "You said that it is not solved"),
        ("open", "Reopened at Grid 1"),
    ]
    assert len({each["update_id"] for each in news}) == len(news)
    assert get(client, "servicerequestupdates.json", **{**today, "api_key": THEIRS}) == []
    span = {"start_date": "2026-03-01T00:00:00Z", "end_date": "2026-03-02T00:00:00Z"}
    assert get(client, "servicerequestupdates.json", api_key=OURS, **span) == []
    (told,) = get(client, f"requests/{number}.json", locale="en")
    assert (told["status"], told["status_notes"].partition(":")[0]) == ("open", "Reopened")
    theirs = {"api_key": THEIRS, "service_request_id": number, "update_id": "x", "status": "OPEN", "description": "x"}
    assert client.post("/open311/v2/servicerequestupdates.xml", data=theirs).status_code == 404


def test_an_answer_is_confirmed_through_the_app(client: FlaskClient, district: District, clock: ManualClock) -> None:
    number = file(client)
    close(district, clock, number)
    said = {"api_key": OURS, "service_request_id": number, "update_id": "ok", "status": "FIXED"}
    assert client.post("/open311/v2/servicerequestupdates.xml", data=said).status_code == 200
    assert acts(district, number)[-1] == "citizen.confirmed"
    missing = client.post("/open311/v2/servicerequestupdates.json", data={"api_key": OURS})
    assert [each["description"].partition(":")[0] for each in missing.json] == ["update_id", "service_request_id"]


def acts(district: District, number: str) -> list[str]:
    case = the_case(district, number)
    with district.store.reading() as session:
        query = select(HistoryEntry.act).where(HistoryEntry.case_id == case.id).order_by(HistoryEntry.seq)
        return list(session.scalars(query))


# --- who may ---


def test_without_an_app_nothing_answers(
    client: FlaskClient, app: Flask, district: District, clock: ManualClock
) -> None:
    app.extensions[KEY] = Edge(district.store, district.world, clock)
    for address in ("services.json", "discovery.json", "requests.json"):
        assert client.get(f"/open311/v2/{address}").status_code == 404
    assert client.post("/open311/v2/requests.json", data=REPORT).status_code == 404


def test_a_variable_that_is_missing_or_short_opens_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/open311/v2/requests.json", data={**REPORT, "api_key": ""}).status_code == 403
    monkeypatch.setenv("FIRST_KEY", "short")
    assert client.post("/open311/v2/requests.json", data={**REPORT, "api_key": "short"}).status_code == 403


def test_keys_are_not_tried_out_and_apps_are_braked(
    client: FlaskClient, app: Flask, district: District, world: World, clock: ManualClock
) -> None:
    guesses = [client.post("/open311/v2/requests.json", data={**REPORT, "api_key": f"x{n}"}) for n in range(31)]
    assert [each.status_code for each in guesses] == [403] * 30 + [429]
    assert int(guesses[-1].headers["Retry-After"]) > 0
    slow = world.config.api.model_copy(update={"per_address": 3})
    app.extensions[KEY] = Edge(district.store, with_config(world, api=slow), clock)
    lists = [client.get("/open311/v2/services.xml") for _ in range(4)]
    assert [each.status_code for each in lists] == [200, 200, 200, 429]
    assert spark(etree.fromstring(lists[-1].data))[0]["code"] == "429"
    narrow = world.config.open311.model_copy(update={"per_quarter": 2})
    app.extensions[KEY] = Edge(district.store, with_config(world, open311=narrow), clock)
    answers = [client.post("/open311/v2/requests.json", data=REPORT).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_a_browser_elsewhere_may_read(client: FlaskClient) -> None:
    assert client.get("/open311/v2/services.json").headers["Access-Control-Allow-Origin"] == "*"
