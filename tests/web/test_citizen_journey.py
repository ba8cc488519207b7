"""A citizen with a phone in a stairwell: scan, report and follow, in a real browser, counting taps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from engine import documents
from engine.cases import Case
from engine.clock import ManualClock
from tests.browser import VIEWPORTS, watch
from tests.web.district import District, open_task

BUILDING = "LHQ.MZ.01.01.01.01"

Barriers = Callable[[Any], list[str]]
Shot = Callable[[str], Path]


def look(page: Any, barriers: Barriers) -> None:
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone", "desktop"], indirect=True)
def test_scan_report_and_follow(
    page: Any,
    browser: Any,
    viewport: str,
    serve: Callable[[Any], str],
    app: Flask,
    district: District,
    clock: ManualClock,
    barriers: Barriers,
    screenshot: Shot,
    page_faults: list[str],
    tmp_path: Path,
) -> None:
    address = serve(app)
    photo = tmp_path / "leak.png"
    Image.new("RGB", (60, 40), "teal").save(photo)

    page.goto(f"{address}/q/{BUILDING}")  # the camera did this
    look(page, barriers)
    page.get_by_label("发生了什么").fill("楼上漏水，天花板发霉，没有人管。")
    page.locator("#f-photos").set_input_files(photo)
    page.locator(".paper canvas").wait_for()
    look(page, barriers)
    screenshot("citizen-report")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("没有网络，还没有提交").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="提交").click()  # one tap, and the words, photos and all
    page.wait_for_selector(".code-shown")
    look(page, barriers)
    screenshot("citizen-receipt")
    code = page.inner_text(".code-shown")
    link = f"{address}/t#{code}"
    page.get_by_role("link", name="查看办理进度").click()
    page.wait_for_selector(".timeline")
    look(page, barriers)
    screenshot("citizen-progress")
    with district.store.reading() as session:
        case = session.scalars(select(Case)).one()
        assert len(documents.of_case(session, case.id, identity_shown=True)) == 1

    # Another phone photographs the receipt; the code never stands in an address that a server sees.
    other = browser.new_context(locale="zh-CN", **VIEWPORTS[viewport])
    second = other.new_page()
    watch(second, page_faults)
    asked: list[str] = []
    second.on("request", lambda request: asked.append(request.url))
    second.goto(link)
    second.wait_for_selector(".timeline")
    assert second.url == f"{address}/t"
    assert not any(code in url or code.replace("-", "") in url for url in asked)
    second.get_by_role("button", name="English").click()
    second.get_by_text("Your report has reached the office").wait_for()
    look(second, barriers)

    # The open page takes another code from a link as well, and forgets when told.
    second.evaluate("location.hash = '0000-0000-0000-0000'")
    second.get_by_text("No matter is found under this code").wait_for()
    assert [fault for fault in page_faults if "422" not in fault] == []
    page_faults.clear()  # the browser notes that the code was refused
    look(second, barriers)
    other.close()
    page.get_by_role("button", name="在本机退出查询").click()
    page.get_by_role("button", name="查询").wait_for()
    assert open_task(district, case.id).element
