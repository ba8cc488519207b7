"""The work list: what is offered, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.cases import Visit
from engine.people import Viewer, viewer_of
from engine.store import Store
from engine.tasks import Counts, Filter, Tab, counts, page
from tests.web import district as town
from tests.web.district import District

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
GRID = "LHQ.MZ.01.01.01"


@pytest.fixture
def district(each_store: Store) -> District:
    return town.settle(each_store, now=NOW)


def who(district: District, name: str) -> Viewer:
    with district.store.reading() as session:
        return viewer_of(session, district.people[name])


def titles(district: District, name: str, tab: Tab = Tab.MINE, **wanted: str) -> list[str]:
    with district.store.reading() as session:
        found = page(session, who(district, name), tab, now=NOW, wanted=Filter(**wanted))
        return [item.case.title for item in found.items]


def test_the_oldest_due_comes_first_and_what_has_no_limit_last(district: District) -> None:
    with district.store.transaction() as session:
        for title, due in (("late", -3), ("soon", 1), ("later", 30), ("never", None)):
            case = town.add_case(session, now=NOW, title=title)
            town.add_task(session, case, now=NOW, due=None if due is None else timedelta(hours=due))
    assert titles(district, "grid") == ["late", "soon", "later", "never"]


def test_only_what_is_offered_to_a_role_in_the_very_unit(district: District) -> None:
    with district.store.transaction() as session:
        town.add_task(session, town.add_case(session, now=NOW, title="for leads"), now=NOW, roles="|lead|")
        town.add_task(session, town.add_case(session, now=NOW, title="for leaders"), now=NOW, roles="|leader|")
        town.add_task(session, town.add_case(session, now=NOW, title="above"), now=NOW, unit="LHQ.MZ.01.01")
    assert titles(district, "grid") == ["for leads"]
    assert titles(district, "zone") == ["above"]
    assert titles(district, "grid", Tab.UNIT) == ["for leads", "for leaders"]
    assert titles(district, "grid_2") == titles(district, "nobody") == titles(district, "designer") == []


def test_what_a_colleague_took_leaves_my_list_and_stays_in_the_units(district: District) -> None:
    with district.store.transaction() as session:
        case = town.add_case(session, now=NOW, title="taken")
        town.add_task(session, case, now=NOW, claimed_by=district.people["grid_b"], claimed_at=NOW)
    assert titles(district, "grid") == []
    assert titles(district, "grid_b") == ["taken"]
    assert titles(district, "grid", Tab.UNIT) == ["taken"]
    with district.store.reading() as session:
        assert counts(session, who(district, "grid"), now=NOW) == Counts(mine=0, overdue=0, unit=1, waiting=0)
        later = counts(session, who(district, "grid_b"), now=NOW + timedelta(days=9))
        assert later == Counts(mine=1, overdue=1, unit=1, waiting=0)


def test_what_was_handed_to_me_is_mine_whatever_my_role(district: District) -> None:
    with district.store.transaction() as session:
        case = town.add_case(session, now=NOW, title="handed")
        town.add_task(session, case, now=NOW, roles="|mediator|", claimed_by=district.people["grid"], claimed_at=NOW)
    assert titles(district, "grid") == ["handed"]


def test_pages_follow_each_other_without_gap_or_repeat(district: District) -> None:
    wanted = []
    with district.store.transaction() as session:
        for number in range(11):
            case = town.add_case(session, now=NOW, title=f"{number:02}")
            due = None if number > 7 else timedelta(hours=number // 3)
            town.add_task(session, case, now=NOW, due=due)
            wanted.append(case.title)
    seen: list[str] = []
    cursor: str | None = None
    with district.store.reading() as session:
        while True:
            found = page(session, who(district, "grid"), Tab.MINE, now=NOW, after=cursor, most=3)
            seen += [item.case.title for item in found.items]
            cursor = found.next
            if cursor is None:
                break
    assert seen == wanted


@pytest.mark.parametrize("cursor", ["", "x", "-", "1-", "-x", "9" * 40 + "-1", "1-" + "9" * 30, "１-１"])
def test_a_cursor_that_makes_no_sense_starts_at_the_top(district: District, cursor: str) -> None:
    with district.store.transaction() as session:
        town.add_task(session, town.add_case(session, now=NOW, title="one"), now=NOW)
    with district.store.reading() as session:
        assert len(page(session, who(district, "grid"), Tab.MINE, now=NOW, after=cursor).items) == 1


def test_done_shows_the_latest_first(district: District) -> None:
    with district.store.transaction() as session:
        for hours, title in ((5, "earlier"), (1, "later")):
            case = town.add_case(session, now=NOW, title=title)
            task = town.add_task(session, case, now=NOW, completed_by=district.people["grid"])
            task.state, task.completed_at = "completed", NOW - timedelta(hours=hours)
    assert titles(district, "grid", Tab.DONE) == ["later", "earlier"]
    assert titles(district, "grid_b", Tab.DONE) == []
    with district.store.reading() as session:  # what is done has an instant, and so has its cursor
        assert len(page(session, who(district, "grid"), Tab.DONE, now=NOW, after="-5").items) == 2


def test_a_filter_narrows_a_list(district: District) -> None:
    with district.store.transaction() as session:
        for title, due, more in (
            ("漏水", -1, {}),
            ("噪音", 30, {"category": "neighbour.noise"}),
            ("百分号%", 1, {}),
        ):
            case = town.add_case(session, now=NOW, title=title, **more)
            task = town.add_task(session, case, now=NOW, due=timedelta(hours=due))
            task.element = "t_handle" if due == 30 else "t_sign_in"
        number = case.number
    for wanted, expected in (
        ({"step": "t_handle"}, ["噪音"]),
        ({"light": "red"}, ["漏水"]),
        ({"light": "green"}, ["百分号%", "噪音"]),
        ({"category": "neighbour.noise"}, ["噪音"]),
        ({"category": "neighbour.noise", "light": "red"}, []),
        ({"text": "%"}, ["百分号%"]),
        ({"text": number.lower()}, ["百分号%"]),
        ({"unit": GRID}, ["漏水", "百分号%", "噪音"]),
        ({"unit": "LHQ.GL"}, []),
    ):
        assert titles(district, "grid", **wanted) == expected, wanted


def test_who_stands_above_sees_what_waits_below_but_no_further(district: District) -> None:
    with district.store.transaction() as session:
        for title, place in (("grid", GRID), ("other grid", "LHQ.MZ.01.01.02"), ("other street", "LHQ.GL.01.01.01")):
            town.add_task(session, town.add_case(session, now=NOW, title=title, place=place), now=NOW)
        secret = town.add_case(session, now=NOW, title="secret", confidential=True)
        town.add_task(session, secret, now=NOW)
    assert titles(district, "street", Tab.UNIT) == []
    assert titles(district, "street", Tab.UNIT, unit="below") == ["grid", "other grid"]
    assert titles(district, "street", Tab.UNIT, unit="LHQ.MZ.01.01.02") == ["other grid"]
    assert titles(district, "street", Tab.UNIT, unit="LHQ.GL") == []
    assert titles(district, "grid") == ["grid"]


def test_what_others_have_to_do_in_cases_of_mine(district: District) -> None:
    """Worked on by me, filed by me, risen from my unit: until it is mine again, or over."""
    with district.store.transaction() as session:
        worked = town.add_case(session, now=NOW, title="worked", holder="LHQ.MZ.01.01")
        mine = town.add_task(session, worked, now=NOW, unit=GRID, completed_by=district.people["grid"])
        mine.state, mine.completed_at = "completed", NOW - timedelta(days=1)
        town.add_task(session, worked, now=NOW)
        zone = district.people["zone"]
        filed = town.add_case(session, now=NOW, title="filed", place="LHQ.MZ.01.01.02", filed_by=zone)
        town.add_task(session, filed, now=NOW)
        risen = town.add_case(session, now=NOW, title="risen", holder="LHQ.MZ.01")
        session.add(
            Visit(case_id=risen.id, seq=0, tier="grid", unit_id=GRID, reason="filed", entered_at=NOW, left_at=NOW)
        )
        town.add_task(session, risen, now=NOW)
        foreign = town.add_case(session, now=NOW, title="foreign", place="LHQ.GL.01", filed_by=district.people["grid"])
        town.add_task(session, foreign, now=NOW)
    assert titles(district, "grid", Tab.WAITING) == ["worked", "risen"]
    assert titles(district, "grid_b", Tab.WAITING) == ["risen"]
    assert titles(district, "zone", Tab.WAITING) == ["filed"]
    with district.store.reading() as session:
        assert counts(session, who(district, "grid"), now=NOW).waiting == 2
        assert counts(session, who(district, "grid"), now=NOW + timedelta(days=200)).waiting == 0
