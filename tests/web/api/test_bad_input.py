"""Whatever is sent: a clear sentence naming what and where, the right status, nothing half done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.cases import Case
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, Unavailable
from engine.history import HistoryEntry
from engine.triage import DEFAULTS
from engine.web.api import problems
from engine.web.api.asked import Facts, PartyBody
from engine.web.words.matters import INJURIES, OPINIONS, PARTY_ROLES, PARTY_TYPES, RISKS
from tests.web.api.caller import MATTER, must_be_as_documented
from tests.web.api.conftest import Call
from tests.web.district import District

CASES = "/api/v1/cases"


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in MATTER.items() if key not in keys}


def party(**changed: Any) -> dict[str, Any]:
    return {**MATTER, "parties": [{"role": "applicant", "name": "甲", **changed}]}


BAD_FILINGS = {
    "nothing": ({}, 400, ["/channel", "/kind", "/category", "/title", "/description", "/place_id"]),
    "a field is missing": (without("title"), 400, ["/title"]),
    "two fields are missing": (without("title", "kind"), 400, ["/kind", "/title"]),
    "a wrong type": ({**MATTER, "title": 5}, 400, ["/title"]),
    "a number as text": ({**MATTER, "facts": {"people_count": "5"}}, 400, ["/facts/people_count"]),
    "a tick as text": ({**MATTER, "anonymous": "yes"}, 400, ["/anonymous"]),
    "a negative number": ({**MATTER, "facts": {"amount_cny": -1}}, 400, ["/facts/amount_cny"]),
    "a huge number": ({**MATTER, "facts": {"amount_cny": 10**30}}, 400, ["/facts/amount_cny"]),
    "an unknown injury": ({**MATTER, "facts": {"injury": "banana"}}, 400, ["/facts/injury"]),
    "an unknown fact": ({**MATTER, "facts": {"severity": 4}}, 400, ["/facts/severity"]),
    "tier is not for the sender": ({**MATTER, "tier": "district"}, 400, ["/tier"]),
    "state is not for the sender": ({**MATTER, "state": "closed"}, 400, ["/state"]),
    "nor any other column": (
        {**MATTER, "number": "X", "holder_id": "LHQ", "id": 1}, 400, ["/holder_id", "/id", "/number"],
    ),
    "nor python's own": ({**MATTER, "__class__": {}, "__builtins__": {}}, 400, ["/__builtins__", "/__class__"]),
    "a party's extra key": (party(case_id=1), 400, ["/parties/0/case_id"]),
    "a party's role": (party(role="judge"), 400, ["/parties/0/role"]),
    "a party's long name": (party(name="长" * 121), 400, ["/parties/0/name"]),
    "a party's empty unit": (party(unit_id=""), 400, ["/parties/0/unit_id"]),
    "too many parties": ({**MATTER, "parties": [{"role": "applicant", "name": "甲"}] * 51}, 400, ["/parties"]),
    "parties as a text": ({**MATTER, "parties": "甲"}, 400, ["/parties"]),
    "a long category": ({**MATTER, "category": "a" * 65}, 400, ["/category"]),
    "an instant without offset": ({**MATTER, "received_at": "2026-03-01T10:00:00"}, 400, ["/received_at"]),
    "no instant": ({**MATTER, "received_at": "yesterday"}, 400, ["/received_at"]),
    "severity out of range": ({**MATTER, "override": {"severity": 5, "reason": "x"}}, 400, ["/override/severity"]),
    "an unknown place": ({**MATTER, "place_id": "LHQ.XX"}, 422, ["/place_id"]),
    "an unknown channel": ({**MATTER, "channel": "pigeon"}, 422, ["/channel"]),
    "an unknown kind": ({**MATTER, "kind": "quarrel"}, 422, ["/kind"]),
    "no category": ({**MATTER, "category": "Noise!"}, 422, ["/category"]),
    "an empty title": ({**MATTER, "title": "  "}, 422, ["/title"]),
    "a long title": ({**MATTER, "title": "长" * 201}, 422, ["/title"]),
    "a party without a name": (party(name=" "), 422, ["/parties/0/name"]),
    "from the future": ({**MATTER, "received_at": "2026-03-02T12:00:00+08:00"}, 422, ["/received_at"]),
    "from long ago": ({**MATTER, "received_at": "0001-01-01T00:00:00Z"}, 422, ["/received_at"]),
    "an override without a reason": (
        {**MATTER, "override": {"severity": 4, "reason": " "}}, 422, ["/override/reason"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "where"), BAD_FILINGS.values(), ids=BAD_FILINGS.keys())
def test_a_bad_filing_names_every_field_and_leaves_nothing(
    body: Any, status: int, where: list[str], call: Call, district: District
) -> None:
    for language in ("en", "zh-CN"):
        answer = call("grid").post(CASES, body, Accept_Language=language)
        assert answer.status_code == status, answer.text
        assert sorted(each["pointer"] for each in answer.json["errors"]) == sorted(where)
        for said in (answer.json["detail"], *(each["detail"] for each in answer.json["errors"])):
            assert said
            assert said.isascii() == (language == "en"), said
    with district.store.reading() as session:
        assert session.query(Case).count() == 0
        assert session.query(HistoryEntry).count() == 0


RAW: dict[str, tuple[bytes, str, int, str]] = {
    "no JSON": (b"{title: 5}", "application/json", 400, "body.unreadable"),
    "empty": (b"", "application/json", 400, "body.unreadable"),
    "a list": (b"[]", "application/json", 400, "body.unreadable"),
    "deep": (b'{"title": ' + b"[" * 21 + b"]" * 21 + b"}", "application/json", 400, "body.too_deep"),
    "plain text": (json.dumps(MATTER).encode(), "text/plain", 415, "content_type.unknown"),
    "a form": (b"title=x", "application/x-www-form-urlencoded", 415, "content_type.unknown"),
    "no type": (json.dumps(MATTER).encode(), "", 415, "content_type.unknown"),
    "too large": (b'{"title": "' + b"x" * 262_144 + b'"}', "application/json", 413, "http.413"),
}


@pytest.mark.parametrize(("data", "kind", "status", "code"), RAW.values(), ids=RAW.keys())
def test_a_body_that_cannot_be_read(data: bytes, kind: str, status: int, code: str, call: Call) -> None:
    caller = call("grid")
    headers = {"Authorization": f"Bearer {caller.token}", **({"Content-Type": kind} if kind else {})}
    answer = caller.client.post(CASES, data=data, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    must_be_as_documented(caller.app, "POST", answer)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        (f"{CASES}?limit=101", 400, "query.invalid"),
        (f"{CASES}?limit=0", 400, "query.invalid"),
        (f"{CASES}?limit=1000000000", 400, "query.invalid"),
        (f"{CASES}?limit=ten", 400, "query.invalid"),
        (f"{CASES}?state=gone", 400, "query.invalid"),
        (f"{CASES}?light=blue", 400, "query.invalid"),
        (f"{CASES}?sort=title", 400, "query.invalid"),
        (f"{CASES}?cursor=abc", 400, "query.invalid"),
        (f"{CASES}?q=" + "x" * 81, 400, "query.invalid"),
        (f"{CASES}?q=%00", 400, "request.unreadable"),
        (f"{CASES}/%00", 400, "request.unreadable"),
        (f"{CASES}/{'9' * 33}", 404, "http.404"),
        (f"{CASES}/LHQ-1'; DROP TABLE party", 404, "case.unknown"),
        (f"{CASES}?q=%25_%27--", 200, None),
        ("/api/v1/tasks?tab=all", 400, "query.invalid"),
        ("/api/v1/tasks?cursor=9999999999999999-1", 200, None),
        ("/api/v1/tasks?cursor=-1-1", 400, "query.invalid"),
        ("/api/v1/tasks/99999999999999999999", 404, "http.404"),
        ("/api/v1/tasks/2147483647", 404, "task.unknown"),
        ("/api/v1/tasks/one", 404, "http.404"),
        ("/api/v1/places?parent=LHQ.NO", 404, "unit.unknown"),
        ("/api/v1/places?parent=LHQ.MZ.99", 404, "unit.unknown"),
        ("/api/v1/nothing", 404, "http.404"),
        ("/api/v2/cases", 404, "http.404"),
    ],
)
def test_a_bad_address(address: str, status: int, code: str | None, call: Call) -> None:
    answer = call("grid").get(address)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json["code"] == code
    if code == "query.invalid":
        assert answer.json["errors"][0]["parameter"] == address.partition("?")[2].partition("=")[0]


def test_a_wrong_method_says_which_are_right(call: Call) -> None:
    answer = call("grid").send("PATCH", CASES, {})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_method_cannot_be_smuggled_in(call: Call) -> None:
    number = call("grid").file()
    plain = call("grid").get(f"{CASES}/{number}")
    smuggled = call("grid").get(f"{CASES}/{number}?_method=DELETE", X_HTTP_Method_Override="DELETE")
    assert (smuggled.status_code, smuggled.json["state"]) == (200, "assigned")
    assert smuggled.json == plain.json


ACTS = {
    "an empty comment": ("comments", {"text": ""}, 400, "body.invalid", "/text"),
    "a comment of blanks": ("comments", {"text": "  "}, 422, "field.required", "/text"),
    "a long comment": ("comments", {"text": "x" * 4001}, 400, "body.invalid", "/text"),
    "a risk without facts": ("risks", {"reason": "x"}, 400, "body.invalid", "/facts"),
    "a risk without a reason": ("risks", {"facts": {}, "reason": " "}, 422, "field.required", "/reason"),
    "no length": ("extensions", {"length": "soon", "reason": "x"}, 422, "length.invalid", None),
    "too long": ("extensions", {"length": "90wd", "reason": "x"}, 422, "extension.length", "/length"),
    "another unit": ("extensions", {"length": "3h", "reason": "x"}, 422, "extension.length", "/length"),
    "an unknown message": ("messages", {"name": "m_merge", "payload": {}}, 400, "body.invalid", ""),
    "a message without a name": ("messages", {"payload": {}}, 400, "body.invalid", ""),
    "a message without a note": (
        "messages", {"name": "m_material", "payload": {}}, 400, "body.invalid", "/payload/note",
    ),
    "a message of blanks": (
        "messages", {"name": "m_material", "payload": {"note": " "}}, 422, "field.required", "/payload/note",
    ),
    "a message with more": (
        "messages", {"name": "m_withdraw", "payload": {"reason": "x"}, "tier": "grid"}, 400, "body.invalid", "/tier",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("act", "body", "status", "code", "where"), ACTS.values(), ids=ACTS.keys())
def test_a_bad_act_on_a_case(
    act: str, body: Any, status: int, code: str, where: str | None, call: Call, district: District
) -> None:
    number = call("grid").file()
    before = _length(district)
    answer = call("grid").post(f"{CASES}/{number}/{act}", body)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert [each["pointer"] for each in answer.json["errors"]] == ([] if where is None else [where])
    assert _length(district) == before


ANSWERS = {
    "none": ({}, 422, "form.invalid", ["/answers/action"]),
    "an option that is not offered": ({"action": "burn"}, 422, "form.invalid", ["/answers/action"]),
    "a wrong type": ({"action": ["sign"]}, 422, "form.invalid", ["/answers/action"]),
    "a field the form does not have": (
        {"action": "sign", "tier": "district"},
        422,
        "form.unknown_fields",
        ["/answers/tier"],
    ),
    "a hidden rule": ({"action": "return"}, 422, "form.invalid", ["/answers/reason_code"]),
}


@pytest.mark.parametrize(("answers", "status", "code", "where"), ANSWERS.values(), ids=ANSWERS.keys())
def test_bad_answers_to_a_form(
    answers: Any, status: int, code: str, where: list[str], call: Call, district: District
) -> None:
    call("grid").file()
    before = _length(district)
    answer = call("grid").post("/api/v1/tasks/1/completion", {"answers": answers})
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert [each["pointer"] for each in answer.json["errors"]] == where
    assert _length(district) == before


def test_a_completed_task_says_by_whom_and_when(call: Call, clock: ManualClock, district: District) -> None:
    call("grid").file()
    where, body = "/api/v1/tasks/1/completion", {"answers": {"action": "sign"}}
    assert call("grid").post(where, body).status_code == 200
    for address, method in ((where, "POST"), ("/api/v1/tasks/1/claim", "PUT")):
        answer = call("grid_b").send(method, address, body if method == "POST" else None)
        assert (answer.status_code, answer.json["code"]) == (409, "task.done")
        assert answer.json["facts"]["by"] == {"id": district.people["grid"], "zh": "林晓东", "en": "Lin Xiaodong"}
        assert answer.json["facts"]["at"] == clock.now().isoformat()


def test_a_claimed_task_and_a_stale_one(call: Call) -> None:
    number = call("grid").file()
    call("grid").put("/api/v1/tasks/1/claim")
    for method, what, body in (("PUT", "claim", None), ("POST", "completion", {"answers": {"action": "sign"}})):
        answer = call("grid_b").send(method, f"/api/v1/tasks/1/{what}", body)
        assert (answer.status_code, answer.json["code"]) == (409, "task.claimed")
    call("grid").post(f"{CASES}/{number}/withdrawal", {"reason": "申请人撤回。"})
    stale = call("grid").post("/api/v1/tasks/1/completion", {"answers": {"action": "sign"}})
    assert (stale.status_code, stale.json["code"]) == (409, "task.gone")
    for act, body in (
        ("withdrawal", {"reason": "x"}),
        ("supplies", {"note": "x"}),
        ("risks", {"facts": {}, "reason": "x"}),
    ):
        ended = call("grid").post(f"{CASES}/{number}/{act}", body)
        assert (ended.status_code, ended.json["code"]) == (409, "case.ended")
    assert call("grid").post(f"{CASES}/{number}/comments", {"text": "补记"}).status_code == 201


@pytest.mark.parametrize(
    ("refusal", "status", "retry"),
    [
        (NotFound("case.unknown", "No."), 404, None),
        (Invalid("filing.invalid", "No."), 422, None),
        (NotAllowed("act.not_yours", "No."), 403, None),
        (NotAllowed("sign_in.needed", "No."), 401, None),
        (Conflict("task.done", "No."), 409, None),
        (Unavailable("store.busy", "No."), 503, "5"),
        (Unavailable("sign_in.too_many", "No.", retry_after_s=77), 429, "77"),
        (Invalid("never.heard", "No.", odd={1, 2}, deep=object()), 422, None),
    ],
)
def test_every_kind_of_refusal_has_its_status(refusal: Refusal, status: int, retry: str | None, call: Call) -> None:
    app = call(None).app
    for language, title in (("en", True), ("zh-CN", False)):
        with app.test_request_context("/api/v1/cases", headers={"Accept-Language": language}):
            answer = problems.of_refusal(refusal)
        assert answer.status_code == status
        assert answer.headers.get("Retry-After") == retry
        said = json.loads(answer.get_data())
        assert (said["code"], said["status"], said["title"].isascii()) == (refusal.code, status, title)
        assert said["type"] == f"urn:maplebridge:problem:{refusal.code}"


def test_a_fault_of_ours_shows_no_trace(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import process

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr(process, "find_cases", broken)
    answer = call("grid").send("GET", CASES, check=False)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (500, "http.500", "application/problem+json")
    assert "secret" not in answer.text
    assert "Zero" not in answer.text


def test_the_facts_are_those_triage_reads_and_the_pages_offer() -> None:
    assert set(Facts.model_fields) == set(DEFAULTS) - {"kind", "channel"}
    schema = Facts.model_json_schema()["properties"]
    for name, words in (("injury", INJURIES), ("risk", RISKS), ("opinion_level", OPINIONS)):
        assert schema[name]["anyOf"][0]["enum"] == list(words)
    asked = PartyBody.model_json_schema()["properties"]
    assert asked["role"]["enum"] == list(PARTY_ROLES)
    assert asked["type"]["enum"] == list(PARTY_TYPES)


def _length(district: District) -> int:
    with district.store.reading() as session:
        return session.query(HistoryEntry).count()
