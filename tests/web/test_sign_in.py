"""Signing in and out: new secrets, ends at once, a brake on guessing, cookies that stay where they belong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask
from sqlalchemy import select

import webhooks
from engine.clock import ManualClock
from engine.people import Person, SignIn, check_password, hash_password, passwords
from engine.web import create_app
from tests.web import district as town
from tests.web.district import PASSWORD, District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def enter(visitor: Visitor, username: str = "grid", password: str = PASSWORD, **more: str) -> int:
    visitor.get("/sign-in")
    return visitor.post("/sign-in", {"username": username, "password": password, **more}).status_code


def test_a_password_opens_the_door_and_only_its_hash_is_kept(visit: Visit, district: District) -> None:
    visitor = visit(None)
    assert enter(visitor) == 302
    assert "林晓东" in visitor.get("/").text
    secret = visitor.client.get_cookie("sign-in")
    assert secret is not None
    with district.store.reading() as session:
        kept = session.scalars(select(SignIn)).one()
    assert secret.value != kept.secret_hash
    assert len(secret.value) >= 43


@pytest.mark.parametrize(
    ("username", "password"),
    [("grid", "not the password"), ("unknown", PASSWORD), ("zone", PASSWORD), ("grid", "x" * 5000)],
)
def test_whatever_is_wrong_the_answer_is_the_same(visit: Visit, username: str, password: str) -> None:
    visitor = visit(None)
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"username": username, "password": password})
    assert answer.status_code == 422
    assert "用户名或密码不正确" in words(answer)
    assert password not in answer.text
    assert visitor.get("/").status_code == 302


def test_ten_tries_then_a_pause_even_for_the_right_password(visit: Visit, clock: ManualClock) -> None:
    visitor = visit(None)
    for _ in range(10):
        assert enter(visitor, password="wrong") == 422
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"username": "Grid ", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert enter(visitor, username="zone", password="wrong") == 422
    clock.advance(timedelta(minutes=16))
    assert enter(visitor) == 302


def test_an_address_that_tries_many_names_is_slowed_down(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.people.sign_ins.MOST_PER_ADDRESS", 3)
    visitor = visit(None)
    assert [enter(visitor, username=f"name{n}") for n in range(4)] == [422, 422, 422, 429]


def test_signing_in_anew_makes_the_old_secret_worthless(visit: Visit, district: District, app: Flask) -> None:
    visitor = visit("grid")
    old = visitor.client.get_cookie("sign-in")
    assert old is not None
    visitor.get("/")
    assert visitor.post("/sign-in", {"username": "grid", "password": PASSWORD}).status_code == 302
    new = visitor.client.get_cookie("sign-in")
    assert new is not None
    assert new.value != old.value
    thief = Visitor(app)
    thief.client.set_cookie("sign-in", old.value)
    assert thief.get("/").status_code == 302


def test_signing_out_ends_it_on_the_server(visit: Visit, app: Flask) -> None:
    visitor = visit("grid")
    held = visitor.client.get_cookie("sign-in")
    assert held is not None
    visitor.get("/")
    assert visitor.post("/sign-out").status_code == 302
    thief = Visitor(app)
    thief.client.set_cookie("sign-in", held.value)
    assert thief.get("/").status_code == 302


def test_a_person_who_is_locked_out_is_out_at_once(visit: Visit, district: District) -> None:
    visitor = visit("grid")
    assert visitor.get("/").status_code == 200
    with district.store.transaction() as session:
        session.get_one(Person, district.people["grid"]).active = False
    assert visitor.get("/").status_code == 302


def test_rest_and_age_end_a_sign_in(visit: Visit, clock: ManualClock) -> None:
    resting = visit("grid")
    clock.advance(timedelta(minutes=61))
    assert resting.get("/").status_code == 302
    busy = visit("grid")
    for _ in range(24):
        clock.advance(timedelta(minutes=29))
        assert busy.get("/").status_code == 200
    clock.advance(timedelta(minutes=29))
    assert busy.get("/").status_code == 302


def test_cookies_are_bound_to_the_host_over_https(app: Flask, district: District) -> None:
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post(
        "/sign-in/demo",
        data={"person": str(district.people["grid"]), "csrf_token": token},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/sign-in"},
    )
    assert answer.status_code == 302
    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-sign-in=") for cookie in cookies)
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "\\/x", "/a\nb", ""])
def test_nobody_is_sent_to_a_stranger_afterwards(visit: Visit, wanted: str) -> None:
    visitor = visit(None)
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"username": "grid", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(visit: Visit) -> None:
    visitor = visit(None)
    asked = visitor.get("/cases?state=all")
    assert asked.headers["Location"] == "/sign-in?next=/cases?state%3Dall"
    visitor.get(asked.headers["Location"])
    answer = visitor.post("/sign-in", {"username": "grid", "password": PASSWORD, "next": "/cases?state=all"})
    assert answer.headers["Location"] == "/cases?state=all"


def test_without_demonstration_nobody_is_offered(clock: ManualClock, store: object) -> None:
    settled = town.settle(store, demo=False, now=clock.now())  # type: ignore[arg-type]
    visitor = Visitor(create_app(settled.store, settled.world, clock, beyond=webhooks.pages()))
    assert "林晓东" not in visitor.get("/sign-in").text
    assert visitor.post("/sign-in/demo", {"person": str(settled.people["grid"])}).status_code == 404


def test_in_a_demonstration_only_those_who_are_offered(visit: Visit, district: District) -> None:
    visitor = visit(None)
    visitor.get("/sign-in")
    assert visitor.post("/sign-in/demo", {"person": str(district.people["nobody"])}).status_code == 404
    assert visitor.post("/sign-in/demo", {"person": "x"}).status_code == 404


def test_the_language_stays_chosen(visit: Visit) -> None:
    visitor = visit("grid")
    assert '<html lang="zh-CN">' in visitor.get("/").text
    assert visitor.post("/language", {"language": "en", "next": "/cases"}).headers["Location"] == "/cases"
    assert '<html lang="en">' in visitor.get("/").text
    visitor.post("/language", {"language": "xx"})
    assert '<html lang="en">' in visitor.get("/").text


def test_a_hash_is_strong_and_of_one_password_only(
    strong_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", strong_hasher)
    kept = hash_password(PASSWORD)
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert check_password(kept, PASSWORD)
    assert not check_password(kept, PASSWORD + "x")
    assert not check_password(None, PASSWORD)
    assert not check_password("not a hash", PASSWORD)
