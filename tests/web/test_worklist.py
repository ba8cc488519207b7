"""The work list as a page: tabs with true counts, filters with names, and one act on several tasks with its preview."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event

from engine.clock import ManualClock
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def tasks(district: District, clock: ManualClock) -> list[int]:
    """Three tasks of grid 1."""
    cases = [town.file_case(district, clock, title=title) for title in ("甲案", "乙案", "丙案")]
    return [town.open_task(district, case_id).id for case_id in cases]


def claimed_by(district: District, task_id: int) -> int | None:
    with district.store.reading() as session:
        return session.get_one(Task, task_id).claimed_by


def test_counts_follow_ones_own_acts_at_once(visit: Visit, tasks: list[int]) -> None:
    mine, colleague = visit("grid"), visit("grid_b")
    assert "待办 3" in words(mine.get("/"))
    mine.post(f"/tasks/{tasks[0]}/claim")
    assert "待办 3" in words(mine.get("/"))
    seen = words(colleague.get("/"))
    assert "待办 2" in seen
    assert "本单位 3" in seen
    mine.get(f"/tasks/{tasks[0]}")
    mine.post(f"/tasks/{tasks[0]}/delegation", {"to": "", "question": "?"})
    assert "等待他人 0" in words(mine.get("/"))


def test_what_one_filed_for_others_is_waited_for(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = visit("community")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    visitor.post("/cases", {**MATTER, "step": "file"})
    page = words(visitor.get("/?tab=waiting"))
    assert "物业费争议" in page
    assert "等待第1网格" in page
    assert "物业费争议" not in words(visitor.get("/"))


def test_a_filter_stands_in_the_address_and_is_kept_under_a_name(visit: Visit, tasks: list[int]) -> None:
    visitor = visit("grid")
    page = visitor.get("/?q=乙案&light=green")
    assert "乙案" in words(page)
    assert "甲案" not in words(page)
    kept = visitor.post("/worklist/filters", {"tab": "mine", "q": "乙案", "light": "green", "name": " 我的  乙案 "})
    assert kept.status_code == 302
    page = visitor.get("/")
    assert "我的 乙案" in words(page)
    where = page.text.partition('class="kept-filter"')[2].partition('href="')[2].partition('"')[0]
    seen = words(visitor.get(where.replace("&amp;", "&")))
    assert "乙案" in seen
    assert "丙案" not in seen
    assert "没有符合筛选条件的任务" in words(visitor.get("/?q=没有"))
    number = page.text.partition('action="/worklist/filters/')[2].partition("/")[0]
    assert visit("grid_b").get("/").text.count('class="kept-filter"') == 0
    other = visit("grid_b")
    other.get("/")
    assert other.post(f"/worklist/filters/{number}/removal").status_code == 404
    assert visitor.post(f"/worklist/filters/{number}/removal").status_code == 302
    assert "我的 乙案" not in words(visitor.get("/"))
    assert visitor.post("/worklist/filters", {"name": " "}).status_code == 422


def test_several_tasks_at_once_say_for_each_what_will_happen(
    visit: Visit, district: District, tasks: list[int]
) -> None:
    colleague = visit("grid_b")
    colleague.get("/")
    colleague.post(f"/tasks/{tasks[1]}/claim")
    visitor = visit("grid")
    chosen = "&".join(f"task={each}" for each in tasks)
    page = visitor.get(f"/worklist/selection?act=claim&{chosen}")
    assert "可处理 2 项任务" in words(page)
    assert "此任务已被他人认领" in words(page)
    sent = {"act": "claim", "task": [str(each) for each in tasks], "tab": "unit", "light": "green"}
    done = visitor.post("/worklist/selection", sent)
    assert done.headers["Location"] == "/?tab=unit&light=green"
    said = words(visitor.get(done.headers["Location"]))
    assert "已处理 2 项任务" in said
    assert "1 项保持不变" in said
    assert [claimed_by(district, each) for each in tasks] == [
        district.people[who] for who in ("grid", "grid_b", "grid")
    ]


def test_a_dispatcher_hands_over_what_waits_below(visit: Visit, district: District, tasks: list[int]) -> None:
    visitor = visit("street")
    assert "甲案" in words(visitor.get("/?tab=unit&unit=below"))
    assert 'value="LHQ.MZ.01.01.01" selected' in visitor.get("/?tab=unit&unit=LHQ.MZ.01.01.01").text
    assert 'value="LHQ.GL.01" selected' not in visitor.get("/?tab=unit&unit=LHQ.GL.01").text
    chosen = "&".join(f"task={each}" for each in tasks)
    page = visitor.get(f"/worklist/selection?act=hand_over&{chosen}")
    assert "何静怡" in words(page)
    to = district.people["grid_b"]
    assert "将由何静怡办理" in words(visitor.get(f"/worklist/selection?act=hand_over&to={to}&{chosen}"))
    visitor.post("/worklist/selection", {"act": "hand_over", "to": str(to), "task": [str(each) for each in tasks]})
    assert {claimed_by(district, each) for each in tasks} == {to}
    assert "黄永强移交给您" in words(visit("grid_b").get("/"))
    assert "没有待办" in words(visit("grid").get("/"))


def test_a_selection_reveals_and_moves_nothing_of_others(visit: Visit, district: District, tasks: list[int]) -> None:
    visitor = visit("street_gl")
    page = visitor.get(f"/worklist/selection?act=claim&task={tasks[0]}&task=99999")
    assert "甲案" not in page.text
    assert "已无权查看" in words(page)
    visitor.post("/worklist/selection", {"act": "claim", "task": [str(tasks[0])]})
    assert claimed_by(district, tasks[0]) is None
    unchosen = visitor.get("/worklist/selection?act=claim&tab=unit&light=red")
    assert "请至少选择一项任务" in words(unchosen)
    assert 'href="/?tab=unit&amp;light=red"' in unchosen.text
    for query in ("", "?act=claim", "?act=explode&task=1", "?act=claim&task=x"):
        assert visitor.get(f"/worklist/selection{query}").status_code == 422, query


def test_a_selection_sent_twice_counts_once(visit: Visit, district: District, tasks: list[int]) -> None:
    visitor = visit("grid")
    visitor.get("/")
    sent = {"act": "claim", "task": [str(tasks[0])], "form_key": "k" * 20}
    first, second = (visitor.post("/worklist/selection", sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_the_list_asks_the_database_little_however_long_it_is(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    visitor = visit("community")
    visitor.get("/")
    lengths = []
    for number in range(2):
        for _ in range(1 + 8 * number):
            town.file_case(district, clock, place="LHQ.MZ.01")
        lengths.append({tab: statements(district, visitor, f"/?tab={tab}") for tab in ("mine", "unit", "waiting")})
    assert lengths[0] == lengths[1]
    assert max(lengths[1].values()) <= 15


def statements(district: District, visitor: Visitor, address: str) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(district.store.engine, "before_cursor_execute", note)
    try:
        assert visitor.get(address).status_code == 200
    finally:
        event.remove(district.store.engine, "before_cursor_execute", note)
    return len(seen)


MATTER = {
    "place_id": "LHQ.MZ.01.01.01",
    "received_at": "2026-03-02T08:30",
    "channel": "hotline_12345",
    "kind": "dispute",
    "category": "property.fee",
    "title": "物业费争议",
    "description": "电梯停运，拒缴物业费。",
    "party_name": "谢女士",
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
