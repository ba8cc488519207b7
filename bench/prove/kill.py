"""Kills working nodes with SIGKILL, at random and at named points, and looks whether anything was lost or done twice.

    python -m bench.prove.kill --kills 300 --database sqlite
    python -m bench.prove.kill --kills 300 --database postgresql --faults

The parent holds everything imported, the application built and the release compiled; each round forks two nodes from
it onto one database and kills both. After each batch the invariants must hold, and whatever a node had acknowledged
must be in the database. `--faults` plants one fault after the other and fails unless each is found.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select as sql_select

from bench import databases, ground
from bench.prove import node
from bench.prove.faults import FAULTS
from engine import process, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.deadlines import Deadline, DeadlineState
from engine.deliveries import Delivery, DeliveryState
from engine.history import HistoryEntry
from engine.outbox import OutboxEntry
from engine.store import FAILPOINTS, arm_failpoint
from engine.tasks import Task, TaskState

NODES = 2
ACTS = 40
BATCH = 5
"""Rounds between two looks."""

LONGEST_LIFE = 20.0
"""Seconds after which a node that neither dies nor ends counts as hanging."""


@dataclass
class Told:
    """What the nodes said, as far as it was heard."""

    filed: set[tuple[str, str]] = field(default_factory=set)
    completed: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)
    fired: list[int] = field(default_factory=list)
    received: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    """What a person would have seen and should not: errors that are no plain refusal."""

    def hear(self, said: node.Ack) -> None:
        match said:
            case {"filed": number, "external_no": external_no}:
                self.filed.add((number, external_no))
            case {"completed": task}:
                self.completed.add(task)
            case {"claimed": task}:
                self.claimed.add(task)
            case {"fired": deadline}:
                self.fired.append(deadline)
            case {"received": key}:
                self.received.add(key)
            case {"shown": what}:
                self.shown.append(what)

    @property
    def acts(self) -> int:
        return len(self.filed) + len(self.completed) + len(self.claimed) + len(self.fired)


@dataclass
class Outcome:
    """One run: what was done to the nodes, and what was found wrong afterwards."""

    database: str
    fault: str | None
    kills: int = 0
    at_points: Counter[str] = field(default_factory=Counter)
    told: Told = field(default_factory=Told)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "fault": self.fault,
            "kills": self.kills,
            "at_points": dict(sorted(self.at_points.items())),
            "acknowledged": self.told.acts,
            "wrong": self.wrong[:20],
            "seconds": round(self.seconds, 1),
        }


def kill_nodes(url: str, *, kills: int, seed: int, fault: str | None = None, database: str = "") -> Outcome:
    """Works on a prepared database until so many nodes were killed; stops at the first thing that is wrong."""
    outcome = Outcome(database or url.split(":")[0], fault)
    chance = random.Random(seed)
    begun = time.monotonic()
    clock = ManualClock(ground.MONDAY)
    opened = ground.open_ground(url, clock=clock)
    node.Node(opened, clock, f"{seed}-warm", outcome.told.hear).work(ACTS)  # compiled once, here, for every child
    rounds = 0
    while outcome.kills < kills and not outcome.wrong:
        opened.store.dispose()  # no connection may be shared with a child
        _round(opened, outcome, chance, f"{seed}-{rounds}", now=clock.now())
        rounds += 1
        clock.advance(timedelta(hours=chance.choice([1, 2, 6, 20])))
        if rounds % BATCH == 0 or outcome.kills >= kills:
            outcome.wrong += look(opened, outcome.told)
    opened.store.dispose()
    outcome.seconds = time.monotonic() - begun
    return outcome


def _round(opened: ground.Ground, outcome: Outcome, chance: random.Random, seed: str, *, now: Any) -> None:
    points: dict[int, str | None] = {}
    pipes: dict[int, int] = {}
    for number in range(NODES):
        point = chance.choice(FAILPOINTS) if chance.random() < 0.5 else None
        times = chance.randrange(1, 8)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _live(opened, outcome.fault, point and f"{point}:kill:{times}", now, f"{seed}-{number}", write)
        os.close(write)
        points[pid], pipes[read] = point, pid
    random_kill_at = time.monotonic() + chance.uniform(0.02, 0.25)
    _watch(outcome, points, pipes, random_kill_at)


def _live(opened: ground.Ground, fault: str | None, armed: str | None, now: Any, seed: str, pipe: int) -> None:
    try:
        node.tell_to(pipe)
        if fault is not None:
            FAULTS[fault](opened)
        arm_failpoint(armed)
        node.run_in_child(opened, now=now, seed=seed, acts=ACTS)
    except BaseException as error:
        node.acknowledge_now({"shown": f"node: {type(error).__name__}: {error}"[:300]})
    finally:
        os._exit(0)


def _watch(outcome: Outcome, points: dict[int, str | None], pipes: dict[int, int], kill_at: float) -> None:
    """Hears the nodes out; those without a point are killed at the instant, all of them when they live too long."""
    heard: dict[int, bytes] = dict.fromkeys(pipes, b"")
    killed: set[int] = set()
    given_up_at = time.monotonic() + LONGEST_LIFE
    open_pipes = set(pipes)
    while open_pipes:
        ready, _, _ = select.select(list(open_pipes), [], [], 0.005)
        for pipe in ready:
            said = os.read(pipe, 65536)
            heard[pipe] += said
            if not said:
                open_pipes.discard(pipe)
        now = time.monotonic()
        for pid in set(points) - killed:
            if (points[pid] is None and now > kill_at) or now > given_up_at:
                if now > given_up_at:
                    outcome.told.shown.append(f"a node hung for {LONGEST_LIFE} s")
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
    for pipe, pid in pipes.items():
        os.close(pipe)
        _, status = os.waitpid(pid, 0)
        for line in heard[pipe].splitlines():
            outcome.told.hear(json.loads(line))
        if os.WIFSIGNALED(status):
            outcome.kills += 1
            outcome.at_points["random" if pid in killed else str(points[pid])] += 1


def look(opened: ground.Ground, told: Told) -> list[str]:
    """Everything that is wrong with the database and with what was acknowledged."""
    now = opened.clock.now() + ACTS * node.LONGEST_STEP  # as far as any node's own clock may have run
    wrong = [str(each) for each in verify.check(opened.store, opened.app.world, now=now)]
    wrong += [f"shown: {each}" for each in told.shown]
    with opened.store.reading() as session:
        filed = {(number, no) for number, no in session.execute(sql_select(Case.number, Case.external_no))}
        done = set(session.scalars(sql_select(Task.id).where(Task.state == TaskState.COMPLETED.value)))
        claims = sql_select(HistoryEntry.facts).where(HistoryEntry.act == "task.claimed")
        claimed = {facts["task"] for facts in session.scalars(claims)}
        fired = set(session.scalars(sql_select(Deadline.id).where(Deadline.state == DeadlineState.BREACHED.value)))
        posted = set(session.scalars(sql_select(OutboxEntry.key).where(OutboxEntry.sent_at.is_not(None))))
        queued = set(session.scalars(sql_select(Delivery.key)))
        sent = set(session.scalars(sql_select(Delivery.key).where(Delivery.state == DeliveryState.DELIVERED.value)))
        troubled = [each.said for each in process.troubles(session)]
    wrong += _missing("filed", told.filed - filed)
    wrong += _missing("completed", told.completed - done)
    wrong += _missing("claimed", told.claimed - claimed)
    wrong += _missing("fired", set(told.fired) - fired)
    wrong += [f"fired twice: deadline {each}" for each, times in Counter(told.fired).items() if times > 1]
    wrong += [f"posted, but queued for nobody: {each}" for each in sorted(posted ^ queued)]
    wrong += [f"marked sent, but nobody received it: {each}" for each in sorted(sent - told.received)]
    wrong += [f"set aside: {each}" for each in troubled]
    return wrong


def _missing(what: str, lost: Iterable[Any]) -> list[str]:
    return [f"acknowledged and lost: {what} {each}" for each in sorted(lost)]


def run(kind: str, *, kills: int, seed: int, fault: str | None = None) -> Outcome:
    with databases.fresh(kind) as url:
        ground.prepare(url)
        return kill_nodes(url, kills=kills, seed=seed, fault=fault, database=kind)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the address of an empty database")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run; a new one is printed otherwise")
    parser.add_argument("--faults", action="store_true", help="plant each fault in turn; each must be found")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # said by the figures
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    wanted: list[str | None] = [*FAULTS] if given.faults else [None]
    say: Callable[[str], None] = (lambda line: None) if given.json else print
    outcomes = []
    say(f"seed {seed}, {given.kills} kills at most on {given.database}")
    for fault in wanted:
        outcome = run(given.database, kills=given.kills, seed=seed, fault=fault)
        outcomes.append(outcome)
        say(_line(outcome))
    if given.json:
        print(json.dumps({"seed": seed, "runs": [outcome.as_json() for outcome in outcomes]}, ensure_ascii=False))
    good = all(bool(outcome.wrong) == (outcome.fault is not None) for outcome in outcomes)
    return 0 if good else 1


def _line(outcome: Outcome) -> str:
    named = sum(times for point, times in outcome.at_points.items() if point != "random")
    did = (
        f"{outcome.kills} kills ({named} at named points, each of {len(outcome.at_points) - 1} points at least"
        f" {min((n for p, n in outcome.at_points.items() if p != 'random'), default=0)} times),"
        f" {outcome.told.acts} acknowledged acts, {outcome.seconds:.0f} s"
    )
    if outcome.fault is not None:
        found = f"found: {outcome.wrong[0].splitlines()[0]:.140}" if outcome.wrong else "NOT FOUND"
        return f"planted {outcome.fault!r}: {found} ({did})"
    if not outcome.wrong:
        return f"all well: {did}"
    return "\n".join([f"WRONG after {did}:", *(f"  {each}" for each in outcome.wrong[:20])])


if __name__ == "__main__":
    sys.exit(main())
