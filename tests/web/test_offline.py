"""On a bad network: what is sent without one waits on the phone, goes out once, and says so when it came too late."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from engine import process
from engine.clock import ManualClock
from engine.documents import Document
from engine.people import viewer_of
from engine.tasks import Task, TaskState
from tests.web import district as town
from tests.web.district import PEOPLE, District
from tests.web.visitor import Visitor

Visit = Callable[[str | None], Visitor]
FOUND = "楼道里没有信号，漏水来自三楼"
HANDLED = {
    "action_type": "visit",
    "happened_at": "2026-03-02T09:30:00+08:00",
    "findings": "同事先到了现场",
    "outcome": "resolved",
}


def complete(district: District, clock: ManualClock, case_id: int, form: str, who: str, answers: dict[str, Any]) -> int:
    task = town.open_task(district, case_id, form)
    with district.store.transaction() as session:
        viewer = viewer_of(session, district.people[who], now=clock.now())
        process.complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())
    return task.id


def handling(district: District, clock: ManualClock, title: str) -> tuple[int, int]:
    """A case whose grid is asked to handle it: (case, task)."""
    case_id = town.file_case(district, clock, title=title)
    complete(district, clock, case_id, "sign_in", "grid", {"action": "sign"})
    contacted = {
        "contacted_at": "2026-03-02T09:05:00+08:00",
        "method": "phone",
        "reached": "yes",
        "summary": "已经联系",
    }
    complete(district, clock, case_id, "first_contact", "grid", contacted)
    return case_id, town.open_task(district, case_id, "handle").id


def test_the_worker_knows_every_style_and_script_by_its_fingerprint(visit: Visit) -> None:
    visitor = visit(None)
    answer = visitor.get("/worker.js")
    assert answer.mimetype == "text/javascript"
    shell = re.search(r"const SHELL = (\[.*\]);", answer.text)
    assert shell
    for address in re.findall(r'"(/static/[^"]+)"', shell.group(1)):
        kept = visitor.get(address)
        kept.close()
        assert kept.status_code == 200, address
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "export " not in answer.text


@pytest.mark.parametrize(("language", "heading"), [("zh_CN", "待发送"), ("en", "Waiting to be sent")])
def test_the_page_without_a_network_tells_nothing_of_anybody(visit: Visit, language: str, heading: str) -> None:
    page = visit("grid").client.get(f"/offline?language={language}", headers={"Cookie": ""})
    assert f"<h1>{heading}</h1>" in page.text
    assert f"<h1>{heading}</h1>" in visit(None).get(f"/offline?language={language}").text
    assert PEOPLE["grid"][0] not in visit(None).get("/offline").text


def test_a_form_that_came_too_late_says_where_the_case_is_and_keeps_the_words(
    district: District, clock: ManualClock, visit: Visit
) -> None:
    case_id, task_id = handling(district, clock, "来晚了")
    visitor = visit("grid")
    visitor.get(f"/tasks/{task_id}")
    complete(district, clock, case_id, "handle", "grid_b", HANDLED)
    data = {**HANDLED, "findings": FOUND, "csrf_token": visitor.token}
    later = {"X-Sent-Later": "2026-03-02T01:30:00Z"}
    answer = visitor.client.post(f"/tasks/{task_id}/completion", data=data, headers=later)
    assert answer.status_code == 409
    assert answer.json
    assert answer.json["sentence"] == "此任务已经完成。何静怡，今天 09:00。事项现由第1网格（网格）办理。"
    assert answer.json["kept"] is True
    assert FOUND in visitor.get(answer.json["case"]).text


def test_a_form_with_a_mistake_is_kept_to_be_completed(district: District, clock: ManualClock, visit: Visit) -> None:
    _, task_id = handling(district, clock, "没填完")
    visitor = visit("grid")
    visitor.get(f"/tasks/{task_id}")
    data = {"findings": FOUND, "csrf_token": visitor.token}
    answer = visitor.client.post(f"/tasks/{task_id}/completion", data=data, headers={"X-Sent-Later": "now"})
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["kept"] is True
    assert answer.json["case"] == f"/tasks/{task_id}"
    assert FOUND in visitor.get(f"/tasks/{task_id}").text


def test_a_filing_with_a_mistake_is_kept_to_be_completed(visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    data = {"place_id": "LHQ.MZ.01.01.01", "description": FOUND, "step": "file", "csrf_token": visitor.token}
    answer = visitor.client.post("/cases", data=data, headers={"X-Sent-Later": "now"})
    assert answer.json
    assert (answer.status_code, answer.json["kept"]) == (422, True)
    assert FOUND in visitor.get(answer.json["case"]).text


def test_a_file_that_is_refused_later_stays_on_the_phone_and_the_words_are_kept(
    district: District, clock: ManualClock, visit: Visit
) -> None:
    case_id, task_id = handling(district, clock, "文件不对")
    visitor = visit("grid")
    visitor.get(f"/tasks/{task_id}")
    told = []
    for address, field in ((f"/tasks/{task_id}/completion", "photos"), (f"/cases/{case_id}/documents", "files")):
        data = {"findings": FOUND, field: (io.BytesIO(b"MZ\x90\x00"), "坏.pdf"), "csrf_token": visitor.token}
        answer = visitor.client.post(address, data=data, headers={"X-Sent-Later": "now"})
        assert answer.status_code == 422
        assert answer.json
        told.append(answer.json)
    assert told[0]["kept"] is True
    assert FOUND in visitor.get(told[0]["case"]).text
    assert told[1]["sentence"].startswith("坏.pdf：")


@pytest.mark.parametrize("lost", ["sign-in", "session"])
def test_a_form_of_somebody_signed_out_is_told_to_wait(visit: Visit, lost: str) -> None:
    visitor = visit("grid")
    visitor.get("/")
    data = {"csrf_token": visitor.token}
    visitor.client.delete_cookie("sign-in" if lost == "sign-in" else "maplebridge")
    for headers in ({}, {"X-Sent-Later": "now"}):
        answer = visitor.client.post("/tasks/1/completion", data=data, headers=headers)
        assert answer.headers["X-Sign-In-Again"] == "1"
    assert "X-Sign-In-Again" not in visit("grid").get("/nowhere").headers


CONTROLLED = """new Promise((done) => {
  navigator.serviceWorker.addEventListener('controllerchange', done);
  if (navigator.serviceWorker.controller) done();
})"""


class Phone:
    """A handler's phone that loses the network and finds it again."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address

    def come_in(self, who: str) -> None:
        self.page.goto(f"{self.address}/sign-in")
        self.page.get_by_role("button", name=PEOPLE[who][0]).click()
        self.page.wait_for_url(f"{self.address}/")
        self.page.evaluate(CONTROLLED)

    def without_network(self, yes: bool) -> None:
        self.page.context.set_offline(yes)

    def handle(self, photo: bytes | None = None) -> None:
        self.fill(photo)
        self.page.locator(".task-form .send button.main").click()
        self.page.wait_for_selector(".waiting li")

    def fill(self, photo: bytes | None = None) -> None:
        field = self.page.locator
        field('.field[data-key="action_type"] select').select_option("visit")
        field('.field[data-key="findings"] textarea').fill(FOUND)
        field('.field[data-key="outcome"] input[value="resolved"]').check()
        if photo is not None:
            given = [{"name": f"{floor}楼.jpg", "mimeType": "image/jpeg", "buffer": photo} for floor in "二三"]
            field('.field[data-key="photos"] input[type="file"]').last.set_input_files(given)
            field('.field[data-key="photos"] [aria-label="移除 二楼.jpg"]').click()
            field('.field[data-key="photos"] [data-chosen] li:not(:has(progress))').wait_for()


@pytest.fixture
def phone(page: Any, serve: Callable[[Any], str], app: Flask) -> Phone:
    """The grid's, at home."""
    held = Phone(page, serve(app))
    held.come_in("grid")
    return held


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_without_a_network_forms_and_photos_wait_and_go_out_once(
    phone: Phone,
    page_faults: list[str],
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Any],
    district: District,
    clock: ManualClock,
) -> None:
    _, first = handling(district, clock, "第一件")
    late_case, late = handling(district, clock, "第二件")
    page = phone.page
    for task_id in (late, first):
        page.goto(f"{phone.address}/tasks/{task_id}")
    phone.without_network(True)
    made = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(made, "JPEG")
    phone.handle(made.getvalue())
    assert "含 1 个文件" in page.locator(".waiting").inner_text()
    screenshot("offline-waiting")
    page.goto(f"{phone.address}/tasks/{first}")
    page.locator("#offline", has_text="您在此提交的内容已存在本机").wait_for()
    page.goto(f"{phone.address}/tasks/{late}")  # from the phone's own store
    page.locator("#offline", has_text="没有网络").wait_for()
    phone.fill()
    page.locator('form[action$="/claim"] button').click()  # an act that cannot wait says so, and the words stay
    page.locator("[data-asked]", has_text="此操作需要网络").wait_for()
    page.locator("[data-back]").click()
    page.wait_for_url(f"{phone.address}/tasks/{late}")
    assert page.locator('textarea[name="findings"]').input_value() == FOUND
    phone.handle()
    assert page.locator(".waiting li").count() == 2

    complete(district, clock, late_case, "handle", "grid_b", HANDLED)
    page_faults.clear()  # a browser says itself that it was offline
    phone.without_network(False)
    page.locator("#offline", has_text="待发送：1 份").wait_for()  # by itself
    with district.store.reading() as session:
        (photo,) = session.scalars(select(Document)).all()
        done = session.get_one(Task, first)
        assert done.state == TaskState.COMPLETED
        assert done.answers
        assert (done.answers["findings"], done.answers["photos"]) == (FOUND, [str(photo.id)])
    page.wait_for_selector(".waiting .refused")
    assert page.locator(".waiting li").count() == 1
    told = page.locator(".waiting .refused").inner_text()
    assert "事项现由第1网格（网格）办理" in told
    assert "已保留" in told
    assert barriers(page) == []
    screenshot("offline-refused")

    page.locator("details.me summary").click()
    page.locator("form[data-leave] button").click()
    page.wait_for_url(f"{phone.address}/offline")  # not before what waits is dealt with
    page.wait_for_selector(".waiting button.quiet")
    page.locator(".waiting button.quiet").click()
    page.wait_for_selector("[data-nothing]:not([hidden])")
    page.locator("details.me summary").click()
    page.locator("form[data-leave] button").click()
    page.wait_for_url(re.compile(r"/sign-in"))
    assert [name for name in page.evaluate("caches.keys()") if name == "pages"] == []
    assert all("409" in fault for fault in page_faults), page_faults
    page_faults.clear()


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_what_is_sent_after_the_session_ended_goes_out_when_its_author_signs_in(
    phone: Phone, page_faults: list[str], district: District, clock: ManualClock
) -> None:
    _, task_id = handling(district, clock, "登录已过期")
    page = phone.page
    page.goto(f"{phone.address}/tasks/{task_id}")
    phone.fill()
    page.context.clear_cookies(name="sign-in")
    page.locator(".task-form .send button.main").click()
    page.wait_for_url(f"{phone.address}/sign-in?next=/offline")
    page.get_by_role("button", name=PEOPLE["grid"][0]).click()
    page.locator("#offline", has_text="已发出：1").wait_for()
    with district.store.reading() as session:
        assert session.get_one(Task, task_id).state == TaskState.COMPLETED
    assert all("401" in fault for fault in page_faults), page_faults
    page_faults.clear()


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_who_goes_back_to_a_refused_form_finds_the_form_and_sends_nothing(
    phone: Phone, page_faults: list[str], district: District, clock: ManualClock
) -> None:
    _, task_id = handling(district, clock, "退回上一页")
    page = phone.page
    form = f"{phone.address}/tasks/{task_id}"
    page.goto(form)
    page.evaluate("document.querySelector('.task-form').noValidate = true")
    page.locator(".task-form .send button.main").click()
    page.wait_for_url(f"{form}/completion")
    page.goto(f"{phone.address}/cases")
    page.go_back()
    page.wait_for_url(form)
    for _time in range(2):  # refused once more: it was sent from the answer to itself
        page.evaluate("document.querySelector('.task-form').noValidate = true")
        with page.expect_navigation():
            page.locator(".task-form .send button.main").click()
    page.goto(f"{phone.address}/cases")
    page.go_back()
    page.wait_for_url(form)
    page.goto(f"{phone.address}/offline")
    assert not page.locator("main li:visible").count()
    assert all("422" in fault for fault in page_faults), page_faults
    page_faults.clear()
