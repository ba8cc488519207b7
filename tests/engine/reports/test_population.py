"""What there is to count, on both databases: what stands, what was given back, what came due, who came again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from engine import history, reports
from engine.cases import Case, Party, Visit
from engine.deadlines import Deadline
from engine.reports import FIELD, Ask, Metric, Period, Within
from engine.store import Store
from tests.web import district as town

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MONTH = Period(MONDAY, MONDAY + timedelta(days=28))
METRICS = {each.id: each for each in FIELD}


def at(day: float) -> datetime:
    return MONDAY + timedelta(days=day)


@pytest.fixture
def lived(each_store: Store) -> Store:
    town.settle(each_store, now=MONDAY)
    with each_store.transaction() as session:
        _live(session)
    return each_store


def _live(session: Session) -> None:
    def case(day: float, phone: str, **more: Any) -> Case:
        found = town.add_case(session, now=at(day), filed=timedelta(), kind="petition", **more)
        session.query(Party).filter_by(case_id=found.id, role="applicant").update({"phone": phone})
        return found

    def act(found: Case, name: str, day: float, **facts: Any) -> None:
        history.record(session, found, name, actor_id=None, now=at(day), facts=facts)

    def clock(found: Case, step: str, due: float, state: str, closed: float | None, **more: Any) -> None:
        values = {"process": "p_petition", "paused_at": at(1) if state == "paused" else None, **more}
        session.add(
            Deadline(
                case_id=found.id, step=step, expects="ended", started_at=MONDAY, length="15cd", first_due_at=at(due),
                due_at=at(due), next_at=at(due), state=state, closed_at=None if closed is None else at(closed),
                **values,
            )
        )  # fmt: skip

    came_back = case(1, "13100000001")
    act(came_back, "case.closed", 3, result="explained", tier="grid")
    again = case(10, "13100000001", facts={"repeat_count": 1})
    act(again, "case.closed", 12, result="guided", tier="grid")
    given_back = case(2, "13100000002")
    act(given_back, "case.closed", 4, result="fulfilled", tier="grid")
    act(given_back, "case.reopened", 20, visit=2)
    helped = case(2, "13100000003")
    act(helped, "case.closed", 5, result="fulfilled", tier="grid")
    act(helped, "citizen.rated", 6, stars=5, words="")
    case(5, "13100000003", category="labour.wages")
    case(6, "13100000004", confidential=True)
    clock(came_back, "petition_accept", 8, "met", 8)
    clock(again, "petition_accept", 9, "met", 9.5)
    clock(given_back, "petition_accept", 10, "breached", 10)
    clock(helped, "petition_accept", 11, "cancelled", 2)
    clock(helped, "petition_accept", 12, "paused", None)
    clock(helped, "handle", 14, "armed", None)
    clock(came_back, "handle", 15, "met", 13, process="p_small")
    left = session.query(Visit).filter_by(case_id=helped.id).one()
    left.left_at, left.left_reason = at(5), "closed"


def counted(
    session: Session, name: str, *, as_of: float = 27, unit: str = "LHQ", **more: Any
) -> tuple[int, int | None]:
    ask = Ask(MONTH, Within(unit), at(as_of), **more)
    value = reports.measure(session, [METRICS[name]], ask)[name].value
    for side, number in (("above", value.above), ("below", value.below)):
        if number is not None:
            assert len(reports.ids_behind(session, METRICS[name], ask, side)) == number  # type: ignore[arg-type]
    return value.above, value.below


def test_what_is_counted_as_of_when(lived: Store) -> None:
    with lived.reading() as session:
        for name, as_of, expected in (
            ("received_total", 27, (5, None)),
            ("received_total", 4.5, (3, None)),
            ("resolution_rate", 27, (2, 5)),
            ("resolution_rate", 19, (3, 5)),
            ("resolution_rate", 3, (1, 3)),
            ("solve_rate", 27, (2, 3)),
            ("rework_rate", 27, (1, 4)),
            ("rework_rate", 19, (0, 4)),
            ("repeat_rate", 27, (1, 5)),
            ("first_petition_one_off_rate", 27, (1, 2)),
            ("first_petition_one_off_rate", 9, (3, 3)),
            ("timely_acceptance_rate", 27, (1, 3)),
            ("timely_acceptance_rate", 9.2, (1, 2)),
            ("on_time_reply_rate", 27, (0, 1)),
            ("on_time_reply_rate", 13.9, (0, 0)),
            ("overdue_rate", 27, (1, 2)),
            ("satisfaction_rate", 27, (1, 1)),
            ("satisfaction_rate", 5.5, (0, 0)),
        ):
            assert counted(session, name, as_of=as_of) == expected, (name, as_of)
        assert counted(session, "first_petition_one_off_rate", repeat_days=5) == (2, 2)
        assert counted(session, "received_total", unit="LHQ.GL") == (0, None)
        assert counted(session, "received_total", category="labour") == (1, None)
    if lived.dialect == "sqlite":
        must_read_no_table_from_end_to_end(lived)


def must_read_no_table_from_end_to_end(lived: Store) -> None:
    """For SQLite, which chooses by shape alone."""
    sent: list[tuple[str, Any]] = []
    event.listen(lived.engine, "before_cursor_execute", lambda *given: sent.append((given[2], given[3])))
    every: list[Metric] = list(FIELD)
    with lived.reading() as session:
        reports.measure(session, every, Ask(MONTH, Within("LHQ"), at(27), category="neighbour.leak"))
    with lived.engine.connect() as connection:
        said, given = next(each for each in sent if "received_asked" in each[0])
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given))
    for index in ("ix_case_received_at", "ix_history_figured", "ix_history_ends", "ix_deadline_was_due"):
        assert f"INDEX {index} (" in plan, plan
    assert not re.findall(r"^SCAN (?:task|deadline|history|case|party|visit)(?:_\d+)?$", plan, re.MULTILINE), plan
