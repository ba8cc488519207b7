"""Numbers per element of a diagram: what each counts, that each is as long as its list, and who may see how much."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from engine import history, reports
from engine.cases import Case, Party
from engine.config import load_config
from engine.deadlines import Deadline, WorkingCalendar
from engine.main import read_calendar
from engine.people import Viewer
from engine.reports import Heat, HeatMap, Period, Within
from engine.reports.heat import up_to
from engine.store import Store
from tests.web import district as town

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning
WEEK = Period(MONDAY, MONDAY + timedelta(days=7))
LEADER = Viewer(1, "吴", "Wu", None, (("LHQ", "leader"),))
STREET = Viewer(2, "黄", "Huang", None, (("LHQ.MZ", "leader"),))
HERE, THERE = "LHQ.MZ.01.01.01", "LHQ.GL.01.01.01"
SCOPES = frozenset({"tier_visit", "gw_wait"})


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return read_calendar(None, load_config(None, {}))


@pytest.fixture(scope="module")
def lived(each_read_store: Store) -> Store:
    town.settle(each_read_store, now=MONDAY)
    with each_read_store.transaction() as session:
        _live(session)
    return each_read_store


def _live(session: Session) -> None:
    def done(case: Case, hours: int, *, late: bool = False, after: str | None = None, **more: Any) -> None:
        """A task of this case that was open for so many hours from Monday morning on, and what its end did."""
        end = MONDAY + timedelta(hours=hours)
        given = {"element": "t_handle", "state": "completed", "closed_at": end, "completed_at": end, **more}
        task = town.add_task(session, case, now=MONDAY, due=None, process=given.pop("process", "p_small"))
        for name, value in given.items():
            setattr(task, name, value)
        task.due_at = end if late else end + timedelta(minutes=1)
        if after is not None:
            history.record(session, case, after, actor_id=None, now=end)
        session.flush()

    def case(place: str = HERE, **more: Any) -> Case:
        return town.add_case(session, place=place, now=MONDAY, **more)

    first = case()
    done(first, 1)
    done(first, 2, late=True)
    done(case(), 3, after="case.returned")
    done(case(THERE), 4, after="triage.overridden")
    done(case(THERE), 5, element="t_sign_in", late=True, state="withdrawn", completed_at=None, after="case.token_moved")
    elsewhere = case()
    done(elsewhere, 2, process="p_big")
    done(case(), 24 * 8)
    done(case(), 2, state="withdrawn", completed_at=None, late=True)
    done(case(confidential=True), 2, after="case.returned")
    walled = case(walled=True)
    session.add(Party(case_id=walled.id, role="respondent", name="民治街道", unit_id="LHQ.MZ"))
    done(walled, 2)
    for number, (element, edge, state) in enumerate(
        (
            ("be_overdue", "tier_visit", "breached"),
            ("be_overdue", "tier_visit", "met"),
            ("be_overdue", "tier_visit", "met"),
            ("ce_wait_over", None, "breached"),
            ("be_ack", "t_handle", "breached"),
        )
    ):
        end = MONDAY + timedelta(hours=1 + number)
        session.add(
            Deadline(
                case_id=first.id, visit_seq=1, process="p_small", element=element, attached_to=edge, step="handle",
                expects="ended", started_at=MONDAY, length="2wd", first_due_at=end, due_at=end, next_at=end,
                state=state, closed_at=end, place_id=HERE,
            )
        )  # fmt: skip


def read(session: Session, calendar: WorkingCalendar, within: Within, period: Period = WEEK) -> HeatMap:
    return reports.read_heat(session, "p_small", period, within, scopes=SCOPES, calendar=calendar)


def test_what_each_number_counts(lived: Store, calendar: WorkingCalendar) -> None:
    with lived.reading() as session:
        found = read(session, calendar, Within("LHQ", LEADER))
    assert found.one_in == 1
    assert set(found.spots) == {"t_handle", "t_sign_in", "tier_visit", "ce_wait_over"}
    handled, signed = found.spots["t_handle"], found.spots["t_sign_in"]
    assert (handled.times, handled.cases, handled.overdue, handled.returned, handled.turned) == (6, 5, 2, 1, 1)
    assert (signed.times, signed.cases, signed.overdue, signed.returned, signed.turned) == (1, 1, 1, 0, 1)
    # open for 1, 2, 3, 4, 2 and 2 hours from nine on; at noon people rest
    assert (handled.median, handled.ninth) == (120.0, 180.0)
    visit, wait = found.spots["tier_visit"], found.spots["ce_wait_over"]
    assert (visit.times, visit.cases, visit.overdue, visit.median) == (3, 1, 1, 120.0)
    assert (wait.cases, wait.overdue, wait.median) == (1, 1, None)


def test_an_area_counts_what_lies_in_it_and_may_be_seen(lived: Store, calendar: WorkingCalendar) -> None:
    with lived.reading() as session:
        for unit, viewer, handled in (("LHQ.MZ", STREET, 3), ("LHQ.GL", LEADER, 1), ("LHQ", None, 5)):
            assert read(session, calendar, Within(unit, viewer)).spots["t_handle"].cases == handled, unit


def test_a_period_holds_what_ended_in_it(lived: Store, calendar: WorkingCalendar) -> None:
    with lived.reading() as session:
        later = Period(WEEK.end, WEEK.end + timedelta(days=7))
        assert read(session, calendar, Within("LHQ"), later).spots["t_handle"].cases == 1
        assert read(session, calendar, Within("LHQ"), Period(MONDAY - timedelta(days=7), MONDAY)).spots == {}


def test_every_number_is_as_long_as_its_list(lived: Store, calendar: WorkingCalendar) -> None:
    with lived.reading() as session:
        for within in (Within("LHQ", LEADER), Within("LHQ.MZ", STREET)):
            for element, spot in read(session, calendar, within).spots.items():
                numbers = {
                    Heat.CASES: spot.cases,
                    Heat.STAYED: spot.cases,
                    Heat.OVERDUE: spot.overdue,
                    Heat.RETURNED: spot.returned,
                    Heat.TURNED: spot.turned,
                }
                for heat, number in numbers.items():
                    found = reports.behind_spot(session, "p_small", element, heat, WEEK, within, scopes=SCOPES)
                    assert found.total == number == len({row[0].id for row in found.rows}), (element, heat)


def test_few_cases_are_held_back_from_those_who_read_none(lived: Store, calendar: WorkingCalendar) -> None:
    with lived.reading() as session:
        found = reports.held_back(read(session, calendar, Within("LHQ")))
    handled, signed = found.spots["t_handle"], found.spots["t_sign_in"]
    assert (handled.cases, handled.overdue, handled.returned, handled.median) == (5, None, None, 120.0)
    assert (signed.cases, signed.overdue, signed.times, signed.median, signed.turned) == (None, None, 0, None, None)


def test_of_very_many_stays_a_sample_is_measured(
    lived: Store, calendar: WorkingCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.reports.heat.SAMPLED", 6)
    with lived.reading() as session:
        whole = read(session, calendar, Within("LHQ"))
    assert whole.one_in == 2
    assert whole.spots["t_handle"].cases == 5
    assert whole.spots["t_handle"].median is not None


@pytest.mark.parametrize(("share", "minutes"), [(0.0, 1.0), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)])
def test_between_two_stays_the_share_lies_in_proportion(share: float, minutes: float) -> None:
    assert up_to([1, 2, 3, 4], share) == pytest.approx(minutes)
    assert up_to([7], share) == 7


def test_no_table_is_read_from_end_to_end(lived: Store, calendar: WorkingCalendar) -> None:
    """On SQLite, which chooses by shape alone."""
    if lived.dialect != "sqlite":
        return
    sent: list[tuple[str, Any]] = []
    event.listen(lived.engine, "before_cursor_execute", lambda *given: sent.append((given[2], given[3])))
    with lived.reading() as session:
        read(session, calendar, Within("LHQ.MZ", STREET))
        for heat in Heat:
            reports.behind_spot(session, "p_small", "t_handle", heat, WEEK, Within("LHQ.MZ", STREET), scopes=SCOPES)
    with lived.engine.connect() as connection:
        plans = [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given))
            for said, given in sent
            if said.lstrip().startswith("SELECT")
        ]
    found = "\n\n".join(plans)
    for index in ("ix_task_ended", "ix_deadline_ended", "ix_history_steered"):
        assert f"INDEX {index} (" in found
    assert not re.findall(r"^SCAN (?:task|deadline|history|case)$", found, re.MULTILINE), found
