"""The editor of decision tables in a real browser: a cell changed, a finding on its row seen and mended, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import deploy, design
from engine.clock import ManualClock
from tests.web.district import District

pytestmark = pytest.mark.usefixtures("vendor")
TRIAGE = "case/triage.dmn"
CELL = '.modeler-canvas td[data-element-id="d_severity_02_people_count"]'
ROW = '.modeler-canvas td.rule-index[data-row-id="d_severity_02"]'

SAY_EVERYTHING = """async () => {
  const { modeler, unsaid } = document.querySelector('.modeler').editor;
  for (const view of modeler.getViews()) {
    await modeler.open(view);
    await new Promise((done) => setTimeout(done, 50));
  }
  return [...unsaid];
}"""


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expected

    return expected(locator)


def test_a_cell_is_changed_its_finding_seen_and_mended_and_all_is_kept(
    app: Flask,
    page: Any,
    serve: Callable[[Any], str],
    district: District,
    clock: ManualClock,
    screenshot: Callable[[str], Path],
    barriers: Callable[[Any], Any],
) -> None:
    with district.store.transaction() as session:
        number = design.begin_proposal(session, "分级", author_id=district.people["designer"], now=clock.now()).id
    site = serve(app)
    page.goto(f"{site}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    page.wait_for_url("**/processes")
    page.goto(f"{site}/proposals/{number}/tables/{TRIAGE}")
    page.wait_for_selector('.modeler[data-ready="true"][data-checked]')
    expect(page.locator("[data-count]")).to_have_text("没有问题")
    assert page.locator(".powered-by, .bjs-powered-by").first.is_visible()

    def write(text: str) -> None:
        page.locator(CELL).click()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        page.locator(ROW).click()

    write('"many"')
    finding = page.locator("ol[data-findings] button").first
    finding.wait_for()
    plain = "rgb(251, 233, 231)"
    expect(page.locator(ROW)).to_have_css("background-color", plain)
    finding.click()
    screenshot("table-editor")
    known = "empty-table-header"  # the corner of the table, drawn by the editor itself
    assert [each for each in barriers(page) if not each.startswith(known)] == []
    write("[5..19]")
    page.wait_for_selector('[data-count][data-kind="none"], [data-count][data-kind="warning"]')
    page.wait_for_selector('[data-state="saved"]')
    assert page.evaluate(SAY_EVERYTHING) == []

    page.reload()
    page.wait_for_selector('.modeler[data-ready="true"]')
    expect(page.locator(CELL)).to_have_text("[5..19]")
    with district.store.reading() as session:
        files = design.files_of(session, design.get_proposal(session, number))
        base = deploy.files_in_force(session)
    changes = design.difference(base, files)
    assert [(each.what, each.kind, each.before, each.after) for each in changes] == [
        (design.What.CHANGED, "rule", "[5..29]", "[5..19]")
    ]
    assert [each for each in deploy.check_release(files) if each.severity == "error"] == []
