"""The conflict wall: whoever is complained about, or stepped aside, sees the case nowhere; and it goes past them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import webhooks
from engine import intake, people, process, verify
from engine.cases import Case, CaseLink, Party, Wall
from engine.clock import ManualClock
from engine.deliveries import Delivery
from engine.errors import Conflict, Invalid
from engine.escalation import passed_over, tier_above
from engine.history import HistoryEntry
from engine.intake import Filing, PartyIn
from engine.notify import notices_of, unread
from engine.people import tokens
from engine.process import Instance
from engine.receptions import Booking, Reception
from engine.sessions import Gathering, GatheringItem
from engine.tasks import Task
from engine.territory import Tiers, is_within
from tests.web import district as town
from tests.web.district import District
from tests.web.test_pages import MATTER
from tests.web.visitor import Visitor, words
from webhooks.inbound import Delivery as Came

Visit = Callable[[str | None], Visitor]
GRID, ZONE, COMMUNITY, STREET = "LHQ.MZ.01.01.01", "LHQ.MZ.01.01", "LHQ.MZ.01", "LHQ.MZ"
TITLE = "投诉某人不作为的事"


def file_about(district: District, clock: ManualClock, *, place: str = GRID, **respondent: Any) -> int:
    filing = Filing(
        channel="hotline_12345",
        kind="complaint",
        category="neighbour.leak",
        title=TITLE,
        description="反映了半年没有人管。",
        place_id=place,
        received_at=clock.now(),
        parties=(
            PartyIn("applicant", "谢女士", phone="13800138000", protected=True),
            PartyIn("respondent", "被反映的", **respondent),
        ),
    )
    with district.store.transaction() as session:
        return intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id


@dataclass(frozen=True)
class Conflicted:
    """Who is complained about, where the case starts then, who is shut out of it and who is not."""

    about: dict[str, Any]
    starts_at: str
    out: tuple[str, ...]
    inside: tuple[str, ...]


CONFLICTS = {
    "a unit": Conflicted({"unit_id": GRID}, ZONE, ("grid", "grid_b", "building"), ("zone", "community", "district")),
    "a unit above": Conflicted(
        {"unit_id": COMMUNITY}, STREET, ("grid", "zone", "community", "building", "grid_2"), ("street", "district")
    ),
    "a street": Conflicted({"unit_id": STREET}, "LHQ", ("grid", "zone", "community", "street"), ("district",)),
    "a colleague": Conflicted({"person": "grid"}, GRID, ("grid",), ("grid_b", "zone", "community", "district")),
    "a leader": Conflicted({"person": "district"}, GRID, ("district",), ("grid", "zone", "street")),
}


@pytest.fixture(params=CONFLICTS, ids=lambda name: name.replace(" ", "-"))
def conflict(request: pytest.FixtureRequest) -> Conflicted:
    return CONFLICTS[request.param]


def named(district: District, about: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": district.people[about["person"]]} if "person" in about else about


READING = (
    "/", "/?tab=mine", "/?tab=unit", "/?tab=waiting", "/?tab=done", "/cases", "/cases?state=all", f"/cases?q={TITLE}",
    f"/search?q={TITLE}", "/board", "/decide", "/notices", "/me",
)  # fmt: skip
"""Pages that tell of cases; one that does not exist answers 404 and tells nothing."""
API = ("/api/v1/cases", f"/api/v1/cases?q={TITLE}", "/api/v1/tasks", "/api/v1/tasks?tab=unit")


def test_whoever_is_complained_about_sees_the_case_nowhere(
    app: Flask, visit: Visit, district: District, clock: ManualClock, conflict: Conflicted
) -> None:
    case_id = file_about(district, clock, **named(district, conflict.about))
    with district.store.reading() as session:
        assert session.get_one(Case, case_id).holder_id == conflict.starts_at
    must_be_nowhere(app, visit, district, clock, conflict, case_id)


def test_whoever_turns_out_to_be_complained_about_sees_the_case_nowhere_from_then_on(
    app: Flask, visit: Visit, district: District, clock: ManualClock, conflict: Conflicted
) -> None:
    """The unit that has it had claimed a task, asked a colleague to answer it, and was told of the case."""
    case_id = file_about(district, clock)
    town.send_notices(district, clock)
    owner = visit("grid")
    task = town.open_task(district, case_id)
    owner.get(f"/tasks/{task.id}")
    owner.post(f"/tasks/{task.id}/delegation", {"to": str(district.people["zone"]), "question": "看一下"})
    about = named(district, conflict.about)
    meant = f"person:{about['person_id']}" if "person_id" in about else f"unit:{about['unit_id']}"
    street = visit("street")
    street.get(f"/cases/{case_id}/parties/new")
    fields = {"role": "respondent", "type": "agency", "respondent_is": meant}
    assert street.post(f"/cases/{case_id}/parties", fields).status_code == 422  # a reason is needed
    answer = street.post(f"/cases/{case_id}/parties", {**fields, "reason": "来电补充"})
    assert answer.headers["Location"] == ("/" if "street" in conflict.out else f"/cases/{case_id}#parties")
    must_be_nowhere(app, visit, district, clock, conflict, case_id)
    moved = town.open_task(district, case_id)
    holding = {district.people[who] for who in conflict.out} & {moved.claimed_by, moved.owner_id}
    assert not holding
    assert "person_id" in about or not is_within(moved.unit_id, about["unit_id"])
    holder_out = "unit_id" in about and is_within(GRID, about["unit_id"])
    assert ("代为办理" in words(visit(conflict.inside[-1]).get(f"/cases/{case_id}"))) is holder_out
    assert verify.check(district.store, district.world, now=clock.now()) == []


def must_be_nowhere(
    app: Flask, visit: Visit, district: District, clock: ManualClock, conflict: Conflicted, case_id: int
) -> None:
    with district.store.reading() as session:
        number = session.get_one(Case, case_id).number
        task_id = session.scalars(select(Task.id).where(Task.case_id == case_id)).first()
    town.send_notices(district, clock)
    for who in (*conflict.out, *conflict.inside):
        shut_out = who in conflict.out
        visitor = visit(who)
        for where in READING:
            assert TITLE not in words(visitor.get(where)).replace(f"“{TITLE}”", "") or not shut_out, (who, where)
        assert visitor.get(f"/cases/{case_id}").status_code == (404 if shut_out else 200), who
        assert visitor.get(f"/tasks/{task_id}").status_code == (404 if shut_out else 200), who
        assert (TITLE in visitor.get("/cases").text) is not shut_out, who
        with district.store.transaction() as session:
            token = tokens.issue(
                session, district.people[who], "t", now=clock.now(), ends_at=clock.now() + timedelta(days=1)
            )
            viewer = people.viewer_of(session, district.people[who])
            lines, _ = notices_of(session, viewer)
            assert not (shut_out and any(line.case.id == case_id for line in lines)), who
            assert not (shut_out and unread(session, viewer)), who
        client = app.test_client(use_cookies=False)
        for address in (*API, f"/api/v1/cases/{number}"):
            answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
            assert not (shut_out and TITLE in answer.text), (who, address)
        assert (answer.status_code == 404) is shut_out, who


def test_counts_leave_the_walled_case_out(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    before = re.findall(r"\d+", words(visit("grid").get("/")))
    file_about(district, clock, person_id=district.people["grid"])
    assert re.findall(r"\d+", words(visit("grid").get("/"))) == before
    assert TITLE in visit("grid_b").get("/").text


def test_registers_and_figures_count_without_the_case(visit: Visit, district: District, clock: ManualClock) -> None:
    """It was raised in a session and brought to a reception before it became clear whom it is about."""
    about, other = town.file_case(district, clock), town.file_case(district, clock)
    by, now = district.people["petition"], clock.now()
    with district.store.transaction() as session:
        at: dict[str, Any] = {"unit_id": "LHQ", "place_text": "一楼", "created_by": by, "created_at": now}
        held = Gathering(kind="tea_talk", topic="楼道", host_id=by, starts_at=now, held_at=now, **at)
        day = Reception(leader_id=by, starts_at=now, ends_at=now, topics="居住", quota=9, published_at=now, **at)
        session.add_all([held, day])
        session.flush()
        for seq, case_id in enumerate((about, other), 1):
            text = TITLE if case_id == about else "路灯不亮"
            raised = {"gathering_id": held.id, "text": text, "by_name": "谢", "disposition": "answered"}
            came = {"reception_id": day.id, "matter": text, "booked_at": now, "received_at": now, "arrived": True}
            session.add_all([GatheringItem(seq=seq, case_id=case_id, **raised)])
            session.add(Booking(seq=seq, case_id=case_id, persons=1, **came))
    told = {
        "/sessions": "提出问题 {0} 解决问题 {0}",
        "/receptions": "接访人次 {0} 解决问题 0",
        "/mediation/offers": "矛盾纠纷数 {0} ",
        "/reports/figures/issues_solved/cases": "共 {0} 件",
        "/reports/figures/reception_visitors/cases": "共 {0} 件",
    }
    before = {where: words(visit("petition").get(where)) for where in told}
    with district.store.transaction() as session:
        street = people.viewer_of(session, district.people["street"])
        party = PartyIn("respondent", "被反映的", person_id=by)
        process.name_party(session, district.world, about, party, reason="来电补充", viewer=street, now=now)
    for where, said in told.items():
        assert said.format(2) in before[where], where
        page = words(visit("petition").get(where))
        assert said.format(1) in page, where
        assert TITLE not in page, where
    assert "已约 1／9" in words(visit("petition").get("/receptions"))


@pytest.mark.parametrize("said_of", ["master", "follower", "aside"])
def test_cases_that_are_carried_on_as_one_have_one_wall(
    visit: Visit, district: District, clock: ManualClock, said_of: str
) -> None:
    master, follower = town.file_case(district, clock), town.file_case(district, clock)
    grid, now = district.people["grid"], clock.now()
    with district.store.transaction() as session:
        street = people.viewer_of(session, district.people["street"])
        process.merge(session, district.world, follower, master, "同一件事", viewer=street, now=now)
    owner = visit("grid")
    task = town.open_task(district, master)
    owner.get(f"/tasks/{task.id}")
    assert owner.post(f"/tasks/{task.id}/claim").status_code == 302
    with district.store.transaction() as session:
        if said_of == "aside":
            mine = people.viewer_of(session, grid)
            process.step_aside(session, district.world, master, "我是当事人亲属", viewer=mine, now=now)
        else:
            party = PartyIn("respondent", "被反映的", person_id=grid)
            case_id = master if said_of == "master" else follower
            process.name_party(session, district.world, case_id, party, reason="来电补充", viewer=street, now=now)
    for case_id in (master, follower):
        assert owner.get(f"/cases/{case_id}").status_code == 404
        assert visit("zone").get(f"/cases/{case_id}").status_code == 200
    assert town.open_task(district, master).claimed_by is None
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_nobody_stands_above_the_highest_unit(district: District, clock: ManualClock) -> None:
    with pytest.raises(Invalid) as refusal:
        file_about(district, clock, unit_id="LHQ")
    assert list(refusal.value.facts["fields"]) == ["parties.1.unit_id"]
    with pytest.raises(Invalid) as unknown:
        file_about(district, clock, unit_id="LHQ.XX", person_id=987654)
    assert sorted(unknown.value.facts["fields"]) == ["parties.1.person_id", "parties.1.unit_id"]


def test_the_history_says_whom_the_case_passed_over(district: District, clock: ManualClock) -> None:
    case_id = file_about(district, clock, unit_id=ZONE)
    with district.store.reading() as session:
        filed = session.scalars(select(HistoryEntry).where(HistoryEntry.case_id == case_id)).first()
        assert filed is not None
        assert filed.facts["passed_over"] == [GRID, ZONE]


def test_what_came_before_is_not_even_counted(visit: Visit, district: District, clock: ManualClock) -> None:
    about, known, latest = (town.file_case(district, clock) for _ in range(3))
    with district.store.transaction() as session:
        for earlier in (about, known):
            session.add(CaseLink(case_id=latest, other_id=earlier, kind="repeat", at=clock.now()))
        session.add(Party(case_id=about, role="respondent", name="被反映的", person_id=district.people["grid"]))
        number = session.get_one(Case, known).number
    page = words(visit("grid").get(f"/cases/{latest}"))
    assert number in page
    assert "无权查看" not in page


def test_an_operator_is_shown_nothing_of_a_case_about_themselves(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    """Whatever tells of cases by their number, or lets one look at what was sent about them."""
    about, other = (town.file_case(district, clock) for _ in range(2))
    now, by = clock.now(), district.people["operator"]
    at: dict[str, Any] = {"received_at": now, "next_at": now, "digest": "", "state": "filed", "source": "hotline"}
    with district.store.transaction() as session:
        numbers = [session.get_one(Case, each).number for each in (about, other)]
        root = district.config.server.secret_key.get_secret_value()
        viewer = people.viewer_of(session, by)
        followed = webhooks.outbound.follow(session, "LHQ", root, viewer=viewer, now=now).id
        for case_id, number in zip((about, other), numbers, strict=True):
            session.add(Came(id=case_id, delivery_id=str(case_id), body=b"{}", case_id=case_id, **at))
            instance = session.scalars(select(Instance).where(Instance.case_id == case_id)).one()
            instance.trouble, instance.trouble_at = "odd", now
            people.operator_log.log(session, None, "case.token_moved", f"case:{number}", now=now)
        theirs = select(Delivery.id, Delivery.subject).where(Delivery.receiver_id == followed)
        sent = {number: id_ for id_, number in session.execute(theirs)}
    told = ("/operations", "/operations/log", "/operations/inbound?state=filed", "/operations/subscriptions/1")
    single = (
        ("/operations/standing?number={0}", numbers),
        ("/operations/inbound/{0}", (about, other)),
        ("/operations/subscriptions/1/deliveries/{0}", [sent[number] for number in numbers]),
    )
    operator = visit("operator")
    for is_walled in (False, True):
        for where in told:
            page = operator.get(where).text
            assert [number in page for number in numbers] == [not is_walled, True], where
        for where, (one, two) in single:
            assert operator.get(where.format(one)).status_code == (404 if is_walled else 200), where
            missing = operator.get(where.format(9999))
            assert not is_walled or words(operator.get(where.format(one))) == words(missing).replace("9999", str(one))
            assert operator.get(where.format(two)).status_code == 200, where
        with district.store.transaction() as session:
            session.add(Party(case_id=about, role="respondent", name="被反映的", person_id=by))
    shown = operator.post(f"/operations/inbound/{about}/content", {"reason": "看看"})
    assert shown.status_code == 404
    said = words(operator.post("/operations/incidents/retries", {"said": "odd"}))
    with district.store.reading() as session:
        left = session.scalars(select(Instance.case_id).where(Instance.trouble.is_not(None))).all()
    assert (left, "2" in said) == ([about], False)


TIERS = Tiers.of(town.TIERS)


@pytest.mark.parametrize(
    ("frm", "units", "above"),
    [
        ("grid", [], "zone"),
        ("grid", [ZONE], "community"),
        ("grid", [COMMUNITY], "street"),
        ("street", ["LHQ.GL"], "district"),
        ("community", [STREET, ZONE], "district"),
        ("street", ["LHQ"], None),
        ("district", [], None),
    ],
)
def test_a_rise_passes_over_a_unit_complained_about(frm: str, units: list[str], above: str | None) -> None:
    wall = Wall(frozenset(units))
    assert tier_above(GRID, frm, TIERS, wall) == above
    if above is not None:
        assert all(wall.shuts_out(unit) for unit in passed_over(GRID, frm, above, TIERS, wall))


def test_a_handler_steps_aside_and_a_colleague_goes_on(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    task = town.open_task(district, case_id)
    visitor = visit("grid")
    visitor.get("/")
    assert visitor.post(f"/tasks/{task.id}/claim").status_code == 302
    empty = visitor.post(f"/cases/{case_id}/recusal", {"reason": " "})
    assert empty.status_code == 422
    answer = visitor.post(f"/cases/{case_id}/recusal", {"reason": "申请人是我姐姐"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert visitor.get(f"/cases/{case_id}").status_code == 404
    assert "楼上漏水" not in visitor.get("/").text
    colleague = visit("grid_b")
    assert "楼上漏水" in colleague.get("/").text
    assert colleague.post(f"/tasks/{task.id}/handover", {"to": str(district.people["grid"])}).status_code == 422
    page = words(colleague.get(f"/cases/{case_id}"))
    assert "回避" in page
    assert "申请人是我姐姐" in page


def test_where_nobody_else_may_do_it_the_unit_above_is_asked(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, place="LHQ.MZ.01.01.02")
    visitor = visit("grid_2")
    visitor.get("/")
    assert visitor.post(f"/cases/{case_id}/recusal", {"reason": "我是当事人"}).status_code == 302
    assert town.open_task(district, case_id).unit_id == ZONE
    assert "楼上漏水" in visit("zone").get("/").text


def test_a_closed_case_needs_nobody_to_step_aside(district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        viewer = people.viewer_of(session, district.people["grid"])
        process.withdraw(session, district.world, case_id, "撤回", viewer=viewer, now=clock.now())
        with pytest.raises(Conflict):
            process.step_aside(session, district.world, case_id, "我是亲属", viewer=viewer, now=clock.now())


@pytest.mark.parametrize(
    ("whom", "starts_at", "out"), [("unit:LHQ.MZ.01.01", "LHQ.MZ.01", "zone"), ("person:{grid}", GRID, "grid")]
)
def test_the_filing_page_names_whom_the_case_is_about(
    visit: Visit, district: District, whom: str, starts_at: str, out: str
) -> None:
    visitor = visit("community")
    page = visitor.get(f"/cases/new?place={GRID}&here=1")
    said = whom.format(grid=district.people["grid"])
    assert f'<option value="{said}"' in page.text
    assert 'value="unit:LHQ"' not in page.text  # nobody stands above it
    assert visitor.post("/cases", {**MATTER, "respondent_is": said, "step": "check"}).status_code == 200
    assert visitor.post("/cases", {**MATTER, "respondent_is": said, "step": "file"}).status_code == 302
    with district.store.reading() as session:
        case = session.scalars(select(Case).where(Case.title == MATTER["title"])).one()
        assert (case.holder_id, case.walled) == (starts_at, True)
    assert visit(out).get(f"/cases/{case.id}").status_code == 404
    wrong = visitor.post("/cases", {**MATTER, "respondent_is": "unit:LHQ", "step": "check"})
    assert wrong.status_code == 422
    assert "请转上级机关" in words(wrong)
