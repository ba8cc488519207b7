"""Sample cases C27, C28 and C30 of the field, day by day: what is graded, until when, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from engine import campaigns, deadlines, intake, sessions
from engine.cases import Case
from engine.clock import ManualClock
from engine.intake import Filing, PartyIn
from engine.people import viewer_of
from engine.reports import Period, Within
from tests.web.district import District
from tests.web.meetings import PANEL
from tests.web.test_campaigns import do
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]
ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def come(visit: Visit, who: str, page: str) -> Visitor:
    """Signs in anew: the days pass."""
    return in_english(visit(who), page)


def due(district: District, case_id: int) -> dict[str, str]:
    with district.store.reading() as session:
        live = deadlines.live_of_case(session, case_id)
        return {row.step: f"{row.due_at.astimezone(ZONE):%Y-%m-%d %H:%M}" for row in live}


def graded(district: District, case_id: int) -> tuple[object, ...]:
    with district.store.reading() as session:
        case = session.get_one(Case, case_id)
        return case.severity, case.size, case.track, case.tier, case.urgent


def test_c27_a_legacy_lease_is_settled_and_struck_off(visit: Visit, district: District, clock: ManualClock) -> None:
    clock.set(at("2024-07-01 09:00"))
    with district.store.transaction() as session:
        facts = {"people_count": 22, "repeat_count": 7, "departments": 3, "risk": "legacy_issue"}
        said = ("petition", "land.lease", "历史遗留厂房租约积案", "2019年起反复信访。", "LHQ.GL", clock.now())
        parties = (PartyIn("applicant", "退股村民代表", "group"), PartyIn("respondent", "某股份合作公司", "org"))
        filing = Filing("backlog_import", *said, facts={**facts, "backlog_batch": "2024-1"}, parties=parties)
        case_id = intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id
    assert graded(district, case_id) == (3, "big", "backlog", "district", False)
    officer = come(visit, "petition", "/campaigns/new")
    panel = [f"{unit}#{district.people[who]}" for who, unit in PANEL.items()]
    plan = {"unit_id": "LHQ", "name": "清仓见底", "batch_no": "2024-1", "least_repeats": "3", "older_than_days": "0"}
    assert officer.post("/campaigns", {**plan, "standing": "open", "step": "freeze", "panel": panel}).status_code == 302
    charge = {"numbers": "1", "lead": f"LHQ#{district.people['district']}", "force": "unit"}
    assert officer.post("/campaigns/1/issues", charge).status_code == 302
    clocks = due(district, case_id)
    assert (clocks["backlog_plan"], clocks["backlog_settle"]) == ("2024-07-29 18:00", "2024-09-29 23:59")
    for day, element, who, answers in (
        ("2024-07-05 10:00", "t_take_ownership", ("district",), {"roster": "一案一专班一方案"}),
        ("2024-07-20 15:00", "t_plan", ("district",), {"measures": "分期。", "legal_view": "合法。"}),
        ("2024-07-20 16:00", "t_plan_review", tuple(PANEL), {"agree": "yes"}),
        ("2024-07-24 16:00", "t_progress", ("district",), {"progress": "settled", "done_so_far": "已谈妥。"}),
        ("2024-09-25 16:00", "t_settle", ("district",), SETTLED),
        ("2024-10-12 10:00", "t_acceptance", tuple(PANEL), PASSED),
    ):
        clock.set(at(day))
        do(district, clock, case_id, element, *who, **answers)
    page = words(come(visit, "petition", "/").get("/campaigns/1"))
    assert "batch 2024-1" in page
    assert "resolved in substance 1 100 %" in page
    with district.store.reading() as session:
        officer_view = viewer_of(session, district.people["petition"])
        assert campaigns.totals_of(session, officer_view, [1], now=clock.now())[1].remaining == 0


SETTLED = {"settled_as": "substantively_resolved", "result_text": "签订息诉协议。"}
PASSED = {"documents": "yes", "return_visit": "yes", "petitioner_view": "yes", "reason": "三项核验通过。"}


def test_c28_a_school_place_promised_at_a_reception(visit: Visit, district: District, clock: ManualClock) -> None:
    clock.set(at("2024-08-12 10:00"))
    officer = come(visit, "petition", "/receptions/new")
    day = {"starts_at": "2024-08-15T09:30", "ends_at": "2024-08-15T12:00", "place": "听泉社区", "topics": "教育"}
    leader = {"unit_id": "LHQ", "leader_id": str(district.people["district"]), "community_id": "LHQ.MZ.01"}
    where = officer.post("/receptions", {**day, **leader, "quota": "6"}).headers["Location"]
    officer.post(f"{where}/publication")
    officer.post(f"{where}/bookings", {"name": "家长潘某", "matter": "孩子积分差0.5分，希望统筹安排。"})
    clock.set(at("2024-08-15 11:00"))
    record = {
        "persons": "1",
        "statements": "积分差0.5分。",
        "promise": "一周内答复。",
        "instruction": "请教育部门统筹。",
    }
    owner = {"owner_unit_id": "LHQ.MZ.01", "kind": "help", "category": "education.admission"}
    officer = come(visit, "petition", where)
    assert officer.post(f"{where}/bookings/1", {**record, **owner}).status_code == 302
    assert graded(district, 1) == (1, "small", "reception", "district", False)
    assert due(district, 1)["reception_reply"] == "2024-08-26 18:00"
    clock.set(at("2024-08-22 15:00"))
    do(district, clock, 1, "t_reply", "community", reply_state="done", steps_taken="统筹到邻近公办学校。")
    clock.set(at("2024-08-23 10:00"))
    told = {"solved": "solved", "asked_petitioner": "satisfied", "report": "已安排，回访满意。"}
    do(district, clock, 1, "t_feedback", "petition", **told)
    do(district, clock, 1, "t_close_loop", "district", verdict="accept")
    listed = words(come(visit, "petition", "/").get("/receptions?from=2024-08-01&to=2024-08-31"))
    assert "Receptions held 1" in listed
    assert "Problems solved 1" in listed


def test_c30_charging_points_from_a_tea_talk(visit: Visit, district: District, clock: ManualClock) -> None:
    clock.set(at("2024-10-17 15:00"))
    lead = come(visit, "grid", "/sessions/new")
    plan = {"unit_id": "LHQ.MZ.01.01.01", "kind": "grid_talk", "topic": "茶话会", "place": "凉亭"}
    where = lead.post("/sessions", {**plan, "starts_at": "2024-10-17T15:00"}).headers["Location"]
    suggestion = {"text": "建议在空地加装电动车充电桩。", "by": "群众代表9人", "disposition": "suggestion"}
    for item in (
        {**suggestion, "people_count": "9"},
        {"text": "楼道堆物", "by": "何阿姨", "disposition": "answered", "answer": "周六清运。"},
        {"text": "感谢开锁", "disposition": "noted"},
    ):
        assert lead.post(f"{where}/items", item).status_code == 302
    assert graded(district, 1) == (2, "small", "suggestion", "community", False)
    assert due(district, 1)["case_outer"] == "2024-10-31 18:00"
    assert lead.post(f"{where}/minutes", {"attended": "9", "minutes": "问题3条，转工单1条。"}).status_code == 302
    clock.set(at("2024-10-28 10:00"))
    answers = {"decision": "adopted", "reason": "可行。", "reply_text": "纳入民生微实事。"}
    do(district, clock, 1, "t_consider", "community", **answers)
    clock.set(at("2024-11-28 10:00"))
    lead = come(visit, "grid", "/sessions/new")
    later = lead.post("/sessions", {**plan, "starts_at": "2024-11-28T10:00"}).headers["Location"]
    assert lead.post(f"{later}/minutes", {"attended": "7", "minutes": "通报安装完成。", "told": "1"}).status_code == 302
    assert "suggestion adopted" in words(lead.get(later))
    with district.store.reading() as session:
        counts = sessions.count_sessions(session, Within("LHQ"), Period(at("2024-10-01 00:00"), at("2024-12-01 00:00")))
    assert (counts.sessions, counts.problems, counts.solved) == (2, 2, 2)
