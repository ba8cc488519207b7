"""A token is shown once, kept as a hash, and speaks for its person as long as both live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotFound
from engine.people import ApiToken, Membership, Person, tokens
from tests.web.api.caller import Caller
from tests.web.api.conftest import Call
from tests.web.district import District

Change = Callable[[District, ManualClock], None]


def issue(district: District, clock: ManualClock, who: str = "grid", name: str = "hotline", days: float = 30) -> str:
    with district.store.transaction() as session:
        ends_at = clock.now() + timedelta(days=days)
        return tokens.issue(session, district.people[who], name, now=clock.now(), ends_at=ends_at)


def test_only_the_hash_of_the_secret_is_kept(district: District, clock: ManualClock) -> None:
    secret = issue(district, clock)
    assert secret.startswith("mb_")
    assert len(secret) >= 46
    with district.store.reading() as session:
        row = session.query(ApiToken).one()
        everything = " ".join(map(str, session.execute(text("SELECT * FROM api_token")).one()))
        assert secret[3:] not in everything
        assert len(row.secret_hash) == 64
        found = tokens.find(session, secret, now=clock.now())
        assert found is not None
        assert (found.viewer.person_id, found.scopes) == (district.people["grid"], None)


@pytest.mark.parametrize(
    ("name", "days", "who", "kind"),
    [
        ("", 1, "grid", Invalid),
        ("x" * 81, 1, "grid", Invalid),
        ("over", 0, "grid", Invalid),
        ("kept", 1, "grid", Conflict),
        ("ghost", 1, None, NotFound),
    ],
)
def test_what_is_no_token_is_not_issued(
    name: str, days: int, who: str | None, kind: type[Exception], district: District, clock: ManualClock
) -> None:
    issue(district, clock, name="kept")
    district.people["ghost"] = 99_999
    with pytest.raises(kind):
        issue(district, clock, who or "ghost", name, days)


def _later(_district: District, clock: ManualClock) -> None:
    clock.advance(timedelta(days=30))


def _ended(district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        assert tokens.end(session, district.people["grid"], "hotline", now=clock.now())
    with district.store.transaction() as session:
        assert not tokens.end(session, district.people["grid"], "hotline", now=clock.now())
        assert tokens.living(session, district.people["grid"], now=clock.now()) == []


def _left(district: District, _clock: ManualClock) -> None:
    with district.store.transaction() as session:
        session.get_one(Person, district.people["grid"]).active = False


@pytest.mark.parametrize("change", [_later, _ended, _left])
def test_a_token_dies_at_once(change: Change, app: Flask, district: District, clock: ManualClock) -> None:
    caller = Caller(app, issue(district, clock))
    assert caller.get("/api/v1/tasks").status_code == 200
    change(district, clock)
    answer = caller.get("/api/v1/tasks")
    assert (answer.status_code, answer.json["code"]) == (401, "token.refused")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="maplebridge", error="invalid_token"'


def test_a_name_is_free_again_once_its_token_has_ended(district: District, clock: ManualClock) -> None:
    issue(district, clock)
    with district.store.transaction() as session:
        tokens.end(session, district.people["grid"], "hotline", now=clock.now())
    assert issue(district, clock)


def test_a_token_follows_the_roles_of_its_person(
    app: Flask, district: District, clock: ManualClock, call: Call
) -> None:
    number = call("grid_gl").file(place_id="LHQ.GL.01.01.01")
    caller = Caller(app, issue(district, clock))
    assert caller.get(f"/api/v1/cases/{number}").status_code == 404
    with district.store.transaction() as session:
        session.add(Membership(person_id=district.people["grid"], unit_id="LHQ.GL", role="dispatcher"))
    assert caller.get(f"/api/v1/cases/{number}").status_code == 200


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", "Bearer mb_unknown", "Basic Z3JpZDpncmlk", "mb_x", "Bearer mb_ü", "Bearer " + "x" * 9000],
)
def test_anything_else_is_refused_and_says_how_to_ask(sent: str, call: Call) -> None:
    answer = call(None).get("/api/v1/tasks", Authorization=sent)
    assert (answer.status_code, answer.json["code"]) == (401, "token.refused")
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_without_anything_it_asks_for_a_token(call: Call) -> None:
    answer = call(None).get("/api/v1/tasks")
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in.needed")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="maplebridge"'
