"""Service accounts and scopes: who comes with a token, what it is for, and how fast it may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.people import Membership, OperatorEntry, Person, services, tokens, viewer_of
from engine.people.services import Service
from engine.process import World
from engine.web.context import KEY, Edge
from engine.web.pace import Pace
from tests.web import district as town
from tests.web.api.caller import MATTER, Caller
from tests.web.api.conftest import Call
from tests.web.district import District

WHY = {"reason": "接口测试"}
ACCOUNT = {
    "name": "hotline-12345", "name_zh": "热线平台", "name_en": "Hotline", "unit_id": "LHQ.MZ.01", "roles": ["clerk"],
    "scopes": ["cases:read", "cases:file"], "purpose": "Files what people call about.",
}  # fmt: skip
WHERE = "/api/v1/operations/services"


@pytest.fixture
def machine(app: Flask, call: Call) -> Caller:
    """Files and reads for a community, and does nothing else."""
    made = call("operator").post(WHERE, ACCOUNT)
    assert made.status_code == 201, made.text
    secret = call("operator").send("PUT", f"{WHERE}/hotline-12345/tokens", {"name": "production"}).json["token"]
    return Caller(app, secret)


def test_a_machine_files_by_its_role_and_no_further_than_its_scopes(machine: Caller, district: District) -> None:
    number = machine.file()
    assert machine.get(f"/api/v1/cases/{number}").status_code == 200
    refused = machine.post(f"/api/v1/cases/{number}/comments", {"text": "x"})
    assert (refused.status_code, refused.json["code"], refused.json["facts"]) == (
        403, "scope.missing", {"scope": "cases:act"},
    )  # fmt: skip
    assert 'error="insufficient_scope", scope="cases:act"' in refused.headers["WWW-Authenticate"]
    assert machine.get("/api/v1/operations/people").json["code"] == "scope.missing"
    assert machine.get("/api/v1/me").json["code"] == "scope.missing"
    outside = machine.post("/api/v1/cases", {**MATTER, "place_id": "LHQ.GL.01.01.01"})
    assert outside.status_code in (201, 403, 422)
    with district.store.reading() as session:
        filed = session.query(HistoryEntry).filter_by(act="case.filed").first()
        assert filed is not None
        actor = session.get_one(Person, filed.actor_id)
        assert (actor.username, actor.name_en, actor.password_hash) == ("service:hotline-12345", "Hotline", None)
        assert session.query(Membership).filter_by(person_id=actor.id).count() == 0


def test_a_machine_is_nobodys_colleague_and_no_person(machine: Caller, call: Call, district: District) -> None:
    """Not in lists of people, not among those a task is handed to, and no account whose password could be set."""
    number = machine.file()
    task = call("grid").get("/api/v1/tasks?tab=unit").json["items"][0]["id"]
    with district.store.reading() as session:
        (row, person), _next = services.find_services(session)[0][0], None
    assert row.person_id == person.id
    full = call("grid").get(f"/api/v1/tasks/{task}").json
    assert person.id not in {each["id"] for each in (*full["colleagues"], *full["delegates"])}
    assert number
    found = call("operator").get("/api/v1/operations/people?q=service").json["items"]
    assert found == []
    for method, act in (("PUT", "password"), ("POST", "closing"), ("POST", "roles")):
        body = {**WHY, "unit": "LHQ", "role": "clerk"} if act == "roles" else WHY
        assert call("operator").send(method, f"/api/v1/operations/people/{person.id}/{act}", body).status_code == 404


def test_what_is_narrowed_closed_or_over_is_felt_at_once(
    machine: Caller, call: Call, clock: ManualClock, district: District
) -> None:
    operator, account = call("operator"), f"{WHERE}/hotline-12345"
    assert operator.send("PUT", account, {**ACCOUNT, "scopes": ["figures:read"]}).status_code == 200  # changeService
    assert machine.get("/api/v1/cases").json["code"] == "scope.missing"
    ends = (clock.now() + timedelta(hours=1)).isoformat()
    assert operator.send("PUT", account, {**ACCOUNT, "ends_at": ends}).json["scopes"] == ACCOUNT["scopes"]
    assert machine.get("/api/v1/cases").status_code == 200
    clock.advance(timedelta(hours=1))
    assert machine.get("/api/v1/cases").json["code"] == "token.refused"
    operator.send("PUT", account, ACCOUNT)
    assert machine.get("/api/v1/cases").status_code == 200
    assert operator.post(f"{account}/closing", WHY).json["active"] is False  # closeService
    assert machine.get("/api/v1/cases").json["code"] == "token.refused"
    assert operator.post(f"{account}/opening", WHY).json["active"] is True  # reopenService
    assert machine.get("/api/v1/cases").json["code"] == "token.refused"
    with district.store.reading() as session:
        acts = [entry.act for entry in session.query(OperatorEntry).order_by(OperatorEntry.id)]
    assert acts == [
        "service.opened", "token.issued", "service.changed", "service.changed", "service.changed",
        "person.deactivated", "person.reactivated",
    ]  # fmt: skip


def test_tokens_are_replaced_without_a_gap(app: Flask, machine: Caller, call: Call, clock: ManualClock) -> None:
    """`openService`, `readService`, `listServices`, `issueServiceToken`, `rotateServiceToken`, `endServiceToken`."""
    operator, account = call("operator"), f"{WHERE}/hotline-12345"
    machine.get("/api/v1/cases")
    (first,) = operator.get(account).json["tokens"]
    assert first["seen_at"] is not None
    fresh = Caller(app, operator.send("PUT", f"{account}/tokens/{first['handle']}/rotation", {}).json["token"])
    assert (machine.get("/api/v1/cases").status_code, fresh.get("/api/v1/cases").status_code) == (200, 200)
    clock.advance(timedelta(hours=25))
    assert (machine.get("/api/v1/cases").status_code, fresh.get("/api/v1/cases").status_code) == (401, 200)
    handle = next(each["handle"] for each in operator.get(account).json["tokens"] if each["handle"] != first["handle"])
    operator.post(f"{account}/tokens/{handle}/ending", {})
    assert fresh.get("/api/v1/cases").status_code == 401
    assert operator.send("PUT", f"{account}/tokens/{handle}/rotation", {}).status_code == 404
    assert [each["name"] for each in operator.get(WHERE).json["items"]] == ["hotline-12345"]
    same = operator.post(WHERE, ACCOUNT)
    assert (same.status_code, same.json["errors"][0]["pointer"]) == (422, "/name")


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"name": "Hotline 1"}, "/name"),
        ({"name_zh": " "}, "/name_zh"),
        ({"roles": []}, "/roles"),
        ({"roles": ["king"]}, "/roles"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["cases:burn"]}, "/scopes"),
        ({"unit_id": "LHQ.XX"}, "/unit_id"),
        ({"ends_at": "2026-03-01T00:00:00Z"}, "/ends_at"),
    ],
)
def test_a_wrong_account_is_refused_at_its_field(changed: dict[str, object], where: str, call: Call) -> None:
    answer = call("operator").post(WHERE, {**ACCOUNT, **changed})
    assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [where])


def test_a_persons_token_may_be_narrowed(app: Flask, district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        secret = tokens.issue(
            session, district.people["grid"], "reader", now=clock.now(), ends_at=None, for_scopes=["cases:read"]
        )
    caller = Caller(app, secret)
    assert caller.get("/api/v1/cases").status_code == 200
    assert caller.post("/api/v1/cases", MATTER).json["code"] == "scope.missing"


def test_only_operators_open_accounts(district: District, clock: ManualClock, call: Call) -> None:
    assert call("district").post(WHERE, ACCOUNT).status_code == 403
    with district.store.transaction() as session:
        leader = viewer_of(session, district.people["district"])
        wanted = Service("x1", "甲", "A", "LHQ", ["clerk"], ["cases:read"])
        with pytest.raises(Exception, match=r"system\.operate"):
            services.open_service(session, wanted, viewer=leader, now=clock.now())


# --- the pace --------------------------------------------------------------------------------------------------------


def test_too_many_requests_wait_and_are_told_how_long(
    app: Flask, call: Call, district: District, clock: ManualClock
) -> None:
    limits = district.config.model_copy(update={"api": district.config.api.model_copy(update={"per_bearer": 3})})
    world = World(limits, district.world.calendar)
    world.releases = district.world.releases
    app.extensions[KEY] = Edge(district.store, world, clock)
    caller = call("grid")
    said = [caller.get("/api/v1/me").headers["RateLimit"] for _ in range(3)]
    assert said[0] == '"address";r=2999;t=1, "bearer";r=2;t=20'
    refused = caller.get("/api/v1/me")
    assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (429, "api.too_many", "20")
    assert refused.headers["RateLimit-Policy"] == '"address";q=3000;w=60, "bearer";q=3;w=60'
    assert call("grid_b").get("/api/v1/me").status_code == 200
    clock.advance(timedelta(seconds=20))
    assert caller.get("/api/v1/me").status_code == 200
    assert caller.get("/api/v1/me").status_code == 429


def test_tries_without_a_good_token_count_for_their_address(app: Flask, district: District, clock: ManualClock) -> None:
    limits = district.config.model_copy(update={"api": district.config.api.model_copy(update={"per_address": 2})})
    world = World(limits, district.world.calendar)
    app.extensions[KEY] = Edge(district.store, world, clock)
    guesser = Caller(app, "mb_guess")
    assert [guesser.get("/api/v1/cases").status_code for _ in range(3)] == [401, 401, 429]
    assert guesser.client.get("/healthz").status_code != 429
    assert guesser.client.get("/api/v1/openapi.json").status_code == 200


def test_the_window_slides_and_forgets(clock: ManualClock) -> None:
    pace = Pace()
    for second in range(0, 600, 20):
        now = clock.now() + timedelta(seconds=second)
        assert not pace.take("bearer", "steady", 3, now=now).refused
    burst = [pace.take("bearer", "eager", 5, now=clock.now()) for _ in range(6)]
    assert [each.left for each in burst] == [4, 3, 2, 1, 0, 0]
    assert [each.wait_s for each in burst] == [0, 0, 0, 0, 0, 12]
    for caller in range(10_100):
        pace.take("address", str(caller), 60, now=clock.now())
    assert len(pace._full_at) <= 10_000


def test_pages_for_operators(app: Flask, visit: object, district: District) -> None:
    from collections.abc import Callable
    from typing import cast

    from tests.web.visitor import Visitor

    operator = cast("Callable[[str], Visitor]", visit)("operator")
    operator.get("/operations/services/new")
    fields: dict[str, str | list[str]] = {**ACCOUNT, "unit_id": "LHQ", "ends_on": "2026-12-31"}  # type: ignore[dict-item]
    assert operator.post("/operations/services", {**fields, "roles": []}).status_code == 422
    made = operator.post("/operations/services", fields)
    assert made.location == "/operations/services/hotline-12345"
    page = operator.get(made.location)
    assert "cases:file" in page.text
    secret = operator.post(f"{made.location}/tokens", {"name": "production", "days": "90"})
    token = secret.text.partition('class="secret">')[2].partition("<")[0]
    assert Caller(app, token).get("/api/v1/cases").status_code == 200
    assert token not in operator.get(made.location).text
    assert operator.post(f"{made.location}/tokens", {"name": "production"}).status_code == 422
    handle = operator.get(made.location).text.partition("/tokens/")[2].partition("/")[0]
    assert "mb_" in operator.post(f"{made.location}/tokens/{handle}/rotation", {}).text
    operator.get(made.location)
    assert operator.post(f"{made.location}/tokens/{handle}/ending", {}).status_code == 302
    assert Caller(app, token).get("/api/v1/cases").status_code == 401
    assert operator.post(f"{made.location}/closing", {"reason": " "}).status_code == 422
    assert operator.post(f"{made.location}/closing", {"reason": "停用"}).status_code == 302
    assert operator.post(f"{made.location}/opening", {"reason": "恢复"}).status_code == 302
    changed = operator.post(made.location, {**fields, "purpose": "只读", "scopes": ["cases:read"]})
    assert changed.status_code == 302
    assert "只读" in operator.get(f"{made.location}/edit").text
    assert operator.get("/operations/services").status_code == 200
    assert operator.get("/operations/services/nothing").status_code == 404
    assert town.PASSWORD not in page.text
