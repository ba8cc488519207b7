"""The case page: how it stands, where it went, what comes, and that nobody changed the past."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import chain

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.scheduler import Scheduler
from engine.web.show_case import SORTS
from engine.web.words.history import ACTS
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
STATEMENTS = 15


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock)


@pytest.fixture
def risen(district: District, clock: ManualClock, case_id: int) -> int:
    """Overdue at the grid, so that the zone has it."""
    clock.advance(timedelta(days=3))
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    return case_id


def test_who_has_it_since_when_and_what_is_next(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    page = words(visitor.get(f"/cases/{case_id}"))
    assert "现由第1网格办理，自今天 09:00起。尚无人认领。下一步：签收，截止今天 15:00（剩 4 小时）。" in page
    visitor.post(f"/tasks/{town.open_task(district, case_id).id}/claim")
    assert "林晓东正在办理。" in words(visitor.get(f"/cases/{case_id}"))
    visitor.post(f"/cases/{case_id}/withdrawal", {"reason": "和解"})
    assert "由第1网格办结。" in words(visitor.get(f"/cases/{case_id}"))


def test_the_ladder_shows_every_tier_the_stays_and_what_would_come(visit: Visit, risen: int) -> None:
    page = visit("district").get(f"/cases/{risen}")
    ladder = page.text.partition('<ol class="rungs">')[2].partition("</ol>")[0]
    rungs = re.findall(r'<li class="(\w+)', ladder)
    assert rungs == ["ahead", "ahead", "ahead", "present", "past"]
    assert ladder.count("如无人办理，") == 3
    assert "因超期提级" in ladder
    assert ladder.count('aria-current="step"') == 1


def test_both_clocks_lie_on_the_calendar(visit: Visit, case_id: int) -> None:
    page = visit("grid").get(f"/cases/{case_id}").text
    strips = re.findall(r'<svg class="strip"[^>]*aria-label="([^"]+)"', page)
    assert len(strips) == 2
    assert strips[0].startswith("本层级时限：自今天 09:00至3月4日 18:00。")
    assert page.count('class="span used"') == 0  # nothing is used at the very start
    assert 'class="cell rest"' in page


def test_each_process_of_the_case_is_reached_and_no_other(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    page = visitor.get(f"/cases/{case_id}")
    assert f'data-src="/cases/{case_id}/diagrams/p_small.bpmn"' in page.text
    outer = visitor.get(f"/cases/{case_id}?process=p_case")
    assert "查看其中的流程" in words(outer)
    for process, status in (("p_small", 200), ("p_case", 200), ("p_big", 404), ("p_joint", 404), ("nonsense", 404)):
        assert visitor.get(f"/cases/{case_id}/diagrams/{process}.bpmn").status_code == status, process
        assert visitor.get(f"/cases/{case_id}?process={process}").status_code == status, process


def test_the_diagram_says_in_words_who_and_when(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get("/")
    visitor.post(f"/tasks/{task.id}/completion", {"action": "sign"})
    page = visitor.get(f"/cases/{case_id}")
    stops = words(visitor.get(f"/cases/{case_id}")).partition("逐步查看")[2]
    assert "签收 已完成 第1片区第1网格 · 林晓东" in stops
    assert re.search(r'data-element="t_sign_in" class="done"', page.text)
    assert re.search(r'data-element="t_contact" class="active"|class="active"', page.text)
    assert '"waiting"' in page.text.replace("&#34;", '"')


def test_the_history_is_recomputed_and_a_changed_past_is_found(visit: Visit, district: District, risen: int) -> None:
    visitor = visit("zone")
    assert "环环相扣" in words(visitor.get(f"/cases/{risen}"))
    with district.store.transaction() as session:
        session.execute(text("DROP TRIGGER history_no_update"))
        session.execute(
            text("UPDATE history SET facts = replace(facts, 'overdue', 'request') WHERE act = 'case.raised'")
        )
    page = words(visitor.get(f"/cases/{risen}"))
    assert re.search(r"校验链在第\d+条断开", page)
    assert "环环相扣" not in page


def test_an_entry_cut_from_the_end_is_found(visit: Visit, district: District, risen: int) -> None:
    with district.store.transaction() as session:
        session.execute(text("DROP TRIGGER history_no_delete"))
        session.execute(text("DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)"))
    assert "断开" in words(visit("zone").get(f"/cases/{risen}"))


def test_the_history_is_looked_through_by_sort_and_page_by_page(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    for number in range(45):
        visitor.post(f"/cases/{case_id}/comments", {"text": f"第{number}条留言"})
    first = visitor.get(f"/cases/{case_id}?sort=words")
    assert "第44条留言" in first.text
    assert "第0条留言" not in first.text
    older = re.search(r'href="(/cases/\d+\?[^"]*older=\d+)#history"', first.text)
    assert older is not None
    second = visitor.get(older.group(1).replace("&amp;", "&"))
    assert "第0条留言" in second.text
    assert "第44条留言" not in second.text.partition('id="history"')[2]
    assert "没有此类记录" in words(visitor.get(f"/cases/{case_id}?sort=looks"))
    assert visitor.get(f"/cases/{case_id}?sort=nonsense&older=x").status_code == 200


def test_every_act_of_a_history_is_found_under_some_sort() -> None:
    assert [act for act in ACTS if not act.startswith(tuple(chain(*SORTS.values())))] == []


def test_related_cases_are_told_with_why_and_only_those_one_may_see(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    with district.store.transaction() as session:
        same = town.add_case(session, now=clock.now(), title="同一电话的旧案", filed=timedelta(days=200))
        town.add_case(session, now=clock.now(), title="太久以前", filed=timedelta(days=500))
        town.add_case(session, now=clock.now(), title="别处的案", place="LHQ.GL.01.01.01")
        near = town.add_case(session, now=clock.now(), title="同地同类", filed=timedelta(days=10))
        for party in session.query(Party).filter(Party.case_id == near.id):
            party.phone, party.name = None, "别人"
        secret = town.add_case(session, now=clock.now(), title="保密的案", confidential=True)
        ids = same.id, near.id, secret.id
    assert f'href="/cases/{case_id}/related"' in visit("grid").get(f"/cases/{case_id}").text
    related = visit("grid").get(f"/cases/{case_id}/related").text.partition("data-found")[2]
    assert re.findall(r'href="/cases/(\d+)"', related) == [str(ids[0]), str(ids[1])]
    assert "同一电话 · 同一诉求人 · 同一地点和类别" in related
    district_wide = visit("district").get(f"/cases/{case_id}/related").text
    assert "别处的案" in district_wide
    assert "保密的案" not in district_wide
    assert "太久以前" not in district_wide


def test_where_the_time_went_adds_up(visit: Visit, risen: int) -> None:
    page = words(visit("district").get(f"/cases/{risen}/time"))
    assert "网格 3 个工作日 · 100 %" in page
    assert "签收" in page
    assert "无人认领" in page


def test_on_paper(visit: Visit, risen: int) -> None:
    page = visit("district").get(f"/cases/{risen}/print")
    assert "http://localhost/cases/" in page.text
    assert 'src="data:image/svg+xml' in page.text
    assert "个人信息已脱敏" in page.text
    assert "<nav" not in page.text
    said = words(page)
    assert "今天" not in said
    assert "昨天" not in said  # it is read on another day
    assert re.search(r"打印人：.*20\d\d年\d+月\d+日", said)
    assert page.text.count('class="strip"') == 2


def test_what_is_overdue_says_since_when_and_how_long(visit: Visit, district: District, risen: int) -> None:
    with district.store.transaction() as session:
        due = session.scalar(select(Deadline.due_at).where(Deadline.case_id == risen, Deadline.step == "case_outer"))
        missed = {"state": "breached", "closed_at": due}
        session.execute(update(Deadline).where(Deadline.case_id == risen, Deadline.step == "case_outer").values(missed))
        session.execute(update(Case).where(Case.id == risen).values(overdue_at=due))
    page = words(visit("district").get(f"/cases/{risen}"))
    assert "起超期。" in page


def test_fields_of_the_many_acts_have_labels_of_their_own(visit: Visit, case_id: int) -> None:
    page = visit("street").get(f"/cases/{case_id}").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label for="([^"]+)"', page)) <= set(ids)


def test_a_page_asks_the_database_fifteen_times_whatever_the_case_went_through(
    app: Flask, visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    visitor = visit("community")
    counted = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *call: counted.append(call[2]))
    for step in range(3):
        for where in ("", "/time", "/print"):
            visitor.get(f"/cases/{case_id}{where}")
            counted.clear()
            visitor.get(f"/cases/{case_id}{where}")
            assert len(counted) <= STATEMENTS, (step, where, counted)
        with district.store.transaction() as session:
            session.execute(update(Case).where(Case.id == case_id).values(walled=True))
        clock.advance(timedelta(days=4))
        Scheduler(district.store, district.world, clock, name="test").fire_due()
        visitor = visit("community")
