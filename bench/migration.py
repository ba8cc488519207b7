"""Running cases go to another release: how many a second are looked at, moved and taken back.

    python -m bench.migration --database sqlite --database postgresql --cases 2000

Half of the cases are signed in. The new release renames a task, changes a limit and has one clock under another name,
so that every row beside the saved state has something to do. The longest chunk is what a handler whose case is in it
may have to wait (on SQLite: anybody who writes).
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from typing import Any

from sqlalchemy import select

from bench import databases, ground
from engine import deploy, process, verify
from engine.clock import ManualClock
from engine.tasks import Task

SMALL = "small/small.bpmn"


def migrated(url: str, *, cases: int) -> dict[str, Any]:
    clock = ManualClock(ground.MONDAY)
    ground.prepare(url)
    with ground.ground(url, clock=clock, durable=False) as g:
        for begun in range(0, cases, 200):
            with g.store.transaction() as session:
                filed = [g.file_in(session).id for _ in range(begun, min(begun + 200, cases))]
            with g.store.reading() as session:
                signing = session.scalars(select(Task.id).where(Task.case_id.in_(filed[::2]))).all()
            for task_id in signing:
                g.complete(task_id)
    with ground.ground(url, clock=clock) as g:
        files = deploy.read_folder(ground.ROOT / "bpmn")
        old = files[SMALL].decode()
        files[SMALL] = old.replace("签收 / Sign in", "接收 / Sign in").replace("be_contact", "be_late_contact").encode()
        files["small/limits.yaml"] = files["small/limits.yaml"].replace(b"grid: 2wd", b"grid: 5wd")
        now = clock.now()
        with g.store.transaction() as session:
            deploy.store_release(session, files, reason="bench", actor_id=None, now=now)
            migration_id = process.begin_migration(session, g.app.world, from_id=1, to_id=2, viewer=None, now=now).id
        figures: dict[str, Any] = {"cases": cases}
        figures["looked_per_s"], figures["look_chunk_ms"] = _rate(g, cases)
        with g.store.transaction() as session:
            process.start_migration(session, migration_id, reason="bench", viewer=None, now=now)
        figures["moved_per_s"], figures["move_chunk_ms"] = _rate(g, cases)
        with g.store.transaction() as session:
            process.undo_migration(session, migration_id, reason="bench", viewer=None, now=now)
        figures["undone_per_s"], figures["undo_chunk_ms"] = _rate(g, cases)
        with g.store.reading() as session:
            told = process.migration_figures(session, process.get_migration(session, migration_id))
        assert told.by_outcome == {"undone": cases}, told
        assert verify.check(g.store, g.app.world, now=clock.now()) == []
    return figures


def _rate(g: ground.Ground, cases: int) -> tuple[int, float]:
    """Cases a second, and the longest chunk in milliseconds."""
    longest = 0.0
    begun = last = time.perf_counter()
    while g.store.run(partial(process.work_on_migration, world=g.app.world, now=g.clock.now())):
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    return round(cases / (time.perf_counter() - begun)), round(longest * 1000, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", metavar="sqlite|postgresql|URL")
    parser.add_argument("--cases", type=int, default=2000)
    asked = parser.parse_args()
    for kind in asked.database or ["sqlite"]:
        with databases.fresh(kind) as url:
            print(json.dumps({"database": kind, **migrated(url, cases=asked.cases)}), flush=True)


if __name__ == "__main__":
    main()
