"""What people do on the pages, with the real engine behind them: and what they are told when it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.cases import Case
from engine.clock import ManualClock
from engine.errors import Unavailable
from engine.history import HistoryEntry
from engine.scheduler import Scheduler
from engine.store import Store
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
SIGNED = {"action": "sign"}


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock)


def acts(district: District, case_id: int) -> list[str]:
    with district.store.reading() as session:
        rows = select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
        return list(session.scalars(rows))


def test_a_handler_finds_a_task_fills_it_in_and_goes_on_with_the_next(
    visit: Visit, district: District, case_id: int
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    home = visitor.get("/")
    assert "签收" in words(home)
    assert "楼上漏水" in words(home)
    assert "剩 " in words(home)
    visitor.get(f"/tasks/{task.id}")
    answer = visitor.post(f"/tasks/{task.id}/completion", SIGNED)
    following = town.open_task(district, case_id)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/tasks/{following.id}"
    assert "已完成：签收" in words(visitor.get(answer.headers["Location"]))
    assert "task.completed" in acts(district, case_id)


def test_what_is_missing_is_marked_and_what_was_typed_stays(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    answer = visitor.post(f"/tasks/{task.id}/completion", {"note": "我写了很久的说明"})
    assert answer.status_code == 422
    assert "请选择。" in words(answer)
    assert 'aria-invalid="true"' in answer.text
    assert "我写了很久的说明" in answer.text
    assert town.open_task(district, case_id).id == task.id


@pytest.mark.parametrize("extra", ["tier", "state", "assignee", "deadline", "__builtins__", "severity"])
def test_a_field_the_form_does_not_have_is_refused(visit: Visit, district: District, case_id: int, extra: str) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get("/")
    answer = visitor.post(f"/tasks/{task.id}/completion", {**SIGNED, extra: "district"})
    assert answer.status_code == 422
    assert town.open_task(district, case_id).id == task.id


def test_the_second_to_complete_is_told_who_was_first_and_keeps_the_text(
    visit: Visit, district: District, case_id: int
) -> None:
    first, second = visit("grid"), visit("grid_b")
    task = town.open_task(district, case_id)
    for visitor in (first, second):
        visitor.get(f"/tasks/{task.id}")
    assert first.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 302
    answer = second.post(f"/tasks/{task.id}/completion", {**SIGNED, "note": "第二个人的说明"})
    assert answer.status_code == 409
    assert "林晓东" in words(answer)
    assert "第二个人的说明" in words(answer)
    assert f'href="/cases/{case_id}"' in answer.text
    assert acts(district, case_id).count("task.completed") == 1


def test_a_double_click_is_no_mistake(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    assert visitor.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 302
    again = visitor.post(f"/tasks/{task.id}/completion", SIGNED)
    assert again.status_code == 302
    assert again.headers["Location"] == f"/cases/{case_id}"


def test_a_stale_page_learns_that_the_case_has_risen(
    visit: Visit, district: District, case_id: int, clock: ManualClock
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    clock.advance(timedelta(days=3))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    visitor = visit("grid")
    visitor.get("/")
    answer = visitor.post(f"/tasks/{task.id}/completion", {**SIGNED, "note": "来晚了的说明"})
    assert answer.status_code == 409
    assert "来晚了的说明" in words(answer)
    page = words(visitor.get(f"/cases/{case_id}"))
    assert "第1片区" in page
    assert "因超期提级" in page
    assert "黄牌" in page


def test_a_busy_database_keeps_the_page_and_the_text(
    visit: Visit, district: District, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")

    def busy(self: Store) -> None:
        raise Unavailable("store.busy", "The database is busy; please try again.", again=True)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "transaction", busy)
        answer = visitor.post(f"/tasks/{task.id}/completion", {**SIGNED, "note": "不要丢"})
    assert answer.status_code == 503
    assert "不要丢" in answer.text
    assert visitor.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 302


def test_claim_give_back_and_hand_over(visit: Visit, district: District, case_id: int) -> None:
    mine, colleague = visit("grid"), visit("grid_b")
    task = town.open_task(district, case_id)
    mine.get("/")
    assert mine.post(f"/tasks/{task.id}/claim").status_code == 302
    assert "您已认领" in words(mine.get(f"/tasks/{task.id}"))
    assert "已认领此任务" in words(colleague.get(f"/tasks/{task.id}"))
    taken = colleague.post(f"/tasks/{task.id}/claim")
    assert taken.status_code == 409
    assert "林晓东" in words(taken)
    assert mine.post(f"/tasks/{task.id}/handover", {"to": str(district.people["grid_b"])}).status_code == 302
    assert "您已认领" in words(colleague.get(f"/tasks/{task.id}"))
    assert colleague.post(f"/tasks/{task.id}/return").status_code == 302
    assert town.open_task(district, case_id).claimed_by is None
    assert mine.post(f"/tasks/{task.id}/handover", {"to": str(district.people["street_gl"])}).status_code == 422
    assert mine.post(f"/tasks/{task.id}/handover", {"to": "x"}).status_code == 422


def test_somebody_above_may_read_along_but_not_complete(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("community")
    task = town.open_task(district, case_id)
    page = visitor.get(f"/tasks/{task.id}")
    assert "您可以查看" in words(page)
    assert "/completion" not in page.text
    assert visitor.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 403


def test_beside_the_tasks(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    assert visitor.post(f"/cases/{case_id}/comments", {"text": "已电话联系双方"}).status_code == 302
    assert visitor.post(f"/cases/{case_id}/supplies", {"note": "物业提供了维修记录"}).status_code == 302
    page = words(visitor.get(f"/cases/{case_id}"))
    assert "已电话联系双方" in page
    assert "物业提供了维修记录" in page
    empty = visitor.post(f"/cases/{case_id}/comments", {"text": "  "})
    assert empty.status_code == 422
    assert "此项必填" in words(empty)
    risk = visitor.post(f"/cases/{case_id}/risk-reports", {"people_count": "many", "reason": "聚集"})
    assert risk.status_code == 422
    assert "聚集" in risk.text
    assert visitor.post(f"/cases/{case_id}/withdrawal", {"reason": "双方和解"}).status_code == 302
    assert "已撤回" in words(visitor.get(f"/cases/{case_id}"))
    late = visitor.post(f"/cases/{case_id}/supplies", {"note": "太晚"})
    assert late.status_code == 409


HOSTILE = (
    "<script>window.__mb_xss=1</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "${7*7}",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_type_is_shown_as_text(visit: Visit, district: District, clock: ManualClock, text: str) -> None:
    case_id = town.file_case(district, clock, title=text)
    visitor = visit("grid")
    visitor.get("/")
    visitor.post(f"/cases/{case_id}/comments", {"text": text})
    task = town.open_task(district, case_id)
    pages = [
        visitor.get(where) for where in ("/", "/cases", f"/cases/{case_id}", f"/tasks/{task.id}", f"/cases?q={text}")
    ]
    pages.append(visitor.post(f"/tasks/{task.id}/completion", {"note": text}))
    for page in pages:
        assert "<script>window" not in page.text
        assert "<img src=x" not in page.text
        assert ">49<" not in page.text
    assert text in words(pages[2]).replace("  ", " ") or "<" in text


def filed(district: District) -> Case | None:
    with district.store.reading() as session:
        return session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).first()


MATTER = {
    "place_id": "LHQ.MZ.01.01.01",
    "received_at": "2026-03-02T08:30",
    "channel": "hotline_12345",
    "kind": "dispute",
    "category": "property.fee",
    "title": "物业费争议",
    "description": "电梯停运，拒缴物业费。",
    "party_name": "谢女士",
    "party_phone": "13800138000",
    "party_role": "applicant",
    "party_type": "person",
    "people_count": "1",
    "injury": "none",
    "risk": "none",
    "opinion_level": "none",
    "departments": "1",
    "grids_spanned": "1",
    "communities_spanned": "1",
    "streets_spanned": "1",
}


def test_filing_goes_step_by_step_and_shows_the_grading_first(visit: Visit, district: District) -> None:
    visitor = visit("community")
    start = visitor.get("/cases/new")
    assert "和悦社区" in words(start)
    assert "第1片区" in words(visitor.get("/cases/new?place=LHQ.MZ.01"))
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    seen = visitor.post("/cases", {**MATTER, "step": "check"})
    assert seen.status_code == 200
    assert "R01_base" in words(seen)
    assert "物业费争议" in seen.text
    assert filed(district) is None
    done = visitor.post("/cases", {**MATTER, "step": "file"})
    case = filed(district)
    assert case is not None
    assert done.headers["Location"] == f"/cases/{case.id}"
    assert (case.title, case.tier, case.filed_by) == ("物业费争议", "grid", district.people["community"])
    assert case.received_at.isoformat() == "2026-03-02T00:30:00+00:00"


def test_a_graver_grading_by_hand_needs_a_reason(visit: Visit, district: District) -> None:
    visitor = visit("community")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    bare = visitor.post("/cases", {**MATTER, "step": "file", "severity": "3"})
    assert bare.status_code == 422
    assert filed(district) is None
    visitor.post("/cases", {**MATTER, "step": "file", "severity": "3", "override_reason": "可能聚集"})
    case = filed(district)
    assert case is not None
    assert case.severity == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"place_id": "LHQ.XX"}, "404"),
        ({"title": ""}, "请填写"),
        ({"received_at": "2026-03-02T10:00"}, "不能晚于现在"),
        ({"received_at": "gestern"}, "请填写有效的时间"),
        ({"people_count": "-3"}, "不能小于"),
        ({"kind": "war"}, "请从给出的选项中选择"),
        ({"tier": "district"}, "422"),
        ({"severity": "9", "override_reason": "x"}, "1 至 4"),
    ],
)
def test_a_filing_that_cannot_be_taken_says_why_and_keeps_the_text(
    visit: Visit, district: District, change: dict[str, str], said: str
) -> None:
    visitor = visit("community")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    answer = visitor.post("/cases", {**MATTER, "step": "file", **change})
    assert answer.status_code in (404, 422)
    assert said in words(answer) or said == str(answer.status_code)
    assert "电梯停运，拒缴物业费。" in answer.text
    assert filed(district) is None


def test_cases_are_found_by_number_title_and_filters(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock, title="甲案")
    town.file_case(district, clock, title="乙案")
    visitor = visit("community")
    number = "LHQ-20260302-0002"
    for query, expected in (
        ("", {"甲案", "乙案"}),
        ("?q=甲", {"甲案"}),
        (f"?q={number}", {"乙案"}),
        ("?q=lhq-2026", {"甲案", "乙案"}),
        ("?q=%25", set()),
        ("?state=closed", set()),
        ("?tier=grid", {"甲案", "乙案"}),
        ("?tier=zone", set()),
        ("?light=green", {"甲案", "乙案"}),
        ("?light=red", set()),
        ("?light=nonsense&state=nonsense&before=nonsense", {"甲案", "乙案"}),
        ("?before=2", {"甲案"}),
    ):
        page = words(visitor.get(f"/cases{query}"))
        assert {title for title in ("甲案", "乙案") if title in page} == expected, query


def test_designers_see_what_is_in_force_and_its_diagrams(visit: Visit) -> None:
    visitor = visit("designer")
    assert visitor.get("/").headers["Location"] == "/processes"
    assert "p_small" in words(visitor.get("/processes"))
    assert visitor.get("/processes/p_small").status_code == 200
    diagram = visitor.get("/processes/p_small/diagram.bpmn")
    assert diagram.mimetype == "application/xml"
    assert b"p_small" in diagram.data
    assert visitor.get("/processes/p_none").status_code == 404


def test_operators_see_what_is_late_and_take_up_what_was_set_aside(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    visitor = visit("operator")
    assert visitor.get("/").headers["Location"] == "/operations"
    page = words(visitor.get("/operations"))
    assert "从未收到心跳" in page
    assert "没有搁置的流程" in page
    from engine.process import Instance

    with district.store.transaction() as session:
        instance = session.scalars(select(Instance).where(Instance.case_id == case_id)).first()
        assert instance is not None
        instance.trouble, instance.trouble_at = "ValueError: <b>odd</b>", clock.now()
        number = instance.id
    seen = visitor.get("/operations")
    assert "&lt;b&gt;odd" in seen.text
    assert visitor.post(f"/operations/incidents/{number}/retry").status_code == 302
    assert "没有搁置的流程" in words(visitor.get("/operations"))
    assert visitor.post(f"/operations/incidents/{number}/retry").status_code == 404


@pytest.mark.parametrize(("month", "day", "alarm"), [(11, 30, False), (12, 1, True)])
def test_from_december_on_a_missing_next_year_is_an_alarm(
    visit: Visit, district: District, clock: ManualClock, month: int, day: int, alarm: bool
) -> None:
    year = district.world.calendar.loaded_until.year
    clock.set(clock.now().replace(year=year, month=month, day=day))
    assert (f"{year + 1} 年工作日表尚未载入" in visit("operator").get("/operations").text) is alarm


def test_an_unknown_page_says_so_in_words(visit: Visit) -> None:
    page = visit("grid").get("/nowhere")
    assert page.status_code == 404
    assert "这里没有内容" in words(page)
    assert visit("grid").post("/cases/1").status_code in (400, 405)


def test_a_fault_of_ours_shows_no_trace(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit("grid")
    monkeypatch.setattr("engine.tasks.page", lambda *_, **__: 1 / 0)
    page = visitor.get("/")
    assert page.status_code == 500
    assert "系统出错了" in words(page)
    assert "ZeroDivisionError" not in page.text
    assert "Traceback" not in page.text


def test_a_form_sent_twice_counts_once(visit: Visit, district: District, case_id: int) -> None:
    """The second answer is the first one again; other words under the same key are another act."""
    visitor = visit("grid")
    page = visitor.get(f"/cases/{case_id}")
    key = page.text.partition('name="form_key" value="')[2].partition('"')[0]
    assert len(key) > 16
    said = {"text": "已电话联系双方", "form_key": key}
    first, second = (visitor.post(f"/cases/{case_id}/comments", said) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert acts(district, case_id).count("comment.made") == 1
    visitor.post(f"/cases/{case_id}/comments", {**said, "text": "又联系了一次"})
    assert acts(district, case_id).count("comment.made") == 2


def test_a_filing_sent_twice_is_one_case(visit: Visit, district: District) -> None:
    visitor = visit("community")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    answers = [visitor.post("/cases", {**MATTER, "step": "file", "form_key": "k" * 20}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    with district.store.reading() as session:
        assert len(session.scalars(select(Case.id)).all()) == 1
