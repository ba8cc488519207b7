"""What people do every day takes few taps: the three commonest acts of those who settle matters, counted.

See thumb.py for what a tap is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine import process
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from tests.web.test_joint import CONTACTED, HANDLED, complete
from tests.web.thumb import FIRST, SECOND, Come, in_looks

GRID, COMMUNITY = "LHQ.MZ.01.01.01", "LHQ.MZ.01"


@pytest.fixture
def asked(district: District, clock: ManualClock) -> Callable[[str], int]:
    """A case about which the grid asks somebody else for an opinion."""

    def ask(whom: str) -> int:
        case_id = handled(district, clock, GRID, "grid", "joint")
        complete(district, clock, case_id, "invite_joint", "grid", {"co_units": [whom], "question": "请提出意见"})
        return case_id

    return ask


def handled(district: District, clock: ManualClock, place: str, who: str, outcome: str, **facts: int) -> int:
    case_id = town.file_case(district, clock, place=place, **facts)
    complete(district, clock, case_id, "sign_in", who, {"action": "sign"})
    complete(district, clock, case_id, "first_contact", who, CONTACTED)
    complete(district, clock, case_id, "handle", who, {**HANDLED, "outcome": outcome})
    return case_id


@in_looks(FIRST)
def test_a_grid_worker(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    thumb = come("grid", language)

    def sign_in() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("action", "sign")
        thumb.send(".task-form")

    def call() -> None:
        thumb.choose("method", "phone")
        thumb.choose("reached", "yes")
        thumb.type("summary", "双方愿意协商")
        thumb.send(".task-form")

    def settle() -> None:
        thumb.choose("action_type", "site_check")
        thumb.type("findings", "楼上防水层破损")
        thumb.choose("outcome", "joint")
        thumb.send(".task-form")

    thumb.act("sign-in", sign_in, most=3)
    thumb.act("first-contact", call, most=4)
    thumb.act("report-and-ask-others", settle, most=4)
    assert town.open_task(district, case_id).form == "invite_joint"


@in_looks(SECOND)
def test_a_zone_lead(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    clock.advance(timedelta(days=3))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    thumb = come("zone", language)

    def take_over() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("action", "sign")
        thumb.send(".task-form")

    def see_why() -> None:
        thumb.tap(f'a[href="/cases/{case_id}/time"]', goes=True)

    def go_away() -> None:
        thumb.tap(".me > summary")
        thumb.tap('.me a[href="/me"]', goes=True)
        thumb.type("ends_on", "2026-03-09")
        thumb.pick("deputy", str(district.people["community"]))
        thumb.send('form[action="/me/absences"]')

    thumb.act("take-over-a-risen-case", take_over, most=3)
    thumb.at(f"/cases/{case_id}")
    thumb.act("why-is-it-late", see_why, most=1)
    thumb.act("note-an-absence", go_away, most=5)


@in_looks(FIRST)
def test_a_community_clerk(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock, title="找得到的案件")
    thumb = come("community", language)

    def file() -> None:
        thumb.tap('.nav a[href="/cases/new"]', goes=True)
        for place in ("LHQ.MZ.01.01", GRID):
            thumb.tap(f'.units a[href*="place={place}"]', goes=True)
        thumb.tap('a.button.main[href*="here=1"]', goes=True)
        for key, value in (("channel", "hotline_12345"), ("kind", "dispute"), ("category", "neighbour.leak")):
            thumb.pick(key, value)
        thumb.type("title", "楼上漏水")
        thumb.type("description", "楼上卫生间漏水半年。")
        thumb.type("party_name", "谢女士")
        thumb.send("form.stack")
        thumb.send("form.stack")

    def find() -> None:
        thumb.at("/search")
        thumb.type("q", "找得到")
        thumb.page.locator('main input[name="q"]').press("Enter")
        thumb.tap("main a.item", goes=True)

    def grade() -> None:
        thumb.at("/")
        thumb.tap("a.item", goes=True)
        thumb.choose("verdict", "agree")
        thumb.send(".task-form")

    thumb.act("file-a-case", file, most=14)
    thumb.act("find-a-case", find, most=1)
    town.file_case(district, clock, place=COMMUNITY, people_count=12)
    thumb.act("confirm-the-grading", grade, most=3)


@in_looks(FIRST)
def test_a_mediator(
    come: Come, district: District, clock: ManualClock, asked: Callable[[str], int], language: str
) -> None:
    case_id = asked(f"{COMMUNITY}#{district.people['mediator']}")
    thumb = come("mediator", language)

    def answer() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("position", "agree")
        thumb.type("opinion", "双方可以先签口头协议。")
        thumb.send(".task-form")

    def compare() -> None:
        thumb.at("/search")
        thumb.type("q", "漏水")
        thumb.page.locator('main input[name="q"]').press("Enter")
        thumb.tap("main a.found", goes=True)

    def note() -> None:
        thumb.tap('.acts-list summary:has-text("Comment"), .acts-list summary:has-text("留言")')
        thumb.type("text", "周三下午在社区调解室见面。")
        thumb.send(f'form[action="/cases/{case_id}/comments"]')

    thumb.act("answer-an-invitation", answer, most=3)
    thumb.act("compare-similar-cases", compare, most=1)
    thumb.act("note-on-a-case", note, most=2)


@in_looks(SECOND)
def test_a_department_liaison(
    come: Come, district: District, clock: ManualClock, asked: Callable[[str], int], language: str
) -> None:
    asked(COMMUNITY)
    thumb = come("liaison", language)

    def answer() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("position", "partly")
        thumb.type("opinion", "公共管道由我方维修。")
        thumb.type("measures", "三日内进场。")
        thumb.send(".task-form")

    def carry_out() -> None:
        thumb.at("/")
        thumb.tap("a.item", goes=True)
        thumb.choose("progress", "done")
        thumb.type("steps_taken", "已现场核查。")
        thumb.send(".task-form")

    def ask_for_time() -> None:
        thumb.at(f"/cases/{own}")
        thumb.tap('summary:has-text("Ask for more time"), summary:has-text("申请延期")')
        thumb.type("length", "2")
        thumb.type("reason", "等待检测结果。")
        thumb.send(f'form[action="/cases/{own}/extensions"]')

    thumb.act("give-an-opinion", answer, most=3)
    own = town.file_case(district, clock, place=COMMUNITY)
    with district.store.transaction() as session:
        leader = viewer_of(session, district.people["district"], now=clock.now())
        process.instruct(session, district.world, own, "请核查。", viewer=leader, now=clock.now())
    complete(district, clock, own, "sign_in", "community", {"action": "sign"})
    thumb.act("answer-an-instruction", carry_out, most=3)
    thumb.act("ask-for-more-time", ask_for_time, most=2)


@in_looks(FIRST)
def test_a_quality_officer(come: Come, district: District, clock: ManualClock, language: str) -> None:
    settled = {
        "result_code": "fulfilled",
        "substantive": "yes",
        "summary": "已维修",
        "reply_text": "您反映的漏水已维修。",
        "evidence": "维修照片",
    }
    for _ in range(2):
        case_id = handled(district, clock, COMMUNITY, "community", "resolved", repeat_count=1)
        complete(district, clock, case_id, "resolve", "community", settled)
    thumb = come("quality", language)

    def passes() -> None:
        thumb.tap("a.item", goes=True)
        thumb.choose("verdict", "pass")
        thumb.send(".task-form")

    def look_closer() -> None:
        thumb.at("/")
        thumb.tap("a.item", goes=True)
        thumb.tap(f'main a[href="/cases/{case_id}"]', goes=True)

    def sends_back() -> None:
        thumb.at("/")
        thumb.tap("a.item", goes=True)
        thumb.choose("verdict", "rework")
        thumb.choose("faults", "evidence")
        thumb.type("fault_points", "没有现场照片，请补充。")
        thumb.send(".task-form")

    thumb.act("pass-a-check", passes, most=3)
    thumb.act("look-at-the-case-behind", look_closer, most=2)
    thumb.act("send-back", sends_back, most=4)
