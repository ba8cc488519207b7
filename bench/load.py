"""Fifty people at once on a large district, for minutes, against real server processes.

    python -m bench.load --database sqlite:////tmp/big.sqlite --minutes 5
    python -m bench.load --folder /tmp/big --minutes 5 --servers 2

Each person signs in and then goes on as people do: look at the work list, open a case, look for something, open a task
and complete it with a plain good answer; between two pages they read for a moment. `complete` is the whole of
`POST …/completion`, after which the database has it for good. On SQLite one process serves, on PostgreSQL several.
Aims: list and case 400 ms and complete 600 ms at the 99th of a hundred, no error, memory flat. Exit code 1: missed.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from bench import crowd, databases, ground
from engine.people import viewer_of
from engine.tasks import Task

AIMS_MS = {"list": 400.0, "case": 400.0, "complete": 600.0}
GROWTH = 1.15
"""So much larger a server may be at the end than after it has warmed up."""
WARM_S = 20.0
ARRIVE_S = 10.0
"""They sign in one after the other: a password takes long on purpose."""
READING_S = (1.0, 3.0)
LOOKED_FOR = ("停车", "漏水", "工资", "物业", "LHQ-2026", "噪音 装修")
BUSY = frozenset({409, 422})
"""A task that somebody else has just completed, or that wants an answer of another kind: told in words, no error."""


@dataclass(slots=True)
class Told:
    """What one person saw."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Completions that were not taken, by form and status."""


@contextmanager
def serving(url: str, many: int) -> Iterator[tuple[list[int], list[int]]]:
    """Server processes; gives their ports and process ids."""
    spawn = multiprocessing.get_context("spawn")
    children, ports = [], []
    try:
        for _ in range(many):
            ours, theirs = spawn.Pipe()
            child = spawn.Process(target=_serve, args=(url, theirs), daemon=True)
            child.start()
            children.append(child)
            ports.append(ours.recv())
        yield ports, [child.pid or 0 for child in children]
    finally:
        for child in children:
            child.terminate()
            child.join(timeout=10)


def _serve(url: str, told: Connection) -> None:
    import waitress

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it tells of every request that waits
    application = crowd.open_application(url)
    server = waitress.create_server(application.web(), host="127.0.0.1", port=0, threads=8)
    told.send(server.effective_port)
    server.run()


class Someone:
    """A person with a browser. `work` ends when the time is over."""

    def __init__(self, username: str, person_id: int, port: int, tasks: list[tuple[int, int, str]]) -> None:
        self.username = username
        self.tasks = tasks
        self.chance = random.Random(person_id)
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}
        self.told = Told()

    def work(self, until: float, counted_from: float) -> None:
        time.sleep(self.chance.uniform(0, ARRIVE_S))
        if not self._sign_in():
            return
        ways = [self._list, self._list, self._case, self._case, self._search, self._complete, self._complete]
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(*READING_S))
            way = self.chance.choice(ways)
            try:
                spent = way()
            except (HTTPException, OSError) as error:
                self.told.errors.append(f"{way.__name__}: {error!r}")
                self.connection.close()
                continue
            if time.monotonic() > counted_from:
                for what, ms in spent:
                    self.told.spent.setdefault(what, []).append(ms)

    def _sign_in(self) -> bool:
        try:
            _, page, _ = self._ask("GET", "/sign-in")
            fields = {**crowd.hidden_fields(page), "username": self.username, "password": crowd.PASSWORD}
            said: object = self._ask("POST", "/sign-in", fields)[0]
        except (HTTPException, OSError) as error:
            said = error
        if said != 302:
            self.told.errors.append(f"sign-in: {said!r}")
        return said == 302

    def _list(self) -> list[tuple[str, float]]:
        return [("list", self._get(self.chance.choice(("/", "/", "/?tab=unit", "/cases"))))]

    def _case(self) -> list[tuple[str, float]]:
        return [("case", self._get(f"/cases/{self.chance.choice(self.tasks)[1]}"))] if self.tasks else []

    def _search(self) -> list[tuple[str, float]]:
        return [("search", self._get("/search?" + urlencode({"q": self.chance.choice(LOOKED_FOR)})))]

    def _complete(self) -> list[tuple[str, float]]:
        if not self.tasks:
            return []
        task_id, _, form = self.tasks.pop(0)
        status, page, opened = self._ask("GET", f"/tasks/{task_id}")
        if status != 200:
            self.told.errors.append(f"task: {status}")
            return []
        answers = {**ground.ANSWERS.get(form, {}), **crowd.hidden_fields(page)}
        status, _, ms = self._ask("POST", f"/tasks/{task_id}/completion", answers)
        if status in BUSY:
            self.told.refused[f"{form} {status}"] += 1
        elif status != 302:
            self.told.errors.append(f"complete: {status}")
        return [("task", opened), ("complete", ms)] if status == 302 else [("task", opened)]

    def _get(self, address: str) -> float:
        status, _, ms = self._ask("GET", address)
        if status != 200:
            self.told.errors.append(f"{address}: {status}")
        return ms

    def _ask(self, method: str, address: str, fields: dict[str, Any] | None = None) -> tuple[int, str, float]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields, doseq=True)
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        begun = time.perf_counter()
        self.connection.request(method, address, body=body, headers=headers)
        answer: HTTPResponse = self.connection.getresponse()
        page = answer.read()
        spent = (time.perf_counter() - begun) * 1000
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, page.decode(errors="replace"), spent


def run(url: str, *, people: int, minutes: float, servers: int) -> dict[str, Any]:
    application = crowd.open_application(url)
    try:
        with application.store.reading() as session:
            persons = crowd.leads(session, most=people)
            work = {person.id: _tasks_of(session, person.id) for person in persons}
        crowd.may_sign_in(application.store, persons)
    finally:
        application.store.dispose()
    with serving(url, servers) as (ports, pids):
        crowd_ = [
            Someone(person.username, person.id, ports[number % servers], work[person.id])
            for number, person in enumerate(persons)
        ]
        begun = time.monotonic()
        until = begun + minutes * 60
        threads = [threading.Thread(target=each.work, args=(until, begun + WARM_S)) for each in crowd_]
        for thread in threads:
            thread.start()
        time.sleep(WARM_S + (until - begun - WARM_S) * 0.2)
        before = [_resident_mb(pid) for pid in pids]
        for thread in threads:
            thread.join()
        after = [_resident_mb(pid) for pid in pids]
    return _figures(crowd_, before, after, minutes)


def _tasks_of(session: Any, person_id: int) -> list[tuple[int, int, str]]:
    units = viewer_of(session, person_id).units(("lead",))
    rows = session.execute(
        select(Task.id, Task.case_id, Task.form)
        .where(
            Task.unit_id.in_(units), Task.state == "open", Task.roles.contains("|lead|"), Task.form.in_(ground.ANSWERS)
        )
        .order_by(Task.due_at)
        .limit(400)
    )
    return [(task_id, case_id, form) for task_id, case_id, form in rows]


def _figures(crowd_: Sequence[Someone], before: list[int], after: list[int], minutes: float) -> dict[str, Any]:
    spent: dict[str, list[float]] = {}
    for each in crowd_:
        for what, values in each.told.spent.items():
            spent.setdefault(what, []).extend(values)
    errors = [error for each in crowd_ for error in each.told.errors]
    ways = {
        what: {
            "times": len(values),
            "p50_ms": round(statistics.median(values), 1),
            "p99_ms": round(sorted(values)[min(len(values) - 1, int(len(values) * 0.99))], 1),
        }
        for what, values in sorted(spent.items())
    }
    return {
        "people": len(crowd_),
        "minutes": minutes,
        "requests_per_s": round(sum(each["times"] for each in ways.values()) / (minutes * 60 - WARM_S), 1),
        **ways,
        "refused_in_words": dict(sum((each.told.refused for each in crowd_), Counter())),
        "errors": len(errors),
        "first_errors": errors[:5],
        "resident_mb": {"early": before, "at_the_end": after},
        "held": not errors
        and all(ways[what]["p99_ms"] <= aim for what, aim in AIMS_MS.items() if what in ways)
        and all(late <= early * GROWTH for early, late in zip(before, after, strict=True)),
    }


def _resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.split("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--database", help="the address of a large district; its tasks are really completed")
    where.add_argument("--folder", type=Path, help="the folder of a large district on PostgreSQL")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--servers", type=int, default=None, help="one on SQLite, two on PostgreSQL")
    asked = parser.parse_args()
    with databases.kept(asked.folder) if asked.folder else databases.fresh(asked.database) as url:
        servers = asked.servers or (1 if url.startswith("sqlite") else 2)
        figures = run(url, people=asked.people, minutes=asked.minutes, servers=servers)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    sys.exit(0 if figures["held"] else 1)


if __name__ == "__main__":
    main()
