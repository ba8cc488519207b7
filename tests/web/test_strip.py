"""A clock drawn on the calendar: days, what is used, stopped, added and late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.config import load_config
from engine.deadlines import Deadline
from engine.main import read_calendar
from engine.process import Pause
from engine.web.strip import FEWEST, MOST, strip_of

CALENDAR = read_calendar(None, load_config(None, {}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.tz)


def clock(start: str, due: str, **more: Any) -> Deadline:
    values = {"state": "armed", "step": "handle", "first_due_at": at(due), "closed_at": None, "extended_by": None}
    return Deadline(started_at=at(start), due_at=at(due), **{**values, **more})


def kinds(strip: Any) -> list[str]:
    return [span.kind for span in strip.spans]


def test_the_national_day_and_its_make_up_sunday() -> None:
    strip = strip_of(clock("2024-09-27T16:00", "2024-10-10T18:00"), (), calendar=CALENDAR, now=at("2024-09-30T12:00"))
    by_day = {day.on.strftime("%m-%d"): day.kind for day in strip.days}
    assert by_day["09-28"] == "rest"
    assert by_day["09-29"] == "makeup"
    assert by_day["10-01"] == by_day["10-07"] == "holiday"
    assert by_day["10-08"] == "work"
    assert kinds(strip) == ["used", "left"]
    assert strip.now is not None
    assert strip.now < strip.due


def test_a_short_clock_still_shows_a_week_and_a_long_one_ends() -> None:
    short = strip_of(clock("2026-03-02T09:00", "2026-03-02T18:00"), (), calendar=CALENDAR, now=at("2026-03-02T10:00"))
    assert len(short.days) == FEWEST
    assert all(day.labelled for day in short.days)
    late = strip_of(clock("2025-03-03T09:00", "2025-03-04T18:00"), (), calendar=CALENDAR, now=at("2026-03-02T10:00"))
    assert len(late.days) == MOST
    assert late.now == 100
    assert kinds(late) == ["used", "late"]


@pytest.mark.parametrize(
    ("more", "pauses", "now", "expected"),
    [
        (
            {"first_due_at": at("2026-03-04T18:00"), "extended_by": "2wd"},
            [],
            "2026-03-03T09:00",
            ["used", "left", "added"],
        ),
        (
            {},
            [Pause(at("2026-03-02T12:00"), at("2026-03-03T09:00"), "hearing")],
            "2026-03-04T09:00",
            ["used", "paused", "left"],
        ),
        (
            {"state": "paused", "paused_at": at("2026-03-03T09:00")},
            [Pause(at("2026-03-03T09:00"), None, "hearing")],
            "2026-03-20T09:00",
            ["used", "paused"],
        ),
        ({"state": "met", "closed_at": at("2026-03-04T09:00")}, [], "2026-03-20T09:00", ["used"]),
        ({"state": "breached", "closed_at": at("2026-03-06T18:00")}, [], "2026-03-20T09:00", ["used", "late"]),
        ({}, [Pause(at("2026-01-02T12:00"), at("2026-01-03T09:00"), "hearing")], "2026-03-04T09:00", ["used", "left"]),
    ],
)
def test_what_lies_on_the_strip(more: dict[str, Any], pauses: list[Pause], now: str, expected: list[str]) -> None:
    strip = strip_of(clock("2026-03-02T09:00", "2026-03-06T18:00", **more), pauses, calendar=CALENDAR, now=at(now))
    assert kinds(strip) == expected
    assert all(0 <= span.at <= 100 and span.at + span.width <= 100.01 for span in strip.spans)
    assert (strip.due is None) is (more.get("state") == "paused")
    assert (strip.now is None) is (more.get("state") == "met")


def test_a_missed_limit_is_late_until_the_case_ends() -> None:
    missed = clock("2026-03-02T09:00", "2026-03-06T18:00", state="breached", closed_at=at("2026-03-06T18:00"))
    closed = at("2026-03-10T18:00")
    strip = strip_of(missed, (), calendar=CALENDAR, now=at("2026-04-20T09:00"), case_closed_at=closed)
    assert kinds(strip) == ["used", "late"]
    assert strip.now is None
    assert len(strip.days) == (closed.date() - missed.started_at.date()).days + 2
