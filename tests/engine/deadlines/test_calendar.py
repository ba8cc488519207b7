"""Working-day arithmetic: the field's own vectors, days and years, and an independent calendar as the oracle."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
import yaml

from engine.deadlines.calendar import DueInstant, WorkingCalendar
from engine.deadlines.lengths import Length, parse_length
from engine.deadlines.year_tables import Workdays
from engine.errors import Invalid
from tests.engine.deadlines.counted import CALENDAR, SESSIONS, SHANGHAI, TABLES, at

SAMPLES = Path(__file__).parents[4] / "shared" / "domain" / "samples.yaml"


CLOCKS = [
    # case, start, length, due: the computed clocks of the sample cases C01-C19 and C35
    ("C01 building", "2024-09-19T10:20", "1wd", "2024-09-20T18:00"),
    ("C02 grid", "2024-09-23T21:40", "2wd", "2024-09-25T18:00"),
    ("C02 hotline", "2024-09-23T21:40", "15wd", "2024-10-17T18:00"),
    ("C03 community", "2024-10-14T09:00", "5wd", "2024-10-21T18:00"),
    ("C03 mediation", "2024-10-14T11:00", "1mo", "2024-11-14T23:59:59"),
    ("C04 building", "2024-11-05T08:30", "1wd", "2024-11-06T18:00"),
    ("C05 zone", "2024-11-11T14:00", "3wd", "2024-11-14T18:00"),
    ("C06 grid", "2024-09-27T16:00", "2wd", "2024-09-30T18:00"),
    ("C06 hotline", "2024-09-27T16:00", "15wd", "2024-10-23T18:00"),
    ("C06 zone", "2024-09-30T18:00", "3wd", "2024-10-10T18:00"),
    ("C07 grid", "2024-11-18T10:00", "2wd", "2024-11-20T18:00"),
    ("C07 zone", "2024-11-20T18:00", "3wd", "2024-11-25T18:00"),
    ("C07 community", "2024-11-21T14:00", "5wd", "2024-11-28T18:00"),
    ("C07 street", "2024-11-28T18:00", "10wd", "2024-12-12T18:00"),
    ("C08 community", "2024-11-25T09:00", "5wd", "2024-12-02T18:00"),
    ("C08 hotline", "2024-11-25T09:00", "10wd", "2024-12-09T18:00"),
    ("C08 ack", "2024-11-25T10:00", "4wh", "2024-11-25T16:00"),
    ("C09 district", "2024-12-02T09:30", "15wd", "2024-12-23T18:00"),
    ("C10 grid", "2025-01-13T10:00", "2wd", "2025-01-15T18:00"),
    ("C10 hotline", "2025-01-13T10:00", "15wd", "2025-02-08T18:00"),
    ("C10 resumed", "2025-01-20T15:00", "750wm", "2025-01-22T11:30"),
    ("C11 street", "2024-12-09T09:00", "10wd", "2024-12-23T18:00"),
    ("C11 hotline", "2024-12-09T09:00", "15wd", "2024-12-30T18:00"),
    ("C11 street extended", "2024-12-23T18:00", "10wd", "2025-01-07T18:00"),
    ("C11 hotline extended", "2024-12-30T18:00", "10wd", "2025-01-14T18:00"),
    ("C12 community", "2024-11-04T09:00", "5wd", "2024-11-11T18:00"),
    ("C12 hotline", "2024-11-04T09:00", "15wd", "2024-11-25T18:00"),
    ("C12 street", "2024-11-11T18:00", "10wd", "2024-11-25T18:00"),
    ("C12 supervision", "2024-11-26T09:00", "5wd", "2024-12-03T18:00"),
    ("C13 grid", "2024-10-12T09:00", "2wd", "2024-10-15T18:00"),
    ("C13 ack", "2024-10-12T09:00", "4wh", "2024-10-12T15:00"),
    ("C14 community", "2024-12-16T10:00", "5wd", "2024-12-23T18:00"),
    ("C14 confirmation", "2024-12-24T17:00", "30cd", "2025-01-23T23:59:59"),
    ("C15 street", "2025-01-22T08:30", "10wd", "2025-02-11T18:00"),
    ("C15 contact", "2025-01-22T08:30", "24h", "2025-01-23T08:30"),
    ("C15 hotline", "2025-01-22T08:30", "15wd", "2025-02-18T18:00"),
    ("C16 district", "2024-10-21T09:30", "15wd", "2024-11-11T18:00"),
    ("C16 contact", "2024-10-21T09:30", "24h", "2024-10-22T09:30"),
    ("C17 street", "2024-11-12T20:00", "10wd", "2024-11-26T18:00"),
    ("C18 community", "2024-12-05T10:00", "5wd", "2024-12-12T18:00"),
    ("C18 hotline", "2024-12-05T10:00", "15wd", "2024-12-26T18:00"),
    ("C19 street", "2024-09-05T12:00", "10wd", "2024-09-20T18:00"),
    ("C19 post mortem", "2024-09-06T18:00", "10wd", "2024-09-23T18:00"),
    ("C35 district", "2024-12-12T14:00", "15wd", "2025-01-03T18:00"),
    ("C35 contact", "2024-12-12T14:00", "24h", "2024-12-13T14:00"),
    # make-up workdays and long holidays
    ("Golden Week", "2024-09-27T09:00", "5wd", "2024-10-10T18:00"),
    ("Spring Festival 2025", "2025-01-24T09:00", "5wd", "2025-02-07T18:00"),
    ("two days before it", "2025-01-27T09:00", "2wd", "2025-02-06T18:00"),
    ("from a make-up Sunday", "2025-09-28T09:00", "10wd", "2025-10-17T18:00"),
    ("Spring Festival 2026", "2026-02-12T09:00", "3wd", "2026-02-24T18:00"),
    ("over all of it", "2026-02-13T09:00", "15wd", "2026-03-12T18:00"),
    # petition terms: rolled over rest days (C20, C23)
    ("C20 route", "2024-08-01T09:00", "15cd", "2024-08-16T23:59:59"),
    ("C20 handle, over Golden Week", "2024-08-09T16:00", "60cd", "2024-10-08T23:59:59"),
    ("C20 review, from Sunday", "2024-12-05T10:00", "30cd", "2025-01-06T23:59:59"),
    ("C23 route, over Mid-Autumn", "2024-09-02T09:00", "15cd", "2024-09-18T23:59:59"),
    ("C24 mediation, from Sunday", "2024-10-10T09:00", "1mo", "2024-11-11T23:59:59"),
    # months end with their last day
    ("a month from 31 October", "2024-10-31T09:00", "1mo", "2024-12-02T23:59:59"),
    ("a month from 31 January", "2025-12-31T09:00", "2mo", "2026-02-28T23:59:59"),
    # working hours start when the office opens
    ("filed at night", "2024-11-25T22:00", "4wh", "2024-11-26T15:00"),
    ("filed at noon", "2024-11-25T12:30", "4wh", "2024-11-25T18:00"),
    ("filed on a rest day", "2024-11-23T10:00", "1wh", "2024-11-25T10:00"),
    ("to the end of a session", "2024-11-25T09:00", "3wh", "2024-11-25T12:00"),
    ("before midnight, in UTC the day before", "2024-11-25T00:30", "1wd", "2024-11-26T18:00"),
]


@pytest.mark.parametrize(("start", "length", "due"), [case[1:] for case in CLOCKS], ids=[case[0] for case in CLOCKS])
def test_a_clock_is_due_as_the_field_counts(start: str, length: str, due: str) -> None:
    assert CALENDAR.due(at(start), parse_length(length)) == DueInstant(at(due), provisional=False)


def sample_clocks() -> list[Any]:
    if not SAMPLES.exists():
        return []
    return [
        pytest.param(clock["start"], clock["length"], clock["due"], id=f"{case['id']} {clock['name']}")
        for case in yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))["cases"]
        for clock in case["expected"].get("clocks", [])
    ]


@pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample cases are not beside this checkout; CLOCKS holds their core"
)
@pytest.mark.parametrize(("start", "length", "due"), sample_clocks())
def test_every_clock_of_the_sample_cases(start: str, length: str, due: str) -> None:
    assert CALENDAR.due(datetime.fromisoformat(start), parse_length(length)).at == datetime.fromisoformat(due)


def test_a_due_instant_is_in_utc() -> None:
    due = CALENDAR.due(at("2024-09-19T10:20"), parse_length("1wd")).at
    assert due.tzinfo is UTC
    assert due.isoformat() == "2024-09-20T10:00:00+00:00"


# days


@pytest.mark.parametrize(("year", "days"), [(2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, days: int) -> None:
    assert sum(CALENDAR.is_working_day(day) for day in days_of(year)) == days


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_day_agrees_with_an_independent_calendar(year: int) -> None:
    ours = {day: CALENDAR.is_working_day(day) for day in days_of(year)}
    assert ours == {day: chinese_calendar.is_workday(day) for day in days_of(year)}


def test_the_default_ladder_never_outlasts_the_petition_term() -> None:
    """36 working days from building to district fit into 60 calendar days, from every day of the loaded years."""
    whole = Length(1 + 2 + 3 + 5 + 10 + 15, "wd")
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range((date(2026, 10, 1) - date(2023, 1, 1)).days)]
    spans = [(CALENDAR.due(noon(day), whole).at.astimezone(SHANGHAI).date() - day).days for day in days]
    assert (min(spans), max(spans)) == (48, 60)


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


# years that are not loaded

LATE = "2026-12-30T09:00"


@pytest.mark.parametrize("length", ["5wd", "10cd", "1mo", "40wh", "3000wm"])
def test_a_year_without_table_is_refused_by_its_number(length: str) -> None:
    with pytest.raises(Invalid) as refused:
        CALENDAR.due(at(LATE), parse_length(length))
    assert refused.value.code == "calendar.year_missing"
    assert refused.value.facts["year"] == 2027
    assert "2027" in refused.value.sentence


@pytest.mark.parametrize(
    ("length", "due"),
    [("5wd", "2027-01-06T18:00"), ("10cd", "2027-01-11T23:59:59"), ("40wh", "2027-01-06T16:00"), ("1wd", None)],
)
def test_a_provisional_answer_counts_the_plain_week_and_says_so(length: str, due: str | None) -> None:
    answer = CALENDAR.due(at(LATE), parse_length(length), provisional=True)
    assert answer == DueInstant(at(due or "2026-12-31T18:00"), provisional=due is not None)


def test_running_hours_need_no_table() -> None:
    assert CALENDAR.due(at("2031-05-01T09:00"), parse_length("24h")) == DueInstant(at("2031-05-02T09:00"))


def test_what_lies_before_the_tables_is_refused_as_well() -> None:
    with pytest.raises(Invalid, match="2022"):
        CALENDAR.due(at("2022-12-30T09:00"), parse_length("5wd"))
    with pytest.raises(Invalid, match="2022"):
        CALENDAR.is_working_day(date(2022, 12, 30))
    with pytest.raises(Invalid, match="2027"):
        CALENDAR.working_minutes(at("2026-12-30T09:00"), at("2027-01-05T09:00"))


def test_a_length_beyond_all_knowledge_is_refused_even_provisionally() -> None:
    for length in ("99999wd", "99999cd", "99999mo", "99999wh"):
        with pytest.raises(Invalid) as refused:
            CALENDAR.due(at(LATE), parse_length(length), provisional=True)
        assert refused.value.code == "calendar.too_far"


def test_the_tables_reach_from_their_first_day_to_their_last() -> None:
    assert not CALENDAR.is_working_day(date(2023, 1, 1))
    assert CALENDAR.is_working_day(date(2026, 12, 31))
    for outside in (date(2022, 12, 31), date(2027, 1, 1)):
        with pytest.raises(Invalid, match=str(outside.year)):
            CALENDAR.is_working_day(outside)
    assert CALENDAR.is_working_day(date(2027, 1, 1), provisional=True)


def test_the_last_loaded_day_is_told() -> None:
    assert CALENDAR.loaded_until == date(2026, 12, 31)


def test_a_loaded_table_replaces_the_guess() -> None:
    holidays = frozenset({date(2027, 1, 1), date(2027, 1, 4)})
    table = Workdays(2027, holidays, frozenset({date(2027, 1, 3)}), "a test")
    fuller = WorkingCalendar((*TABLES, table), SESSIONS, SHANGHAI)
    assert fuller.due(at(LATE), parse_length("3wd")) == DueInstant(at("2027-01-05T18:00"))
    assert CALENDAR.due(at(LATE), parse_length("3wd"), provisional=True).at == at("2027-01-04T18:00")


@pytest.mark.parametrize(
    ("tables", "code"),
    [((), "calendar.empty"), ((TABLES[0], TABLES[2]), "calendar.year_missing"), ((TABLES[0],) * 2, "year_table.twice")],
)
def test_tables_that_leave_a_hole_are_refused(tables: tuple[Workdays, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        WorkingCalendar(tables, SESSIONS, SHANGHAI)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "sessions",
    [
        (),
        ((time(12), time(9)),),
        ((time(9), time(9)),),
        ((time(9), time(12)), (time(11), time(18))),
        ((time(14), time(18)), (time(9), time(12))),
    ],
)
def test_sessions_that_make_no_sense_are_refused(sessions: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(Invalid) as refused:
        WorkingCalendar(TABLES, sessions, SHANGHAI)
    assert refused.value.code == "calendar.sessions"


def test_calendar_days_stand_still_where_they_do_not_roll() -> None:
    strict = WorkingCalendar(TABLES, SESSIONS, SHANGHAI, roll_forward=False)
    assert strict.due(at("2024-08-09T16:00"), parse_length("59cd")).at == at("2024-10-07T23:59:59")
    assert strict.due(at(LATE), parse_length("10cd")) == DueInstant(at("2027-01-09T23:59:59"))


def test_other_weeks_and_hours_are_possible() -> None:
    friday_off = WorkingCalendar(TABLES, ((time(8), time(16, 30)),), SHANGHAI, weekend=frozenset({4, 5}))
    assert friday_off.due(at("2024-11-21T10:00"), parse_length("1wd")).at == at("2024-11-24T16:30")


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_zone_of_the_machine_does_not_matter(zone: str) -> None:
    program = (
        "from tests.engine.deadlines.test_calendar import CALENDAR, CLOCKS, at, parse_length\n"
        "import time; print(time.tzname[0])\n"
        "assert all(CALENDAR.due(at(s), parse_length(l)).at == at(d) for _, s, l, d in CLOCKS)"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"TZ": zone, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("length", ["5wd", "5cd", "5mo", "5wh", "5wm", "5h"])
def test_an_instant_without_zone_is_refused(length: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.due(datetime(2024, 9, 27, 9), parse_length(length))
