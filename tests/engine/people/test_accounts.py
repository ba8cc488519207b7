"""What operators do to accounts: logged, refused to others, and never leaving nobody in charge or work in a drawer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import people, tasks
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotAllowed
from engine.people import Account, Viewer, accounts, operator_log, viewer_of
from engine.store import Store
from tests.web import district as town
from tests.web.district import PASSWORD, District


@pytest.fixture
def session(district: District) -> Iterator[Session]:
    with district.store.transaction() as opened:
        yield opened


@pytest.fixture
def operator(session: Session, district: District) -> Viewer:
    return viewer_of(session, district.people["operator"])


NEW = Account("li.na", "李娜", "Li Na", "13900001111")


def acts(session: Session, person_id: int) -> list[str]:
    session.flush()
    return [each.act for each in operator_log.entries(session, subject=f"person:{person_id}")[0]]


def test_a_new_person_comes_in_with_a_password_for_the_first_day(
    session: Session, operator: Viewer, clock: ManualClock
) -> None:
    person, password = accounts.open_account(session, NEW, viewer=operator, now=clock.now())
    assert people.person_by_password(session, "li.na", password, now=clock.now()).id == person.id
    assert viewer_of(session, person.id).must_choose_password
    with pytest.raises(Invalid):
        people.person_by_password(session, "li.na", password, now=clock.now() + timedelta(days=1))
    people.change_password(session, person.id, password, "a sentence of my own", secret=None)
    assert not viewer_of(session, person.id).must_choose_password
    assert acts(session, person.id) == ["person.opened"]
    assert password not in str([each.facts for each in operator_log.entries(session)[0]])


@pytest.mark.parametrize(
    ("account", "field"),
    [
        (Account("Li Na", "李娜", "Li Na"), "username"),
        (Account("grid", "李娜", "Li Na"), "username"),
        (Account("li.na", "", "Li Na"), "name_zh"),
        (Account("li.na", "李娜", "x" * 81), "name_en"),
        (Account("li.na", "李娜", "Li Na", "=1+1"), "phone"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    session: Session, operator: Viewer, clock: ManualClock, account: Account, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        accounts.open_account(session, account, viewer=operator, now=clock.now())
    assert list(refusal.value.facts["fields"]) == [field]


def test_whoever_is_no_operator_does_none_of_it(session: Session, district: District, clock: ManualClock) -> None:
    leader = viewer_of(session, district.people["district"])
    person_id, now = district.people["grid"], clock.now()
    for act in (
        lambda: accounts.open_account(session, NEW, viewer=leader, now=now),
        lambda: accounts.change_account(session, person_id, NEW, viewer=leader, now=now),
        lambda: accounts.reset_password(session, person_id, "x", viewer=leader, now=now),
        lambda: accounts.unlock(session, person_id, viewer=leader, now=now),
        lambda: tasks.deactivate(session, person_id, "x", viewer=leader, now=now),
        lambda: accounts.reactivate(session, person_id, "x", viewer=leader, now=now),
        lambda: accounts.give_role(session, person_id, "LHQ", "leader", "x", viewer=leader, now=now),
        lambda: tasks.take_role(session, person_id, "LHQ.MZ.01.01.01", "lead", "x", viewer=leader, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_closing_an_account_signs_out_ends_tokens_and_gives_back_what_was_claimed(
    session: Session, district: District, operator: Viewer, clock: ManualClock
) -> None:
    person_id, now = district.people["grid"], clock.now()
    secret = people.sign_in(session, person_id, now=now, lasts=timedelta(hours=12))
    token = people.tokens.issue(session, person_id, "robot", now=now, ends_at=None)
    case = town.add_case(session, now=now)
    task = town.add_task(session, case, now=now)
    tasks.claim(session, task.id, viewer=viewer_of(session, person_id), now=now)
    session.flush()
    with pytest.raises(Invalid):
        tasks.deactivate(session, person_id, "  ", viewer=operator, now=now)
    assert tasks.deactivate(session, person_id, "left the service", viewer=operator, now=now) == 1
    assert tasks.deactivate(session, person_id, "again", viewer=operator, now=now) == 0
    assert people.who_is(session, secret, now=now, idle=timedelta(hours=1)) is None
    assert people.tokens.find(session, token, now=now) is None
    assert task.claimed_by is None
    assert acts(session, person_id) == ["person.deactivated"]
    with pytest.raises(Invalid):
        people.person_by_password(session, "grid", PASSWORD, now=now)
    accounts.reactivate(session, person_id, "came back", viewer=operator, now=now)
    assert people.person_by_password(session, "grid", PASSWORD, now=now).id == person_id


def test_a_role_that_is_taken_takes_only_its_own_tasks_along(
    session: Session, district: District, operator: Viewer, clock: ManualClock
) -> None:
    person_id, now = district.people["grid"], clock.now()
    case = town.add_case(session, now=now)
    led, handled = (town.add_task(session, case, now=now, roles=roles) for roles in ("|lead|", "|lead|handler|"))
    for task in (led, handled):
        session.flush()
        tasks.claim(session, task.id, viewer=viewer_of(session, person_id), now=now)
    session.flush()
    given_back = tasks.take_role(session, person_id, "LHQ.MZ.01.01.01", "lead", "moved on", viewer=operator, now=now)
    assert given_back == 1
    assert (led.claimed_by, handled.claimed_by) == (None, person_id)
    assert acts(session, person_id) == ["role.taken"]


def test_there_is_always_an_operator_left(
    session: Session, district: District, operator: Viewer, clock: ManualClock
) -> None:
    now, me = clock.now(), operator.person_id
    with pytest.raises(Conflict):
        tasks.take_role(session, me, "LHQ", "operator", "x", viewer=operator, now=now)
    with pytest.raises(Conflict):
        tasks.deactivate(session, me, "x", viewer=None, now=now)
    accounts.give_role(session, district.people["grid"], "LHQ", "operator", "second one", viewer=operator, now=now)
    session.flush()
    tasks.take_role(session, me, "LHQ", "operator", "handing on", viewer=operator, now=now)
    assert "operator" not in viewer_of(session, me).roles


@pytest.mark.parametrize(("unit", "role"), [("LHQ.XX", "lead"), ("LHQ.MZ", "king")])
def test_a_role_or_unit_that_does_not_exist_is_refused(
    session: Session, district: District, operator: Viewer, clock: ManualClock, unit: str, role: str
) -> None:
    with pytest.raises(Invalid):
        accounts.give_role(session, district.people["grid"], unit, role, "x", viewer=operator, now=clock.now())


def test_who_guessed_too_often_is_unlocked(
    session: Session, district: District, operator: Viewer, clock: ManualClock
) -> None:
    person = accounts.get_person(session, district.people["grid"])
    for _ in range(10):
        people.note_attempt(session, "grid", "10.0.0.1", now=clock.now())
    assert not accounts.is_locked(session, person, now=clock.now())
    with pytest.raises(Exception, match="too many"):
        people.note_attempt(session, "Grid", "10.0.0.1", now=clock.now())
    assert accounts.is_locked(session, person, now=clock.now())
    accounts.unlock(session, person.id, viewer=operator, now=clock.now())
    people.note_attempt(session, "grid", "10.0.0.1", now=clock.now())
    assert not accounts.is_locked(session, person, now=clock.now())


def test_people_are_found_by_any_part_and_by_unit(session: Session) -> None:
    for words, unit, found in (
        ("晓东", None, ["grid"]),
        ("XIAODONG", None, ["grid"]),
        ("street", None, ["street", "street_gl"]),
        ("100%", None, []),
        ("", "LHQ.MZ.01.01.01", ["grid", "grid_b"]),
    ):
        assert [each.username for each in accounts.find_people(session, words, unit_id=unit)[0]] == found
    first, after = accounts.find_people(session, most=5)
    rest, _ = accounts.find_people(session, after=after or 0, most=50)
    assert len(first) == 5
    assert {each.id for each in first}.isdisjoint({each.id for each in rest})


def test_the_log_cannot_be_rewritten(each_store: Store, clock: ManualClock) -> None:
    with each_store.transaction() as session:
        operator_log.log(session, None, "year.loaded", "year:2027", now=clock.now())
    for statement in ("UPDATE operator_log SET act = 'nothing'", "DELETE FROM operator_log"):
        with pytest.raises(DBAPIError, match="append-only"), each_store.transaction() as session:
            session.execute(text(statement))
