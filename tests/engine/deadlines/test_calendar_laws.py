"""Laws of working-day arithmetic that hold for every start and length."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.deadlines.lengths import Length, LengthUnit
from engine.errors import Invalid
from tests.engine.deadlines.counted import CALENDAR, SESSIONS, SHANGHAI, at

UNITS: st.SearchStrategy[LengthUnit] = st.sampled_from(get_args(LengthUnit))
WORKING: st.SearchStrategy[LengthUnit] = st.sampled_from(("wd", "wh", "wm"))
EXACT: st.SearchStrategy[LengthUnit] = st.sampled_from(("wd", "wh", "wm", "h"))
WHOLE_DAYS: st.SearchStrategy[LengthUnit] = st.sampled_from(("cd", "mo"))
BIGGEST = {"wd": 60, "cd": 90, "wh": 400, "wm": 20_000, "h": 2_000, "mo": 3}


@st.composite
def lengths(draw: st.DrawFn, units: st.SearchStrategy[LengthUnit] = UNITS) -> Length:
    unit = draw(units)
    return Length(draw(st.integers(1, BIGGEST[unit])), unit)


INSTANTS = st.datetimes(datetime(2023, 1, 2), datetime(2026, 6, 1), timezones=st.just(UTC))
WAITS = st.timedeltas(timedelta(0), timedelta(days=40))


def is_working_instant(instant: datetime) -> bool:
    """In a session of a working day, its end included: the last moment at which work can be handed in."""
    local = instant.astimezone(SHANGHAI)
    in_session = any(start < local.time() <= end for start, end in SESSIONS)
    return CALENDAR.is_working_day(local.date()) and in_session


@given(INSTANTS, WAITS, lengths())
def test_who_starts_later_is_never_due_earlier(start: datetime, wait: timedelta, length: Length) -> None:
    assert CALENDAR.due(start, length).at <= CALENDAR.due(start + wait, length).at


@given(INSTANTS, lengths(), st.integers(1, 20))
def test_who_has_longer_is_never_due_earlier(start: datetime, length: Length, more: int) -> None:
    longer = Length(length.amount + more, length.unit)
    assert start < CALENDAR.due(start, length).at <= CALENDAR.due(start, longer, provisional=True).at


@given(INSTANTS, lengths(WORKING))
def test_what_counts_in_working_time_is_due_in_working_time(start: datetime, length: Length) -> None:
    assert is_working_instant(CALENDAR.due(start, length).at)


@given(INSTANTS, lengths(WHOLE_DAYS))
def test_what_counts_in_days_is_due_at_the_end_of_a_working_day(start: datetime, length: Length) -> None:
    local = CALENDAR.due(start, length).at.astimezone(SHANGHAI)
    assert local.time() == time(23, 59, 59)
    assert CALENDAR.is_working_day(local.date())


@given(INSTANTS, st.integers(1, 60))
def test_working_days_lie_between_a_start_and_its_due_day(start: datetime, days: int) -> None:
    """Counted one by one, as a person would with a wall calendar."""
    due = CALENDAR.due(start, Length(days, "wd")).at.astimezone(SHANGHAI)
    day, left = start.astimezone(SHANGHAI).date(), days
    while left:
        day += timedelta(days=1)
        left -= CALENDAR.is_working_day(day)
    assert due == datetime.combine(day, time(18), SHANGHAI)


@given(INSTANTS, WAITS, WAITS)
def test_working_time_adds_up(first: datetime, one: timedelta, two: timedelta) -> None:
    second, third = first + one, first + one + two
    whole = CALENDAR.working_minutes(first, third)
    assert whole == pytest.approx(CALENDAR.working_minutes(first, second) + CALENDAR.working_minutes(second, third))
    assert CALENDAR.working_minutes(third, first) == -whole


@given(INSTANTS, st.integers(1, 30_000_000).map(lambda thousandths: thousandths / 1000))
def test_added_working_time_is_what_lies_between(start: datetime, minutes: float) -> None:
    end = CALENDAR.add_working_minutes(start, minutes)
    assert CALENDAR.working_minutes(start, end) == pytest.approx(minutes, abs=1e-7)
    earlier = end - timedelta(microseconds=1)
    assert CALENDAR.working_minutes(start, earlier) < CALENDAR.working_minutes(start, end)


def test_no_working_time_added_is_no_step_at_all() -> None:
    assert CALENDAR.add_working_minutes(at("2024-10-01T03:00"), 0) == at("2024-10-01T03:00")
    with pytest.raises(Invalid):
        CALENDAR.add_working_minutes(at("2024-10-01T03:00"), -1)


@given(INSTANTS, lengths(EXACT), st.floats(0, 1), WAITS)
def test_a_pause_neither_takes_nor_gives(start: datetime, length: Length, when: float, wait: timedelta) -> None:
    due = CALENDAR.due(start, length).at
    paused_at = start + (due - start) * when
    rest = CALENDAR.rest(paused_at, due, length)
    resumed_at = paused_at + wait
    moved = CALENDAR.resume(resumed_at, rest, length).at
    assert CALENDAR.rest(resumed_at, moved, length) == pytest.approx(rest, abs=1e-7)
    assert moved >= due
    if wait == timedelta(0) and rest > 0:
        assert moved == due


@given(INSTANTS, lengths(WHOLE_DAYS), st.floats(0, 1), WAITS)
def test_a_pause_leaves_a_clock_in_days_its_days(start: datetime, length: Length, when: float, wait: timedelta) -> None:
    due = CALENDAR.due(start, length).at
    paused_at = start + (due - start) * when
    rest = CALENDAR.rest(paused_at, due, length)
    resumed_at = paused_at + wait
    moved = CALENDAR.resume(resumed_at, rest, length).at
    local = resumed_at.astimezone(SHANGHAI).date() + timedelta(days=round(rest / 86_400))
    while not CALENDAR.is_working_day(local):
        local += timedelta(days=1)
    assert moved.astimezone(SHANGHAI).date() == local
    if resumed_at.astimezone(SHANGHAI).date() == paused_at.astimezone(SHANGHAI).date():
        assert moved == due


@given(INSTANTS, lengths(), st.floats(0.05, 0.95))
def test_the_warning_is_the_instant_at_which_the_share_is_used(start: datetime, length: Length, share: float) -> None:
    due = CALENDAR.due(start, length).at
    warn = CALENDAR.warn_at(start, due, length, share=share)
    assert start <= warn <= due
    assert CALENDAR.used_share(start, due, warn, length) == pytest.approx(share, abs=1e-6)


@given(INSTANTS, lengths(), st.floats(0, 2), st.floats(0, 2))
def test_the_used_share_only_grows(start: datetime, length: Length, one: float, two: float) -> None:
    due = CALENDAR.due(start, length).at
    sooner, later = sorted(start + (due - start) * each for each in (one, two))
    assume(later < datetime(2026, 12, 1, tzinfo=UTC))
    assert CALENDAR.used_share(start, due, sooner, length) <= CALENDAR.used_share(start, due, later, length)
    assert (CALENDAR.used_share(start, due, due, length)) == 1


@given(INSTANTS, st.integers(1, 30), st.integers(1, 30))
def test_an_extension_of_working_days_is_one_longer_clock(start: datetime, days: int, more: int) -> None:
    due = CALENDAR.due(start, Length(days, "wd")).at
    assert CALENDAR.extend(due, Length(more, "wd")).at == CALENDAR.due(start, Length(days + more, "wd")).at


@given(INSTANTS, lengths(), st.sampled_from(["America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"]))
def test_the_zone_an_instant_is_written_in_does_not_matter(start: datetime, length: Length, zone: str) -> None:
    assert CALENDAR.due(start.astimezone(ZoneInfo(zone)), length) == CALENDAR.due(start, length)
