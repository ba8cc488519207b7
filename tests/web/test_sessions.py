"""Tea-talks and councils, as those who hold them use the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import sessions, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.process import complete_task
from engine.reports import Period, Within
from engine.sessions import GatheringItem
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"


@pytest.fixture
def lead(visit: Visit) -> Visitor:
    visitor = visit("grid")
    visitor.get("/sessions/new")
    return visitor


def call(lead: Visitor, **more: str | list[str]) -> str:
    fields: dict[str, str | list[str]] = {"unit_id": GRID, "kind": "grid_talk", "topic": "楼道停车"}
    fields |= {"place": "小区凉亭", "starts_at": "2026-03-02T09:00"}
    answer = lead.post("/sessions", {**fields, **more})
    assert answer.status_code == 302, words(answer)
    return answer.headers["Location"].partition("#")[0]


def items(district: District) -> list[GatheringItem]:
    with district.store.reading() as session:
        return list(session.scalars(select(GatheringItem).order_by(GatheringItem.id)))


def test_a_session_from_the_call_to_the_last_closed_item(
    lead: Visitor, visit: Visit, district: District, clock: ManualClock
) -> None:
    where = call(lead, units=["LHQ.MZ.01"], names="王阿姨\n李叔")
    page = words(lead.get(where))
    assert "王阿姨" in page
    assert "和悦社区" in page
    assert "楼道停车" in words(visit("community").get("/sessions")), "who is invited finds it"
    assert (
        lead.post(f"{where}/items", {"text": "垃圾桶太远", "by": "王阿姨", "disposition": "answered"}).status_code
        == 422
    )
    lead.post(
        f"{where}/items", {"text": "垃圾桶太远", "by": "王阿姨", "disposition": "answered", "answer": "下周移过来。"}
    )
    lead.post(f"{where}/items", {"text": "天气真好", "disposition": "noted"})
    suggestion = {
        "text": "建议在空地加装电动车充电桩。",
        "by": "群众代表",
        "disposition": "suggestion",
        "people_count": "9",
    }
    lead.post(f"{where}/items", {**suggestion, "form_key": "once-and-only-once"})
    lead.post(f"{where}/items", {**suggestion, "form_key": "once-and-only-once"})
    assert [item.disposition for item in items(district)] == ["answered", "noted", "suggestion"], (
        "sent twice, counted once"
    )
    case_id = items(district)[-1].case_id
    with district.store.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.channel, case.kind, case.category) == ("tea_talk", "suggestion", "suggestion.facility")
        assert (case.severity, case.tier, case.facts["people_count"]) == (2, "community", 9)
    lead.post(f"{where}/items", {"text": "路灯坏了", "disposition": "noted", "minutes": "写到一半"})
    assert "写到一半" in words(lead.get(where)), "nothing typed is lost when an item is written down"
    assert "写到一半" not in words(lead.get(f"{where}/minutes")), "and nothing is published by it"
    assert lead.post(f"{where}/minutes", {"attended": "0", "minutes": ""}).status_code == 422
    long = lead.post(f"{where}/minutes", {"attended": "9", "attendees": "x" * 20_001, "minutes": "讨论三件事。"})
    assert (long.status_code, 'id="wrong-attendees"' in long.text) == (422, True)
    assert lead.post(f"{where}/minutes", {"attended": "9", "minutes": "讨论三件事。"}).status_code == 302
    assert "items are open" in words(in_english(lead).get(where))
    assert lead.post(f"{where}/items", {"text": "迟到的", "disposition": "noted"}).status_code == 409

    task = town.open_task(district, case_id or 0, "suggestion_decision")
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["community"])
        answers = {"decision": "adopted", "reply_text": "纳入民生微实事。", "reason": "可行"}
        complete_task(session, district.world, task.id, answers, viewer=who, now=clock.now())
    assert "closed" in words(lead.get(where))

    clock.advance(timedelta(days=7))
    lead = in_english(visit("grid"))
    later = call(lead, topic="下一次", starts_at="2026-03-09T09:00")
    assert "suggestion adopted" in words(lead.get(later)), "what is to be told is offered"
    lead.post(f"{later}/minutes", {"attended": "5", "minutes": "通报充电桩。", "told": [str(items(district)[2].id)]})
    page = words(lead.get(f"{later}/minutes"))
    assert "建议在空地加装电动车充电桩" in page
    assert "suggestion adopted" in page
    with district.store.reading() as session:
        period = Period(clock.now() - timedelta(days=30), clock.now() + timedelta(days=1))
        counted = sessions.count_sessions(session, Within("LHQ.MZ"), period)
    assert (counted.sessions, counted.problems, counted.solved) == (2, 2, 2)
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_an_item_written_down_in_error_goes_and_a_filed_one_stays(lead: Visitor, district: District) -> None:
    where = call(lead)
    lead.post(f"{where}/items", {"text": "写错了", "disposition": "noted"})
    lead.post(f"{where}/items", {"text": "楼上漏水", "by": "谢女士", "disposition": "case", "case_kind": "dispute"})
    wrong, filed = items(district)
    assert lead.post(f"{where}/items/{wrong.id}/removal").status_code == 302
    assert lead.post(f"{where}/items/{filed.id}/removal").status_code == 409
    assert lead.post(f"{where}/cancellation").status_code == 409, "something was raised"
    assert [item.id for item in items(district)] == [filed.id]


def test_who_may_see_and_hold(lead: Visitor, visit: Visit) -> None:
    where = call(lead)
    for who in ("grid_2", "street_gl", "grid_gl"):
        assert visit(who).get(where).status_code == 404, who
        assert "楼道停车" not in visit(who).get("/sessions").text, who
    for who in ("zone", "community", "street", "district"):
        assert visit(who).get(where).status_code == 200, who
    assert visit("operator").get("/sessions").status_code == 403
    quality = visit("quality")
    quality.get(where)
    assert quality.post(f"{where}/items", {"text": "x", "disposition": "noted"}).status_code == 403
    assert lead.post("/sessions", {"unit_id": "LHQ.MZ.01.01.02", "topic": "x"}).status_code == 404
    assert lead.post(f"{where}/cancellation").status_code == 302
    assert "called off" in words(in_english(lead).get(where))
