"""A designer records a scenario on the diagram in a real browser, sees its path drawn, and plays with tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import design
from engine.clock import ManualClock
from tests.web.district import District

pytestmark = pytest.mark.browser


def test_a_scenario_is_recorded_by_clicking_through_the_diagram(
    app: Flask,
    district: District,
    clock: ManualClock,
    serve: Callable[[Any], str],
    page: Any,
    vendor: Path,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
) -> None:
    with district.store.transaction() as session:
        number = design.begin_proposal(session, "试", author_id=district.people["designer"], now=clock.now()).id
    address = serve(app)
    page.goto(f"{address}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    page.goto(f"{address}/proposals/{number}/scenarios?process=p_small")
    page.get_by_role("link", name="录制场景").click()
    page.get_by_role("button", name="开始").click()
    page.locator(".player .diagram[data-drawn=true]").wait_for()
    assert "diagram-active" in drawn(page, "t_sign_in")

    page.get_by_label("签收", exact=True).check()
    page.get_by_role("button", name="提交").click()
    page.locator(".steps li").nth(1).wait_for()
    assert "diagram-active" in drawn(page, "t_first_contact")
    page.locator('.djs-element[data-element-id="be_overdue"] .djs-hit').click()  # on the diagram itself
    page.locator(".steps li").nth(2).wait_for()
    assert "diagram-done" in drawn(page, "s_raise_overdue")
    page.get_by_role("button", name="撤销上一步").click()
    page.locator(".steps li").nth(2).wait_for(state="detached")
    page.locator('button[data-element="be_overdue"]').click()
    page.locator(".steps li").nth(2).wait_for()
    screenshot("player")
    assert barriers(page) == []

    page.get_by_label("场景名称").fill("超时 / Overdue")
    page.get_by_label("文件名").fill("mine")
    page.get_by_role("button", name="保存").click()
    page.locator(".coverage .diagram[data-drawn=true]").wait_for()
    assert "diagram-done" in drawn(page, "be_overdue")
    assert "diagram-done" not in drawn(page, "t_handle")
    page.get_by_role("link", name="全部场景").click()
    page.locator(".coverage .diagram[data-drawn=true]").wait_for()
    assert "diagram-tested" in drawn(page, "t_handle")
    assert page.locator(".diagram-count").count() > 80
    screenshot("coverage")
    assert barriers(page) == []

    page.get_by_role("link", name="令牌演示").click()
    page.locator(".simulation[data-ready=true]").wait_for()
    page.locator('.bts-context-pad[title="触发"]').first.press("Enter")
    page.locator(".bts-scope").first.wait_for()
    screenshot("simulation")
    assert barriers(page) == []


def drawn(page: Any, element: str) -> str:
    """The marks of an element of the diagram."""
    return str(page.locator(f'.djs-element[data-element-id="{element}"]').first.get_attribute("class"))
