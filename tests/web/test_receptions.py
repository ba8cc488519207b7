"""Leaders' receptions: arranged, published, booked, received, answered, and the loop closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import deadlines, receptions, verify
from engine.cases import Case, Recusal
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.process import complete_task
from engine.receptions import Booking
from engine.reports import Period, Within
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"
RECORD = {
    "persons": "2",
    "statements": "孩子积分差0.5分。",
    "promise": "一周内答复。",
    "instruction": "请统筹安排学位。",
    "owner_unit_id": "LHQ.MZ.01",
    "place_id": "LHQ.MZ.01",
    "kind": "help",
    "category": "education.admission",
}


def arranged(officer: Visitor, district: District, *, quota: int = 2, publish: bool = True) -> str:
    fields = {
        "unit_id": "LHQ",
        "leader_id": str(district.people["district"]),
        "community_id": "LHQ.MZ.01",
        "place": "一号接访室",
        "topics": "就业、教育",
        "starts_at": "2026-03-03T09:30",
        "ends_at": "2026-03-03T12:00",
        "quota": str(quota),
    }
    answer = officer.post("/receptions", fields)
    assert answer.status_code == 302, words(answer)
    where = answer.headers["Location"]
    if publish:
        officer.post(f"{where}/publication")
    return where


def bookings(district: District) -> list[Booking]:
    with district.store.reading() as session:
        return list(session.scalars(select(Booking).order_by(Booking.id)))


def do(district: District, clock: ManualClock, case_id: int, form: str, who: str, **answers: str) -> None:
    task = town.open_task(district, case_id, form)
    with district.store.transaction() as session:
        viewer = viewer_of(session, district.people[who])
        complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())


def test_a_reception_from_the_calendar_to_the_closed_loop(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    officer = in_english(visit("petition"))
    wrong = officer.post("/receptions", {"unit_id": "LHQ", "quota": "0"})
    assert wrong.status_code == 422
    where = arranged(officer, district, publish=False)
    wish = {"name": "家长潘某", "phone": "13812345678", "matter": "随迁子女入学"}
    assert officer.post(f"{where}/bookings", wish).status_code == 409, "not published yet"
    officer.post(f"{where}/publication")
    with district.store.reading() as session:
        number = session.get_one(Case, case_id).number
    assert officer.post(f"{where}/bookings", {"number": "LHQ-1", "matter": "x"}).status_code == 422
    clerk = in_english(visit("community"))
    assert clerk.post(f"{where}/bookings", wish).status_code == 302
    assert officer.post(f"{where}/bookings", {"number": number, "matter": "漏水半年"}).status_code == 302
    assert officer.post(f"{where}/bookings", wish).status_code == 409, "the quota is used up"
    page = words(officer.get(where))
    assert number in page
    assert "谢**" in page, "protected as everywhere"
    assert "138****5678" in page
    assert number not in words(clerk.get(where)), "below, people see the bookings they made"

    leader = in_english(visit("district"))
    home = words(leader.get("/board"))
    assert "My receptions" in home
    assert "read the briefs" in home, "one working day before"
    new, known = bookings(district)
    brief = words(leader.get(f"{where}/bookings/{known.id}/brief"))
    assert "楼上漏水" in brief
    assert "谢女士" not in brief

    clock.set(clock.now() + timedelta(days=1, hours=2))
    officer = in_english(visit("petition"))
    assert "随迁子女入学</textarea>" in officer.get(f"{where}/bookings/{new.id}?place=LHQ.MZ.01").text
    assert officer.post(f"{where}/bookings/{new.id}", {"persons": "x"}).status_code == 422
    assert officer.post(f"{where}/bookings/{new.id}", RECORD).status_code == 302
    assert officer.post(f"{where}/bookings/{new.id}", RECORD).status_code == 409
    assert officer.post(f"{where}/bookings/{known.id}/absence").status_code == 302
    new = bookings(district)[0]
    assert (new.name, new.phone) == (None, None), "personal data lie in the case alone"
    filed = new.case_id or 0
    with district.store.reading() as session:
        case = session.get_one(Case, filed)
        assert (case.channel, case.track, case.tier) == ("leader_reception", "reception", "district")
        clock_row = next(row for row in deadlines.live_of_case(session, filed) if row.step == "reception_reply")
        assert clock_row.length == "7wd"
    do(district, clock, filed, "reception_reply", "community", reply_state="done", steps_taken="统筹到邻近公办学校。")
    told = {"solved": "solved", "asked_petitioner": "satisfied", "report": "已安排，家长满意。"}
    do(district, clock, filed, "reception_feedback", "petition", **told)
    do(district, clock, filed, "reception_close", "district", verdict="accept")
    assert "solved" in words(officer.get(where))
    with district.store.reading() as session:
        period = Period(clock.now() - timedelta(days=30), clock.now() + timedelta(days=1))
        counts = receptions.count_receptions(session, Within("LHQ"), period)
    assert (counts.events, counts.visitors, counts.solved) == (1, 2, 1)
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_a_leader_who_may_not_file_records_what_they_received(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    officer = visit("petition")
    officer.get("/receptions/new")
    where = arranged(officer, district)
    officer.post(f"{where}/bookings", {"name": "邱某", "matter": "工资"})
    clock.set(clock.now() + timedelta(days=1, hours=2))
    leader = in_english(visit("district"))
    (booking,) = bookings(district)
    assert leader.post(f"{where}/bookings/{booking.id}", RECORD).status_code == 302
    assert bookings(district)[0].received_by == district.people["district"]
    assert leader.post(f"{where}/cancellation").status_code == 403


def test_people_book_without_a_sign_in_where_the_configuration_allows_it(
    visit: Visit, district: District, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = arranged(in_english(visit("petition")), district, quota=1)
    citizen = visit(None)
    assert citizen.get("/q/receptions").status_code == 404, "not unless it is switched on"
    open_to_all = district.config.citizens.model_copy(update={"book_receptions": True})
    monkeypatch.setattr(district.world, "config", district.config.model_copy(update={"citizens": open_to_all}))
    assert "一号接访室" in words(citizen.get("/q/receptions"))
    wish = {"reception": where.rpartition("/")[2], "name": "吕某", "phone": "13800000001", "matter": "养老金"}
    assert citizen.post("/q/receptions", {**wish, "website": "x"}).status_code == 422, "a program"
    assert citizen.post("/q/receptions", {**wish, "phone": ""}).status_code == 422
    assert citizen.post("/q/receptions", wish).status_code == 302
    assert citizen.post("/q/receptions", wish).status_code == 422, "the only place is taken"
    (booking,) = bookings(district)
    assert (booking.name, booking.booked_by) == ("吕某", None)
    for _turn in range(4):
        answer = citizen.post("/q/receptions", wish)
    assert answer.status_code == 429, "too many tries"


def test_who_may_see_and_book(visit: Visit, district: District, clock: ManualClock) -> None:
    officer = in_english(visit("petition"))
    where = arranged(officer, district, publish=False)
    street = in_english(visit("street"))
    assert street.get(where).status_code == 404, "not published yet"
    officer.post(f"{where}/publication")
    assert street.get(where).status_code == 200
    for who in ("grid", "operator", "mediator"):
        assert visit(who).get(where).status_code == 403, who
    officer.post(f"{where}/bookings", {"name": "邱某", "matter": "工资"})
    (booking,) = bookings(district)
    clerk = in_english(visit("community"))
    assert clerk.post(f"{where}/bookings/{booking.id}/removal").status_code == 404, "somebody else's"
    assert officer.post(f"{where}/bookings/{booking.id}/removal").status_code == 302
    assert officer.post(f"{where}/cancellation").status_code == 302
    assert officer.post(f"{where}/bookings", {"name": "邱某", "matter": "工资"}).status_code == 409


def test_who_is_shut_out_of_a_case_neither_sees_nor_changes_its_place(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock)
    officer, leader = in_english(visit("petition")), in_english(visit("district"))
    where = arranged(officer, district)
    with district.store.reading() as session:
        number = session.get_one(Case, case_id).number
    assert officer.post(f"{where}/bookings", {"number": number, "matter": "漏水半年"}).status_code == 302
    (booking,) = bookings(district)
    assert "漏水半年" in words(leader.get(where))
    with district.store.transaction() as session:
        session.add(Recusal(person_id=district.people["petition"], case_id=case_id, reason="亲属", at=clock.now()))
    clock.set(clock.now() + timedelta(days=1, hours=2))
    officer = in_english(visit("petition"))
    assert "漏水半年" not in words(officer.get(where))
    for act in ("removal", "absence"):
        assert officer.post(f"{where}/bookings/{booking.id}/{act}").status_code == 404, act
    assert bookings(district)[0].arrived is None
