"""What happens to a clock under way: paused, gone on, extended, warned about, and the colour of its light."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.deadlines.calendar import DueInstant, Light, light
from engine.deadlines.lengths import parse_length
from tests.engine.deadlines.counted import CALENDAR, at


def test_a_pause_keeps_what_is_left_to_the_minute() -> None:
    """C10: paused on 14 January at 10:30 with 750 working minutes left, goes on on 20 January at 15:00."""
    length = parse_length("2wd")
    due = CALENDAR.due(at("2025-01-13T10:00"), length).at
    rest = CALENDAR.rest(at("2025-01-14T10:30"), due, length)
    assert rest == 750
    assert CALENDAR.resume(at("2025-01-20T15:00"), rest, length) == DueInstant(at("2025-01-22T11:30"))
    assert CALENDAR.working_minutes(at("2025-01-14T10:30"), at("2025-01-20T15:00")) == 1830


def test_a_clock_in_days_goes_on_with_its_whole_days() -> None:
    """A petition's 60 days, stopped for a hearing from day 10 to day 17, end seven days later."""
    length = parse_length("60cd")
    due = CALENDAR.due(at("2024-11-04T09:00"), length).at
    assert due == at("2025-01-03T23:59:59")
    rest = CALENDAR.rest(at("2024-11-14T15:00"), due, length)
    assert rest == 50 * 86_400
    assert CALENDAR.resume(at("2024-11-21T08:00"), rest, length).at == at("2025-01-10T23:59:59")
    assert CALENDAR.resume(at("2024-11-14T23:00"), rest, length).at == due


def test_an_overdue_clock_has_nothing_left() -> None:
    for text in ("2wd", "4wh", "24h", "3cd"):
        length = parse_length(text)
        due = CALENDAR.due(at("2024-11-04T09:00"), length).at
        assert CALENDAR.rest(due + timedelta(days=5), due, length) == 0


def test_an_extension_counts_from_the_due_instant() -> None:
    """C11: ten working days more are ten from 23 December, whenever they were granted."""
    assert CALENDAR.extend(at("2024-12-23T18:00"), parse_length("10wd")).at == at("2025-01-07T18:00")


def test_an_extended_term_in_days_is_one_longer_term() -> None:
    """C23: 60 days, whose last was a Saturday and rolled, and 30 more are 90 days from the start."""
    started, sixty, thirty = at("2024-09-10T16:00"), parse_length("60cd"), parse_length("30cd")
    due = CALENDAR.due(started, sixty).at
    assert due == at("2024-11-11T23:59:59")
    assert CALENDAR.extend(due, thirty, started_at=started, length=sixty).at == at("2024-12-09T23:59:59")
    moved = at("2024-11-20T23:59:59")
    assert CALENDAR.extend(moved, thirty, started_at=started, length=sixty).at == at("2024-12-20T23:59:59")


def test_the_warning_comes_when_four_fifths_of_the_working_time_are_used() -> None:
    """C06: 960 working minutes over a make-up Sunday; 768 of them are used on Monday at 14:48."""
    start, due, length = at("2024-09-27T16:00"), at("2024-09-30T18:00"), parse_length("2wd")
    assert CALENDAR.warn_at(start, due, length, share=0.8) == at("2024-09-30T14:48")


def test_running_clocks_warn_by_running_time() -> None:
    start = at("2024-09-30T08:00")
    assert CALENDAR.warn_at(start, start + timedelta(hours=24), parse_length("24h"), share=0.75) == at(
        "2024-10-01T02:00"
    )


def test_a_warning_after_a_pause_leaves_the_pause_out() -> None:
    """C10: 60 + 840 working minutes were given at first; 1830 minutes of pause do not use any of them."""
    start, length = at("2025-01-13T10:00"), parse_length("2wd")
    whole = CALENDAR.working_minutes(start, CALENDAR.due(start, length).at)
    warn = CALENDAR.warn_at(start, at("2025-01-22T11:30"), length, paused_minutes=1830)
    assert CALENDAR.working_minutes(warn, at("2025-01-22T11:30")) == pytest.approx(whole * 0.2)
    share = CALENDAR.used_share(start, at("2025-01-22T11:30"), at("2025-01-20T15:00"), length, paused_minutes=1830)
    assert share == pytest.approx((whole - 750) / whole)


def test_a_pause_uses_up_the_kind_of_time_that_the_clock_counts() -> None:
    friday, monday = at("2024-11-22T17:00"), at("2024-11-25T10:00")
    assert CALENDAR.minutes_counted(friday, monday, parse_length("2wd")) == 120
    assert CALENDAR.minutes_counted(friday, monday, parse_length("24h")) == 65 * 60
    start, length = at("2024-11-22T12:00"), parse_length("24h")
    moved = CALENDAR.resume(monday, CALENDAR.rest(friday, CALENDAR.due(start, length).at, length), length).at
    warn = CALENDAR.warn_at(start, moved, length, share=0.5, paused_minutes=65 * 60)
    assert warn == at("2024-11-25T17:00")


@pytest.mark.parametrize(
    ("now", "colour"),
    [
        ("08:00", Light.GREEN),
        ("14:47:59", Light.GREEN),
        ("14:48", Light.YELLOW),
        ("17:59:59", Light.YELLOW),
        ("18:00", Light.RED),
        ("23:00", Light.RED),
    ],
)
def test_lights(now: str, colour: Light) -> None:
    due, warn = at("2024-09-30T18:00"), at("2024-09-30T14:48")
    assert light(at(f"2024-09-30T{now}"), due_at=due, warn_at=warn) is colour


def test_without_a_warning_there_is_no_yellow() -> None:
    assert light(at("2024-09-30T17:59"), due_at=at("2024-09-30T18:00"), warn_at=None) is Light.GREEN
