"""Running cases as pages: a designer sees numbers and reasons, an operator case numbers, and moves a token."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import deploy, process, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.scheduler import Scheduler
from engine.web.design.migration_words import REASONS
from tests.web.district import BPMN, District, file_case, open_task
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
TITLE = "楼上漏水，天花板发霉"


@pytest.fixture
def work(district: District, clock: ManualClock) -> Callable[[], int]:
    """Lets the scheduler do what there is to do."""
    return Scheduler(district.store, district.world, clock, name="test").move_cases


def publish(district: District, clock: ManualClock, before: str, after: str) -> None:
    files = deploy.read_folder(BPMN)
    files["small/small.bpmn"] = files["small/small.bpmn"].decode().replace(before, after).encode()
    with district.store.transaction() as session:
        deploy.store_release(session, files, reason="other words", actor_id=None, now=clock.now())


def number_of(district: District, case_id: int) -> str:
    with district.store.reading() as session:
        return session.get_one(Case, case_id).number


def look(visitor: Visitor, **more: str) -> str:
    visitor.get("/migrations")
    answer = visitor.post("/migrations", {"from": "1", "to": "2", "process": "", **more})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_designer_looks_moves_and_takes_back_and_reads_no_case(
    visit: Visit, district: District, clock: ManualClock, work: Callable[[], int]
) -> None:
    case_id = file_case(district, clock)
    publish(district, clock, "签收 / Sign in", "接收 / Take over")
    designer = visit("designer")
    assert "版本 1 版本" in words(designer.get("/migrations")) or "案件 1" in words(designer.get("/migrations"))
    home = look(designer)
    waiting = designer.get(home)
    assert "data-again" in waiting.text
    assert "0 / 1" in words(waiting)
    work()
    said = designer.get(home)
    assert "data-again" not in said.text
    assert "可以迁移 1" in words(said)
    assert designer.post(f"{home}/start", {"reason": ""}).status_code == 422
    assert designer.post(f"{home}/start", {"reason": "新名称"}).status_code == 302
    work()
    said = designer.get(home)
    assert "已迁移 1" in words(said)
    for hidden in (number_of(district, case_id), TITLE, "谢女士"):
        assert hidden not in said.text
    handler = visit("grid")
    page = handler.get(f"/tasks/{open_task(district, case_id).id}")
    assert "接收" in page.text
    assert (
        "已转到流程的另一版本" in handler.get(f"/cases/{case_id}/history").text + handler.get(f"/cases/{case_id}").text
    )
    assert designer.post(f"{home}/undoing", {"reason": "太早"}).status_code == 302
    work()
    assert "已撤回 1" in words(designer.get(home))
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_what_never_moved_is_told_on_its_own_release_when_the_rest_was_taken_back(
    visit: Visit, district: District, clock: ManualClock, work: Callable[[], int]
) -> None:
    held = open_task(district, file_case(district, clock)).id
    file_case(district, clock)
    publish(district, clock, 'formKey="sign_in"', 'formKey="quality_check"')
    designer, handler = visit("designer"), visit("grid")
    home = look(designer)
    work()
    designer.get(home)
    handler.get(f"/tasks/{held}")
    handler.post(f"/tasks/{held}/claim", {})
    designer.post(f"{home}/start", {"reason": "试行"})
    work()
    designer.post(f"{home}/undoing", {"reason": "太早"})
    work()
    said = words(designer.get(home))
    assert "已撤回 1" in said
    assert "最终未迁移 · 它们继续按版本 1 办理" in said


def test_an_operator_sees_the_numbers_of_those_that_stay(
    visit: Visit, district: District, clock: ManualClock, work: Callable[[], int]
) -> None:
    case_id = file_case(district, clock)
    publish(district, clock, "t_sign_in", "t_take_over")
    operator = visit("operator")
    home = look(operator, process="p_case")
    work()
    page = operator.get(home)
    said = words(page)
    assert "它正等待的环节已不存在。 签收 t_sign_in" in said
    assert number_of(district, case_id) in said
    assert "没有可以迁移的案件" in said
    assert TITLE not in page.text
    assert operator.post(f"{home}/stop", {}).status_code == 302
    assert "已停止" in words(operator.get(home))
    designer = visit("designer")
    assert number_of(district, case_id) not in designer.get(f"{home}?outcome=cannot").text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"from": "1", "to": "1"}, 422, "案件已在此版本上运行"),
        ({"from": "2", "to": "1"}, 422, "没有运行中的案件"),
        ({"from": "1", "to": "99"}, 404, "没有这个发布版本"),
        ({"from": "x", "to": "2"}, 404, "没有这个发布版本"),
    ],
)
def test_what_makes_no_sense_is_said_on_the_page(
    visit: Visit, district: District, clock: ManualClock, fields: dict[str, str], status: int, said: str
) -> None:
    file_case(district, clock)
    publish(district, clock, "签收 / Sign in", "接收 / Take over")
    designer = visit("designer")
    designer.get("/migrations")
    answer = designer.post("/migrations", fields)
    assert answer.status_code == status
    assert said in words(answer)


def test_an_operator_moves_a_case_that_went_astray_after_seeing_what_it_does(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = file_case(district, clock)
    number = number_of(district, case_id)
    operator = visit("operator")
    assert operator.get("/operations/standing?number=LHQ-0").status_code == 404
    page = operator.get(f"/operations/standing?number={number}")
    assert "签收 t_sign_in" in words(page)
    assert TITLE not in page.text
    form = next(each for each in re.findall(r"<form method=\"post\".*?</form>", page.text, re.S) if "t_handle" in each)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    asked = {key: fields[key] for key in ("number", "instance", "token", "seen")} | {"target": "t_handle"}
    seen = operator.post("/operations/moves/preview", asked)
    assert seen.status_code == 200, words(seen)
    assert "结束的任务 签收 开始的任务 办理 (第1网格" in words(seen).replace("（", "(")
    assert open_task(district, case_id).element == "t_sign_in"
    assert TITLE not in seen.text
    other = number_of(district, file_case(district, clock))
    assert operator.post("/operations/moves/preview", {**asked, "number": other}).status_code == 409
    done = operator.post("/operations/moves", {**asked, "reason": "误选退回"})
    assert done.status_code == 302, words(done)
    assert open_task(district, case_id).element == "t_handle"
    again = operator.post("/operations/moves", {**asked, "reason": "误选退回了"})
    assert again.status_code == 409
    assert "已继续办理" in words(again)
    log = words(operator.get("/operations/log"))
    assert f"移动了案件在流程图上的位置 case:{number} 误选退回" in log
    handler = visit("grid")
    history = handler.get(f"/cases/{case_id}").text
    assert "由运维人员移到流程的另一处" in history
    assert "签收 → 办理 · 误选退回" in history
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_every_reason_has_words() -> None:
    assert process.OBSTACLES.keys() <= REASONS.keys()


def test_handlers_do_neither(visit: Visit) -> None:
    handler = visit("grid")
    for address in ("/migrations", "/operations/standing"):
        assert handler.get(address).status_code == 403
    assert visit("designer").get("/operations/standing").status_code == 403


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_the_page_goes_on_by_itself_while_the_work_does(
    app: Flask,
    district: District,
    clock: ManualClock,
    work: Callable[[], int],
    serve: Callable[[Any], str],
    page: Any,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Path],
    viewport: str,
) -> None:
    file_case(district, clock)
    publish(district, clock, "签收 / Sign in", "接收 / Take over")
    address = serve(app)
    page.goto(f"{address}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    page.goto(f"{address}/migrations")
    page.get_by_role("button", name="查看哪些可以迁移").click()
    page.locator("progress").wait_for()
    assert barriers(page) == []
    work()
    page.get_by_label("理由").fill("名称更清楚")
    screenshot("migration")
    assert barriers(page) == []
    page.get_by_role("button", name="迁移 1 件案件").click()
    page.locator("progress").wait_for()
    work()
    page.get_by_text("撤回迁移").first.wait_for()
    assert "已迁移" in page.locator("#work").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
