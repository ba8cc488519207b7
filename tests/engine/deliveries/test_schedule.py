"""When a failed delivery is tried again, and when a receiver is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.deliveries.schedule import LONGEST_REST, TRIES, after_failure, asked_wait

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def fails(attempts: int = 1, failures: int = 1, status: int | None = 500, asked: str | None = None, chance: float = 0):  # type: ignore[no-untyped-def]
    return after_failure(
        attempts=attempts, failures=failures, status=status, retry_after=asked, now=NOW, chance=lambda: chance
    )


def test_ten_tries_in_three_days() -> None:
    at, waits = NOW, []
    for attempts in range(1, 11):
        following = fails(attempts=attempts).at
        if following is not None:
            waits.append(following - NOW)
            at += waits[-1]
    assert waits == list(TRIES[1:])
    assert fails(attempts=10).at is None
    assert timedelta(days=3) < at - NOW < timedelta(days=3, hours=6)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert fails(attempts=4, chance=0).at == NOW + timedelta(hours=2)
    assert fails(attempts=4, chance=0.5).at == NOW + timedelta(hours=2, minutes=6)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(4, None), (5, 1), (6, 2), (7, 4), (9, 16), (10, 30), (11, 30), (1000, 30)]
)
def test_a_receiver_that_fails_again_and_again_rests(failures: int, minutes: int | None) -> None:
    rests = fails(failures=failures).rests_until
    assert rests == (None if minutes is None else NOW + timedelta(minutes=minutes))
    assert rests is None or rests - NOW <= LONGEST_REST


def test_410_is_the_end() -> None:
    following = fails(status=410)
    assert (following.gone, following.at) == (True, None)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("999999999999", 86400),
        ("Mon, 02 Mar 2026 01:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 00:00:00 GMT", 0),
        ("Fri, 06 Mar 2026 00:00:00 GMT", 86400),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
        ("", None),
    ],
)
def test_what_a_receiver_asks_for(written: str, seconds: int | None) -> None:
    found = asked_wait(written, now=NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_is_left_alone_as_long_as_it_asks(status: int) -> None:
    following = fails(status=status, asked="3600")
    assert following.at == following.rests_until == NOW + timedelta(hours=1)
    assert fails(status=500, asked="3600").rests_until is None
