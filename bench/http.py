"""The two acts a handler feels, over HTTP: complete a task, and file a case to its first task.

    python -m bench.http --database sqlite --database postgresql

`maplebridge serve` runs in a process of its own with its scheduler, as an operator starts it. A handler signs in with
a password and works in one browser: a connection that is kept, cookies, and each form as its page gives it, with the
token against forged requests. An act is measured from sending its form to the whole answer that follows it (a redirect
to the next page); that page is measured apart. Milliseconds; the aims are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select, update

from bench import databases, ground
from engine.clock import SystemClock
from engine.people import Person, hash_password
from engine.store import migrate, open_store
from engine.tasks import Task

AIMS_MS = {"complete": 12.0, "file": 15.0}
PLACE = ground.GRIDS[0]
PASSWORD = "only-for-this-bench-0123456789"
WARM_UP = 30
MATTER = {
    "channel": "hotline_12345",
    "kind": "complaint",
    "category": "noise.renovation",
    "title": "夜间装修噪音",
    "description": "楼上每晚十点以后仍在装修，多次沟通无果。",
    "party_role": "applicant",
    "party_name": "冯某",
    "party_type": "person",
    "party_phone": "13900000000",
    "people_count": "1",
    "injury": "none",
    "risk": "none",
    "opinion_level": "none",
    "step": "file",
}


@dataclass(slots=True)
class Answer:
    status: int
    location: str
    text: str
    took_ms: float


class Browser:
    """One person's connection, with cookies."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "localhost", parts.port, timeout=60)
        self._cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, verb: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={kept.coded_value}" for name, kept in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self._connection.request(verb, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        took_ms = (time.perf_counter() - begun) * 1000
        for each in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.load(each)
        return Answer(answer.status, urlsplit(answer.headers.get("Location") or "").path, text, took_ms)


class Hidden(HTMLParser):
    """What the form that goes to an address carries besides what a person writes."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._inside = action, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = urlsplit(given.get("action") or "").path == self._action
        elif self._inside and tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.fields.setdefault(given["name"] or "", given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


@dataclass(slots=True)
class Taken:
    """Milliseconds of one kind of request."""

    each: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        sorted_ = sorted(self.each[WARM_UP:])

        def at(share: float) -> float:
            return round(sorted_[min(int(len(sorted_) * share), len(sorted_) - 1)], 1)

        return {"p50_ms": round(statistics.median(sorted_), 1), "p95_ms": at(0.95), "p99_ms": at(0.99)}


def prepare(url: str, *, cases: int) -> tuple[str, list[int]]:
    """The small district with so many cases at one grid; gives the name of its lead and the tasks that wait there."""
    ground.import_tables()
    store = open_store(url)
    try:
        migrate(store)
        ground.settle_in(store)
        with ground.ground(url, clock=SystemClock(), durable=False) as g:
            with g.store.transaction() as session:
                wanted = [g.file_in(session, place=PLACE).id for _ in range(cases)]
            lead = g.asker(g.only_task(wanted[0]))
            with g.store.transaction() as session:
                session.execute(
                    update(Person).where(Person.id == lead.person_id).values(password_hash=hash_password(PASSWORD))
                )
                name = session.scalars(select(Person.username).where(Person.id == lead.person_id)).one()
                return name, list(session.scalars(select(Task.id).where(Task.case_id.in_(wanted)).order_by(Task.id)))
    finally:
        store.dispose()


@contextmanager
def served(url: str) -> Iterator[str]:
    """A server in a process of its own; gives its address."""
    command = [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--port", "0", "--database", url]
    environment = {**os.environ, "MAPLEBRIDGE_SERVER__SECRET_KEY": PASSWORD * 2}
    with subprocess.Popen(command, cwd=ground.ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            said = server.stderr.readline()
            address = re.search(r"http://\S+", said)
            if address is None:
                raise RuntimeError(said + server.stderr.read())
            yield address.group()
        finally:
            server.kill()


def signed_in(address: str, username: str) -> Browser:
    browser = Browser(address)
    page = browser.get("/sign-in")
    fields = Hidden(page.text, "/sign-in").fields
    _must(browser.post("/sign-in", {**fields, "username": username, "password": PASSWORD}), 302)
    return browser


def measure(kind: str, url: str, rounds: int) -> dict[str, Any]:
    username, waiting = prepare(url, cases=rounds + WARM_UP)
    taken = {name: Taken() for name in ("task_page", "complete", "filing_page", "file")}
    with served(url) as address:
        browser = signed_in(address, username)
        for task_id in waiting:
            _complete(browser, task_id, taken)
            _file(browser, taken)
    return {"database": kind, **{name: each.figures() for name, each in taken.items()}}


def _complete(browser: Browser, task_id: int, taken: Mapping[str, Taken]) -> None:
    page = browser.get(f"/tasks/{task_id}")
    _must(page, 200)
    where = f"/tasks/{task_id}/completion"
    done = browser.post(where, {**Hidden(page.text, where).fields, "action": "sign"})
    _must(done, 302)
    taken["task_page"].each.append(page.took_ms)
    taken["complete"].each.append(done.took_ms)


def _file(browser: Browser, taken: Mapping[str, Taken]) -> None:
    page = browser.get(f"/cases/new?place={PLACE}&here=1")
    _must(page, 200)
    done = browser.post("/cases", {**Hidden(page.text, "/cases").fields, **MATTER, "place_id": PLACE})
    _must(done, 302)
    taken["filing_page"].each.append(page.took_ms)
    taken["file"].each.append(done.took_ms)


def _must(answer: Answer, status: int) -> None:
    if answer.status not in (302, 303) if status == 302 else answer.status != status:
        raise RuntimeError(f"answered {answer.status} instead of {status}:\n{answer.text[:4000]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, postgresql; may be given twice; both of none")
    parser.add_argument("--rounds", type=int, default=300, help="of each act")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = []
    for kind in given.database or databases.KINDS:
        with databases.fresh(kind) as url:
            figures.append(measure(kind, url, given.rounds))
    if given.json:
        print(json.dumps(figures))
        return
    for row in figures:
        print(row.pop("database"))
        for name, each in row.items():
            aim = f"   aim {AIMS_MS[name]}, {each['p50_ms'] / AIMS_MS[name]:.2f} of it" if name in AIMS_MS else ""
            print(f"  {name:<12} p50 {each['p50_ms']:>6}  p95 {each['p95_ms']:>6}  p99 {each['p99_ms']:>6}{aim}")


if __name__ == "__main__":
    main()
