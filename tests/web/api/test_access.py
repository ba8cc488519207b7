"""Who may do what through the API: every operation, without a token, with a foreign one, with the right one."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from engine.cases import Case
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.people import Membership, Person
from engine.territory import Unit
from tests.web.api.caller import MATTER, Caller, document
from tests.web.api.conftest import Call, callers
from tests.web.api.operations import OPERATIONS, READING, Operation
from tests.web.conftest import standing_on
from tests.web.district import District
from tests.web.visitor import Visitor

PLACES = {"MZ": "LHQ.MZ.01.01.01", "GL": "LHQ.GL.01.01.01", "LH": "LHQ.LH.01"}
UNKNOWN = {"number": "LHQ-20260302-9999", "task": 999_999}


@pytest.fixture
def grounds(district: District, call: Call) -> dict[str, Any]:
    return lay(district, call)


@pytest.fixture(scope="module")
def read_grounds(_built: Flask, read_district: District) -> tuple[Call, dict[str, Any]]:
    """One for all that is refused: whoever tries sees to it that nothing has changed."""
    clock = ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    come = callers(standing_on(_built, read_district, clock), read_district, clock)
    return come, lay(read_district, come)


@pytest.fixture
def outside(
    _built: Flask, read_district: District, read_grounds: tuple[Call, dict[str, Any]], clock: ManualClock
) -> Call:
    """A caller who meets with refusal."""
    standing_on(_built, read_district, clock)
    return read_grounds[0]


@pytest.fixture
def barred(read_grounds: tuple[Call, dict[str, Any]]) -> dict[str, Any]:
    return read_grounds[1]


def lay(district: District, call: Call) -> dict[str, Any]:
    """A case and a task of grid 1, the names of its colleagues, and a third street."""
    with district.store.transaction() as session:
        session.add(Unit(id="LHQ.LH", parent_id="LHQ", tier="street", seq=90, name_zh="龙华街道", name_en="Longhua"))
        session.flush()
        session.add(Unit(id="LHQ.LH.01", parent_id="LHQ.LH", tier="community", seq=91, name_zh="社区", name_en="C"))
        person = Person(username="street_lh", name_zh="龙街道", name_en="Long", active=True)
        session.add(person)
        session.flush()
        session.add(Membership(person_id=person.id, unit_id="LHQ.LH", role="lead"))
        session.add(Membership(person_id=person.id, unit_id="LHQ.LH.01", role="lead"))
        district.people["street_lh"] = person.id
    caller = call("grid")
    number = caller.file(title="只有民治能看")
    where = f"/api/v1/cases/{number}"
    return {
        "number": number,
        "task": task_of(caller, number),
        "grid_b": district.people["grid_b"],
        "document": caller.add(f"{where}/documents").json["id"],
        "party": caller.get(where).json["parties"][0]["id"],
    }


def task_of(caller: Caller, number: str) -> int:
    items = caller.get("/api/v1/tasks?tab=unit").json["items"]
    return next(each["id"] for each in items if each["case"] == number)


def send(caller: Caller, operation: Operation, values: dict[str, Any], **headers: str) -> Any:
    if operation.files:
        return caller.add(operation.address.format(**values), b"what was said", **headers)
    body = json.loads(json.dumps(operation.body).replace('"{grid_b}"', str(values.get("grid_b", 1))))
    return caller.send(operation.method, operation.address.format(**values), body, **headers)


def test_the_operations_of_this_table_are_all_there(app: Flask) -> None:
    """Those that are made from functions are done in `test_acts.py`, which sees that none is forgotten."""
    documented = {each["operationId"] for path in document(app)["paths"].values() for each in path.values()}
    assert {operation.id for operation in OPERATIONS} <= documented


def test_without_a_token_no_operation_answers(app: Flask, call: Call) -> None:
    for path, ways in document(app)["paths"].items():
        for method, each in ways.items():
            if each["security"]:
                answer = call(None).send(method.upper(), re.sub(r"{\w+}", "1", path), {})
                assert (answer.status_code, answer.json["code"]) == (401, "sign_in.needed"), path


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_without_a_token_nothing_is_done(
    operation: Operation, outside: Call, barred: dict[str, Any], read_district: District
) -> None:
    before = past(read_district)
    answer = send(outside(None), operation, barred)
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in.needed")
    assert past(read_district) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_with_the_right_token_it_is_done(operation: Operation, call: Call, grounds: dict[str, Any]) -> None:
    assert send(call(operation.who), operation, grounds).status_code == operation.status


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.touches_a_row], ids=lambda each: each.id)
@pytest.mark.parametrize("who", ["street_gl", "grid_gl", "street_lh", "grid_2", "confidential", "operator", "designer"])
def test_a_foreign_case_answers_exactly_like_none(
    who: str, operation: Operation, outside: Call, barred: dict[str, Any], read_district: District
) -> None:
    before = past(read_district)
    found, missing = (send(outside(who), operation, values) for values in (barred, {**barred, **UNKNOWN}))
    assert found.status_code in (403, 404)
    assert found.status_code == missing.status_code
    hidden = (str(barred["number"]), f"tasks/{barred['task']}", f'"task":{barred["task"]}')
    shown = (UNKNOWN["number"], f"tasks/{UNKNOWN['task']}", f'"task":{UNKNOWN["task"]}')
    said = found.text
    for one, other in zip(hidden, shown, strict=True):
        said = said.replace(one, str(other))
    assert said == missing.text
    assert past(read_district) == before


def test_lists_hold_ones_own_street_only(call: Call, grounds: dict[str, Any]) -> None:
    """Cases of three streets, three pairs of eyes, and the district's."""
    numbers = {"MZ": grounds["number"]}
    for street, who in (("GL", "grid_gl"), ("LH", "street_lh")):
        numbers[street] = call(who).file(place_id=PLACES[street])
    sees = {
        "grid": {"MZ"}, "zone": {"MZ"}, "street": {"MZ"}, "grid_2": set(), "grid_gl": {"GL"}, "street_gl": {"GL"},
        "street_lh": {"LH"}, "district": {"MZ", "GL", "LH"},
    }  # fmt: skip
    for who, streets in sees.items():
        listed = {each["number"] for each in call(who).get("/api/v1/cases").json["items"]}
        assert listed == {numbers[street] for street in streets}, who
        for street, number in numbers.items():
            assert call(who).get(f"/api/v1/cases/{number}").status_code == (200 if street in streets else 404)
        searched = call(who).get(f"/api/v1/cases?q={numbers['GL']}").json["items"]
        assert bool(searched) == ("GL" in streets)
        waiting = {each["case"] for each in call(who).get("/api/v1/tasks?tab=unit").json["items"]}
        assert waiting <= {numbers[street] for street in streets}, who


def test_parties_are_masked_until_somebody_with_the_right_says_why(call: Call, grounds: dict[str, Any]) -> None:
    address = f"/api/v1/cases/{grounds['number']}"

    def party(who: str) -> dict[str, Any]:
        found: dict[str, Any] = call(who).get(address).json["parties"][0]
        return found

    masked = {
        "id": party("grid")["id"], "role": "applicant", "type": "person", "name": "谢**", "phone": "138****8000",
        "address": "****", "id_number": None, "protected": True, "shown": False, "unit": None, "person": None,
    }  # fmt: skip
    assert party("grid") == party("zone") == masked
    assert call("zone").post(f"{address}/unmasking", {"reason": "看看"}).status_code == 403
    assert call("grid").post(f"{address}/unmasking", {"reason": " "}).status_code == 422
    shown = call("grid").post(f"{address}/unmasking", {"reason": "电话联系"}).json["parties"][0]
    clear = {**masked, "name": "谢女士", "phone": "13800138000", "address": "1号楼", "shown": True}
    assert shown == party("grid") == clear
    assert party("grid_b") == masked


@pytest.mark.parametrize(
    ("who", "method", "address", "body", "status", "code"),
    [
        ("zone", "PUT", "/api/v1/tasks/{task}/claim", None, 403, "task.not_yours"),
        ("zone", "POST", "/api/v1/tasks/{task}/completion", {"answers": {"action": "sign"}}, 403, "task.not_yours"),
        ("community", "POST", "/api/v1/tasks/{task}/handover", {"to_person_id": 1}, 422, "task.not_a_colleague"),
        ("grid", "POST", "/api/v1/tasks/{task}/handover", {"to_person_id": 5}, 422, "task.not_a_colleague"),
        ("grid", "POST", "/api/v1/cases/{number}/downgrade", {"tier": "grid", "reason": "x"}, 403, "act.not_yours"),
        ("operator", "GET", "/api/v1/cases", None, 403, "act.not_yours"),
        ("designer", "POST", "/api/v1/cases", MATTER, 403, "act.not_yours"),
        ("grid", "POST", "/api/v1/cases", {**MATTER, "override": {"severity": 1, "reason": "x"}}, 201, None),
        ("district", "POST", "/api/v1/cases", MATTER, 403, "act.not_yours"),
        (
            "grid", "POST", "/api/v1/cases/{number}/messages",
            {"name": "m_downgrade", "payload": {"tier": "grid", "reason": "x"}}, 403, "act.not_yours",
        ),
    ],
)  # fmt: skip
def test_a_role_allows_what_the_pages_allow(
    who: str, method: str, address: str, body: Any, status: int, code: str | None, call: Call, grounds: dict[str, Any]
) -> None:
    answer = call(who).send(method, address.format(**grounds), body)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json["code"] == code


# --- cookies ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(visit: Callable[[str | None], Visitor]) -> Visitor:
    visitor = visit("grid")
    visitor.get("/")
    return visitor


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method not in READING], ids=lambda e: e.id)
def test_a_browsers_sign_in_does_not_write_without_the_pages_token(
    operation: Operation, outside: Call, barred: dict[str, Any], read_district: District
) -> None:
    before = past(read_district)
    browser = Visitor(outside(None).app)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", {"person": str(read_district.people["grid"])})
    address = operation.address.format(**barred)
    for headers in ({}, {"X-CSRFToken": "x"}):
        sent = {"data": {"file": (io.BytesIO(b"x"), "x.txt")}} if operation.files else {"json": operation.body}
        answer = browser.client.open(address, method=operation.method, headers=headers, **sent)
        assert (answer.status_code, answer.json["code"]) == (403, "csrf.refused")
    assert past(read_district) == before


def test_a_browsers_sign_in_reads_and_with_the_pages_token_writes(browser: Visitor, grounds: dict[str, Any]) -> None:
    where = f"/api/v1/cases/{grounds['number']}"
    assert browser.client.get(where).status_code == 200
    headers = {"X-CSRFToken": browser.token}
    assert browser.client.post(f"{where}/comments", json={"text": "x"}, headers=headers).status_code == 201


def test_a_token_outdoes_a_cookie(browser: Visitor, call: Call, grounds: dict[str, Any]) -> None:
    foreign = {"Authorization": f"Bearer {call('grid_gl').token}"}
    assert browser.client.get(f"/api/v1/cases/{grounds['number']}", headers=foreign).status_code == 404
    bad = {"Authorization": "Bearer mb_nothing"}
    assert browser.client.get(f"/api/v1/cases/{grounds['number']}", headers=bad).status_code == 401


def test_a_token_opens_no_page(call: Call) -> None:
    answer = call("grid").client.get("/cases", headers={"Authorization": f"Bearer {call('grid').token}"})
    assert answer.status_code == 302


def past(district: District) -> tuple[int, int]:
    with district.store.reading() as session:
        return session.query(HistoryEntry).count(), session.query(Case).count()
