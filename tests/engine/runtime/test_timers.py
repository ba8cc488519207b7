"""ISO 8601, read strictly, and when a timer is due."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from play import NOON

from engine.errors import Invalid
from engine.runtime.timers import Armed, arm, compile_timer, parse_cycle, parse_instant, parse_length
from engine.runtime.values import Due

WORDS = frozenset({"due", "max"})


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("P7D", "2026-01-01", "2026-01-08T00:00"),
        ("P2W", "2026-01-01", "2026-01-15T00:00"),
        ("PT36H", "2026-01-01", "2026-01-02T12:00"),
        ("P1DT1H30M5.5S", "2026-01-01", "2026-01-02T01:30:05.500"),
        ("P1M", "2026-01-31", "2026-02-28T00:00"),
        ("P1M", "2024-01-31", "2024-02-29T00:00"),
        ("P1M", "2026-03-31", "2026-04-30T00:00"),
        ("P1Y", "2024-02-29", "2025-02-28T00:00"),
        ("P11M", "2026-02-01", "2027-01-01T00:00"),
        ("P1Y2M3D", "2026-11-30", "2028-02-02T00:00"),
        ("PT0S", "2026-01-01", "2026-01-01T00:00"),
    ],
)
def test_lengths(text, start, end):
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert parse_length(text).after(begin) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "-P1D",
        "+P1D",
        "P-1D",
        "P1W1D",
        "P0.5M",
        "P0.5D",
        "P1H",
        "PT1D",
        "1D",
        "p1d",
        "P1D ",
        "P1D\n",
        "P1,5D",
        "PT1S1M",
        "P٣D",
    ],
)
def test_what_is_not_a_length(text):
    with pytest.raises(Invalid):
        parse_length(text)


def test_a_length_beyond_the_calendar_is_refused():
    for text in ("P9999Y", "P999999D", "P99999M"):
        with pytest.raises(Invalid) as caught:
            parse_length(text).after(NOON.replace(year=9000))
        assert caught.value.code == "timer.length"


def test_instants_need_an_offset_and_become_utc():
    assert parse_instant("2026-03-01T12:00:00+08:00") == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert parse_instant("2026-03-01T12:00:00Z").tzinfo is UTC
    for text in ("2026-03-01T12:00:00", "2026-03-01", "tomorrow", "", "2026-13-01T00:00:00Z"):
        with pytest.raises(Invalid):
            parse_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "R",
        "R3",
        "R0/PT1H",
        "R3/PT0S",
        "R3/",
        "R-1/PT1H",
        "3/PT1H",
        "R3/PT1H/2026-01-01T00:00:00Z",
        "R/P1D/P1D",
        "0 0 * * *",
    ],
)
def test_what_is_not_a_repetition(text):
    with pytest.raises(Invalid):
        parse_cycle(text)


def test_a_repetition_ends_after_its_count_and_keeps_its_rhythm():
    armed = arm(compile_timer("cycle", "R3/PT1H", WORDS), "R3/PT1H", NOON)
    due = []
    while armed is not None:
        due.append(armed.due_at)
        armed = armed.again()
    assert due == [NOON + timedelta(hours=n) for n in (1, 2, 3)]
    endless = arm(compile_timer("cycle", "R/P1D", WORDS), "R/P1D", NOON)
    assert endless.again().again().again().due_at == NOON + timedelta(days=4)
    begun = arm(compile_timer("cycle", "R2/2026-05-01T00:00:00Z/P1D", WORDS), "R2/2026-05-01T00:00:00Z/P1D", NOON)
    assert begun.again().due_at == datetime(2026, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", "P7D"),
        ("duration", " ${P7D} "),
        ("duration", '"P7D"'),
        ("date", "2026-05-01T00:00:00Z"),
        ("cycle", "R/P1D"),
    ],
)
def test_literals_are_checked_when_compiled(kind, text):
    assert compile_timer(kind, text, WORDS).expression is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", ""),
        ("duration", "P1W1D"),
        ("duration", "-P1D"),
        ("duration", '"P"'),
        ("duration", "'soon'"),
        ("duration", "7"),
        ("date", "2026-05-01"),
        ("date", "P7D"),
        ("cycle", "PT1H"),
        ("cycle", "R0/PT1H"),
        ("duration", "tomorrow()"),
        ("duration", "7 days"),
    ],
)
def test_what_cannot_be_a_timer_is_refused_when_compiled(kind, text):
    with pytest.raises(Invalid):
        compile_timer(kind, text, WORDS)


def test_what_an_expression_may_give():
    timer = compile_timer("duration", "${when}", WORDS)
    east = timezone(timedelta(hours=8))
    assert arm(timer, "P1D", NOON) == Armed(NOON + timedelta(days=1), None, "P1D")
    assert arm(timer, "2026-05-01T08:00:00+08:00", NOON) == Armed(datetime(2026, 5, 1, tzinfo=UTC))
    assert arm(timer, Due(datetime(2026, 5, 1, 8, tzinfo=east), "handle", "5wd"), NOON) == Armed(
        datetime(2026, 5, 1, tzinfo=UTC), "handle", "5wd"
    )
    for value in (None, 7, True, "", "soon", NOON, Due(datetime(2026, 5, 1), "handle", "5wd")):
        with pytest.raises(Invalid):
            arm(timer, value, NOON)
