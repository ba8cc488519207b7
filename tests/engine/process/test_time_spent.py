"""Where the time of a case went: stretches without gap or overlap that add up to the whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.cases import Visit
from engine.history import HistoryEntry
from engine.process.time_spent import Kind, Pause, TimeSpent, pauses_in, spent
from engine.tasks import Task

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def visit(seq: int, hours: float, tier: str) -> Visit:
    return Visit(seq=seq, tier=tier, unit_id=tier.upper(), entered_at=at(hours))


def task(
    number: int, opened: float, closed: float | None = None, taken: float | None = None, unit: str = "GRID"
) -> Task:
    return Task(
        id=number,
        opened_at=at(opened),
        closed_at=None if closed is None else at(closed),
        claimed_at=None if taken is None else at(taken),
        claimed_by=None if taken is None else 7,
        unit_id=unit,
    )


def told(result: TimeSpent) -> list[tuple[str, float, str, int | None]]:
    return [(str(each.kind), each.minutes / 60, each.tier, each.person_id) for each in result.stretches]


def test_a_task_is_offered_until_somebody_takes_it() -> None:
    result = spent([visit(1, 0, "grid")], [task(1, 0, 5, taken=2)], [], until=at(6), working_minutes=minutes)
    assert told(result) == [("offered", 2, "grid", None), ("taken", 3, "grid", 7), ("quiet", 1, "grid", None)]
    assert result.whole == 360


def test_a_stopped_clock_is_nobodys_time_and_the_inner_step_counts() -> None:
    pause = [Pause(at(2), at(4), "waiting_petitioner")]
    result = spent(
        [visit(1, 0, "grid"), visit(2, 8, "zone")],
        [task(1, 0), task(2, 5, 7, unit="CO")],
        pause,
        until=at(10),
        working_minutes=minutes,
    )
    assert [(each.kind, each.minutes / 60, each.unit_id) for each in result.stretches] == [
        (Kind.OFFERED, 2, "GRID"),
        (Kind.PAUSED, 2, "GRID"),
        (Kind.OFFERED, 1, "GRID"),
        (Kind.OFFERED, 2, "CO"),
        (Kind.OFFERED, 1, "GRID"),
        (Kind.OFFERED, 2, "GRID"),
    ]
    assert result.by_tier() == [("grid", 480), ("zone", 120)]
    assert [each.minutes for each in result.longest_first] == [120, 120, 120, 120, 60, 60]


hours = st.floats(0, 100, allow_nan=False)


@given(
    st.lists(st.tuples(hours, hours, st.booleans()), max_size=8),
    st.lists(st.tuples(hours, hours), max_size=3),
    st.lists(hours, max_size=4),
    st.floats(1, 120),
)
def test_stretches_add_up_to_the_whole(
    asked: list[tuple[float, float, bool]], stopped: list[tuple[float, float]], moves: list[float], end: float
) -> None:
    tasks = [task(n, min(a, b), max(a, b) if done else None) for n, (a, b, done) in enumerate(asked)]
    pauses = [Pause(at(min(pair)), at(max(pair)), "hearing") for pair in stopped]
    visits = [visit(1, 0, "grid"), *(visit(n + 2, hour, "zone") for n, hour in enumerate(sorted(moves)))]
    result = spent(visits, tasks, pauses, until=at(end), working_minutes=minutes)
    assert result.stretches[0].start == START
    assert result.stretches[-1].end == at(end)
    for before, after in zip(result.stretches, result.stretches[1:], strict=False):
        assert before.end == after.start
    assert abs(result.whole - end * 60) < 0.01
    assert abs(sum(minutes for _, minutes in result.by_tier()) - result.whole) < 0.01


def test_pauses_are_read_from_the_history() -> None:
    entries = [
        HistoryEntry(seq=seq, at=at(seq), act=act, facts={"step": step, "reason": "hearing"})
        for seq, act, step in [
            (4, "clock.paused", "handle"),
            (1, "clock.paused", "handle"),
            (2, "clock.resumed", "handle"),
            (3, "clock.paused", "ack"),
        ]
    ]
    assert pauses_in(entries) == [Pause(at(1), at(2), "hearing"), Pause(at(4), None, "hearing")]
