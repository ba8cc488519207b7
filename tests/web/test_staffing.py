"""Who stands for which unit and place, as its users meet it: officers, people sent to grids, task forces, delegates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine import people, process, staffing, tasks
from engine.cases import Case, Recusal
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid
from engine.history import HistoryEntry
from engine.notify import Notice
from engine.people import Membership, Person, viewer_of
from engine.staffing import Kind, PostingIn, forces
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.standing import stand
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
GRID, OTHER = "LHQ.MZ.01.01.01", "LHQ.GL.01.01.01"
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def nobody_may_sign_in(district: District) -> None:
    with district.store.transaction() as session:
        session.get_one(Person, district.people["nobody"]).offered_in_demo = True


def post(district: District, clock: ManualClock, kind: Kind, who: str, unit: str, **more: object) -> int:
    said = PostingIn(kind.value, district.people[who], unit, TODAY, **more)  # type: ignore[arg-type]
    with district.store.transaction() as session:
        return staffing.post_person(session, said, viewer=None, now=clock.now(), today=TODAY).id


def test_a_member_unit_without_an_officer_of_rank_is_reported(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    keeper = visit("district")
    keeper.get("/members")
    made = keeper.post("/members", {"seat": "LHQ", "name_zh": "区住房和建设局", "name_en": "Housing Bureau"})
    unit = made.location.rsplit("/", 1)[1]
    assert "未指定专办员" in words(keeper.get("/members?officer=none"))
    keeper.get(f"/members/{unit}")
    officer = {"person": "liaison", "kind": "petition_officer", "rank": "staff", "from_on": "2026-02-01"}
    assert keeper.post(f"/members/{unit}/postings", officer).status_code == 302
    assert "职级不足" in words(keeper.get("/members?officer=none"))
    better = {"person": "王建国", "kind": "petition_officer", "rank": "section", "from_on": "2026-03-02"}
    assert keeper.post(f"/members/{unit}/postings", {**better, "person": "谁也不是"}).status_code == 422
    assert keeper.post(f"/members/{unit}/postings", better).status_code == 302
    with district.store.reading() as session:
        (now, before), _next = staffing.postings(session, unit_id=unit)
    assert (now.posting.to_on, before.posting.to_on) == (None, date(2026, 3, 1))
    page = words(keeper.get(f"/members/{unit}"))
    assert page.index("王建国") < page.index("梁家豪")
    assert "区住房和建设局" not in words(keeper.get("/members?officer=none"))
    assert visit("grid").get("/members").status_code == 200
    grid = visit("grid")
    grid.get("/")
    assert grid.post(f"/members/{unit}/postings", better).status_code == 403


def test_somebody_is_sent_to_a_grid_and_taken_back_and_both_stay_readable(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    keeper = visit("street")
    keeper.get(f"/assignments?unit={GRID}")
    sent: dict[str, str | list[str]] = {
        "unit": GRID,
        "person": "nobody",
        "kind": "grid_member",
        "from_on": "2026-01-05",
    }
    assert keeper.post("/assignments", sent).status_code == 422
    assert keeper.post("/assignments", {**sent, "duties": ["care", "visits"]}).status_code == 302
    assert keeper.post("/assignments", {**sent, "duties": ["care"]}).status_code == 409
    assert keeper.post("/assignments", {**sent, "unit": OTHER, "duties": ["care"]}).status_code == 404
    page = words(keeper.get("/assignments?unit=LHQ.MZ"))
    assert "罗无职" in page
    assert "关爱救助" in page
    assert "罗无职" not in words(visit("street_gl").get("/assignments"))
    assert visit("street_gl").get(f"/assignments/people/{district.people['nobody']}").status_code == 404
    assert keeper.post("/assignments/1/ending", {"to_on": "2026-02-28", "why": "轮换"}).status_code == 302
    assert "罗无职" not in words(keeper.get(f"/assignments?unit={GRID}"))
    assert "罗无职" in words(keeper.get(f"/assignments?unit={GRID}&past=yes"))
    assert "轮换" in words(keeper.get(f"/assignments/people/{district.people['nobody']}"))


WRONG = (
    ({"kind": "linked_leader", "unit_id": GRID}, "unit"),
    ({"kind": "grid_member", "unit_id": "LHQ.MZ"}, "unit"),
    ({"kind": "grid_member", "duties": ()}, "duties"),
    ({"kind": "grid_member", "to_on": date(2026, 1, 1)}, "to_on"),
    ({"kind": "instructor", "to_on": date(2027, 1, 1)}, "from_on"),
    ({"kind": "petition_officer"}, "unit"),
    ({"kind": "king"}, "kind"),
)


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_cannot_be_posted(change: dict[str, object], field: str, district: District, clock: ManualClock) -> None:
    said = {"kind": "grid_member", "person_id": district.people["grid"], "unit_id": GRID, "from_on": TODAY}
    said |= {"duties": ("care",), **change}
    with pytest.raises(Invalid) as refusal, district.store.transaction() as session:
        staffing.post_person(session, PostingIn(**said), viewer=None, now=clock.now(), today=TODAY)  # type: ignore[arg-type]
    assert field in refusal.value.facts["fields"]


def test_linked_communities_and_the_nearest_leader(district: District, clock: ManualClock) -> None:
    post(district, clock, Kind.LEADER, "district", "LHQ.MZ.01")
    ended = post(district, clock, Kind.LEADER, "petition", "LHQ.MZ.01")
    with district.store.transaction() as session:
        staffing.end_posting(session, ended, to_on=TODAY, why="", viewer=None, now=clock.now(), today=TODAY)
    with district.store.reading() as session:
        linked = staffing.linked_communities(session, district.people["district"], on=TODAY)
        assert [unit.id for unit in linked] == ["LHQ.MZ.01"]
        assert [each.username for each in staffing.leaders_of(session, GRID, on=TODAY)] == ["district", "petition"]
        assert [each.username for each in staffing.leaders_of(session, GRID, on=date(2026, 3, 3))] == ["district"]
        assert not staffing.leaders_of(session, OTHER, on=TODAY)


def test_an_instructor_reads_and_comments_with_a_template_and_decides_nothing(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    posting = post(district, clock, Kind.INSTRUCTOR, "nobody", "LHQ.MZ.01")
    case_id = town.file_case(district, clock, title="指导员能看到")
    guide = visit("nobody")
    guide.get("/guidance")
    assert guide.post("/guidance", {"title": "先见面", "text": "请先与双方见面，再谈方案。"}).status_code == 302
    page = guide.get(f"/cases/{case_id}?guide=1")
    assert "请先与双方见面，再谈方案。</textarea>" in page.text
    assert guide.post(f"/cases/{case_id}/comments", {"text": "请先与双方见面，再谈方案。"}).status_code == 302
    task = town.open_task(district, case_id)
    assert guide.post(f"/tasks/{task.id}/claim").status_code == 403
    assert guide.post(f"/cases/{case_id}/risk", {"risk": "vulnerable", "reason": "x"}).status_code in (403, 404)
    assert "先见面" not in visit("grid").get(f"/cases/{case_id}").text
    with district.store.transaction() as session:
        staffing.end_posting(session, posting, to_on=TODAY, why="", viewer=None, now=clock.now(), today=TODAY)
    assert guide.get(f"/cases/{case_id}").status_code in (403, 404)


def test_a_task_force_shares_its_cases_and_nothing_else(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock, title="专班共同办理的事")
    town.file_case(district, clock, title="另一件无关的事")
    other = visit("street_gl")
    assert other.get(f"/cases/{case_id}").status_code == 404
    leader = visit("district")
    leader.get("/task-forces")
    sent = {
        "unit": "LHQ",
        "name": "信访法治化实体工作专班",
        "purpose": "疑难事项",
        "meets": "每周三",
        "person": "district",
    }
    assert leader.post("/task-forces", {**sent, "person": "designer"}).status_code == 422
    assert leader.post("/task-forces", sent).status_code == 302
    number = "LHQ-20260302-0001"
    leader.get("/task-forces/1")
    assert leader.post("/task-forces/1/members", {"person": "street_gl"}).status_code == 302
    assert leader.post("/task-forces/1/members", {"person": "street_gl"}).status_code == 409
    assert leader.post("/task-forces/1/cases", {"number": "LHQ-20260302-9999"}).status_code == 422
    assert leader.post("/task-forces/1/cases", {"number": number}).status_code == 302
    assert other.get(f"/cases/{case_id}").status_code == 200
    assert "专班共同办理的事" in other.get("/cases").text
    assert "另一件无关的事" not in other.get("/cases").text
    assert number in other.get("/search?q=专班共同").text
    town.send_notices(district, clock)
    assert "专班共同办理的事" in other.get("/notices").text
    log = {"held_at": "2026-03-02T08:00", "present": [str(district.people["street_gl"])], "decided": "先查清事实"}
    other.get("/task-forces/1")
    assert other.post("/task-forces/1/meetings", {**log, "held_at": "2027-01-01T08:00"}).status_code == 422
    assert other.post("/task-forces/1/meetings", log).status_code == 302
    assert "先查清事实" in words(leader.get("/task-forces/1"))
    assert other.post("/task-forces/1/ending").status_code == 403
    assert visit("grid_gl").get("/task-forces/1").status_code == 404
    assert leader.post("/task-forces/1/leavers", {"person": str(district.people["street_gl"])}).status_code == 302
    assert other.get(f"/cases/{case_id}").status_code == 404
    assert number not in other.get("/search?q=专班共同").text
    assert leader.post("/task-forces/1/ending").status_code == 302
    with district.store.reading() as session:
        acts = session.scalars(select(HistoryEntry.act).where(HistoryEntry.case_id == case_id)).all()
        assert acts.count("force.added") == acts.count("force.removed") == 1
        assert forces.cases_of(session, 1) == []


def test_whoever_is_shut_out_of_a_case_sees_it_through_no_task_force(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, title="回避的人也看不到")
    with district.store.transaction() as session:
        leader = viewer_of(session, district.people["district"])
        force = forces.set_up(
            session, "LHQ", "专班", "x", "", district.people["district"], viewer=leader, now=clock.now()
        )
        forces.add_member(session, force.id, district.people["grid"], viewer=leader, now=clock.now())
        process.give_to_force(session, case_id, force.id, viewer=leader, now=clock.now())
    grid = visit("grid")
    assert "1 件" in words(grid.get("/task-forces"))
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["grid"])
        process.step_aside(session, district.world, case_id, "亲属", viewer=who, now=clock.now())
    assert grid.get(f"/cases/{case_id}").status_code == 404
    assert "0 件" in words(grid.get("/task-forces"))
    assert "无权查看" not in words(grid.get(f"/task-forces/{force.id}"))


def test_a_delegate_raises_a_matter_for_their_grid_and_is_told_the_result(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    post(district, clock, Kind.DELEGATE, "nobody", GRID)
    delegate = visit("nobody")
    delegate.get("/matters")
    sent = {
        "place_id": GRID,
        "kind": "complaint",
        "category": "road.lighting",
        "title": "路灯不亮",
        "description": "北门一排路灯不亮",
    }
    assert delegate.post("/matters", {**sent, "place_id": OTHER}).status_code in (403, 422)
    assert delegate.post("/matters", {**sent, "title": ""}).status_code == 422
    assert delegate.post("/matters", sent).status_code == 302
    assert "路灯不亮" in words(delegate.get("/matters"))
    assert delegate.get("/cases").status_code == 403
    assert delegate.get("/cases/1").status_code == 403
    with district.store.transaction() as session:
        task = session.scalars(select(Task).where(Task.state == "open")).first()
        assert task is not None
        case_id = task.case_id
        who = viewer_of(session, district.people["community"])
        process.withdraw(session, district.world, case_id, "已修好", viewer=who, now=clock.now())
    town.send_notices(district, clock)
    with district.store.reading() as session:
        told = session.scalars(select(Notice).where(Notice.person_id == district.people["nobody"])).all()
    assert [notice.what for notice in told] == ["case.closed"]
    notices = delegate.get("/notices")
    assert "路灯不亮" in notices.text
    opened = delegate.post(f"/notices/{told[0].id}/opening")
    assert opened.location.endswith("/matters")


TABLE = "kind,username,unit,from_on,to_on,duties\ngrid_member,grid_2,LHQ.MZ.01.01.02,2026-03-01,,care hygiene\n"


def test_a_table_of_assignments_is_shown_first_and_then_brought_in(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    keeper = visit("district")
    keeper.get("/assignments/import")
    bad = TABLE.replace("grid_2,LHQ.MZ.01.01.02", "ghost,LHQ.XX").replace("2026-03-01", "soon")
    refused = keeper.post("/assignments/import", {"table": bad})
    assert refused.status_code == 422
    assert {"username", "unit", "from_on"} <= set(words(refused).split())
    assert "陈海燕" in words(keeper.post("/assignments/import", {"table": TABLE}))
    with district.store.reading() as session:
        assert not staffing.postings(session, person_id=district.people["grid_2"])[0]
    keeper.get("/assignments/import")
    assert keeper.post("/assignments/import", {"table": TABLE, "step": "apply"}).status_code == 302
    ends = TABLE.replace("2026-03-01,,", "2026-03-01,2026-03-02,")
    with district.store.reading() as session, pytest.raises(Invalid, match="row 2, to_on"):
        staffing.plan_postings(session, ends.replace("03-02", "02-02"), today=TODAY)
    with district.store.transaction() as session:
        assert not staffing.plan_postings(session, TABLE, today=TODAY).any
        staffing.import_postings(session, ends, viewer=None, now=clock.now(), today=TODAY)
    with district.store.reading() as session:
        (posted,), _next = staffing.postings(session, person_id=district.people["grid_2"])
    assert posted.posting.to_on == TODAY


def test_a_role_comes_and_goes_with_its_posting(district: District, clock: ManualClock) -> None:
    posting = post(district, clock, Kind.INSTRUCTOR, "grid_2", "LHQ.MZ")
    key = (district.people["grid_2"], "LHQ.MZ", "instructor")
    with pytest.raises(Conflict):
        post(district, clock, Kind.INSTRUCTOR, "grid_2", "LHQ.MZ")
    with district.store.transaction() as session:
        assert session.get(Membership, key) is not None
        later = TODAY + timedelta(days=1)
        with pytest.raises(Invalid):  # the role goes at once, so nobody stands without it
            staffing.end_posting(session, posting, to_on=later, why="", viewer=None, now=clock.now(), today=TODAY)
        staffing.end_posting(session, posting, to_on=TODAY, why="", viewer=None, now=clock.now(), today=TODAY)
        staffing.end_posting(session, posting, to_on=TODAY, why="", viewer=None, now=clock.now(), today=TODAY)
    with district.store.reading() as session:
        assert session.get(Membership, key) is None
        entries, _next = people.operator_log.entries(session, subject=f"person:{key[0]}")
    assert [entry.act for entry in entries] == ["role.taken", "role.given"]


PAGES = {
    "district": (
        *("/mediation", "/mediation?place=LHQ.MZ&category=labour.wages&q=民", "/mediation/organisations/LHQ.MZ.o1"),
        *("/mediation/calendar", "/mediation/rooms/1", "/mediation/organisations/LHQ.MZ.o1/edit", "/members"),
        *("/mediation/mediators/1", "/mediation/organisations/LHQ.MZ.o1/rooms/new", "/members/LHQ.d1", "/task-forces"),
        *(f"/assignments?unit={GRID}", "/assignments?past=yes", "/task-forces/1", "/registers"),
    ),
    "mediator": ("/mediation/mine", "/mediation/offers", "/cases/1/mediation"),
    "instructor": ("/guidance", "/cases/1"),
    "delegate": ("/matters", "/registers", "/notices"),
}


def test_no_page_of_theirs_asks_the_database_much(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    stand(district, clock)
    for who, addresses in PAGES.items():
        visitor = visit(who)
        visitor.get("/registers")
        for where in addresses:
            assert statements(district, visitor, where) <= 15, where


def test_a_street_asks_the_officers_of_member_units_in_and_a_grid_does_not(
    district: District, clock: ManualClock
) -> None:
    with district.store.transaction() as session:
        unit = staffing.add_member_unit(
            session, "LHQ", "区住建局", "Housing", duty="物业", viewer=None, now=clock.now()
        )
        staffing.add_member_unit(session, "LHQ", "区教育局", "Education", viewer=None, now=clock.now())
        place, officer = unit.unit_id, district.people["liaison"]
    post(district, clock, Kind.OFFICER, "liaison", place, rank="section")
    case_id = town.file_case(district, clock)

    def offered(asking: str) -> list[str]:
        with district.store.reading() as session:
            task = Task(unit_id=asking, form="invite_joint")
            form = district.world.releases.current(session).form("p_joint", "invite_joint")
            case = session.get_one(Case, case_id)
            found = tasks.choices_for(session, form, task, case, district.world.tiers, on=TODAY)
        return [each.value for each in found["community_units"] if each.value.startswith("LHQ.d")]

    assert offered("LHQ.MZ") == [f"{place}#{officer}"], "who has no officer is not asked"
    assert offered(place) == [], "nobody asks themselves"
    assert offered("LHQ.MZ.01") == offered(GRID) == []
    with district.store.transaction() as session:
        session.add(Recusal(case_id=case_id, person_id=officer, reason="亲属", at=clock.now()))
        session.get_one(Case, case_id).walled = True
    assert offered("LHQ.MZ") == []
