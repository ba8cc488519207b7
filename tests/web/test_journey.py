"""Real journeys in a real browser: a small matter settled jointly, and a matter that rises because nobody acted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import people
from engine.cases import Case
from engine.clock import ManualClock
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import PEOPLE, District

Barriers = Callable[[Any], list[str]]
Shot = Callable[[str], Path]


class Handler:
    """Somebody at the browser, who changes seats: the first signs in at the door, the others sit down signed in."""

    def __init__(
        self, page: Any, address: str, barriers: Barriers, shot: Shot, faults: list[str], sit: Callable[[str], str]
    ) -> None:
        self.page, self.address, self.barriers, self.shot, self.faults = page, address, barriers, shot, faults
        self.sit, self.came = sit, False

    def come_in(self, who: str) -> None:
        if self.came:
            self.page.context.add_cookies([{"name": "sign-in", "value": self.sit(who), "url": self.address}])
            self.page.goto(self.address)
            return
        self.page.goto(f"{self.address}/sign-in")
        self.page.get_by_role("button", name=PEOPLE[who][0]).click()
        self.page.wait_for_url(f"{self.address}/")
        self.came = True

    def open(self, task: str) -> None:
        """From the work list, by the task's name."""
        if self.page.url != f"{self.address}/":
            self.page.goto(self.address)
        self.page.locator("a.item", has=self.page.locator("strong", has_text=task)).first.click()
        self.page.wait_for_selector("h1")

    def answer(self, **answers: str | list[str]) -> None:
        for key, value in answers.items():
            field = self.page.locator(f'.field[data-key="{key}"]')
            field.wait_for(state="visible")
            kind = field.get_attribute("data-type")
            if kind in ("radio", "checklist", "taglist"):
                for each in [value] if isinstance(value, str) else value:
                    field.locator(f'input[value="{each}"]').check()
            elif kind == "select":
                field.locator("select").select_option(str(value))
            else:
                field.locator("input, textarea").fill(str(value))

    def complete(self) -> None:
        """The page may still show what was said about the task before: only a new one counts."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="提交").click()
        assert self.page.locator(".flash").is_visible()

    def look(self, name: str) -> None:
        """Nothing keeps anybody from using the page, and nothing sticks out of it."""
        assert self.barriers(self.page) == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        self.shot(name)


@pytest.fixture
def handler(
    page: Any,
    serve: Callable[[Any], str],
    app: Flask,
    barriers: Barriers,
    screenshot: Shot,
    page_faults: list[str],
    district: District,
    clock: ManualClock,
) -> Handler:
    def sit(who: str) -> str:
        with district.store.transaction() as session:
            return people.sign_in(session, district.people[who], now=clock.now(), lasts=timedelta(hours=12))

    return Handler(page, serve(app), barriers, screenshot, page_faults, sit)


def case_of(district: District) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()


def file_by_hand(handler: Handler) -> None:
    page = handler.page
    handler.come_in("community")
    page.get_by_role("link", name="登记").click()
    handler.look("file-place")
    page.get_by_role("link", name="第1片区").click()
    page.get_by_role("link", name="第1网格").click()
    page.get_by_role("link", name="就在这里：第1网格").click()
    handler.answer(
        channel="hotline_12345",
        kind="dispute",
        category="neighbour.leak",
        title="楼上漏水，天花板发霉",
        description="楼上卫生间漏水半年，多次沟通未果。",
        party_name="谢女士",
        respondent_name="许某",
        injury="none",
        risk="none",
        opinion_level="none",
    )
    page.get_by_role("button", name="查看分级").click()
    page.wait_for_selector(".grade")
    handler.look("file-grading")
    page.get_by_role("button", name="确认登记").click()
    page.wait_for_selector(".flash")


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_a_small_matter_is_settled_jointly(handler: Handler, district: District, vendor: Path) -> None:
    page = handler.page
    file_by_hand(handler)
    handler.come_in("grid")
    handler.look("work")
    handler.open("签收")
    handler.answer(action="sign")
    handler.look("sign-in-task")
    handler.complete()
    handler.answer(method="phone", reached="yes", summary="双方愿意协商")
    handler.complete()
    with page.expect_navigation():
        page.get_by_role("button", name="提交").click()
    assert page.locator(".summary").is_visible()
    handler.look("handle-incomplete")
    assert [fault for fault in handler.faults if "422" not in fault] == []
    handler.faults.clear()
    assert not page.locator('.field[data-key="upgrade_reason"]').is_visible()
    handler.answer(action_type="site_check", findings="楼上防水层破损", outcome="joint")
    handler.complete()
    handler.answer(co_units=["LHQ.MZ.01", "LHQ.MZ.01.01.02"], question="由谁组织维修？")
    handler.look("invite")
    handler.complete()
    for who in ("community", "grid_2"):
        handler.come_in(who)
        handler.open("协办意见")
        assert page.get_by_text("由谁组织维修？").first.is_visible()
        handler.answer(position="agree", opinion="同意由物业组织维修")
        handler.complete()
    handler.come_in("grid")
    handler.open("联办结论")
    handler.answer(summary="物业组织维修，费用由楼上承担", measures="物业 3 日内进场", agreed="yes")
    handler.complete()
    handler.answer(
        agreement_form="written",
        facts="楼上漏水",
        disputed="维修费用",
        duties="楼上承担费用",
        terms="三日内维修",
        performance_way="维修",
        performance_place="1号楼",
        performance_due="2026-03-10",
    )
    page.locator('.field[data-key="signers"] input').first.check()
    page.locator('.field[data-key="signers"] input').last.check()
    handler.complete()
    for party in ("谢女士", "许某"):
        handler.open(f"签名 · {party}")
        handler.answer(signed="yes", method="signature")
        handler.complete()
    handler.open("办结")
    handler.answer(
        result_code="agreement_written",
        substantive="yes",
        summary="已维修",
        reply_text="您反映的漏水已维修。",
        evidence="维修照片",
    )
    handler.complete()
    if case_of(district).state != "closed":
        handler.come_in("zone")
        handler.open("审核")
        handler.answer(checks=["facts", "contact", "evidence", "reply", "performed"], verdict="pass")
        handler.complete()
    case = case_of(district)
    assert (case.state, case.result, case.substantive) == ("closed", "agreement_written", True)
    handler.come_in("grid")
    page.goto(f"{handler.address}/cases/{case.id}")
    page.wait_for_selector('.diagram[data-drawn="true"]')
    assert page.get_by_text("书面协议").first.is_visible()
    handler.look("case-closed")


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_a_matter_rises_when_nobody_acts(
    handler: Handler, district: District, clock: ManualClock, vendor: Path
) -> None:
    page = handler.page
    case_id = town.file_case(district, clock)
    handler.come_in("zone")
    assert page.get_by_text("没有待办").first.is_visible()
    handler.come_in("grid")
    page.goto(f"{handler.address}/cases/{case_id}")
    assert page.get_by_text("升至 第1片区").is_visible()
    page.wait_for_selector('.diagram[data-drawn="true"]')
    clock.advance(timedelta(days=2, hours=10))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    handler.come_in("zone")
    handler.look("risen-work")
    handler.open("签收")
    handler.answer(action="sign")
    handler.complete()
    page.goto(f"{handler.address}/cases/{case_id}")
    page.wait_for_selector('.diagram[data-drawn="true"]')
    assert page.locator(".rungs li.past, .rungs li.present").count() == 2
    assert page.locator(".rungs .present").get_by_text("第1片区").is_visible()
    assert page.get_by_text("黄牌").first.is_visible()
    handler.look("case-risen")
    handler.come_in("grid")
    page.goto(f"{handler.address}/cases/{case_id}")
    assert page.get_by_role("heading", name="楼上漏水").is_visible()


def test_somebody_signed_in_changes_the_language(handler: Handler) -> None:
    """What a page looks like in each language, light and dark, test_quality.py looks at."""
    page = handler.page
    handler.come_in("community")
    for button, language in (("English", "en"), ("中文", "zh-CN")):
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()
        assert page.evaluate("document.documentElement.lang") == language
        assert page.url == f"{handler.address}/"


def test_people_without_a_mouse_get_everywhere(handler: Handler, district: District, clock: ManualClock) -> None:
    page = handler.page
    town.file_case(district, clock)
    handler.come_in("grid")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className").startswith("item"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".task-form")
    assert page.locator("h1").inner_text().startswith("签收")
