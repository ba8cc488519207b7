"""A working node that may be killed at any moment: it files, claims, completes, ticks and sends, as long as it lives.

Whatever it has committed it tells through a pipe, as a client would have been told. Runs in a forked child.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.ground import GRIDS, Ground, pick_open_task
from engine import deliveries, outbox, process, tasks
from engine.cases import ENDED, Case
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.outward import Answer, Outward
from engine.scheduler import Scheduler
from engine.tasks import TaskState

Ack = dict[str, Any]

CHOICES: dict[str, list[dict[str, Any]]] = {
    "sign_in": [{"action": "sign"}] * 5 + [{"action": "return"}],
    "handle": [{"outcome": each} for each in ("resolved", "resolved", "joint", "up", "wait", "continue")],
    "joint_conclusion": [{"agreed": "yes"}, {"agreed": "no"}],
    "decide_upgrade": [{"decision": "accept"}, {"decision": "refuse"}],
    "quality_check": [{"verdict": "pass"}, {"verdict": "pass"}, {"verdict": "rework"}],
}

MOST_OPEN = 14
"""Few cases, so that nodes meet."""


LONGEST_STEP = timedelta(hours=4)
"""How far a node's own clock runs between two acts, at most."""


class Node:
    """Random acts of one node. `acknowledge` is called after the commit, never before."""

    def __init__(self, ground: Ground, clock: ManualClock, seed: str, acknowledge: Callable[[Ack], None]) -> None:
        self.ground = ground
        self.clock = clock
        self.chance = random.Random(seed)
        self.acknowledge = acknowledge
        self.scheduler = Scheduler(ground.store, ground.app.world, clock, name=f"node-{seed}", post=_post)
        self.worker = deliveries.Worker(ground.store, clock, deliveries.Courier(_Receiver(acknowledge), clock, root=""))

    def work(self, acts: int) -> None:
        ways = [self.file, self.complete, self.complete, self.complete, self.claim, self.tick, self.tick, self.send]
        for _ in range(acts):
            self.clock.advance(LONGEST_STEP * self.chance.random())
            way = self.chance.choice(ways)
            try:
                way()
            except (Conflict, NotFound, NotAllowed, Invalid):
                pass  # somebody was faster, or the diagram refuses the answer: nothing was done
            except Exception as error:
                self.acknowledge({"shown": f"{way.__name__}: {type(error).__name__}: {error}"[:300]})

    def file(self) -> None:
        with self.ground.store.reading() as session:
            if session.scalar(select(func.count()).where(Case.state.not_in(sorted(ENDED)))) > MOST_OPEN:  # type: ignore[operator]
                return
        external_no = f"{self.chance.getrandbits(64):x}"
        with self.ground.store.transaction() as session:
            number = self.ground.file_in(session, place=self.chance.choice(GRIDS), external_no=external_no).number
        self.acknowledge({"filed": number, "external_no": external_no})

    def complete(self) -> None:
        with self.ground.store.reading() as session:
            task = pick_open_task(session, self.chance)
            if task is None:
                return
            viewer = self.ground.viewer(session, task)
        answers = self.chance.choice(CHOICES.get(task.form or "", [{}]))
        with self.ground.store.transaction() as session:
            self.ground.complete_in(session, task.id, viewer=viewer, answers=answers)
        self.acknowledge({"completed": task.id})

    def claim(self) -> None:
        with self.ground.store.reading() as session:
            task = pick_open_task(session, self.chance)
            if task is None or task.state != TaskState.OPEN:
                return
            viewer = self.ground.viewer(session, task)
        with self.ground.store.transaction() as session:
            tasks.claim(session, task.id, viewer=viewer, now=self.clock.now())
        self.acknowledge({"claimed": task.id})

    def tick(self) -> None:
        self.scheduler.fire_due(most=5, on_fired=lambda deadline_id: self.acknowledge({"fired": deadline_id}))
        self.scheduler.warn_due(most=5)
        if self.chance.random() < 0.3:
            self._supply()

    def _supply(self) -> None:
        with self.ground.store.reading() as session:
            case_ids = session.scalars(select(Case.id).where(Case.state == "waiting_petitioner")).all()
        if case_ids:
            with self.ground.store.transaction() as session:
                case_id = self.chance.choice(case_ids)
                process.supply(session, self.ground.app.world, case_id, "材料", viewer=None, now=self.clock.now())

    def send(self) -> None:
        self.scheduler.send_outbox(most=5)
        self.worker.work()
        self.scheduler.beat()


class _Receiver(Outward):
    """Says at once what has arrived; nothing goes over the network."""

    def __init__(self, acknowledge: Callable[[Ack], None]) -> None:
        super().__init__()
        self._acknowledge = acknowledge

    def send(self, url: str, body: bytes, headers: Mapping[str, str], **_more: Any) -> Answer:
        self._acknowledge({"received": body.decode()})
        return Answer(200, "", 0)


def _post(session: Session, parcel: outbox.Parcel) -> None:
    """One receiver follows everything; the body is the key of the message."""
    to = deliveries.receiver(
        session, "all", url="https://all.example/", kind="channel", signed=False, now=parcel.created_at
    )
    deliveries.enqueue(session, to.id, parcel.key, parcel.topic, parcel.key, now=parcel.created_at)


def run_in_child(ground: Ground, *, now: datetime, seed: str, acts: int) -> None:
    """The whole life of a forked child."""
    assert isinstance(ground.clock, ManualClock)
    ground.clock.set(now)
    Node(ground, ground.clock, seed, acknowledge_now).work(acts)


_pipe = -1


def tell_to(pipe: int) -> None:
    """Where this process's acknowledgements go."""
    global _pipe
    _pipe = pipe


def acknowledge_now(ack: Ack) -> None:
    os.write(_pipe, json.dumps(ack).encode() + b"\n")  # shorter than PIPE_BUF, so never torn
