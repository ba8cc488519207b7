"""A citizen without a sign-in: scan, report, follow, add, refuse, confirm, rate; over HTTP on a manual clock."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import citizen, verify
from engine.cases import Case, CaseState
from engine.notify import Notice
from tests.stories.district import District
from tests.web.visitor import Visitor, words

BUILDING = "LHQ.MZ.01.01.01.01"
GRID = "LHQ.MZ.01.01.01"
ZONE = "LHQ.MZ.01.01"

Open = Callable[[str], District]

CODE = re.compile(r'class="code-shown">(.*?)</p>', re.DOTALL)
KEY = re.compile(r'name="form_key" value="([^"]+)"')


def scan(here: District, place: str = BUILDING, app: Flask | None = None) -> Visitor:
    """`app` for one of several citizens: building the pages takes longer than looking at them."""
    visitor = Visitor(app or here.application.web())
    with here.store.reading() as session:
        code = citizen.code_of(session, here.world, place)
    answer = visitor.get(f"/q/{code}")
    assert answer.status_code == 200
    assert "旧码" not in answer.text
    visitor.where, visitor.key = f"/q/{code}", html.unescape(KEY.findall(answer.text)[-1])  # type: ignore[attr-defined]
    return visitor


def report(visitor: Visitor, **more: str) -> str:
    """Files and gives the tracking code as it is shown."""
    fields = {"what": "楼上漏水，卧室天花板发霉。半年了。", "where": "302 室", "phone": "13800138000", **more}
    answer = visitor.post(visitor.where, {**fields, "form_key": visitor.key})  # type: ignore[attr-defined]
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s|<[^>]+>", "", CODE.findall(answer.text)[0])


def only_case(here: District) -> int:
    with here.store.reading() as session:
        return session.scalars(select(Case.id)).one()


def seen(visitor: Visitor, code: str = "") -> str:
    """The tracking page; with a code it is entered first, as one must after half an hour."""
    if code:
        visitor.get("/t")
        assert visitor.post("/t", {"code": code}).status_code == 302
    answer = visitor.get("/t")
    assert answer.status_code == 200
    return words(answer)


def work_and_close(here: District, case: int, result: str = "fulfilled") -> None:
    here.sign_in(case)
    here.do(
        case,
        "t_first_contact",
        contacted_at=here.clock.now().isoformat(),
        method="phone",
        reached="yes",
        summary="约定",
    )
    handle(here, case, "resolved")
    resolve(here, case, result)


def handle(here: District, case: int, outcome: str, **more: str) -> None:
    here.do(
        case,
        "t_handle",
        action_type="talk",
        happened_at=here.clock.now().isoformat(),
        findings="看过",
        outcome=outcome,
        **more,
    )


def resolve(here: District, case: int, result: str = "fulfilled") -> None:
    here.do(case, "t_resolve", result_code=result, substantive="yes", summary="已修好", reply_text="已修好")
    if "t_quality_check" in here.open_elements(case):
        here.do(case, "t_quality_check", checks=["contacted"], verdict="pass")


def sound(here: District) -> None:
    assert verify.check(here.store, here.world, now=here.clock.now()) == []


def test_from_the_scan_to_the_stars(district: Open) -> None:
    here = district("2024-11-18 10:00")
    visitor = scan(here)
    code = report(visitor)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    case = only_case(here)
    assert here.case(case).channel == "qr"
    assert here.case(case).category == "neighbour.leak"
    assert here.facts_of(case, "case.sorted") == [{"category": "neighbour.leak", "words": ["漏水", "楼上漏"]}]

    # Received, and forecast; then nobody acts and it moves up by itself.
    assert "已收到" in seen(visitor)
    here.until("2024-11-19 18:00")
    first = here.visits(case)[0].unit_id
    assert len(here.visits(case)) == 2
    assert "查询码" in seen(visitor)
    page = seen(visitor, code)
    assert "已升级到" in page
    assert "未在时限内办结，系统自动升级" in page
    here.until("2024-11-19 18:30")
    here.sign_in(case)
    assert "已受理" in seen(visitor, code)

    # Another phone, the code typed in small letters with O for 0 and without dashes.
    other = Visitor(here.application.web())
    other.get("/t")
    assert (
        other.post(
            "/t", {"code": f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "}
        ).status_code
        == 302
    )
    here.do(
        case,
        "t_first_contact",
        contacted_at=here.clock.now().isoformat(),
        method="phone",
        reached="yes",
        summary="约定",
    )
    handle(here, case, "wait")
    assert here.case(case).state == CaseState.WAITING_PETITIONER
    assert "等您补充" in seen(other)
    assert other.post("/t/papers", {"note": "补：漏水视频在邻居处"}).status_code == 302
    assert other.post("/t/papers", {"note": "补：漏水视频在邻居处"}).status_code == 302
    assert len(here.facts_of(case, "material.supplied")) == 1
    assert here.case(case).state == CaseState.HANDLING
    assert "办理中" in seen(other)

    handle(here, case, "resolved")
    resolve(here, case)
    page = seen(other)
    assert "已答复" in page
    assert "问题解决了吗" in page
    assert "漏水" not in page
    assert "13800138000" not in page
    assert "诉求人" not in page

    # Not solved: once more at the same unit, with a visit and clocks of its own.
    unit = here.case(case).holder_id
    assert other.post("/t/refusal", {"reason": ""}).status_code == 422
    assert other.post("/t/refusal", {"reason": "又漏了"}).status_code == 302
    assert other.post("/t/refusal", {"reason": "又漏了"}).status_code == 302  # the second tap
    now = here.case(case)
    assert (now.state, now.holder_id, now.result, now.closed_at) == (CaseState.REOPENED, unit, None, None)
    assert [visit.reason for visit in here.visits(case)] == ["filed", "overdue", "redo"]
    assert {"handle", "ack", "case_outer"} <= set(here.clocks(case))
    assert "已重开" in seen(other)
    sound(here)
    here.until("2024-11-20 10:00")
    work_and_close(here, case)
    assert "已答复" in seen(other, code)
    assert other.post("/t/confirmation").status_code == 302
    assert "您已确认问题解决" in seen(other)
    assert other.post("/t/refusal", {"reason": "晚了"}).status_code == 409
    assert other.post("/t/rating", {"stars": "9"}).status_code == 422
    assert other.post("/t/rating", {"stars": "4", "words": "第二次修好了"}).status_code == 302
    assert other.post("/t/rating", {"stars": "1"}).status_code == 302
    assert here.facts_of(case, "citizen.rated") == [{"stars": 4, "words": "第二次修好了", "by": "petitioner"}]
    acts = here.acts(case)
    assert acts.count("citizen.refused") == acts.count("citizen.confirmed") == acts.count("case.reopened") == 1
    sound(here)
    here.application.scheduler.send_outbox()
    with here.store.reading() as session:
        told = set(session.scalars(select(Notice.what).where(Notice.unit_id == unit)))
    assert {"citizen.refused", "case.reopened", "papers_arrived"} <= told
    assert first != unit


def test_the_second_refusal_is_supervised_and_nothing_is_opened_again(district: Open) -> None:
    here = district("2024-11-18 10:00")
    visitor = scan(here, GRID)
    code = report(visitor)
    case = only_case(here)
    work_and_close(here, case)
    visitor.get("/t")
    assert visitor.post("/t/refusal", {"reason": "没修好"}).status_code == 302
    here.until("2024-11-18 15:00")
    work_and_close(here, case)
    assert "问题解决了吗" in seen(visitor, code)
    for _ in range(2):
        assert visitor.post("/t/refusal", {"reason": "还是没修好"}).status_code == 302
    assert here.case(case).state == CaseState.CLOSED
    assert "现由上一级督办" in seen(visitor)
    (issue,) = here.open_tasks(case)
    assert issue.element == "t_issue"
    assert GRID.startswith(f"{issue.unit_id}.")  # above the unit that answered twice
    assert here.acts(case).count("supervision.opened") == 1
    sound(here)


def test_a_refusal_comes_too_late(district: Open) -> None:
    here = district("2024-11-18 10:00")
    visitor = scan(here, GRID)
    code = report(visitor)
    case = only_case(here)
    work_and_close(here, case)
    here.until("2024-12-19 09:00")
    assert "没有解决" not in seen(visitor, code)
    assert visitor.post("/t/refusal", {"reason": "晚了"}).status_code == 409
    assert visitor.post("/t/rating", {"stars": "5"}).status_code == 302


def test_withdrawing_needs_a_reason_and_a_tick(district: Open) -> None:
    here = district("2024-11-18 10:00")
    visitor = scan(here)
    report(visitor)
    case = only_case(here)
    visitor.get("/t")
    assert visitor.post("/t/withdrawal", {"reason": "邻居自己修好了"}).status_code == 422
    assert visitor.post("/t/withdrawal", {"sure": "on"}).status_code == 422
    assert not here.case(case).ended
    assert visitor.post("/t/withdrawal", {"reason": "邻居自己修好了", "sure": "on"}).status_code == 302
    assert here.case(case).state == CaseState.WITHDRAWN
    assert "已撤回" in seen(visitor)
    sound(here)


def test_one_form_sent_from_two_sides_at_once_is_one_case(district: Open) -> None:
    here = district("2024-11-18 10:00")
    report = citizen.Report("楼上漏水，没有人管", "302 室", "", "k" * 22)

    def send(_: int) -> str:
        def act(session: Session) -> str:
            place = citizen.find_place(session, here.world, BUILDING)
            return citizen.file_report(session, here.world, place, report, now=here.clock.now()).code

        return here.store.run(act)

    with ThreadPoolExecutor(6) as pool:
        codes = set(pool.map(send, range(6)))
    assert len(codes) == 1
    only_case(here)
    sound(here)
