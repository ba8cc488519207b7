"""The designer's whole loop in a real browser: change, check, record, rehearse, publish, and watch two cases part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import design
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.rehearsal import Worker
from tests.web import district as town
from tests.web.district import District
from tests.web.test_diagram_editor import choose, entry, expect, ready
from tests.web.test_joint import CONTACTED, HANDLED, complete
from tests.web.test_rehearsal import RESOLVED

pytestmark = pytest.mark.browser


def settle_six(district: District, clock: ManualClock) -> None:
    for number in range(6):
        case_id = town.file_case(district, clock, title=f"漏水 {number}", phone=f"1390013900{number}")
        complete(district, clock, case_id, "sign_in", "grid", {"action": "sign"})
        complete(district, clock, case_id, "first_contact", "grid", CONTACTED)
        clock.advance(timedelta(days=1, minutes=7 * number))
        complete(district, clock, case_id, "handle", "grid", {**HANDLED, "outcome": "resolved"})
        complete(district, clock, case_id, "resolve", "grid", RESOLVED)
        clock.advance(timedelta(days=1))
    clock.advance(timedelta(days=40))


def length(district: District, case_id: int) -> str:
    """Of the case's tier clock."""
    with district.store.reading() as session:
        return session.scalars(
            select(Deadline.length).where(Deadline.case_id == case_id, Deadline.step == "handle")
        ).one()


def test_the_whole_loop(
    app: Flask,
    district: District,
    clock: ManualClock,
    serve: Callable[[Any], str],
    page: Any,
    vendor: Path,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
) -> None:
    settle_six(district, clock)
    old = town.file_case(district, clock)
    with district.store.transaction() as session:
        number = design.begin_proposal(session, "网格更快", author_id=district.people["designer"], now=clock.now()).id
    site = serve(app)
    page.goto(f"{site}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    here = f"{site}/proposals/{number}"

    # a deadline and a form
    page.goto(f"{here}/limits/small/limits.yaml")
    page.get_by_label("handle, 网格", exact=True).fill("1")
    page.get_by_role("button", name="保存", exact=True).click()
    page.goto(f"{here}/forms/forms/handle.form?part=0")
    page.get_by_label("标签（中文）").fill("这次做了什么")
    page.locator('[role="status"]', has_text="已保存").wait_for()

    # two findings, seen and mended
    page.goto(f"{here}/diagrams/small/small.bpmn")
    ready(page)
    for element in ("t_handle", "t_resolve"):
        choose(page, element)
        entry(page, "角色").fill("boss")
        page.keyboard.press("Tab")
    expect(page.locator("ol[data-findings] button")).to_have_count(2)
    for element in ("t_handle", "t_resolve"):
        choose(page, element)
        entry(page, "角色").fill("lead,deputy,handler")
        page.keyboard.press("Tab")
    page.wait_for_selector('[data-count][data-kind="none"]')
    page.wait_for_selector('[data-state="saved"]')

    # a scenario, recorded
    page.goto(f"{here}/scenarios?process=p_small")
    page.get_by_role("link", name="录制场景").click()
    page.get_by_role("button", name="开始").click()
    page.locator(".player .diagram[data-drawn=true]").wait_for()
    page.locator('button[data-element="be_overdue"]').click()
    page.locator(".steps li").nth(1).wait_for()
    page.get_by_label("场景名称").fill("无人签收 / Nobody signs in")
    page.get_by_label("文件名").fill("nobody")
    page.get_by_role("button", name="保存").click()
    page.locator(".coverage .diagram[data-drawn=true]").wait_for()

    # a rehearsal on what was settled
    page.goto(f"{here}/rehearsals")
    page.locator("#f-since").fill("2026-03-01")
    page.locator("#f-until").fill("2026-03-31")
    page.locator("#f-unit").select_option("LHQ")
    page.get_by_role("button", name="开始演练").click()
    worker = Worker(district.store, district.world, clock, name="test")
    while worker.work():
        pass
    page.reload()
    screenshot("workshop-rehearsal")
    assert "6" in page.locator("main").inner_text()
    assert barriers(page) == []

    # published: the old case keeps its day count, a new one follows
    page.goto(here)
    page.get_by_label("理由").fill("网格两天太久")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/releases/2")
    new = town.file_case(district, clock)
    assert (length(district, old), length(district, new)) == ("2wd", "1wd")
    complete(district, clock, old, "sign_in", "grid", {"action": "sign"})
    assert length(district, old) == "2wd"
