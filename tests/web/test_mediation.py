"""Mediation as its users meet it: the register, a case with an organisation, rooms that are never taken twice."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import mediation, process, search, verify
from engine.cases import Case, wall_of
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid
from engine.history import HistoryEntry
from engine.intake import PartyIn
from engine.mediation import Fit, MediatorIn, OrganisationIn, RoomIn, ranked
from engine.people import Membership, Person, viewer_of
from engine.reports import Within
from engine.store import Store
from engine.tasks import Task
from engine.tasks.competent import competent_units
from engine.territory import is_office
from tests.web import district as town
from tests.web.district import District
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
COMMUNITY = "LHQ.MZ.01"


@pytest.fixture
def guild(district: District, clock: ManualClock) -> str:
    """A property mediation committee of the district with one mediator who has an account, and a room."""
    return set_up(district, clock)


def set_up(district: District, clock: ManualClock) -> str:
    now = clock.now()
    with district.store.transaction() as session:
        person = Person(username="bao", name_zh="包调解", name_en="Bao", active=True, offered_in_demo=True)
        session.add(person)
        session.flush()
        district.people["bao"] = person.id
        said = OrganisationIn("物业纠纷调委会", "Property committee", "industry", ("LHQ.MZ",), ("neighbour",), 2)
        made = mediation.add_organisation(session, "LHQ", said, viewer=None, now=now)
        known = MediatorIn(
            "包调解", "Bao", skills=("neighbour",), languages=("hakka",), username="bao", weekdays="1234567"
        )
        mediation.add_mediator(session, made.unit_id, known, viewer=None, now=now)
        mediation.add_room(
            session, made.unit_id, RoomIn("张书政调解室", "Zhang's room", "named", COMMUNITY, 6), viewer=None, now=now
        )
        other = OrganisationIn("民治人民调解委员会", "Minzhi committee", "peoples", ("LHQ.MZ",), ("*",), 5)
        mediation.add_organisation(session, "LHQ.MZ", other, viewer=None, now=now)
    district.world.forget_people()
    return made.unit_id


def test_who_has_room_knows_the_matter_and_is_near_comes_first() -> None:
    near, far = "LHQ.MZ.01", "LHQ"
    fits = [
        Fit("full", near, "property.fee", 3, 3),
        Fit("any", near, "*", 0, 5),
        Fit("broad", near, "property", 0, 5),
        Fit("busy", near, "property.fee", 4, 5),
        Fit("idle", near, "property.fee", 0, 5),
        Fit("far", far, "property.fee", 0, 5),
    ]
    assert [fit.unit_id for fit in ranked(fits)] == ["idle", "busy", "far", "broad", "any", "full"]


def to_mediation(district: District, clock: ManualClock, visit: Visit) -> tuple[int, Visitor]:
    """A dispute of a community that its lead gives to mediation."""
    case_id = town.file_case(district, clock, place=COMMUNITY)
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["community"])
        for form, answers in (
            ("sign_in", {"action": "sign"}),
            ("first_contact", {"contacted_at": clock.now().isoformat(), "method": "phone", "reached": "yes",
                               "summary": "已联系", "mediation_offer": "accepted"}),
            ("handle", {"action_type": "talk", "outcome": "mediate"}),
        ):  # fmt: skip
            task = session.scalars(select(Task).where(Task.case_id == case_id, Task.state == "open")).first()
            assert task is not None
            if task.form != form:
                continue
            process.complete_task(session, district.world, task.id, answers, viewer=who, now=clock.now())
    return case_id, visit("community")


def test_an_organisation_is_proposed_asked_and_answers_for_the_case(
    visit: Visit, district: District, clock: ManualClock, guild: str
) -> None:
    case_id, lead = to_mediation(district, clock, visit)
    choose = town.open_task(district, case_id, "mediation_organisation")
    assert statements(district, lead, f"/tasks/{choose.id}") <= 15
    page = lead.get(f"/tasks/{choose.id}")
    said = words(page)
    assert "专门调解此类纠纷 · 服务民治街道 · 在办 0/2" in said
    assert said.index("物业纠纷调委会") < said.index("民治人民调解委员会") < said.index("本单位自行调解")
    assert visit("bao").get(f"/cases/{case_id}").status_code == 404
    sent = {"organisation": guild, "chosen_by": "parties", "participants": ["1", "2"]}
    assert lead.post(f"/tasks/{choose.id}/completion", sent).status_code == 302

    bao = visit("bao")
    assert "楼上漏水" in bao.get("/").text
    accept = town.open_task(district, case_id, "mediation_acceptance")
    assert accept.unit_id == guild
    assert statements(district, bao, f"/tasks/{accept.id}") <= 15
    page = bao.get(f"/tasks/{accept.id}")
    assert "熟悉此类纠纷 · 客家话" in words(page)
    assert bao.post(f"/tasks/{accept.id}/completion", {"decision": "accept", "mediator": "1"}).status_code == 302
    consents = [town.open_task(district, case_id, "mediation_consent")]
    assert consents[0].claimed_by == district.people["bao"]

    with district.store.reading() as session:
        acts = session.scalars(select(HistoryEntry.act).where(HistoryEntry.case_id == case_id)).all()
        told = ["mediation.offered", "mediation.referred", "mediation.accepted"]
        assert [act for act in acts if act.startswith("mediation.")] == told
        figures, later = mediation.figures_of(session, guild, since=clock.now() + timedelta(days=1))
        assert (figures.accepted, figures.succeeded) == (1, 0)
        assert later.accepted == 0
        assert mediation.loads_of(session, [guild]) == {guild: 1}
        coverage = mediation.coverage(
            session,
            ["LHQ"],
            Within("LHQ").seen(),
            since=clock.now() - timedelta(days=1),
            until=clock.now() + timedelta(days=1),
        )
        assert (coverage.disputes, coverage.offered, coverage.mediated) == (1, 1, 1)
    assert "当前在办 1/2" in words(lead.get(f"/mediation/organisations/{guild}"))
    assert "物业纠纷调委会 · 包调解" in words(lead.get(f"/cases/{case_id}/mediation"))
    assert "楼上漏水" in words(bao.get("/mediation/mine"))
    assert "转入调解 物业纠纷调委会" in words(lead.get(f"/cases/{case_id}"))
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    assert book(lead, case_id, day, "09:00", "10:30", mediator="1")[0] == 302
    assert "下次调解会" in words(bao.get("/"))
    with district.store.transaction() as session:  # it turns out to be about the mediator
        street = viewer_of(session, district.people["street"])
        party = PartyIn("respondent", "包调解", person_id=district.people["bao"])
        process.name_party(session, district.world, case_id, party, reason="来电补充", viewer=street, now=clock.now())
    assert "下次调解会" not in words(bao.get("/"))
    assert "楼上漏水" not in words(bao.get("/mediation/mine"))


def book(bao: Visitor, case_id: int, day: str, begins: str, ends: str, **more: str) -> tuple[int, str]:
    bao.get(f"/cases/{case_id}/mediation")
    sent = {"room": "1", "day": day, "from": begins, "until": ends, "people": "4", **more}
    answer = bao.post(f"/cases/{case_id}/sessions", sent)
    return answer.status_code, words(answer)


def test_a_session_is_booked_from_the_case_and_stands_in_the_week_of_the_room(
    visit: Visit, district: District, clock: ManualClock, guild: str
) -> None:
    case_id, lead = to_mediation(district, clock, visit)
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    assert book(lead, case_id, day, "09:00", "10:30", mediator="1")[0] == 302
    assert "下次调解会" in words(visit("bao").get("/"))
    assert "下次调解会" not in words(lead.get("/"))
    status, said = book(lead, case_id, day, "10:00", "11:00")
    assert (status, "已被预约" in said) == (409, True)
    assert book(lead, case_id, day, "10:30", "11:00", people="9")[0] == 422
    assert book(lead, case_id, day, "10:30", "11:00")[0] == 302
    assert book(lead, case_id, "2020-01-01", "10:30", "11:00")[0] == 422
    week = lead.get(f"/mediation/rooms/1?week={day}")
    assert "09:00" in week.text
    assert "LHQ-" in words(week)
    assert "LHQ-" not in words(visit("street_gl").get(f"/mediation/rooms/1?week={day}"))
    assert lead.post("/mediation/bookings/1/cancellation").status_code == 302
    stranger = visit("street_gl")
    stranger.get("/")
    assert stranger.post("/mediation/bookings/2/cancellation").status_code == 403
    keeper = visit("district")
    assert "/mediation/bookings/2/cancellation" in keeper.get(f"/mediation/rooms/1?week={day}").text
    assert keeper.post("/mediation/bookings/2/cancellation").status_code == 302
    assert book(lead, case_id, day, "09:30", "10:15")[0] == 302
    with district.store.reading() as session:
        acts = session.scalars(select(HistoryEntry.act).where(HistoryEntry.case_id == case_id)).all()
    assert acts.count("mediation.booked") == 3
    assert acts.count("mediation.cancelled") == 2
    holder = visit("community")
    holder.get("/")
    assert holder.post(f"/cases/{case_id}/withdrawal", {"reason": "自行和解"}).status_code == 302
    assert "LHQ-" not in words(lead.get(f"/mediation/rooms/1?week={day}"))  # nobody comes any more
    assert words(lead.get(f"/cases/{case_id}")).count("调解会预约已取消") == 3
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_a_session_is_told_from_its_booking_and_the_next_is_booked_from_what_was_told(
    visit: Visit, district: District, clock: ManualClock, guild: str
) -> None:
    case_id, lead = to_mediation(district, clock, visit)
    did(district, clock, case_id, "mediation_organisation", organisation="holder", chosen_by="unit", participants=["1"])
    did(district, clock, case_id, "mediation_acceptance", decision="accept")
    did(district, clock, case_id, "mediation_consent", consent="yes", method="phone")
    did(district, clock, case_id, "mediation_rights", informed_at=clock.now().isoformat(), told=["voluntary"])
    first, second = (str(clock.now().date() + timedelta(days=days)) for days in (1, 8))
    offered = booking_form(lead, case_id)
    assert offered == {"day": first, "from": "09:00", "until": "10:30", "people": "3"}  # the parties and who mediates
    for day in (first, second):
        assert book(lead, case_id, day, "14:00", "15:30", mediator="1")[0] == 302
    clock.advance(timedelta(days=2))
    task = town.open_task(district, case_id, "mediation_session")
    page = visit("community").get(f"/tasks/{task.id}").text
    assert f'value="{first}T14:00"' in page
    assert f'value="{second}T14:00"' in page
    assert "张书政调解室" in page
    assert "谢**；许某；包调解" in page
    again = {"place": "调解室", "attendees": "双方", "dispute_points": "赔偿", "session_result": "again"}
    at = {"held_at": f"{first}T14:00:00+08:00", "next_at": f"{second}T14:00+08:00"}
    did(district, clock, case_id, "mediation_session", **again, **at)
    assert booking_form(visit("community"), case_id) == {**offered, "day": second, "from": "14:00", "until": "15:30"}


def booking_form(visitor: Visitor, case_id: int) -> dict[str, str]:
    page = visitor.get(f"/cases/{case_id}/mediation").text
    return dict(re.findall(r'name="(day|from|until|people)" [^>]*value="([^"]*)"', page))


def did(district: District, clock: ManualClock, case_id: int, form: str, **answers: Any) -> None:
    task = town.open_task(district, case_id, form)
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["community"])
        process.complete_task(session, district.world, task.id, answers, viewer=who, now=clock.now())


def test_two_who_book_a_room_or_a_mediator_at_once_never_both_get_it(each_store: Store, clock: ManualClock) -> None:
    district = town.settle(each_store, now=clock.now())
    unit = set_up(district, clock)
    with each_store.transaction() as session:
        mediation.add_room(
            session, unit, RoomIn("二号室", "Second room", "ordinary", COMMUNITY, 6), viewer=None, now=clock.now()
        )
        viewer = viewer_of(session, district.people["community"])
    starts_at = clock.now() + timedelta(days=1)
    ready = threading.Barrier(4)
    got: list[str] = []

    def take(room: int) -> None:
        ready.wait()
        try:
            with each_store.transaction() as session:
                mediation.book(
                    session, room, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), people=2, case_id=None,
                    mediator_id=1, purpose="x", viewer=viewer, now=clock.now(),
                )  # fmt: skip
            got.append("booked")
        except Conflict as refusal:
            got.append(refusal.code)

    threads = [threading.Thread(target=take, args=(room,)) for room in (1, 2, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count("booked") == 1
    assert set(got) <= {"booked", "booking.room_taken", "booking.mediator_taken"}


def test_a_private_note_is_its_authors_alone(visit: Visit, district: District, clock: ManualClock, guild: str) -> None:
    case_id, lead = to_mediation(district, clock, visit)
    lead.get(f"/cases/{case_id}/mediation")
    secret = "男方可让步到三千"
    assert lead.post(f"/cases/{case_id}/private-note", {"private": secret}).status_code == 302
    page = lead.get(f"/cases/{case_id}/mediation")
    assert (secret in page.text, page.headers["X-In-The-Clear"]) == (True, "yes")
    for who in ("mediator", "street", "district"):
        other = visit(who)
        assert secret not in other.get(f"/cases/{case_id}/mediation").text
        assert secret not in other.get(f"/cases/{case_id}").text
    with district.store.reading() as session:
        entries = session.scalars(select(HistoryEntry).where(HistoryEntry.case_id == case_id)).all()
        assert not [entry for entry in entries if secret in str(entry.facts)]
        found = search.find(session, viewer_of(session, district.people["community"]), search.Asked(secret))
        assert not found.rows
    stranger = visit("street_gl")
    stranger.get("/")
    assert stranger.post(f"/cases/{case_id}/private-note", {"private": "x"}).status_code == 404


def test_who_declines_says_why_and_what_was_not_offered_is_listed(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, place=COMMUNITY)
    lead = visit("community")
    assert "楼上漏水" in words(lead.get("/mediation/offers"))
    lead.get(f"/cases/{case_id}/mediation")
    assert lead.post(f"/cases/{case_id}/mediation-offer", {"answer": "declined"}).status_code == 422
    sent = {"answer": "declined", "reason": "court"}
    assert lead.post(f"/cases/{case_id}/mediation-offer", sent).status_code == 302
    page = words(lead.get("/mediation/offers"))
    assert "楼上漏水" not in page
    assert "已诉讼或仲裁" in words(lead.get(f"/cases/{case_id}/mediation"))


TABLE = (
    "seat,kind,name_zh,name_en,areas,subjects,capacity\n"
    "LHQ.MZ,lawyer,民治律师调解室,Minzhi lawyers,LHQ.MZ LHQ.GL,contract labour,8\n"
)


def test_a_table_is_shown_first_and_then_brought_in(visit: Visit, district: District, clock: ManualClock) -> None:
    keeper = visit("district")
    keeper.get("/mediation/import")
    bad = TABLE.replace("lawyer,", "wizard,").replace("LHQ.GL", "LHQ.XX")
    refused = keeper.post("/mediation/import", {"table": bad})
    assert refused.status_code == 422
    assert "areas" in refused.text
    assert "kind" in refused.text
    odd = TABLE.replace("contract labour", "Contract").replace("LHQ.MZ,lawyer", "LHQ.MZ.o1,lawyer")
    with district.store.reading() as session, pytest.raises(Invalid) as refusal:
        mediation.plan_register(session, odd)
    assert {fault.column for fault in refusal.value.facts["faults"]} == {"seat", "subjects"}
    people = f"organisation,name_zh,name_en,phone,skills\nLHQ.o9,王,Wang,{'1' * 41},Noise\n"
    with district.store.reading() as session, pytest.raises(Invalid) as refusal:
        mediation.plan_register(session, people)
    assert {fault.column for fault in refusal.value.facts["faults"]} == {"organisation", "phone", "skills"}
    shown = keeper.post("/mediation/import", {"table": TABLE})
    assert "民治律师调解室" in words(shown)
    assert "民治律师调解室" not in words(keeper.get("/mediation"))
    keeper.get("/mediation/import")
    assert keeper.post("/mediation/import", {"table": TABLE, "step": "apply"}).status_code == 302
    assert "民治律师调解室" in words(keeper.get("/mediation?kind=lawyer&place=LHQ.GL&category=labour.wages"))
    assert "民治律师调解室" not in words(keeper.get("/mediation?category=medical.harm"))
    again = keeper.post("/mediation/import", {"table": TABLE})
    assert "表格内容与现状一致。" in words(again)
    with district.store.reading() as session:
        assert not mediation.plan_register(session, TABLE).any
    assert visit("grid").get("/mediation/import").status_code == 403


def test_an_organisation_is_added_by_hand_and_its_mediator_gets_the_role(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    keeper = visit("street")
    keeper.get("/mediation/new")
    sent: dict[str, str | list[str]] = {
        "seat": "LHQ.MZ", "name_zh": "民治商会调解中心", "name_en": "Chamber", "kind": "administrative",
        "areas": ["LHQ.MZ"], "subjects": ["consumer"], "capacity": "3",
    }  # fmt: skip
    assert keeper.post("/mediation/organisations", {**sent, "capacity": "0"}).status_code == 422
    assert keeper.post("/mediation/organisations", {**sent, "seat": "LHQ.GL"}).status_code == 403
    made = keeper.post("/mediation/organisations", sent)
    assert made.status_code == 302
    unit = made.location.rsplit("/", 1)[1]
    keeper.get(f"/mediation/organisations/{unit}/mediators/new")
    one = {"name_zh": "罗无职", "name_en": "Luo", "weekdays": ["1", "3"], "username": "nobody", "languages": ["hakka"]}
    assert keeper.post(f"/mediation/organisations/{unit}/mediators", {**one, "username": "none"}).status_code == 422
    assert keeper.post(f"/mediation/organisations/{unit}/mediators", one).status_code == 302
    with district.store.reading() as session:
        assert session.get(Membership, (district.people["nobody"], unit, "mediator")) is not None
    keeper.get("/mediation/mediators/1")
    gone = {**one, "to_on": "2026-03-01"}
    assert keeper.post("/mediation/mediators/1", gone).status_code == 302
    assert "离任" in words(keeper.get(f"/mediation/organisations/{unit}"))
    assert 'value="2026-03-01"' in keeper.get("/mediation/mediators/1").text
    keeper.get(f"/mediation/organisations/{unit}/rooms/new")
    room = {"name_zh": "亲邻屋", "name_en": "Neighbour", "kind": "neighbour", "unit_id": COMMUNITY, "capacity": "8"}
    assert keeper.post(f"/mediation/organisations/{unit}/rooms", room).status_code == 422
    assert keeper.post(f"/mediation/organisations/{unit}/rooms", {**room, "kind": "named"}).status_code == 302
    assert keeper.post(f"/mediation/organisations/{unit}/rooms", {**room, "parent_id": "1"}).status_code == 302
    page = words(keeper.get(f"/mediation/organisations/{unit}"))
    assert "亲邻屋" in page
    assert "客家话" in page
    assert keeper.post(f"/mediation/organisations/{unit}/closing").status_code == 302
    assert "民治商会调解中心" not in words(keeper.get("/mediation"))


def test_an_office_is_no_place(visit: Visit, district: District, clock: ManualClock, guild: str) -> None:
    """It stands in no list of places, no case lies in it, and the tree that is taken out does not have it."""
    for who, where in (("district", "/board"), ("community", "/file"), ("operator", "/operations/units")):
        assert "物业纠纷调委会" not in visit(who).get(where).text
    assert "物业纠纷调委会" not in visit("operator").get("/operations/units.csv").text
    with pytest.raises(Exception, match="place_id"):
        town.file_case(district, clock, place=guild)
    case_id = town.file_case(district, clock, place=COMMUNITY)
    with district.store.reading() as session:
        case = session.get_one(Case, case_id)
        offered = competent_units(session, town.open_task(district, case_id), case, wall_of(session, case))
    assert "LHQ.MZ.02" in {choice.value for choice in offered}
    assert not {choice.value for choice in offered if is_office(choice.value)}
