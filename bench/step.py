"""One durable step, against the bare SQL of the same rows.

    python -m bench.step --database sqlite --database postgresql

The step: load a case, complete a user task, run to the next wait, save state, task, clock, two history entries and an
outbox entry, commit. The bare SQL reads the same five kinds of rows and writes the same nine, once through the plain
driver and once through SQLAlchemy Core, without engine, ORM, JSON or hash. All three take turns in chunks, each step
on a case of its own, so that a busy machine burdens all alike; the figures are medians.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, event, insert, select, update

from bench import databases, ground
from bench.ground import Ground
from engine import people, process
from engine.cases import Case, Visit
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.history import HistoryEntry
from engine.outbox import OutboxEntry
from engine.people import Viewer
from engine.process import Instance
from engine.store import table_of
from engine.tasks import Task

CHUNK = 25
ANSWER = {"action": "dispute", "reason_code": "not_ours"}
"""Signed in under protest: the next task opens, one clock is met, one armed, and the unit above is told."""

CASE, TASK, INSTANCE, VISIT, DEADLINE = (table_of(model) for model in (Case, Task, Instance, Visit, Deadline))
HISTORY, OUTBOX = table_of(HistoryEntry), table_of(OutboxEntry)
LIVE = ("armed", "paused")

Ids = tuple[int, int, int]
"""A case, its instance, its open task."""


class Sample:
    """The rows that a step of the engine has left behind, as a pattern for the bare ones."""

    def __init__(self, connection: Connection, case_id: int) -> None:
        def last(table: Any, order: Any) -> dict[str, Any]:
            found = connection.execute(select(table).where(table.c.case_id == case_id).order_by(order.desc())).first()
            assert found is not None
            return dict(found._mapping)

        self.task = last(TASK, TASK.c.id)
        self.clock = last(DEADLINE, DEADLINE.c.id)
        self.entry = last(HISTORY, HISTORY.c.seq)
        self.parcel = last(OUTBOX, OUTBOX.c.id)
        self.state: bytes = last(INSTANCE, INSTANCE.c.id)["state"]
        for row in (self.task, self.clock, self.parcel):
            del row["id"]

    def rows(self, ids: Ids) -> Iterator[tuple[Any, dict[str, Any]]]:
        """What one step inserts for another case."""
        case_id, instance_id, _ = ids
        yield HISTORY, {**self.entry, "case_id": case_id, "seq": 90}
        yield HISTORY, {**self.entry, "case_id": case_id, "seq": 91}
        yield OUTBOX, {**self.parcel, "case_id": case_id, "key": f"{case_id}:bare"}
        yield DEADLINE, {**self.clock, "case_id": case_id, "instance_id": instance_id, "token": "t90"}
        yield TASK, {**self.task, "case_id": case_id, "instance_id": instance_id, "token": "t91"}


def ids_of(g: Ground, case_id: int) -> Ids:
    with g.store.reading() as session:
        row = session.execute(select(Task.instance_id, Task.id).where(Task.case_id == case_id)).one()
    return case_id, row[0], row[1]


def through_core(g: Ground, sample: Sample) -> Callable[[Ids], None]:
    reads = [
        select(CASE, TASK, INSTANCE, VISIT)
        .join(TASK, TASK.c.case_id == CASE.c.id)
        .join(INSTANCE, INSTANCE.c.id == TASK.c.instance_id)
        .join(VISIT, (VISIT.c.case_id == CASE.c.id) & (VISIT.c.seq == CASE.c.visit_seq))
        .where(TASK.c.id == bindparam("t"))
        .with_for_update(),
        select(DEADLINE).where(DEADLINE.c.instance_id == bindparam("i"), DEADLINE.c.state.in_(LIVE)),
        select(TASK).where(TASK.c.instance_id == bindparam("i"), TASK.c.state == "open"),
    ]
    now = g.clock.now()
    answers = sample.entry["facts"]
    writes: list[tuple[Any, dict[str, Any]]] = [
        (
            update(TASK).where(TASK.c.id == bindparam("t")),
            {"state": "completed", "closed_at": now, "completed_by": 1, "completed_at": now, "answers": answers},
        ),
        (
            update(INSTANCE).where(INSTANCE.c.id == bindparam("i"), INSTANCE.c.revision == 1),
            {"state": sample.state, "revision": 2},
        ),
        (
            update(DEADLINE).where(DEADLINE.c.instance_id == bindparam("i"), DEADLINE.c.step == "ack"),
            {"state": "met", "closed_at": now},
        ),
        (
            update(CASE).where(CASE.c.id == bindparam("c")),
            {"state": "signed_in", "history_seq": 91, "history_hash": sample.entry["hash"]},
        ),
    ]
    engine = g.store._writers.kw["bind"]

    def step(ids: Ids) -> None:
        named = dict(zip("cit", ids, strict=True))
        with engine.begin() as connection:
            for read in reads:
                connection.execute(read, named).all()
            for table, row in sample.rows(ids):
                connection.execute(insert(table), row)
            for write, values in writes:
                connection.execute(write.values(**values), named)

    return step


def through_engine(g: Ground, viewer: Viewer) -> Callable[[Ids], None]:
    def step(ids: Ids) -> None:
        now = g.clock.now()
        with g.store.transaction() as session:
            process.complete_task(session, g.app.world, ids[2], ANSWER, viewer=viewer, now=now)

    return step


def through_driver(g: Ground, learnt: list[list[tuple[str, Any]]], first: Ids, second: Ids) -> Callable[[Ids], None]:
    """The statements that Core sends, sent again through one plain connection of the driver.

    They are learnt from two cases: what differs between the two are the ids, all else stays as it is.
    """
    plan = [
        (
            statement,
            one,
            [(place, which) for place in _places(one) if (which := _which(one, other, place, first, second))],
        )
        for (statement, one), (_, other) in zip(*learnt, strict=True)
    ]
    raw = g.store.engine.raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    cursor = driver.cursor()
    sqlite = g.store.dialect == "sqlite"

    def step(ids: Ids) -> None:
        known = {"c": ids[0], "i": ids[1], "t": ids[2], "key": f"{ids[0]}:bare"}
        if sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        for statement, pattern, places in plan:
            filled = dict(pattern) if isinstance(pattern, dict) else list(pattern)
            for place, which in places:
                filled[place] = known[which]
            cursor.execute(statement, filled)
            if statement.startswith("SELECT"):
                cursor.fetchall()
        if sqlite:
            cursor.execute("COMMIT")
        else:
            driver.commit()

    return step


def _sent(g: Ground, act: Callable[[], Any]) -> tuple[list[tuple[str, Any]], int]:
    """What is sent to the database meanwhile, BEGIN left out, and how often it is committed.

    Listening makes a store slower for good, so `g` is one that is not measured.
    """
    sent: list[tuple[str, Any]] = []
    commits: list[Any] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, parameters))

    committed = commits.append  # one and the same object, to be found again
    engines = {g.store.engine, g.store._writers.kw["bind"]}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "commit", committed)
    try:
        act()
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
            event.remove(engine, "commit", committed)
    return sent, len(commits)


def _places(parameters: Any) -> list[Any]:
    return list(parameters) if isinstance(parameters, dict) else list(range(len(parameters)))


def _which(one: Any, other: Any, place: Any, first: Ids, second: Ids) -> str | None:
    if not isinstance(one[place], int | str) or one[place] == other[place]:
        return None
    if isinstance(one[place], str):
        return "key"
    return next(name for name, a, b in zip("cit", first, second, strict=True) if (one[place], other[place]) == (a, b))


def measure(kind: str, url: str, steps: int) -> dict[str, Any]:
    ground.prepare(url)
    clock = ManualClock(ground.MONDAY)
    with ground.ground(url, clock=clock) as probe, ground.ground(url, clock=clock) as g:
        with probe.store.transaction() as session:
            cases = [probe.file_in(session).id for _ in range(3 * steps + 63)]
        asked = iter([ids_of(probe, case_id) for case_id in cases])
        viewer = probe.asker(1)
        pattern, first, second = next(asked), next(asked), next(asked)
        statements, commits = _sent(probe, lambda: through_engine(probe, viewer)(pattern))
        with probe.store.engine.connect() as connection:
            sample = Sample(connection, pattern[0])
        bare = through_core(probe, sample)
        learnt = [_sent(probe, functools.partial(bare, ids))[0] for ids in (first, second)]
        ways = {
            "engine": through_engine(g, viewer),
            "core": through_core(g, sample),
            "driver": through_driver(g, learnt, first, second),
        }
        for way in ways.values():
            for _ in range(20):
                way(next(asked))
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(steps // CHUNK):
            for name, way in ways.items():
                for ids in itertools.islice(asked, CHUNK):
                    begun = time.perf_counter()
                    way(ids)
                    took[name].append((time.perf_counter() - begun) * 1000)
        p50 = {name: statistics.median(each) for name, each in took.items()}
        return {
            "database": kind,
            "statements": len(statements),
            "commits": commits,
            "engine_ms": round(p50["engine"], 2),
            "core_ms": round(p50["core"], 2),
            "driver_ms": round(p50["driver"], 2),
            "to_core": round(p50["engine"] / p50["core"], 2),
            "to_driver": round(p50["engine"] / p50["driver"], 2),
        }


def state_sizes(url: str) -> dict[int, int]:
    """The bytes of a case's saved state after 1, 5 and 50 rises."""
    ground.prepare(url)
    clock = ManualClock(ground.MONDAY)
    sizes: dict[int, int] = {}
    with ground.ground(url, clock=clock, durable=False) as g:
        case_id = g.file()
        rises = 0
        while rises < 50:
            clock.advance(timedelta(days=1))
            g.app.scheduler.fire_due()
            with g.store.transaction() as session:
                case = session.get_one(Case, case_id)
                done = session.scalars(select(Visit.reason).where(Visit.case_id == case_id)).all()
                if case.tier == "district":
                    viewer = people.viewer_of(session, people.members(session, case.holder_id, ("leader",))[0].id)
                    process.downgrade(
                        session, g.app.world, case_id, "street", "危险已排除", viewer=viewer, now=clock.now()
                    )
                state = session.scalars(select(Instance.state).where(Instance.case_id == case_id)).first()
            rises = sum(reason == "overdue" for reason in done)
            if rises in (1, 5, 50):
                sizes[rises] = len(state or b"")
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, postgresql; may be given twice; both of none")
    parser.add_argument("--steps", type=int, default=500, help="of each way")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = []
    for kind in given.database or databases.KINDS:
        with databases.fresh(kind) as url:
            figures.append(measure(kind, url, given.steps))
    with databases.fresh("sqlite") as url:
        sizes = state_sizes(url)
    if given.json:
        print(json.dumps({"steps": figures, "state_bytes": sizes}))
        return
    print("database    statements commits  engine    core  driver   to core  to driver")
    for row in figures:
        print(
            "{database:<11} {statements:>10} {commits:>7} {engine_ms:>7} {core_ms:>7} {driver_ms:>7}"
            "   {to_core:>7} {to_driver:>10}".format(**row)
        )
    print("milliseconds, median of", given.steps, "steps each; state after 1, 5, 50 rises:", sizes, "bytes")


if __name__ == "__main__":
    main()
