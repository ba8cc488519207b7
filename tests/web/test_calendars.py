"""A calendar program asks for somebody's deadlines: by a secret, in their language, and nothing about people in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from icalendar import Calendar

from engine.clock import ManualClock
from engine.people import CalendarFeed, Person
from engine.receptions import Reception
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def made(visitor: Visitor, **fields: str) -> str:
    """The path of a new address, as it is shown once."""
    visitor.get("/me")
    answer = visitor.post("/me/calendar", fields)
    found = re.search(r'class="secret">https?://[^/]+(/calendar/[\w-]{32}\.ics)<', answer.text)
    assert found is not None
    assert found.group(1) not in visitor.get("/me").text
    return found.group(1)


def test_deadlines_and_reception_days_come_in_the_readers_language(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, title="谢女士家漏水", phone="13800138777")
    task = town.open_task(district, case_id)
    with district.store.transaction() as session:
        town.add_task(
            session, town.add_case(session, now=clock.now(), confidential=True, title="保密"), now=clock.now()
        )
        session.get_one(Person, district.people["grid"]).locale = "en"
        session.add(
            Reception(
                unit_id="LHQ", leader_id=district.people["grid"], place_text="Room 2", topics="x", quota=5,
                starts_at=clock.now() + timedelta(days=2), ends_at=clock.now() + timedelta(days=2, hours=3),
                created_by=district.people["petition"], created_at=clock.now(),
            )
        )  # fmt: skip
    path = made(visit("grid"))
    answer = visit(None).get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    due, reception = Calendar.from_ical(answer.data).walk("VEVENT")
    assert due["uid"] == f"task-{task.id}@localhost"
    assert due.decoded("dtstart") == task.due_at.replace(microsecond=0)
    assert re.fullmatch(r"[A-Za-z ]+ · LHQ-\d{8}-\d{4}", due["summary"])
    assert "Grid 1" in due["description"]
    assert due.walk("VALARM") == []
    assert (reception["summary"], reception["location"]) == ("Reception day", "Room 2")
    for secret in ("谢", "13800138777", "漏水", "保密", "Lin Xiaodong"):
        assert secret not in answer.text


def test_it_says_when_nothing_has_changed(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    path, reader = made(visit("grid")), visit(None)
    first = reader.get(path)
    clock.advance(timedelta(minutes=20))
    again = reader.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    town.file_case(district, clock, phone="13900139000")
    assert reader.get(path, **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_it_rings_at_the_yellow_light_for_who_wants_it(visit: Visit, district: District, clock: ManualClock) -> None:
    task = town.open_task(district, town.file_case(district, clock))
    visitor = visit("grid")
    path = made(visitor, warns="on")
    (alarm,) = Calendar.from_ical(visit(None).get(path).data).walk("VALARM")
    assert task.warn_at is not None
    assert alarm.decoded("trigger") == task.warn_at.replace(microsecond=0)
    visitor.get("/me")
    visitor.post("/me/calendar/warnings", {})
    assert b"VALARM" not in visit(None).get(path).data


def test_an_address_ends_when_it_is_renewed_closed_or_its_person_leaves(visit: Visit, district: District) -> None:
    visitor, reader = visit("grid"), visit(None)
    first = made(visitor)
    second = made(visitor)
    with district.store.reading() as session:
        kept = session.get_one(CalendarFeed, district.people["grid"])
        assert kept.secret_hash not in second
    assert [reader.get(each).status_code for each in (first, second, "/calendar/x.ics")] == [404, 200, 404]
    with district.store.transaction() as session:
        session.get_one(Person, district.people["grid"]).active = False
    assert reader.get(second).status_code == 404
    with district.store.transaction() as session:
        session.get_one(Person, district.people["grid"]).active = True
    visitor.get("/me")
    visitor.post("/me/calendar/ending")
    assert reader.get(second).status_code == 404
    assert "日历" in words(visitor.get("/me")) or "calendar" in words(visitor.get("/me"))
