"""What people do every day takes few taps: the three commonest acts of offices, designers and citizens, counted.

See thumb.py for what a tap is.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from engine import people, process
from engine.cases import Case
from engine.citizen import give_code
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.process import Instance
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from tests.web.test_joint import complete
from tests.web.thumb import FIRST, SECOND, Come, in_looks


@in_looks(SECOND)
def test_a_street_dispatcher(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock, place="LHQ.MZ", title="街道待办")
    clock.advance(timedelta(days=3))
    town.file_case(district, clock, title="无人在岗")
    thumb = come("street", language)

    def late_ones() -> None:
        thumb.at("/board")
        thumb.tap('.number-card a[href*="figure=open"]', goes=True)
        thumb.tap("main a.item", goes=True)

    def hand_on() -> None:
        thumb.at("/board")
        thumb.type("note", "夜间有两件紧急事项")
        thumb.send('form[action="/board/notes"]')

    def reassign() -> None:
        thumb.at("/?tab=unit&unit=below")
        thumb.tap('li:has-text("无人在岗") label:has(input[name="task"])')
        thumb.tap('button[name="act"][value="hand_over"]', goes=True)
        thumb.pick("to", str(district.people["grid_b"]))
        thumb.tap("form.to-whom button", goes=True)
        thumb.send("form.confirm")

    thumb.act("from-a-number-to-a-case", late_ones, most=2)
    thumb.act("reassign-after-a-preview", reassign, most=6)
    thumb.act("note-for-the-next-shift", hand_on, most=1)


@in_looks(FIRST)
def test_a_district_leader(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    thumb = come("district", language)

    def open_a_case() -> None:
        thumb.at("/board")
        thumb.tap('.number-card a[href*="figure=open"]', goes=True)
        thumb.tap("main a.item", goes=True)

    def instruct() -> None:
        thumb.tap(f'a[href="/cases/{case_id}/instructions/new"]', goes=True)
        thumb.type("text", "三日内组织双方见面。")
        thumb.send("form.stack")

    def accept() -> None:
        thumb.at("/decisions")
        thumb.tap('.taps button[value="accept"]', goes=True)

    thumb.act("open-what-is-behind-a-number", open_a_case, most=2)
    thumb.act("give-an-instruction", instruct, most=2)
    answered = {"progress": "done", "steps_taken": "已见面。"}
    complete(district, clock, case_id, "instruction_answer", "grid", answered)
    thumb.act("accept-an-answer", accept, most=1)


@in_looks(SECOND)
def test_a_petition_officer(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    clock.advance(timedelta(days=3))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    with district.store.transaction() as session:
        case = session.get_one(Case, case_id)
        process.supervise(session, district.world, case, "superior", actor_id=None, now=clock.now())
    thumb = come("petition", language)

    def issue() -> None:
        thumb.at("/")
        thumb.tap("a.item", goes=True)
        thumb.pick("issue_reason", "superior")
        thumb.type("demand", "七日内书面答复。")
        thumb.send(".task-form")

    def instruct() -> None:
        thumb.at(f"/cases/{case_id}")
        thumb.tap(f'a[href="/cases/{case_id}/instructions/new"]', goes=True)
        thumb.type("text", "请核查并答复。")
        thumb.send("form.stack")

    def drill_down() -> None:
        thumb.at("/board")
        thumb.tap('.number-card a[href*="figure=risen"]', goes=True)
        thumb.tap("main a.item", goes=True)

    thumb.act("issue-a-supervision", issue, most=4)
    thumb.act("instruct-a-unit", instruct, most=2)
    thumb.act("from-a-figure-to-its-case", drill_down, most=2)


@in_looks(SECOND)
def test_an_operator(come: Come, district: District, clock: ManualClock, language: str) -> None:
    town.file_case(district, clock)
    with district.store.transaction() as session:
        instance = session.scalars(select(Instance)).first()
        assert instance is not None
        instance.trouble, instance.trouble_at = "RuntimeError: out of paper", clock.now()
        people.sign_in(session, district.people["grid"], now=clock.now(), lasts=timedelta(hours=12))
    thumb = come("operator", language)
    person = f"/operations/people/{district.people['grid']}"

    def retry() -> None:
        thumb.tap('form[action$="/retry"] button', goes=True)

    def reset() -> None:
        thumb.tap('.tabs a[href="/operations/people"]', goes=True)
        thumb.type("q", "晓东")
        thumb.page.locator('main input[name="q"]').press("Enter")
        thumb.tap(f'a[href="{person}"]', goes=True)
        thumb.tap(f'details:has(form[action="{person}/password"]) > summary')
        thumb.page.locator("#f-password-reason").fill("忘记密码")
        thumb.tap(f'form[action="{person}/password"] button', goes=True)
        assert re.fullmatch(r"[a-z0-9-]{19}", thumb.page.locator(".secret").inner_text())

    def sign_out() -> None:
        thumb.at("/operations/sign-ins")
        thumb.tap(f'li:has(a[href="{person}"]) form button', goes=True)

    thumb.act("retry-an-incident", retry, most=1)
    thumb.act("reset-a-password", reset, most=4)
    with district.store.transaction() as session:
        people.sign_in(session, district.people["grid"], now=clock.now(), lasts=timedelta(hours=12))
    thumb.act("sign-somebody-out", sign_out, most=1)


@in_looks(FIRST)
def test_a_process_designer(come: Come, vendor: Path, language: str) -> None:
    thumb = come("designer", language)

    def look() -> None:
        thumb.tap('a[href="/processes/p_small"]', goes=True)
        thumb.page.wait_for_selector('.diagram[data-drawn="true"]')

    def begin() -> None:
        thumb.at("/processes")
        thumb.type("title", "首次联系放宽到两天")
        thumb.send('form[action="/proposals"]')

    def change_a_limit() -> None:
        thumb.tap('.folders summary:has(code:text-is("small"))')
        thumb.tap('a[href$="/limits/small/limits.yaml"]', goes=True)
        field = thumb.page.locator('.limit-table input[inputmode="numeric"]').first
        field.fill(str(int(field.input_value() or 1) + 1))
        thumb.send("form.stack:has(.limit-table)")

    def publish() -> None:
        thumb.at("/proposals/1")
        thumb.type("reason", "经片区讨论")
        thumb.send('form[action="/proposals/1/publication"]')

    thumb.act("see-a-process", look, most=1)
    thumb.act("begin-a-proposal", begin, most=1)
    thumb.act("change-a-limit", change_a_limit, most=3)
    thumb.act("publish", publish, most=1)


@in_looks(SECOND)
def test_a_citizen(come: Come, district: District, clock: ManualClock, language: str) -> None:
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        code = give_code(
            session, case_id, viewer=viewer_of(session, district.people["grid"], now=clock.now()), now=clock.now()
        )
    thumb = come(None, language)

    def report() -> None:
        thumb.type("what", "楼道灯坏了三天，晚上看不见台阶。")
        thumb.send("form.stack")

    def follow() -> None:
        thumb.at("/t")
        thumb.type("code", str(code))
        thumb.send("form[data-code]")

    def add() -> None:
        thumb.tap('summary:has-text("add"), summary:has-text("补充")')
        thumb.type("note", "昨晚又漏了。")
        thumb.send('form[action="/t/papers"]')

    thumb.act("report", report, most=1)
    thumb.page.context.clear_cookies(name="maplebridge")
    thumb.act("follow", follow, most=1)
    thumb.act("add-a-word", add, most=2)
