"""Every number equals the list behind it, on both databases, for everybody, and is answered from an index alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import count as counting
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engine import reports
from engine.cases import Case, Party, Recusal, Visit
from engine.config import load_config
from engine.deadlines import Deadline, WorkingCalendar
from engine.main import read_calendar
from engine.people import Membership, Person, Viewer
from engine.reports import DayFigure, Figure, Within
from engine.reports.board import AT_ONCE
from engine.reports.figures import FEW
from engine.store import Store
from engine.territory import Unit
from tests.web import district as town

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LEADER = Viewer(1, "吴", "Wu", None, (("LHQ", "leader"),))
STREET = Viewer(2, "黄", "Huang", None, (("LHQ.MZ", "dispatcher"),))


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return read_calendar(None, load_config(None, {}))


@pytest.fixture(scope="module")
def filed(each_read_store: Store) -> Store:
    return settled(each_read_store)


def settled(store: Store) -> Store:
    """Cases of every sort in two streets: what counts, what does not count any more, and what nobody may count."""
    with store.transaction() as session:
        for number, (unit, zh, en) in enumerate(town.UNITS):
            parent, tier = unit.rpartition(".")[0] or None, town.TIERS[len(town.TIERS) - 1 - unit.count(".")]
            session.add(Unit(id=unit, parent_id=parent, tier=tier, seq=number, name_zh=zh, name_en=en))
        session.flush()
        for number, unit in ((1, "LHQ"), (2, "LHQ.MZ")):
            session.add(Person(id=number, username=f"p{number}", name_zh="某", name_en="P", active=True))
            session.flush()
            session.add(Membership(person_id=number, unit_id=unit, role="leader"))
        session.flush()
        fill(session)
    return store


def fill(session: Session) -> None:
    numbers = counting(1)

    def case(place: str, *, due: timedelta | None = None, risen: timedelta | None = None, **more: Any) -> Case:
        """`due` from now on the tier clock; `risen` so long ago, out of the place itself."""
        made = town.add_case(session, place=place, now=NOW, filed=timedelta(days=40), **more)
        number = next(numbers)
        if due is not None:
            at = NOW + due
            session.add(
                Deadline(
                    case_id=made.id, visit_seq=1, step="handle", tier="grid", place_id=place, expects="ended",
                    started_at=NOW - timedelta(days=3), length="2wd", first_due_at=at, due_at=at, next_at=at,
                    state="armed",
                )
            )  # fmt: skip
        if risen is not None:
            session.add(
                Visit(
                    case_id=made.id, seq=2, tier="zone", unit_id=place.rpartition(".")[0], from_unit_id=place,
                    from_tier="grid", reason="request" if number % 2 else "overdue", entered_at=NOW - risen,
                )
            )  # fmt: skip
        return made

    def hours(number: int) -> timedelta:
        return timedelta(hours=number)

    def days(number: int) -> timedelta:
        return timedelta(days=number)

    here, there = "LHQ.MZ.01.01.01", "LHQ.GL.01.01.01"
    closed: dict[str, Any] = {"state": "closed", "result": "resolved"}
    for place in (here, here, there):
        case(place, due=hours(3))
        case(place, due=days(5), severity=2)
        case(place, due=-hours(1), overdue_at=NOW - days(1), severity=3)
        case(place, risen=days(2), due=days(3))
        case(place, risen=days(9), due=days(3))
        case(place, closed_at=NOW - days(3), **closed)
        case(place, closed_at=NOW - days(4), overdue_at=NOW - days(5), **closed)
        case(place, closed_at=NOW - days(31), risen=days(32), **closed)
        case(place, closed_at=NOW - days(2), risen=days(3), state="withdrawn", result="withdrawn")
        case(place, due=hours(2), risen=days(1), overdue_at=NOW - days(1), confidential=True)
    case("LHQ.MZ", severity=4)
    walled = case(here, due=hours(2), risen=days(1), walled=True)
    session.add(Party(case_id=walled.id, role="respondent", name="民治街道", unit_id="LHQ.MZ"))
    unrelated = town.add_case(session, place="LHQ.GL", now=NOW)
    session.add(Visit(case_id=unrelated.id, seq=2, tier="street", unit_id="LHQ.GL", reason="redo", entered_at=NOW))


EXPECTED: dict[str, dict[Figure, Any]] = {
    "LHQ": {Figure.OVERDUE: 3, Figure.SOON: 4, Figure.RISEN: 7, Figure.OPEN: 18, Figure.IN_TIME: (3, 6)},
    "LHQ.MZ": {Figure.OVERDUE: 2, Figure.SOON: 2, Figure.RISEN: 4, Figure.OPEN: 11, Figure.IN_TIME: (2, 4)},
    "LHQ.MZ.01.01": {Figure.OVERDUE: 2, Figure.SOON: 2, Figure.RISEN: 4, Figure.OPEN: 10, Figure.IN_TIME: (2, 4)},
    "LHQ.MZ.02": {Figure.OVERDUE: 0, Figure.SOON: 0, Figure.RISEN: 0, Figure.OPEN: 0, Figure.IN_TIME: (0, 0)},
}
"""The street does not see the case about itself; the district does."""


def within(unit: str) -> Within:
    return Within(unit, LEADER if unit == "LHQ" else STREET)


def test_what_each_number_counts(filed: Store, calendar: WorkingCalendar) -> None:
    with filed.reading() as session:
        for unit, expected in EXPECTED.items():
            for figure in Figure:
                found = reports.count(session, figure, within(unit), calendar=calendar, now=NOW)
                value = (found.value, found.out_of) if figure is Figure.IN_TIME else found.value
                assert value == expected[figure], (unit, figure)


def test_the_list_behind_is_as_long_as_the_number(
    filed: Store, calendar: WorkingCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over several pages, each case once."""
    monkeypatch.setattr("engine.reports.figures.PAGE", 3)
    with filed.reading() as session:
        for unit in EXPECTED:
            for figure in Figure:
                counted = reports.count(session, figure, within(unit), calendar=calendar, now=NOW)
                listed: list[int] = []
                for page in range(1, 12):
                    found = reports.behind(session, figure, within(unit), calendar=calendar, now=NOW, page=page)
                    listed += [case.id for case, _clock, _place in found.rows]
                wanted = counted.value if counted.out_of is None else counted.out_of
                assert len(listed) == len(set(listed)) == found.total == wanted, (unit, figure)


def test_the_board_says_what_each_number_says_alone(filed: Store, calendar: WorkingCalendar) -> None:
    with filed.reading() as session:
        for unit in EXPECTED:
            with reports.Counting(filed, within(unit), lowest="building", calendar=calendar, now=NOW) as counting:
                board = counting.read(session)
            alone = {
                figure: reports.count(session, figure, within(unit), calendar=calendar, now=NOW) for figure in Figure
            }
            assert board.counts == alone


def test_many_boards_at_once_do_not_wait_for_each_others_connections(filed: Store, calendar: WorkingCalendar) -> None:
    def counting() -> reports.Counting:
        return reports.Counting(filed, within("LHQ"), lowest="building", calendar=calendar, now=NOW)

    with ExitStack() as boards, filed.reading() as session:
        others = [boards.enter_context(counting()).read(session) for _ in range(AT_ONCE)]
        taken: list[int] = []
        event.listen(filed.engine, "checkout", note := lambda *_: taken.append(1))
        with counting() as one_more:
            alone = one_more.read(session)
        event.remove(filed.engine, "checkout", note)
        assert taken == []
        assert [other.counts for other in others] == [alone.counts] * AT_ONCE


def test_the_wall_is_looked_up_once_where_it_is_short(
    filed: Store, calendar: WorkingCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing behind it, a case behind it, and more than are worth naming: the numbers are the same."""
    with filed.reading() as session:
        for most, walls in ((100, {"LHQ": 0, "LHQ.MZ": 1}), (0, {"LHQ": 0, "LHQ.MZ": None})):
            monkeypatch.setattr("engine.reports.figures.FEW", most)
            for unit, cases in walls.items():
                known = Within.of(session, unit, within(unit).viewer)
                assert (None if known.walled is None else len(known.walled)) == cases
                for figure in Figure:
                    counted = reports.count(session, figure, known, calendar=calendar, now=NOW)
                    assert counted == reports.count(session, figure, within(unit), calendar=calendar, now=NOW)


def test_places_add_up_to_the_whole(filed: Store, calendar: WorkingCalendar) -> None:
    with filed.reading() as session:
        found = {each.unit.id: each for each in reports.standings(session, within("LHQ"), lowest="building")}
        assert {unit: (each.open, each.overdue, each.places) for unit, each in found.items()} == {
            "LHQ.MZ": (12, 2, 2),
            "LHQ.GL": (6, 1, 1),
        }
        street = reports.standings(session, within("LHQ.MZ"), lowest="building")
        assert [(each.unit.id, each.open, each.is_rest) for each in street] == [
            ("LHQ.MZ.01", 10, False),
            ("LHQ.MZ.02", 0, False),
            ("LHQ.MZ", 1, True),
        ]


def test_what_presses_comes_first(filed: Store, calendar: WorkingCalendar) -> None:
    with filed.reading() as session:
        rows = reports.pressing(session, within("LHQ.MZ"), calendar=calendar, now=NOW).rows
        assert [case.overdue_at is not None for case, _clock, _place in rows] == [True, True, False, False]
        clocks = [clock.due_at for _case, clock, _place in rows if clock is not None]
        assert clocks == sorted(clocks)


def test_a_day_is_kept_once(each_store: Store, calendar: WorkingCalendar) -> None:
    filed = settled(each_store)
    with filed.transaction() as session:
        assert reports.keep_day(session, calendar=calendar, now=NOW) == 2
        assert reports.keep_day(session, calendar=calendar, now=NOW + timedelta(hours=3)) == 0
        assert reports.keep_day(session, calendar=calendar, now=NOW + timedelta(days=1)) == 2
    with filed.reading() as session:
        found = reports.trends(session, Within("LHQ.MZ"), calendar=calendar, now=NOW + timedelta(days=2))
        assert found[Figure.OPEN] == [12, 12]
        assert found[Figure.IN_TIME] == [500, 500]
        kept = session.get(reports.DayFigure, ("LHQ.MZ", date(2026, 3, 4), "overdue"))
        assert kept is not None
        assert kept.value == 2
        assert reports.trends(session, Within("LHQ.MZ"), calendar=calendar, now=NOW)[Figure.OPEN] == []


def test_a_day_that_was_kept_is_told_without_the_cases_behind_a_wall(
    each_store: Store, calendar: WorkingCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is shut out sees of that day what they would have counted then, of every figure."""
    filed = settled(each_store)
    closed: dict[str, Any] = {"state": "closed", "result": "resolved", "walled": True, "place": "LHQ.MZ.01.01.01"}
    with filed.transaction() as session:
        for overdue_at in (None, NOW - timedelta(days=5)):
            about = town.add_case(session, now=NOW, closed_at=NOW - timedelta(days=3), overdue_at=overdue_at, **closed)
            session.add(Party(case_id=about.id, role="respondent", name="民治街道", unit_id="LHQ.MZ"))
        late = session.scalars(select(Case).where(Case.overdue_at.is_not(None), Case.closed_at.is_(None))).all()
        for case in late:
            session.add(Recusal(person_id=STREET.person_id, case_id=case.id, reason="亲属", at=NOW))
        session.flush()
        reports.keep_day(session, calendar=calendar, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    with filed.reading() as session:
        for most, unit in product((FEW, 0), ("LHQ.MZ", "LHQ")):
            monkeypatch.setattr("engine.reports.figures.FEW", most)
            for viewer in (STREET, LEADER):
                seen = Within.of(session, unit, viewer)
                found = reports.trends(session, seen, calendar=calendar, now=tomorrow)
                for figure in Figure:
                    then = reports.count(session, figure, seen, calendar=calendar, now=NOW)
                    assert found[figure] == [reports.worth(then)], (unit, figure, viewer.person_id)
        shown = reports.trends(session, Within.of(session, "LHQ.MZ", STREET), calendar=calendar, now=tomorrow)
        assert (shown[Figure.OVERDUE], shown[Figure.IN_TIME]) == ([0], [500])
    with filed.transaction() as session:
        reports.keep_day(session, calendar=calendar, now=NOW + timedelta(days=reports.TREND))
        assert session.scalar(select(DayFigure.walled).where(DayFigure.figure == "overdue").limit(1)) is not None
        reports.keep_day(session, calendar=calendar, now=NOW + timedelta(days=reports.TREND + 1))
        old = select(DayFigure).where(DayFigure.day == NOW.date(), DayFigure.walled.is_not(None))
        assert session.scalars(old).all() == []


INDEXES = {
    Figure.OVERDUE: ("ix_case_overdue", "ix_case_open"),
    Figure.SOON: ("ix_deadline_tier_clock",),
    Figure.RISEN: ("ix_visit_rose",),
    Figure.OPEN: ("ix_case_open",),
    Figure.IN_TIME: ("ix_case_closed",),
}


def test_each_number_comes_from_its_index(filed: Store, calendar: WorkingCalendar) -> None:
    """On SQLite, which chooses by shape alone. PostgreSQL chooses by size, and a test's tables have none."""
    if filed.dialect != "sqlite":
        return
    for figure, indexes in INDEXES.items():
        with filed.reading() as session:
            plan = plan_of(session, lambda figure=figure: count_in_street(session, figure, calendar))  # type: ignore[misc]
        assert any(f"INDEX {index}" in plan for index in indexes), (figure, plan)
        assert not any(f"SCAN {table}\n" in plan + "\n" for table in ("case", "visit", "deadline")), (figure, plan)


def count_in_street(session: Session, figure: Figure, calendar: WorkingCalendar) -> object:
    return reports.count(session, figure, within("LHQ.MZ"), calendar=calendar, now=NOW)


def plan_of(session: Session, act: Callable[[], object]) -> str:
    """The plan of the last statement that something sends."""
    connection = session.connection()
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)
    statement, parameters = sent[-1]
    rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).fetchall()
    return "\n".join(str(row[-1]) for row in rows)
