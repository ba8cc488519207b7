"""The BPMN editor in a real browser: fields, findings, saving, who saved in between, and every word in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from engine import deploy, design
from engine.clock import ManualClock
from engine.design import ProposalFile
from tests.web.district import District

pytestmark = pytest.mark.usefixtures("vendor")
SMALL = "small/small.bpmn"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
Open = Callable[..., int]


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expected

    return expected(locator)


@pytest.fixture
def open_editor(
    app: Flask, page: Any, serve: Callable[[Any], str], district: District, clock: ManualClock
) -> Callable[..., int]:
    """Begins a proposal and opens a diagram of it as the designer; gives the number of the proposal."""
    with district.store.transaction() as session:
        begun = design.begin_proposal(session, "时限缩短", author_id=district.people["designer"], now=clock.now())
        number = begun.id
    site = serve(app)

    def open_(path: str = SMALL, language: str = "zh_CN") -> int:
        page.goto(f"{site}/sign-in")
        page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
        page.wait_for_url("**/processes")
        if language == "en":
            page.locator('button[name="language"][value="en"]').click()
            page.wait_for_load_state()
        page.goto(f"{site}/proposals/{number}/diagrams/{path}")
        return number

    return open_


def ready(page: Any) -> None:
    page.wait_for_selector('.modeler[data-ready="true"][data-checked]')


def choose(page: Any, element: str) -> None:
    page.evaluate(
        """id => { const modeler = document.querySelector('.modeler').editor.modeler;
          modeler.get('selection').select(modeler.get('elementRegistry').get(id)); }""",
        element,
    )


def entry(page: Any, label: str) -> Any:
    return page.locator(".modeler-panel").get_by_label(label, exact=True)


def wait_until_saved(page: Any, revision: int) -> None:
    page.wait_for_selector(f'.modeler[data-revision="{revision}"]')


def content(district: District, number: int) -> bytes:
    with district.store.reading() as session:
        kept = session.scalars(select(ProposalFile).where(ProposalFile.proposal_id == number)).one().content
    assert kept is not None
    return bytes(kept)


def test_a_deadline_is_changed_a_finding_seen_and_mended_and_all_is_kept(
    open_editor: Open, page: Any, district: District, screenshot: Callable[[str], Path], barriers: Callable[[Any], Any]
) -> None:
    number = open_editor()
    ready(page)
    expect(page.locator("[data-count]")).to_have_text("没有问题")
    assert page.locator(".bjs-powered-by").is_visible()

    choose(page, "be_ack")
    entry(page, "时限表中的步骤").select_option("contact")
    expect(entry(page, "写作表达式")).to_have_value('${due("contact")}')
    choose(page, "t_handle")
    entry(page, "显示的时限").select_option("contact")
    wait_until_saved(page, 1)

    entry(page, "角色").fill("boss")
    finding = page.locator("ol[data-findings] button")
    finding.wait_for()
    assert "boss" in finding.inner_text()
    assert page.locator(".finding-mark[data-kind=error]").count() == 1
    choose(page, "start_small")
    page.keyboard.press("F8")
    expect(entry(page, "角色")).to_have_value("boss")  # the finding leads to its element
    screenshot("diagram-editor")
    entry(page, "角色").fill("lead")
    page.wait_for_selector('[data-count][data-kind="none"]')
    page.evaluate(
        """() => { const modeler = document.querySelector('.modeler').editor.modeler;
          const shape = modeler.get('elementRegistry').get('t_resolve');
          modeler.get('modeling').setColor([shape], { fill: '#FFE0B2', stroke: '#6B3C00' }); }"""
    )
    page.wait_for_selector('[data-state="waiting"]')
    page.wait_for_selector('[data-state="saved"]')

    page.reload()
    ready(page)
    choose(page, "be_ack")
    expect(entry(page, "时限表中的步骤")).to_have_value("contact")
    assert barriers(page) == []
    kept = content(district, number)
    root = etree.fromstring(kept)
    timer = root.find(f".//{BPMN}boundaryEvent[@id='be_ack']//{BPMN}timeDuration")
    assert timer is not None
    assert timer.text == '${due("contact")}'
    task = root.find(f".//{BPMN}userTask[@id='t_handle']")
    assert task is not None
    assert task.get(f"{CAMUNDA}candidateGroups") == "lead"
    assert b"#ffe0b2" in kept.lower()
    assert b"modelerTemplate" not in kept, "links made for the editor stay out of the file"
    warnings = page.evaluate(
        "async xml => (await document.querySelector('.modeler').editor.modeler.importXML(xml)).warnings", kept.decode()
    )
    assert warnings == [], "Camunda's own moddle reads it without a remark"
    with district.store.reading() as session:
        files = design.files_of(session, design.get_proposal(session, number))
        base = deploy.files_in_force(session)
    assert deploy.check_release(files) == []
    changes = design.difference(base, files)
    assert {each.key for each in changes if each.what is design.What.CHANGED} == {"be_ack", "t_handle"}


def test_who_saved_in_between_is_named_and_one_chooses(
    open_editor: Open, page: Any, page_faults: list[str], district: District, clock: ManualClock
) -> None:
    number = open_editor()
    ready(page)
    with district.store.transaction() as session:
        files = design.files_of(session, design.get_proposal(session, number))
        theirs = files[SMALL].replace(b"lead,deputy,handler", b"lead", 1)
        design.save_file(session, number, SMALL, theirs, seen=0, actor_id=district.people["operator"], now=clock.now())
    choose(page, "t_handle")
    entry(page, "角色").fill("deputy")
    dialog = page.locator("dialog[data-conflict]")
    dialog.wait_for()
    assert "郑子涵" in dialog.inner_text()
    dialog.get_by_role("button", name="查看差异").click()
    dialog.locator("li").first.wait_for()
    assert "deputy" in dialog.locator("ol").inner_text()
    dialog.get_by_role("button", name="用我的覆盖对方的").click()
    wait_until_saved(page, 2)
    assert b'camunda:candidateGroups="deputy"' in content(district, number)
    assert [fault for fault in page_faults if "409" not in fault] == []
    page_faults.clear()


def test_without_a_network_the_draft_waits_in_the_browser(
    open_editor: Open, page: Any, page_faults: list[str], district: District
) -> None:
    number = open_editor()
    ready(page)
    page.context.set_offline(True)
    choose(page, "t_handle")
    entry(page, "角色").fill("deputy")
    page.wait_for_selector('[data-state="offline"]')
    page.context.set_offline(False)
    wait_until_saved(page, 1)
    assert b'camunda:candidateGroups="deputy"' in content(district, number)
    assert [fault for fault in page_faults if "ERR_INTERNET_DISCONNECTED" not in fault] == []
    page_faults.clear()


def test_who_was_signed_out_meanwhile_signs_in_again_and_nothing_is_lost(
    open_editor: Open, page: Any, page_faults: list[str], district: District
) -> None:
    number = open_editor()
    ready(page)
    signed_in = [each for each in page.context.cookies() if each["name"] == "sign-in"]
    page.context.clear_cookies()
    choose(page, "t_handle")
    entry(page, "角色").fill("deputy")
    page.get_by_text("已退出登录：内容留在此浏览器中").wait_for()
    page.context.add_cookies(signed_in)  # as another tab does; the token of the page stays the one of before
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_saved(page, 1)
    assert b'camunda:candidateGroups="deputy"' in content(district, number)
    assert [fault for fault in page_faults if "400" not in fault and "401" not in fault] == []
    page_faults.clear()


DRIVE = """async () => {
  const { modeler, unsaid } = document.querySelector('.modeler').editor;
  const soon = () => new Promise((done) => setTimeout(done, 10));
  const popup = modeler.get('popupMenu');
  const all = modeler.get('elementRegistry').filter(({ labelTarget }) => !labelTarget);
  const tasks = all.filter(({ type }) => /Task$/.test(type)).slice(0, 3);
  const kinds = new Map(all.map((each) => [`${each.type}${each.businessObject.eventDefinitions?.[0]?.$type}`, each]));
  for (const each of kinds.values()) {
    modeler.get('selection').select(each);
    modeler.get('contextPad').open(each, true);
    await soon();
    for (const menu of ['bpmn-replace', 'color-picker']) {
      popup.open(each, menu, { x: 10, y: 10 });
      await soon();
      popup.close();
    }
  }
  modeler.get('selection').select(tasks);
  popup.open(tasks, 'align-elements', { x: 10, y: 10 });
  await soon();
  popup.close();
  modeler.get('searchPad').open();
  modeler.get('searchPad').close();
  modeler.get('minimap').open();
  modeler.get('minimap').close();
  return [...unsaid];
}"""


@pytest.mark.parametrize("path", [SMALL, "joint/joint.bpmn"])
def test_every_word_of_the_editor_is_in_the_dictionary(open_editor: Open, page: Any, path: str) -> None:
    open_editor(path)
    ready(page)
    assert page.evaluate(DRIVE) == []


def test_what_is_copied_is_pasted_in_another_diagram(open_editor: Open, page: Any) -> None:
    open_editor()
    ready(page)
    choose(page, "t_handle")
    page.locator('[data-do="copy"]').click()
    page.goto(page.url.replace(SMALL, "extension/extension.bpmn"))
    ready(page)
    shapes = page.locator(".modeler-canvas .djs-shape[data-element-id]")
    before = shapes.count()
    canvas = page.locator(".modeler-canvas")
    canvas.click(position={"x": 500, "y": 60})  # not at the edge: what hangs there scrolls the drawing away
    page.keyboard.press("Control+v")
    canvas.hover(position={"x": 500, "y": 50})
    page.locator(".djs-drag-group").first.wait_for(state="attached")  # it hangs on the pointer until it is put down
    canvas.click(position={"x": 500, "y": 60})
    shapes.nth(before).wait_for(state="attached")
    wait_until_saved(page, 1)


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_a_phone_shows_the_diagram_to_look_at(
    open_editor: Open, page: Any, screenshot: Callable[[str], Path], barriers: Callable[[Any], Any]
) -> None:
    open_editor()
    page.wait_for_selector('.diagram[data-drawn="true"]')
    assert page.locator(".modeler").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    screenshot("diagram-editor")
