"""What only a browser can show: drafts while typing, keys of the list, names behind an @, and the sent form at rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine.clock import ManualClock
from tests.web import district as town
from tests.web.district import PEOPLE, District

Barriers = Callable[[Any], list[str]]
Shot = Callable[[str], Path]


@pytest.fixture
def come_in(page: Any, serve: Callable[[Any], str], app: Flask) -> Callable[[str], str]:
    """Signs somebody in and gives the address of the server."""
    address = serve(app)

    def go(who: str) -> str:
        page.context.clear_cookies()
        page.goto(f"{address}/sign-in")
        page.get_by_role("button", name=PEOPLE[who][0]).click()
        page.wait_for_url(re.compile(r"/$"))
        return address

    return go


def look(page: Any, barriers: Barriers, shot: Shot, name: str) -> None:
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(name)


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_typed_words_follow_their_author_and_leave_when_sent(
    page: Any,
    browser: Any,
    come_in: Callable[[str], str],
    barriers: Barriers,
    screenshot: Shot,
    district: District,
    clock: ManualClock,
) -> None:
    case_id = town.file_case(district, clock)
    task = town.open_task(district, case_id)
    address = come_in("grid")
    page.goto(f"{address}/tasks/{task.id}")
    page.locator("[data-key=note] textarea").fill("在楼道里写的")
    page.get_by_text("草稿已保存").wait_for()
    look(page, barriers, screenshot, "task-draft")
    page.goto(f"{address}/tasks/{task.id}")
    assert page.locator("[data-key=note] textarea").input_value() == "在楼道里写的"
    assert page.locator("[data-key=action] input[value=sign]").is_checked()
    page.get_by_role("button", name="提交").click()
    page.wait_for_selector(".flash")
    page.goto(f"{address}/")
    assert page.get_by_text("有草稿").count() == 0
    look(page, barriers, screenshot, "task-work")


def test_a_way_out_loses_nothing_that_was_typed(
    page: Any,
    come_in: Callable[[str], str],
    barriers: Barriers,
    screenshot: Shot,
    district: District,
    clock: ManualClock,
) -> None:
    case_id = town.file_case(district, clock)
    address = come_in("grid")
    for field in ({"note": "收到"}, {"summary": "已联系", "method": "phone", "reached": "yes"}):
        page.goto(f"{address}/tasks/{town.open_task(district, case_id).id}")
        for key, value in field.items():
            place = page.locator(f'.field[data-key="{key}"]')
            if place.get_attribute("data-type") == "radio":
                place.locator(f'input[value="{value}"]').check()
            elif place.get_attribute("data-type") == "select":
                place.locator("select").select_option(value)
            else:
                place.locator("textarea").fill(value)
        page.get_by_role("button", name="提交").click()
        page.wait_for_selector(".flash")
    page.locator("[data-key=findings] textarea").fill("防水层破损")
    page.get_by_role("link", name=re.compile("请求上级")).click()
    page.locator("[data-key=upgrade_reason]").wait_for(state="visible")
    assert page.locator("[data-key=findings] textarea").input_value() == "防水层破损"
    assert page.locator("[data-key=outcome] input[value=up]").is_checked()
    page.get_by_text("草稿已保存").wait_for()
    page.locator("#acts ~ .acts-list summary", has_text="留言").click()
    page.locator("#f-comment").press_sequentially("请跟进 @何")
    page.locator(".offers [role=option]", has_text="何静怡").wait_for()
    look(page, barriers, screenshot, "task-mention")
    page.locator("#f-comment").press("Enter")
    assert page.locator("#f-comment").input_value() == "请跟进 @何静怡 "


def test_the_list_is_worked_by_keys(
    page: Any,
    come_in: Callable[[str], str],
    barriers: Barriers,
    screenshot: Shot,
    district: District,
    clock: ManualClock,
) -> None:
    for title in ("甲案", "乙案", "丙案"):
        town.file_case(district, clock, title=title)
    address = come_in("grid")
    page.keyboard.press("?")
    page.locator("#keys").wait_for(state="visible")
    look(page, barriers, screenshot, "work-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jjc")
    assert page.locator("input[name=q]").input_value() == "jjc"
    page.keyboard.press("Tab")
    page.goto(f"{address}/")
    for key in "jjkx":
        page.keyboard.press(key)
    assert page.locator(".pick input:checked").count() == 1
    look(page, barriers, screenshot, "work-selected")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_url(re.compile(r"/tasks/"))
    assert page.get_by_text("您已认领").first.is_visible()
    assert page.get_by_text("乙案").first.is_visible()
