"""Backlog campaigns: counted, frozen, issued, planned, reported on, settled, checked and struck off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import campaigns, intake, verify
from engine.campaigns import CampaignItem, Totals
from engine.cases import Case
from engine.clock import ManualClock
from engine.intake import Filing, PartyIn
from engine.people import viewer_of
from engine.process import complete_task
from engine.scheduler import Scheduler
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.meetings import PANEL
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"


def panel(district: District) -> list[str]:
    return [f"{unit}#{district.people[who]}" for who, unit in PANEL.items()]


def asked(district: District, **more: str | list[str]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = {"unit_id": "LHQ", "name": "清仓见底", "batch_no": "2026-1"}
    return {**fields, "older_than_days": "0", "least_repeats": "3", "standing": "both", "step": "freeze", **more}


@pytest.fixture
def backlog(district: District, clock: ManualClock) -> list[int]:
    """Three that were repeated often, one of them closed, and one that was not."""
    found = [town.file_case(district, clock, title=f"积案{n}", repeat_count=7) for n in range(2)]
    town.file_case(district, clock, title="初次")
    with district.store.transaction() as session:
        facts = {"repeat_count": 7}
        said = ("suggestion", "suggestion.facility", "积案2", "多次建议。", GRID, clock.now())
        filing = Filing("tea_talk", *said, facts=facts, parties=(PartyIn("applicant", "王阿姨"),))
        found.append(intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id)
    answers = {"decision": "not_adopted", "reason": "无处安装。", "reply_text": "暂不采纳。"}
    do(district, clock, found[2], "t_consider", "community", **answers)
    clock.advance(timedelta(hours=1))
    return found


def do(district: District, clock: ManualClock, case_id: int, element: str, *who: str, **answers: str) -> None:
    for each in who:
        with district.store.transaction() as session:
            mine = select(Task).where(Task.case_id == case_id, Task.element == element, Task.state == "open")
            task = next(t for t in session.scalars(mine) if t.claimed_by in (None, district.people[each]))
            viewer = viewer_of(session, district.people[each])
            complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())


def totals(district: District, clock: ManualClock, who: str = "district") -> Totals:
    with district.store.reading() as session:
        viewer = viewer_of(session, district.people[who])
        return campaigns.totals_of(session, viewer, [1], now=clock.now())[1]


def freeze(visit: Visit, district: District, **more: str | list[str]) -> Visitor:
    officer = in_english(visit("petition"))
    answer = officer.post("/campaigns", asked(district, panel=panel(district), **more))
    assert answer.status_code == 302, words(answer)
    return officer


def issue(officer: Visitor, district: District, *numbers: int) -> int:
    lead = f"LHQ#{district.people['district']}"
    fields: dict[str, str | list[str]] = {"numbers": [str(each) for each in numbers], "lead": lead, "force": "unit"}
    return officer.post("/campaigns/1/issues", fields).status_code


def test_a_list_is_counted_then_frozen_and_stays_as_it_was(
    visit: Visit, district: District, clock: ManualClock, backlog: list[int]
) -> None:
    officer = in_english(visit("petition"))
    assert "3 cases match now" in words(officer.post("/campaigns", asked(district, step="count")))
    assert "2 cases match now" in words(officer.post("/campaigns", asked(district, step="count", standing="open")))
    assert "0 cases match now" in words(
        officer.post("/campaigns", asked(district, step="count", categories="land.lease"))
    )
    for wrong in ({"within_years": "0"}, {"older_than_days": "x"}):
        page = officer.post("/campaigns", asked(district, step="count", **wrong))
        assert (page.status_code, "清仓见底" in page.text) == (422, True), "said at the field; nothing typed is lost"
    assert officer.post("/campaigns", asked(district, panel=panel(district)[:2])).status_code == 422
    freeze(visit, district)
    assert officer.post("/campaigns", asked(district, panel=panel(district))).status_code == 409, "the batch exists"
    town.file_case(district, clock, title="后来的", repeat_count=9)
    with district.store.reading() as session:
        items = session.scalars(select(CampaignItem).order_by(CampaignItem.number)).all()
    assert [item.case_id for item in items] == backlog
    assert [item.frozen["state"] for item in items] == ["assigned", "assigned", "closed"]
    assert {item.frozen["repeats"] for item in items} == {7}
    assert "1 case matches now" in words(officer.post("/campaigns", asked(district, step="count"))), (
        "the others are busy"
    )


def test_an_item_from_its_issue_to_the_strike_off(
    visit: Visit, district: District, clock: ManualClock, backlog: list[int]
) -> None:
    """Of a closed case, which stays closed: the panel sends the plan and the settlement back once each."""
    officer = freeze(visit, district)
    assert issue(officer, district) == 422
    assert issue(officer, district, 3) == 302
    assert issue(officer, district, 3) == 302, "issued before: left alone"
    case_id = backlog[2]
    assert "Take ownership" in words(officer.get("/campaigns/1/items/3"))
    do(district, clock, case_id, "t_take_ownership", "district", roster="一案一专班一方案")
    plan = {"measures": "分期化解。", "legal_view": "合法。"}
    do(district, clock, case_id, "t_plan", "district", **plan)
    do(district, clock, case_id, "t_plan_review", "petition", "street", agree="no", reason="再细化。")
    do(district, clock, case_id, "t_plan_review", "quality", agree="yes")
    do(district, clock, case_id, "t_revise_plan", "district", **plan)
    do(district, clock, case_id, "t_plan_review", "petition", "street", "quality", agree="yes")
    assert verify.check(district.store, district.world, now=clock.now()) == [], "it outlives its case"
    clock.advance(timedelta(days=9))
    Scheduler(district.store, district.world, clock, name="n").fire_due()
    late = totals(district, clock)
    assert (late.issued, late.overdue, late.remaining) == (1, 1, 1), "a report is missing: the light is red"
    leader = in_english(visit("district"))
    assert "overdue" in words(leader.get("/campaigns"))
    assert "积案2" in words(leader.get("/campaigns/1/week"))
    do(district, clock, case_id, "t_progress", "district", progress="settled", done_so_far="已谈妥。")
    settled = {"settled_as": "substantively_resolved", "result_text": "签订息诉协议。"}
    do(district, clock, case_id, "t_settle", "district", **settled)
    passed = {"documents": "yes", "return_visit": "yes", "petitioner_view": "yes", "reason": "属实。"}
    do(district, clock, case_id, "t_acceptance", "petition", **passed)
    do(district, clock, case_id, "t_acceptance", "street", "quality", **{**passed, "return_visit": "no"})
    do(district, clock, case_id, "t_rework", "district", **settled)
    do(district, clock, case_id, "t_acceptance", "petition", "street", "quality", **passed)
    found = totals(district, clock)
    assert (found.issued, found.substantively_resolved, found.remaining, found.rate) == (1, 1, 0, 100)
    page = words(leader.get("/campaigns/1/items/3"))
    assert "resolved in substance" in page
    assert "签订息诉协议" in page
    with district.store.reading() as session:
        assert session.get_one(Case, case_id).state == "closed", "the item alone never opens the case again"
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_the_case_is_opened_again_only_when_its_people_say_so(
    visit: Visit, district: District, clock: ManualClock, backlog: list[int]
) -> None:
    issue(freeze(visit, district), district, 3)
    leader = in_english(visit("district"))
    where = "/campaigns/1/items/3/reopening"
    assert leader.post(where, {"reason": ""}).status_code == 422
    assert leader.post(where, {"reason": "诉求仍在。"}).status_code == 302
    assert leader.post(where, {"reason": "再来。"}).status_code == 409
    with district.store.reading() as session:
        assert session.get_one(Case, backlog[2]).state == "reopened"


def test_the_ledger_filters_leaves_with_the_person_and_shows_nobody_too_much(
    visit: Visit, district: District, backlog: list[int]
) -> None:
    officer = freeze(visit, district)
    issue(officer, district, 1)
    assert "积案1" not in words(officer.get("/campaigns/1?standing=running"))
    assert "积案0" not in words(officer.get("/campaigns/1?standing=waiting"))
    table = officer.get("/campaigns/1/ledger.csv").text.splitlines()
    assert len(table) == 5
    assert "Take ownership" in table[2] or "Plan for this case" in table[2] or "Write the plan" in table[2]
    assert officer.get("/campaigns/1/ledger.xlsx").data.startswith(b"PK")
    assert visit("street_gl").get("/campaigns").status_code == 403
    street = in_english(visit("street"))
    assert street.get("/campaigns/1").status_code == 404, "the campaign is the district's"
    assert street.post("/campaigns", asked(district)).status_code == 403


@pytest.mark.parametrize(
    ("issued", "resolved", "rate"), [(411, 346, 84), (100, 0, 0), (0, 0, None), (3, 2, 66)], ids=str
)
def test_a_rate_is_cut_off_and_not_rounded(issued: int, resolved: int, rate: int | None) -> None:
    assert Totals(issued, issued, resolved, 0, 0).rate == rate
