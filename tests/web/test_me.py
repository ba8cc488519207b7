"""Somebody's own page: what is chosen there holds everywhere, and is nobody else's to change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import notify, outbox, people
from engine.clock import ManualClock
from engine.notify import Notice
from engine.people import Person, viewer_of
from tests.web import district as town
from tests.web.district import PASSWORD, District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def test_language_and_colours_follow_the_person_to_another_browser(visit: Visit) -> None:
    here = visit("grid")
    here.get("/me")
    here.post("/me/display", {"language": "en", "theme": "dark"})
    page = visit("grid").get("/me")
    assert '<html lang="en">' in page.text
    assert 'content="dark"' in page.text
    assert re.search(r'dark\.css[^"]*">', page.text)
    here.post("/me/display", {"language": "zh_CN", "theme": "light"})
    page = visit("grid").get("/")
    assert '<html lang="zh-CN">' in page.text
    assert "dark.css" not in page.text
    here.post("/me/display", {"theme": ""})
    assert 'media="(prefers-color-scheme: dark)"' in visit("grid").get("/").text


def test_an_absence_is_noted_and_called_off(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    task = town.open_task(district, case_id)
    mine, deputy = visit("grid"), visit("zone")
    assert f'href="/tasks/{task.id}"' not in deputy.get("/").text
    assert "王建国 · 第1片区" in words(mine.get("/me"))
    mine.get("/me")
    bad = mine.post("/me/absences", {"starts_on": "2026-03-05", "ends_on": "2026-03-04", "deputy": "0"})
    assert bad.status_code == 422
    assert 'aria-invalid="true"' in bad.text
    days = {"starts_on": "2026-03-02", "ends_on": "2026-03-04", "deputy": str(district.people["zone"])}
    assert mine.post("/me/absences", days).status_code == 302
    assert mine.post("/me/absences", {**days, "ends_on": "2026-03-06"}).status_code == 409
    assert f'href="/tasks/{task.id}"' in deputy.get("/").text
    assert "林晓东" in words(deputy.get("/me"))
    deputy.get(f"/tasks/{task.id}")
    assert deputy.post(f"/tasks/{task.id}/completion", {"action": "sign"}).status_code == 302
    ending = re.search(r"/me/absences/\d+/ending", mine.get("/me").text)
    assert ending is not None
    assert visit("grid_b").post(ending.group()).status_code in (400, 404)
    stranger = visit("grid_b")
    stranger.get("/")
    assert stranger.post(ending.group()).status_code == 404
    assert mine.post(ending.group()).status_code == 302
    assert "林晓东" not in words(deputy.get("/me"))


def test_an_absence_ends_by_itself(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = visit("grid")
    visitor.get("/me")
    deputy = str(district.people["zone"])
    visitor.post("/me/absences", {"starts_on": "2026-03-02", "ends_on": "2026-03-02", "deputy": deputy})
    assert "林晓东" in words(visit("zone").get("/me"))
    town.file_case(district, clock)
    town.send_notices(district, clock)
    assert "林晓东离岗至3月2日" in words(visit("zone").get("/notices"))
    clock.advance(timedelta(hours=15))
    assert "林晓东" not in words(visit("zone").get("/me"))
    assert "林晓东" not in words(visit("zone").get("/notices"))


def enter(app: Flask, password: str) -> Visitor:
    visitor = Visitor(app)
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"username": "grid", "password": password})
    return visitor


def test_a_changed_password_signs_out_every_other_browser(app: Flask) -> None:
    here, there = enter(app, PASSWORD), enter(app, PASSWORD)
    here.get("/me/password")
    for fields, marked in (
        ({"present": "wrong", "password": "a new sentence"}, "wrong-present"),
        ({"present": PASSWORD, "password": "short"}, "wrong-password"),
        ({"present": PASSWORD, "password": PASSWORD}, "wrong-password"),
    ):
        answer = here.post("/me/password", fields)
        assert answer.status_code == 422
        assert marked in answer.text
    assert there.get("/me").status_code == 200
    assert here.post("/me/password", {"present": PASSWORD, "password": "a new sentence"}).status_code == 302
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302
    assert enter(app, PASSWORD).get("/me").status_code == 302
    assert enter(app, "a new sentence").get("/me").status_code == 200


def test_guessing_the_present_password_is_braked(app: Flask) -> None:
    here = enter(app, PASSWORD)
    here.get("/me/password")
    for _ in range(9):
        assert here.post("/me/password", {"present": "x", "password": "a new sentence"}).status_code == 422
    assert here.post("/me/password", {"present": PASSWORD, "password": "a new sentence"}).status_code == 429


def test_with_a_password_that_was_given_out_there_is_only_choosing_another(
    app: Flask, district: District, clock: ManualClock
) -> None:
    with district.store.transaction() as session:
        operator = viewer_of(session, district.people["operator"])
        given = people.accounts.reset_password(
            session, district.people["grid"], "forgot it", viewer=operator, now=clock.now()
        )
    visitor = enter(app, given)
    for address in ("/", "/me", "/cases", "/notices"):
        assert visitor.get(address).headers.get("Location") == "/me/password", address
    visitor.get("/me/password")
    assert visitor.post("/me/display", {"language": "en"}).status_code == 403
    assert visitor.post("/me/password", {"present": given, "password": "a new sentence"}).status_code == 302
    assert visitor.get("/me").status_code == 200


def test_one_sees_ones_own_sign_ins_and_ends_them(visit: Visit) -> None:
    here, there, other = visit("grid"), visit("grid"), visit("zone")
    page = here.get("/me")
    endings = re.findall(r"/me/sign-ins/([0-9a-f]{16})/ending", page.text)
    assert len(endings) == 1
    other.get("/me")
    other.post(f"/me/sign-ins/{endings[0]}/ending")
    assert there.get("/me").status_code == 200
    here.post(f"/me/sign-ins/{endings[0]}/ending")
    assert there.get("/me").status_code == 302
    visit("grid")
    here.get("/me")
    here.post("/me/sign-ins/ending")
    assert not re.search(r"/me/sign-ins/[0-9a-f]{16}/ending", here.get("/me").text)


def test_what_is_told_to_a_unit_without_people_reaches_the_next_one_up(
    district: District, clock: ManualClock, visit: Visit
) -> None:
    """A building whose only lead has left, and a unit above that hears of it anyway: once each."""
    empty, grid = "LHQ.MZ.01.01.01.02", "LHQ.MZ.01.01.01"
    with district.store.transaction() as session:
        case = town.add_case(session, place=empty, title="没人的楼栋", now=clock.now())
        outbox.put(
            session, case, "case.told", now=clock.now(), facts={"what": "ack_overdue", "whom": ["holder", "above"]}
        )
    town.send_notices(district, clock)
    with district.store.reading() as session:
        rows = session.execute(select(Notice.unit_id, Notice.what).where(Notice.case_id == case.id)).all()
    assert [tuple(row) for row in rows] == [(grid, "ack_overdue")]
    assert "没人的楼栋" in visit("grid").get("/notices").text


def test_a_token_is_shown_once_and_ended(visit: Visit, app: Flask) -> None:
    visitor = visit("grid")
    visitor.get("/me")
    shown = visitor.post("/me/tokens", {"name": "my robot", "days": "30"})
    secret = re.search(r"mb_[A-Za-z0-9_-]{40,}", shown.text)
    assert secret is not None
    assert secret.group() not in visitor.get("/me").text
    assert "my robot" in visitor.get("/me").text
    assert visitor.post("/me/tokens", {"name": "my robot", "days": "30"}).status_code == 422
    bearer = {"Authorization": f"Bearer {secret.group()}"}
    assert app.test_client().get("/api/v1/tasks", headers=bearer).status_code == 200
    visitor.post("/me/tokens/ending", {"name": "my robot"})
    assert app.test_client().get("/api/v1/tasks", headers=bearer).status_code == 401


@pytest.fixture
def news(district: District, clock: ManualClock) -> list[int]:
    """Two notices for the grid's unit and one for its lead alone; gives the cases."""
    cases = [town.file_case(district, clock, title=title) for title in ("第一件", "第二件")]
    with district.store.transaction() as session:
        for parcel in outbox.claim(session, now=clock.now(), most=100):
            notify.post(session, [parcel], tiers=district.world.tiers)
        facts = {"people": [district.people["grid"]], "by": district.people["zone"]}
        mention = outbox.Parcel(1, "mention:1", cases[0], "comment.made", facts, clock.now(), 1)
        assert notify.post(session, [mention], tiers=district.world.tiers) == 1
        assert notify.post(session, [mention], tiers=district.world.tiers) == 0
    return cases


def count(visitor: Visitor) -> int:
    found = re.search(r'class="count">(\d+)<', visitor.get("/notices").text)
    return int(found.group(1)) if found else 0


def test_the_count_of_news_is_true_after_every_reading(visit: Visit, district: District, news: list[int]) -> None:
    mine, colleague = visit("grid"), visit("grid_b")
    assert (count(mine), count(colleague), count(visit("street_gl"))) == (3, 2, 0)
    page = mine.get("/notices")
    assert "有人提到了您 · 王建国" in words(page)
    newest = max(int(each) for each in re.findall(r"/notices/(\d+)/opening", page.text))
    opened = mine.post(f"/notices/{newest}/opening")
    assert opened.headers["Location"] == f"/cases/{news[0]}"
    assert (count(mine), count(colleague)) == (2, 2)
    assert colleague.post(f"/notices/{newest}/opening").status_code == 404
    mine.get("/notices")
    mine.post("/notices/reading", {"up_to": str(newest)})
    assert (count(mine), count(colleague)) == (0, 2)
    assert "没有未读通知" in words(mine.get("/notices"))


def test_what_came_after_the_page_was_shown_stays_new(
    visit: Visit, district: District, clock: ManualClock, news: list[int]
) -> None:
    visitor = visit("grid")
    shown = max(int(each) for each in re.findall(r"/notices/(\d+)/opening", visitor.get("/notices").text))
    town.file_case(district, clock, title="第三件")
    with district.store.transaction() as session:
        for parcel in outbox.claim(session, now=clock.now(), most=100):
            notify.post(session, [parcel], tiers=district.world.tiers)
    visitor.post("/notices/reading", {"up_to": str(shown)})
    assert count(visitor) == 1


def test_muted_kinds_stay_out_and_mentions_do_not(visit: Visit, district: District, news: list[int]) -> None:
    visitor = visit("grid")
    visitor.get("/me")
    visitor.post("/me/notices", {"kind": ["moved", "clock"]})
    assert count(visitor) == 1
    visitor.post("/me/notices", {"kind": ["new"]})
    assert count(visitor) == 3
    with district.store.reading() as session:
        assert session.get_one(Person, district.people["grid"]).muted == [
            "asked",
            "clock",
            "closed",
            "decided",
            "moved",
            "news",
            "overdue",
        ]


def test_confidential_cases_make_no_news(visit: Visit, district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        case = town.add_case(session, now=clock.now(), title="保密事项", confidential=True)
        session.flush()
        session.add(
            Notice(
                key="x",
                unit_id=case.holder_id,
                case_id=case.id,
                what="case.filed",
                kind="new",
                facts={},
                at=clock.now(),
            )
        )
    visitor = visit("grid")
    assert count(visitor) == 0
    assert "保密事项" not in words(visitor.get("/notices"))
    with district.store.reading() as session:
        notice_id = session.scalar(select(Notice.id))
    assert visitor.post(f"/notices/{notice_id}/opening").status_code == 404
