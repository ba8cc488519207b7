"""When news leaves: a table of channels and instants, and a law that holds for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import load_config
from engine.deadlines import WorkingCalendar
from engine.main import read_calendar
from engine.notify import Kind, Rhythm, Timing, leaves_at

HOURLY, DAILY = Rhythm.HOURLY, Rhythm.DAILY
NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}
NOON = {"quiet_from": 12 * 60, "quiet_until": 14 * 60}


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return read_calendar(None, load_config(None, {}))


@pytest.mark.parametrize(
    ("kind", "at", "timing", "leaves"),
    [
        (Kind.NEW, "2026-03-03 10:20", Timing(), "2026-03-03 10:20"),
        (Kind.NEW, "2026-03-03 10:20", Timing(HOURLY), "2026-03-03 11:00"),
        (Kind.NEW, "2026-03-03 11:00", Timing(HOURLY), "2026-03-03 12:00"),
        (Kind.NEW, "2026-03-03 07:59", Timing(DAILY, 480), "2026-03-03 08:00"),
        (Kind.NEW, "2026-03-03 08:00", Timing(DAILY, 480), "2026-03-04 08:00"),
        (Kind.NEW, "2026-03-03 23:30", Timing(**NIGHT), "2026-03-04 07:00"),
        (Kind.NEW, "2026-03-03 06:59", Timing(**NIGHT), "2026-03-03 07:00"),
        (Kind.NEW, "2026-03-03 07:00", Timing(**NIGHT), "2026-03-03 07:00"),
        (Kind.NEW, "2026-03-03 12:30", Timing(HOURLY, **NOON), "2026-03-03 14:00"),
        (Kind.NEW, "2026-03-03 09:00", Timing(DAILY, 13 * 60, **NOON), "2026-03-03 14:00"),
        (Kind.NEW, "2026-03-07 10:00", Timing(quiet_days_off=True), "2026-03-09 09:00"),
        (Kind.NEW, "2026-03-06 23:00", Timing(quiet_days_off=True, **NIGHT), "2026-03-09 09:00"),
        (Kind.NEW, "2026-03-06 09:00", Timing(DAILY, 480, quiet_days_off=True), "2026-03-09 08:00"),
        (Kind.NEW, "2026-09-30 23:00", Timing(quiet_days_off=True, **NIGHT), "2026-10-08 09:00"),
        (Kind.NEW, "2026-10-10 10:00", Timing(quiet_days_off=True), "2026-10-10 10:00"),  # a make-up workday
        (Kind.MENTION, "2026-03-03 10:20", Timing(DAILY, 480), "2026-03-03 10:20"),
        (Kind.MENTION, "2026-03-03 23:30", Timing(DAILY, 480, **NIGHT), "2026-03-04 07:00"),
        (Kind.SUPERVISION, "2026-03-07 10:00", Timing(HOURLY, quiet_days_off=True), "2026-03-09 09:00"),
        (Kind.URGENT, "2026-03-07 02:00", Timing(DAILY, 480, quiet_days_off=True, **NIGHT), "2026-03-07 02:00"),
    ],
)
def test_it_leaves(calendar: WorkingCalendar, kind: Kind, at: str, timing: Timing, leaves: str) -> None:
    assert leaves_at(kind, _there(at, calendar), timing, calendar) == _there(leaves, calendar)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(Kind),
    minutes=st.integers(0, 3 * 525_600),
    timing=st.builds(
        Timing,
        st.sampled_from(Rhythm),
        st.integers(0, 1439),
        st.none() | st.integers(0, 1439),
        st.none() | st.integers(0, 1439),
        st.booleans(),
    ),
)
def test_it_never_leaves_early_nor_in_quiet_hours(
    calendar: WorkingCalendar, kind: Kind, minutes: int, timing: Timing
) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    leaves = leaves_at(kind, at, timing, calendar)
    assert at <= leaves < at + timedelta(days=40)
    plain = Timing(Rhythm.AT_ONCE, timing.daily_minute, timing.quiet_from, timing.quiet_until, timing.quiet_days_off)
    assert leaves_at(kind, leaves, plain, calendar) == leaves
    if kind is Kind.URGENT:
        assert leaves == at


def _there(text: str, calendar: WorkingCalendar) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.tz)
