"""The ticks: nothing due among many, and the morning after an outage of three days.

    python -m bench.tick --database sqlite --database postgresql

Idle: one whole tick (deadlines and warnings) with 100,000 armed clocks of which none is due. Outage: 10,000 cases that
are being handled and whose tier clock has run out, so that each fires once and rises; and again with 10,000 that nobody
has signed in, so that each fires twice (sign-in clock, then tier clock) and rises once. On SQLite one process, on
PostgreSQL four. Meanwhile a handler completes tasks of other cases, one after another.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from bench import databases, ground
from bench.ground import Ground
from engine import process, verify
from engine.cases import Visit
from engine.clock import ManualClock
from engine.deadlines import BLANK, Deadline
from engine.people import Viewer
from engine.store import table_of
from engine.tasks import Task

AWAY = timedelta(days=3)
AT_ONCE = 500
HANDLED = 400
"""Tasks that the handler has at hand; when they are used up before the outage is worked off, the handler stops."""


def idle(url: str, *, armed: int) -> dict[str, Any]:
    clock = ManualClock(ground.MONDAY)
    ground.prepare(url)
    with ground.ground(url, clock=clock, durable=False) as g:
        with g.store.transaction() as session:
            cases = [g.file_in(session).id for _ in range(100)]
        later = clock.now() + timedelta(days=30)
        row = {
            "step": "case_outer", "expects": "closed", "started_at": clock.now(), "length": "30cd",
        }  # fmt: skip
        for begun in range(0, armed, 10_000):
            with g.store.transaction() as session:
                dues = [later + timedelta(seconds=number) for number in range(begun, min(begun + 10_000, armed))]
                rows = [
                    {**BLANK, **row, "case_id": cases[n % 100], "first_due_at": due, "due_at": due,
                     "next_at": due, "warn_at": due}
                    for n, due in enumerate(dues)
                ]  # fmt: skip
                session.execute(insert(table_of(Deadline)), rows)
        took = []
        for _ in range(220):
            begun_at = time.perf_counter()
            tick = g.app.scheduler.tick()
            took.append((time.perf_counter() - begun_at) * 1000)
            assert (tick.fired, tick.failed) == (0, 0)
    took = sorted(took[20:])
    return {"armed": armed, "p50_ms": round(statistics.median(took), 2), "p99_ms": round(took[-2], 2)}


def outage(url: str, *, cases: int, nodes: int, handled: bool) -> dict[str, Any]:
    clock = ManualClock(ground.MONDAY)
    ground.prepare(url)
    with ground.ground(url, clock=clock, durable=False) as g:
        _file(g, cases)
        if handled:
            _handle_all(g)
        clock.advance(AWAY)
        _file(g, HANDLED)
    with ground.ground(url, clock=clock) as g:
        with g.store.reading() as session:
            asked = list(session.scalars(select(Task.id).order_by(Task.id.desc()).limit(HANDLED)))
            due = session.scalar(select(func.count()).where(Deadline.state == "armed", Deadline.due_at <= clock.now()))
        g.complete(asked.pop())
        waited: list[float] = []
        over = threading.Event()
        handler = threading.Thread(target=_handle, args=(g, asked, waited, over))
        seconds, fired = _fire_alone(g, handler) if nodes == 1 else _fire_together(url, clock.now(), nodes, handler)
        over.set()
        handler.join()
        with g.store.reading() as session:
            risen = session.scalar(select(func.count()).where(Visit.reason == "overdue")) or 0
        wrong = [str(each) for each in verify.check(g.store, g.app.world, now=clock.now())]
    waited.sort()
    return {
        "cases": cases,
        "nodes": nodes,
        "due": due,
        "fired": fired,
        "risen": risen,
        "seconds": round(seconds, 1),
        "fired_per_s": round(fired / seconds),
        "risen_per_s": round(risen / seconds),
        "handler_tasks": len(waited),
        "handler_p50_ms": round(statistics.median(waited), 1),
        "handler_p99_ms": round(waited[max(int(len(waited) * 0.99) - 1, 0)], 1),
        "wrong": wrong[:5],
    }


def _file(g: Ground, cases: int) -> None:
    for begun in range(0, cases, AT_ONCE):
        with g.store.transaction() as session:
            for number in range(begun, min(begun + AT_ONCE, cases)):
                g.file_in(session, place=ground.GRIDS[number % len(ground.GRIDS)])


def _handle_all(g: Ground) -> None:
    """Signs in every case and completes its first contact: what is left is its tier clock."""
    viewers: dict[str, Viewer] = {}
    for element in ("t_sign_in", "t_first_contact"):
        with g.store.reading() as session:
            found = session.execute(select(Task.id, Task.unit_id).where(Task.element == element)).all()
        for begun in range(0, len(found), AT_ONCE):
            with g.store.transaction() as session:
                for task_id, unit_id in found[begun : begun + AT_ONCE]:
                    viewer = viewers.get(unit_id) or viewers.setdefault(unit_id, g.asker(task_id))
                    g.complete_in(session, task_id, viewer=viewer)


def _handle(g: Ground, asked: list[int], waited: list[float], over: threading.Event) -> None:
    """A person who completes a task every tenth of a second."""
    viewer = g.asker(asked[0])
    by_unit = {asked[0]: viewer}
    while asked and not over.wait(0.1):
        task_id = asked.pop()
        viewer = by_unit.get(task_id) or g.asker(task_id)
        begun = time.perf_counter()
        with g.store.transaction() as session:
            process.complete_task(
                session, g.app.world, task_id, ground.ANSWERS["sign_in"], viewer=viewer, now=g.clock.now()
            )
        waited.append((time.perf_counter() - begun) * 1000)


def _fire_alone(g: Ground, handler: threading.Thread) -> tuple[float, int]:
    handler.start()
    begun = time.perf_counter()
    fired = 0
    while tick := g.app.scheduler.fire_due().fired:
        fired += tick
    return time.perf_counter() - begun, fired


def _fire_together(url: str, now: datetime, nodes: int, handler: threading.Thread) -> tuple[float, int]:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(nodes + 1), context.Queue()
    started = [context.Process(target=_node, args=(url, now, barrier, results)) for _ in range(nodes)]
    for each in started:
        each.start()
    barrier.wait(120)
    handler.start()
    begun = time.perf_counter()
    fired = sum(results.get(timeout=600) for _ in started)
    seconds = time.perf_counter() - begun
    for each in started:
        each.join(60)
    return seconds, fired


def _node(url: str, now: datetime, barrier: Any, results: Any) -> None:
    with ground.ground(url, clock=ManualClock(now)) as g:
        barrier.wait(120)
        fired = 0
        while tick := g.app.scheduler.fire_due().fired:
            fired += tick
    results.put(fired)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, postgresql; may be given twice; both of none")
    parser.add_argument("--armed", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = []
    for kind in given.database or databases.KINDS:
        with databases.fresh(kind) as url:
            quiet = idle(url, armed=given.armed)
        nodes = 1 if kind == "sqlite" else 4
        with databases.fresh(kind) as url:
            once = outage(url, cases=given.cases, nodes=nodes, handled=True)
        with databases.fresh(kind) as url:
            twice = outage(url, cases=given.cases, nodes=nodes, handled=False)
        figures.append({"database": kind, "idle": quiet, "outage": once, "outage_not_signed_in": twice})
        if not given.json:
            print(kind)
            print("  idle   ", ", ".join(f"{name} {value}" for name, value in quiet.items()))
            print("  outage ", ", ".join(f"{name} {value}" for name, value in once.items()))
            print("  and nobody had signed in", ", ".join(f"{name} {value}" for name, value in twice.items()))
    if given.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
