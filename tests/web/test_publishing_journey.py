"""The designer's pages in a real browser: what changed stands out on both diagrams, publishing is two fields away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import deploy, design
from engine.clock import ManualClock
from tests.web.district import District

pytestmark = pytest.mark.browser
SMALL = "small/small.bpmn"


@pytest.fixture
def proposal_id(district: District, clock: ManualClock) -> int:
    """Who signs in is changed, and a box is moved."""
    with district.store.transaction() as session:
        who = district.people["designer"]
        made = design.begin_proposal(session, "只由格长签收", author_id=who, now=clock.now())
        drawn = deploy.files_in_force(session)[SMALL]
        drawn = drawn.replace(b'candidateGroups="lead,deputy,handler"', b'candidateGroups="lead"', 1)
        drawn = drawn.replace(b'id="s_tell_ack" name="', b'id="s_told" name="').replace(b'"s_tell_ack"', b'"s_told"')
        drawn = drawn.replace(b">s_tell_ack<", b">s_told<")
        design.save_file(session, made.id, SMALL, drawn, seen=0, actor_id=who, now=clock.now())
        return made.id


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_a_difference_is_seen_on_both_diagrams_and_published(
    app: Flask,
    district: District,
    proposal_id: int,
    serve: Callable[[Any], str],
    page: Any,
    vendor: Path,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
    viewport: str,
) -> None:
    address = serve(app)
    page.goto(f"{address}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    page.goto(f"{address}/processes")
    page.locator(".shelves .sketch").nth(6).scroll_into_view_if_needed()
    page.locator(".sketch").evaluate_all("sketches => sketches.forEach(each => { each.loading = 'eager' })")
    drawn = page.locator(".sketch").evaluate_all(
        "sketches => Promise.all(sketches.map(each => each.decode().then(() => each.naturalWidth > 500)))"
    )
    assert set(drawn) == {True}
    screenshot("library")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("link", name="只由格长签收").first.click()
    screenshot("proposal")
    assert barriers(page) == []
    page.get_by_role("link", name="两图对照").click()
    page.locator(".sides .diagram[data-drawn=true]").nth(1).wait_for()
    screenshot("difference")
    assert barriers(page) == []
    old, new = (page.locator(".sides .diagram").nth(number) for number in (0, 1))
    for side, marks in ((old, {"t_sign_in": "changed", "s_tell_ack": "removed"}), (new, {"s_told": "added"})):
        for element, mark in marks.items():
            assert f"diagram-{mark}" in side.locator(f'.djs-element[data-element-id="{element}"]').get_attribute(
                "class"
            )

    page.go_back()
    page.get_by_label("理由").fill("格长最了解情况")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/releases/2")
    assert "格长最了解情况" in page.locator("main").inner_text()
    assert barriers(page) == []
