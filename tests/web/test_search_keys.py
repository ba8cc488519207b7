"""Search by keyboard in a real browser: the key that leads there, the field, a hit, and no barrier on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine.clock import ManualClock
from tests.web import district as town
from tests.web.district import District


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_from_anywhere_to_a_case_without_a_mouse(
    page: Any,
    app: Flask,
    district: District,
    clock: ManualClock,
    serve: Callable[[Any], str],
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
) -> None:
    case_id = town.file_case(district, clock)
    page.goto(serve(app) + "/sign-in")
    page.get_by_role("button", name="林晓东").click()
    page.goto(page.url.split("?")[0].rstrip("/") + "/cases/" + str(case_id))
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    page.keyboard.type("漏水/")  # a slash in a field is a slash
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("mark").first.text_content() == "漏水"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    screenshot("search")
    page.locator("a.found").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case_id}")
