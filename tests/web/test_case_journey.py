"""The page of a case in a real browser: call in one tap, look into the diagram, nothing in the way of anybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine.clock import ManualClock
from tests.web import district as town
from tests.web.district import District

pytestmark = pytest.mark.browser


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock)


def enter(page: Any, address: str, person_id: int) -> None:
    page.goto(f"{address}/sign-in")
    page.locator(f'button[name="person"][value="{person_id}"]').click()


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_a_case_is_read_called_about_and_looked_into(
    app: Flask,
    district: District,
    case_id: int,
    serve: Callable[[Any], str],
    page: Any,
    vendor: Path,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
    viewport: str,
) -> None:
    address = serve(app)
    enter(page, address, district.people["grid"])
    page.goto(f"{address}/cases/{case_id}")
    page.locator(".diagram[data-drawn=true]").wait_for()
    screenshot("case")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    limit = page.locator(".diagram-limit").first
    assert "3月4日 18:00" in limit.inner_text() or "今天" in limit.inner_text()
    page.locator('.diagram [data-element-id="t_sign_in"]').first.click()
    dialog = page.locator("dialog.stop-dialog")
    assert "第1网格" in dialog.inner_text()
    screenshot("case-stop")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()

    page.locator("form[data-call] button").click()  # one tap: asked for, noted, dialled
    number = page.locator('a.call[href="tel:13800138000"]')
    number.wait_for()
    assert number.bounding_box()["height"] >= 44
    page.reload()
    assert page.locator("text=谢女士").first.is_visible()
    page.goto(f"{address}/cases/{case_id}/time")
    assert barriers(page) == []
    page.goto(f"{address}/cases/{case_id}/print")
    assert barriers(page) == []
    screenshot("case-print")
