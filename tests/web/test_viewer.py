"""The bundled diagram viewer, in a real browser, under the strictest content security policy we use."""

import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from tests.browser import VENDOR

pytestmark = pytest.mark.usefixtures("vendor")
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
STATES = {"file": "done", "handle": ["active", "overdue"], "nowhere": "done"}

DIAGRAM = Path(__file__).with_name("viewer.bpmn").read_text()

PAGE = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>图</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/vendor/viewer.css"></head><body><main><h1>图</h1>
<div class="diagram" data-src="%s" data-states="{escape(json.dumps(STATES))}" data-error="画不出流程图"
  aria-label="流程图"></div></main>
<script type="module" src="/vendor/viewer.js"></script></body></html>"""


@Request.application
def site(request: Request) -> Response:
    if request.path.startswith("/vendor/"):
        kind = "text/css" if request.path.endswith(".css") else "text/javascript"
        return Response((VENDOR / request.path.removeprefix("/vendor/")).read_bytes(), mimetype=kind)
    if request.path == "/case.bpmn":
        return Response(DIAGRAM, mimetype="application/xml")
    if request.path == "/broken.bpmn":
        return Response("<nothing", mimetype="application/xml")
    source = request.args.get("src", "/case.bpmn")
    return Response(PAGE % escape(source), mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_draws_the_diagram_and_marks_where_the_case_stands(
    page: Any, serve: Callable[[Any], str], screenshot: Callable[[str], Path]
) -> None:
    page.goto(serve(site))
    page.wait_for_selector('.diagram[data-drawn="true"]')
    assert "diagram-done" in page.get_attribute('[data-element-id="file"]', "class")
    marks = page.get_attribute('[data-element-id="handle"]', "class").split()
    assert {"diagram-active", "diagram-overdue"} <= set(marks)
    drawn = page.locator('[data-element-id="handle"] .djs-visual > rect').first
    assert drawn.evaluate("rect => getComputedStyle(rect).stroke") == "rgb(179, 38, 30)"
    frame, shape = page.locator(".diagram").bounding_box(), drawn.bounding_box()
    assert frame["x"] <= shape["x"]
    assert shape["x"] + shape["width"] <= frame["x"] + frame["width"]
    screenshot("viewer")


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_the_bpmn_io_mark_stays_fully_visible(page: Any, serve: Callable[[Any], str]) -> None:
    """A condition of the licence of bpmn-js."""
    page.goto(serve(site))
    page.wait_for_selector('.diagram[data-drawn="true"]')
    mark = page.locator("a.bjs-powered-by")
    box, screen = mark.bounding_box(), page.viewport_size
    assert box["width"] >= 50
    assert box["height"] >= 20
    assert box["x"] + box["width"] <= screen["width"]
    assert box["y"] + box["height"] <= screen["height"]
    uncovered = """mark => { const at = mark.getBoundingClientRect();
        return mark.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2)) }"""
    assert mark.evaluate(uncovered)


def test_the_keyboard_reaches_moves_and_zooms_the_diagram(page: Any, serve: Callable[[Any], str]) -> None:
    page.goto(serve(site))
    page.wait_for_selector('.diagram[data-drawn="true"]')
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "流程图"
    shape = page.locator('[data-element-id="handle"]')
    before = shape.bounding_box()
    page.keyboard.press("ArrowRight")
    moved = shape.bounding_box()
    assert moved["x"] < before["x"]
    page.keyboard.press("+")
    assert shape.bounding_box()["width"] > before["width"]
    page.keyboard.press("0")
    assert shape.bounding_box() == pytest.approx(before, abs=1)


def test_the_diagram_keeps_nobody_out(
    page: Any, serve: Callable[[Any], str], barriers: Callable[[Any], list[str]]
) -> None:
    page.goto(serve(site))
    page.wait_for_selector('.diagram[data-drawn="true"]')
    assert barriers(page) == []


@pytest.mark.parametrize("source", ["/broken.bpmn", "/vendor/../missing.bpmn?src="])
def test_a_diagram_that_cannot_be_drawn_says_so(
    source: str, page: Any, serve: Callable[[Any], str], page_faults: list[str]
) -> None:
    page.goto(f"{serve(site)}/?src={source}")
    page.wait_for_selector('.diagram[data-drawn="false"] [role="alert"]')
    assert page.inner_text('[role="alert"]') == "画不出流程图"
    assert page_faults, "the reason belongs in the console"
    page_faults.clear()
