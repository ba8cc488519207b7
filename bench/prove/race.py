"""Races: people against people, people against clocks, nodes against nodes. Each has one winner and nobody sees a lock.

    python -m bench.prove.race --database postgresql

The same functions, with fewer rounds, are the stories in `tests/stories/test_races.py`.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from bench import databases, ground
from bench.ground import Ground
from engine import verify
from engine.clock import ManualClock
from engine.deadlines import Deadline, DeadlineState
from engine.errors import Conflict
from engine.history import HistoryEntry
from engine.scheduler import Scheduler, Tick

NODES = 4


@dataclass
class Race:
    """What came of some rounds: how each ended, and how long those who were answered waited."""

    name: str
    ends: Counter[str] = field(default_factory=Counter)
    waited_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        waited = sorted(self.waited_ms)
        return {
            "race": self.name,
            "ends": dict(sorted(self.ends.items())),
            "p50_ms": round(waited[len(waited) // 2], 1) if waited else None,
            "max_ms": round(waited[-1], 1) if waited else None,
            "wrong": self.wrong,
        }


def at_once(acts: Sequence[Callable[[], Any]]) -> list[tuple[Any, float]]:
    """Does all acts at the same instant in threads; gives what each returned or raised, and its milliseconds."""
    barrier = threading.Barrier(len(acts))
    results: list[tuple[Any, float]] = [(None, 0.0)] * len(acts)

    def run(place: int) -> None:
        barrier.wait()
        begun = time.perf_counter()
        try:
            result = acts[place]()
        except Exception as error:
            result = error
        results[place] = result, (time.perf_counter() - begun) * 1000

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def parallel_tasks(g: Ground, rounds: int) -> Race:
    """Two handlers complete parallel tasks of one case at the same instant: both are answered."""
    race = Race("two handlers, two parallel tasks")
    for _ in range(rounds):
        case_id = g.file()
        g.advance(case_id, "t_invite_joint", answers={"outcome": "joint"})
        g.complete(g.only_task(case_id))
        pair = [task.id for task in g.open_tasks(case_id)][:2]
        viewers = [g.asker(task_id) for task_id in pair]
        both = [functools.partial(g.complete, task, viewer=viewer) for task, viewer in zip(pair, viewers, strict=True)]
        for result, waited in at_once(both):
            race.ends["answered" if not isinstance(result, Exception) else repr(result)] += 1
            race.waited_ms.append(waited)
    race.wrong += [end for end in race.ends if end != "answered"] + whole(g)
    return race


def one_task(g: Ground, rounds: int, people: int) -> Race:
    """Many people complete one task: one succeeds, the others learn that it is done."""
    race = Race(f"{people} people, one task")
    for _ in range(rounds):
        case_id = g.file()
        task_id = g.only_task(case_id)
        viewer = g.asker(task_id)
        results = at_once([functools.partial(g.complete, task_id, viewer=viewer)] * people)
        kinds = Counter(
            refusal.code if isinstance(refusal, Conflict) else type(refusal).__name__ for refusal, _ in results
        )
        race.waited_ms += [waited for _, waited in results]
        race.ends.update(kinds)
        if kinds != {"Completion": 1, "task.done": people - 1}:
            race.wrong.append(str(kinds))
    race.wrong += whole(g)
    return race


def completion_against_deadline(g: Ground, clock: ManualClock, rounds: int) -> Race:
    """A case is resolved in the very instant in which it is due: it is closed or it has risen, never both."""
    race = Race("completion against deadline")
    begun = clock.now()
    cases = [g.file(place=ground.GRIDS[number % len(ground.GRIDS)]) for number in range(rounds)]
    rivals = [
        (case_id, task_id, g.asker(task_id)) for case_id in cases for task_id in [g.advance(case_id, "t_resolve")]
    ]
    due = _one_a_minute(g, cases)
    clock.set(due - timedelta(minutes=1))
    while g.app.scheduler.fire_due().fired:
        pass  # what earlier races have left behind
    for number, (case_id, task_id, viewer) in enumerate(rivals):
        clock.set(due + timedelta(minutes=number))
        person = functools.partial(g.complete, task_id, viewer=viewer)
        first, second = (person, g.app.scheduler.fire_due) if number % 2 else (g.app.scheduler.fire_due, person)
        results = at_once([first, second])
        (completed, waited), (tick, _) = results if number % 2 else results[::-1]
        race.waited_ms.append(waited)
        won = not isinstance(completed, Exception)
        refused = isinstance(completed, Conflict) and completed.code == "task.gone"
        fired = isinstance(tick, Tick) and tick.fired == 1
        end = "completed" if won and not fired else "escalated" if fired and refused else "neither or both"
        race.ends[end] += 1
        if end not in ("completed", "escalated"):
            race.wrong.append(f"case {case_id}: {completed!r} and {tick!r}")
    race.wrong += whole(g)
    clock.set(max(clock.now(), begun))
    return race


def _one_a_minute(g: Ground, cases: list[int]) -> datetime:
    """Has the tier clocks looked at one a minute, as if each had failed once, so that each race has its own instant."""
    with g.store.transaction() as session:
        rows = session.execute(
            select(Deadline.id, Deadline.due_at)
            .where(Deadline.case_id.in_(cases), Deadline.step == "handle", Deadline.state == DeadlineState.ARMED.value)
            .order_by(Deadline.case_id)
        ).all()
        assert len(rows) == len(cases)
        latest = max(row.due_at for row in rows)
        for number, row in enumerate(rows):
            session.execute(
                update(Deadline)
                .where(Deadline.id == row.id)
                .values(next_at=latest + timedelta(minutes=number), attempts=1)
            )
    return latest


def four_nodes(url: str, clock: ManualClock, *, rounds: int, timers: int) -> Race:
    """Four processes tick on one database; in each round so many timers are due in one second. Each fires once."""
    race = Race(f"{NODES} nodes, {timers} timers in one second")
    with ground.ground(url, clock=clock, durable=False) as g:
        dues = [_file_a_round(g, clock, timers) for _ in range(rounds)]
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(NODES)
    results = context.Queue()
    nodes = [context.Process(target=_tick, args=(url, dues, n, barrier, results)) for n in range(NODES)]
    for node in nodes:
        node.start()
    said = [results.get(timeout=300) for _ in nodes]
    for node in nodes:
        node.join(timeout=60)
    clock.set(dues[-1])
    with ground.ground(url, clock=clock) as g, g.store.reading() as session:
        fired = [deadline_id for fires, _ in said for deadline_id in fires]
        told = session.scalar(select(func.count()).where(HistoryEntry.act == "clock.breached"))
        race.ends.update({"fired": len(fired), "once": len(set(fired)), "in the history": told or 0})
        race.ends.update({f"by node {n}": len(fires) for n, (fires, _) in enumerate(said)})
        wanted = rounds * timers
        if not len(fired) == len(set(fired)) == told == wanted:
            race.wrong.append(f"{wanted} were due")
        race.wrong += [trouble for _, troubles in said for trouble in troubles]
        race.wrong += whole(g)
    return race


def _file_a_round(g: Ground, clock: ManualClock, timers: int) -> datetime:
    """Files so many cases in one transaction; gives when all their sign-in clocks are due. A minute passes."""
    with g.store.transaction() as session:
        for number in range(timers):
            case_id = g.file_in(session, place=ground.GRIDS[number % len(ground.GRIDS)]).id
        due = session.scalar(select(Deadline.due_at).where(Deadline.case_id == case_id, Deadline.step == "ack"))
    assert due is not None
    clock.advance(timedelta(minutes=1))
    return due


def _tick(url: str, dues: list[datetime], number: int, barrier: Any, results: Any) -> None:
    clock = ManualClock(dues[0])
    fired: list[int] = []
    troubles: list[str] = []
    with ground.ground(url, clock=clock, durable=False) as g:
        scheduler = Scheduler(g.store, g.app.world, clock, name=f"node-{number}")
        for due in dues:
            clock.set(due)
            barrier.wait(120)
            try:
                tick = scheduler.fire_due(most=10_000, on_fired=fired.append)
                troubles += [f"node {number}: {tick.failed} failed"] if tick.failed else []
            except Exception as error:
                troubles.append(f"node {number}: {error!r}")
    results.put((fired, troubles))


def whole(g: Ground) -> list[str]:
    return [str(each) for each in verify.check(g.store, g.app.world, now=g.clock.now())]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite", help="sqlite or postgresql")
    parser.add_argument("--rounds", type=int, default=500, help="of completion against deadline")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    races = []
    with databases.fresh(given.database) as url:
        ground.prepare(url)
        clock = ManualClock(ground.MONDAY)
        with ground.ground(url, clock=clock) as g:
            races.append(parallel_tasks(g, 50))
            races.append(one_task(g, 50, people=2))
            races.append(one_task(g, 20, people=20))
            races.append(completion_against_deadline(g, clock, given.rounds))
    if given.database != "sqlite":
        with databases.fresh(given.database) as url:
            ground.prepare(url)
            races.append(four_nodes(url, ManualClock(ground.MONDAY), rounds=20, timers=300))
    if given.json:
        print(json.dumps([race.as_json() for race in races], ensure_ascii=False))
    else:
        for race in races:
            figures = race.as_json()
            print(f"{race.name}: {figures['ends']}, p50 {figures['p50_ms']} ms, longest {figures['max_ms']} ms")
            print("".join(f"  WRONG {each}\n" for each in race.wrong[:10]), end="")
    return 1 if any(race.wrong for race in races) else 0


if __name__ == "__main__":
    sys.exit(main())
