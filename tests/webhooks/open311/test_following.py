"""Open311 GeoReport v2 as an app meets it: what is followed, said, told to nobody, and who may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from engine.cases import Case
from engine.clock import ManualClock
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web import district as town
from tests.web.district import District
from tests.webhooks.open311.civic_app import (
    OURS,
    REPORT,
    SAID_BY_NOBODY,
    THEIRS,
    acts,
    close,
    file,
    get,
    spark,
    with_config,
)

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
