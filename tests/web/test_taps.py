"""What people do every day takes few taps: the commonest acts of each role, counted, on phone and desktop.

A tap is a touch that chooses, opens or sends. Typing is not counted, nor the tap that opens a keyboard.
Screenshots of each end lie in var/screenshots, to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import people
from engine.citizen import give_code
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.process import Instance
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District

GRID = "LHQ.MZ.01.01.01"
LOOKS = [pytest.param("phone", "zh_CN", id="phone-zh"), pytest.param("desktop", "en", id="desktop-en")]


class Thumb:
    """Somebody who taps. `act` counts what is tapped in it and holds it to what it may cost."""

    def __init__(self, page: Any, url: str, shot: Callable[[str], Path]) -> None:
        self.page, self.url, self.shot = page, url, shot
        self.taps = 0

    def act(self, name: str, do: Callable[[], object], *, most: int) -> None:
        before = self.taps
        do()
        self.shot(f"taps-{name}")
        assert self.taps - before <= most, f"{name} took {self.taps - before} taps"

    def tap(self, what: str, *, goes: bool = False) -> None:
        self.taps += 1
        target = self.page.locator(what).locator("visible=true").first
        if goes:
            with self.page.expect_navigation():
                target.click()
        else:
            target.click()

    def choose(self, key: str, value: str) -> None:
        if self.page.locator(f'select[name="{key}"]').count():
            self.pick(key, value)
        else:
            self.tap(f'label:has(input[name="{key}"][value="{value}"])')

    def pick(self, key: str, value: str) -> None:
        self.taps += 2
        self.page.locator(f'select[name="{key}"]').select_option(value)

    def type(self, key: str, text: str) -> None:
        self.page.locator(f'[name="{key}"]:not([type=hidden])').locator("visible=true").first.fill(text)

    def send(self, form: str) -> None:
        self.tap(f"{form} button.main, {form} .send button", goes=True)
        assert not self.page.locator(".summary[role=alert]").count(), self.page.locator(".summary").inner_text()

    def at(self, address: str) -> None:
        """Where an act begins; getting there is not part of it."""
        self.page.goto(self.url + address)


@pytest.fixture
def come(
    page: Any, serve: Callable[[Any], str], app: Flask, district: District, clock: ManualClock, screenshot: Any
) -> Callable[[str | None, str], Thumb]:
    def come_in(who: str | None, language: str) -> Thumb:
        url = serve(app)
        cookies = [{"name": "language", "value": language, "url": url}]
        if who is not None:
            with district.store.transaction() as session:
                secret = people.sign_in(session, district.people[who], now=clock.now(), lasts=timedelta(hours=12))
            cookies.append({"name": "sign-in", "value": secret, "url": url})
        page.context.add_cookies(cookies)
        name = f"{who or 'citizen'}-{language[:2]}"
        thumb = Thumb(page, url, lambda act: screenshot(f"{name}-{act}"))
        thumb.at("/" if who else f"/q/{GRID}")
        return thumb

    return come_in


Come = Callable[[str | None, str], Thumb]


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_grid_worker(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    thumb = come("grid", language)

    def sign_in() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("action", "sign")
        thumb.send(".task-form")

    def call() -> None:
        thumb.choose("method", "phone")
        thumb.choose("reached", "yes")
        thumb.type("summary", "双方愿意协商")
        thumb.send(".task-form")

    def settle() -> None:
        thumb.choose("action_type", "site_check")
        thumb.type("findings", "楼上防水层破损")
        thumb.choose("outcome", "joint")
        thumb.send(".task-form")

    thumb.act("sign-in", sign_in, most=3)
    thumb.act("first-contact", call, most=4)
    thumb.act("report-and-ask-others", settle, most=4)
    assert town.open_task(district, case_id).form == "invite_joint"


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_zone_lead(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    clock.advance(timedelta(days=3))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    thumb = come("zone", language)

    def take_over() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("action", "sign")
        thumb.send(".task-form")

    def see_why() -> None:
        thumb.tap(f'a[href="/cases/{case_id}/time"]', goes=True)

    def go_away() -> None:
        thumb.tap(".me > summary")
        thumb.tap('.me a[href="/me"]', goes=True)
        thumb.type("ends_on", "2026-03-09")
        thumb.pick("deputy", str(district.people["community"]))
        thumb.send('form[action="/me/absences"]')

    thumb.act("take-over-a-risen-case", take_over, most=3)
    thumb.at(f"/cases/{case_id}")
    thumb.act("why-is-it-late", see_why, most=1)
    thumb.act("note-an-absence", go_away, most=5)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_community_clerk(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock, title="找得到的案件")
    thumb = come("community", language)

    def file() -> None:
        thumb.tap('.nav a[href="/cases/new"]', goes=True)
        for place in ("LHQ.MZ.01.01", GRID):
            thumb.tap(f'.units a[href*="place={place}"]', goes=True)
        thumb.tap('a.button.main[href*="here=1"]', goes=True)
        for key, value in (("channel", "hotline_12345"), ("kind", "dispute"), ("category", "neighbour.leak")):
            thumb.pick(key, value)
        thumb.type("title", "楼上漏水")
        thumb.type("description", "楼上卫生间漏水半年。")
        thumb.type("party_name", "谢女士")
        thumb.send("form.stack")
        thumb.send("form.stack")

    def find() -> None:
        thumb.at("/search")
        thumb.type("q", "找得到")
        thumb.page.locator('main input[name="q"]').press("Enter")
        thumb.tap("main a.item", goes=True)

    thumb.act("file-a-case", file, most=14)
    thumb.act("find-a-case", find, most=1)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_street_dispatcher(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock, place="LHQ.MZ", title="街道待办")
    clock.advance(timedelta(days=3))
    thumb = come("street", language)

    def late_ones() -> None:
        thumb.at("/board")
        thumb.tap('.number-card a[href*="figure=open"]', goes=True)
        thumb.tap("main a.item", goes=True)

    def hand_on() -> None:
        thumb.at("/board")
        thumb.type("note", "夜间有两件紧急事项")
        thumb.send('form[action="/board/notes"]')

    thumb.act("from-a-number-to-a-case", late_ones, most=2)
    thumb.act("note-for-the-next-shift", hand_on, most=1)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_district_leader(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    thumb = come("district", language)

    def open_a_case() -> None:
        thumb.at("/board")
        thumb.tap('.number-card a[href*="figure=open"]', goes=True)
        thumb.tap("main a.item", goes=True)

    def instruct() -> None:
        thumb.tap(f'a[href="/cases/{case_id}/instructions/new"]', goes=True)
        thumb.type("text", "三日内组织双方见面。")
        thumb.send("form.stack")

    thumb.act("open-what-is-behind-a-number", open_a_case, most=2)
    thumb.act("give-an-instruction", instruct, most=2)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_an_operator(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock)
    with district.store.transaction() as session:
        instance = session.scalars(select(Instance)).first()
        assert instance is not None
        instance.trouble, instance.trouble_at = "RuntimeError: out of paper", clock.now()
        people.sign_in(session, district.people["grid"], now=clock.now(), lasts=timedelta(hours=12))
    thumb = come("operator", language)
    person = f"/operations/people/{district.people['grid']}"

    def retry() -> None:
        thumb.tap('form[action$="/retry"] button', goes=True)

    def reset() -> None:
        thumb.tap('.tabs a[href="/operations/people"]', goes=True)
        thumb.type("q", "晓东")
        thumb.page.locator('main input[name="q"]').press("Enter")
        thumb.tap(f'a[href="{person}"]', goes=True)
        thumb.tap(f'details:has(form[action="{person}/password"]) > summary')
        thumb.page.locator("#f-password-reason").fill("忘记密码")
        thumb.tap(f'form[action="{person}/password"] button', goes=True)
        assert re.fullmatch(r"[a-z0-9-]{19}", thumb.page.locator(".secret").inner_text())

    def sign_out() -> None:
        thumb.at("/operations/sign-ins")
        thumb.tap(f'li:has(a[href="{person}"]) form button', goes=True)

    thumb.act("retry-an-incident", retry, most=1)
    thumb.act("reset-a-password", reset, most=4)
    with district.store.transaction() as session:
        people.sign_in(session, district.people["grid"], now=clock.now(), lasts=timedelta(hours=12))
    thumb.act("sign-somebody-out", sign_out, most=1)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_process_designer(come: Come, vendor: Path, language: str) -> None:
    thumb = come("designer", language)

    def look() -> None:
        thumb.tap('a[href="/processes/p_small"]', goes=True)
        thumb.page.wait_for_selector('.diagram[data-drawn="true"]')

    thumb.act("see-a-process", look, most=1)


@pytest.mark.parametrize(("viewport", "language"), LOOKS, indirect=["viewport"])
def test_a_citizen(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        code = give_code(
            session, case_id, viewer=viewer_of(session, district.people["grid"], now=clock.now()), now=clock.now()
        )
    thumb = come(None, language)

    def report() -> None:
        thumb.type("what", "楼道灯坏了三天，晚上看不见台阶。")
        thumb.send("form.stack")

    def follow() -> None:
        thumb.at("/t")
        thumb.type("code", str(code))
        thumb.send("form[data-code]")

    thumb.act("report", report, most=1)
    thumb.page.context.clear_cookies(name="maplebridge")
    thumb.act("follow", follow, most=1)
