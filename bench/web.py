"""How long the server takes for a page of a large district, and how many statements.

    python -m bench.district --folder /tmp/big && python -m bench.web --folder /tmp/big
    python -m bench.web --database sqlite:////tmp/big.sqlite

Whole requests through the WSGI application, signed in, without a network: the aim is 50 ms at the 95th of a hundred
and at most 15 statements, whatever the amount of data. Exit code 1: a page missed it.

A virtual machine is not always given its processors; the kernel counts that time as stolen. An answer during which
some was says more of the neighbours than of us: p95 is of all answers, `own p95` of the others, and that one is judged,
while at least two of three answers are left.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from bench import crowd, databases
from engine.cases import Case
from engine.main import Application, collect_rarely
from engine.people import Person, viewer_of
from engine.tasks import Task

AIM_MS = 50.0
AIM_STATEMENTS = 15
SEARCHED = {
    "common": ("物业", "街道", "拖欠工资", "噪音"),
    "two characters": ("停车", "漏水", "装修", "退费"),
    "one character": ("水", "钱"),
    "two words": ("噪音 装修", "工资 工地", "物业 公共收益"),
    "rare": ("李某 漏水 厨房", "王某 押金"),
    "nothing": ("不存在的词语", "zzzz"),
    "English place": ("street", "Minzhi community"),
    "beginning, mostly elsewhere": ("minz", "dalan", "guanl", "longh", "fuch", "guanh"),
    "beginning and word": ("minz 停车", "dalan 停车", "guanl 漏水", "longh 漏水", "st 装修", "co 退费"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    page: str
    p50_ms: float
    database_ms: float
    """Of the median page, what was spent in the driver and the database."""
    processor_ms: float
    """Of the median page, what this process and that of the database worked: it tells more on a busy machine."""
    p95_ms: float
    own_p95_ms: float
    """Of the answers during which the host took no time away."""
    disturbed: int
    """So many answers were not of those."""
    most_ms: float
    statements: int
    kilobytes: int
    within: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer."""

    ms: float
    database_ms: float
    processor_ms: float
    statements: int
    size: int
    disturbed: bool


def measure(url: str, *, rounds: int, only: str = "") -> list[Figure]:
    """Every page in every round, in shuffled order; the first round warms and is not counted."""
    application = crowd.open_application(url)
    try:
        with application.store.reading() as session:
            who = {
                "grid": crowd.leads(session, most=1)[0],
                "community": crowd.holder_of(session, "lead", 2),
                "street": crowd.holder_of(session, "dispatcher", 1),
                "district": crowd.holder_of(session, "leader", 0),
            }
        crowd.may_sign_in(application.store, list(who.values()))
        bench = _Bench(application, who)
        pages = [page for page in bench.pages(rounds) if only in page[0]]
        for _, person, addresses in pages:
            bench.get(person, addresses[0])
        taken: dict[str, list[Taken]] = {name: [] for name, _, _ in pages}
        for number in range(rounds):
            for name, person, addresses in random.Random(number).sample(pages, len(pages)):
                taken[name].append(bench.get(person, addresses[number % len(addresses)]))
        return [_figure(name, taken[name]) for name, _, _ in pages]
    finally:
        application.store.dispose()


def _figure(page: str, taken: Sequence[Taken]) -> Figure:
    spent = [each.ms for each in taken]
    own = [each.ms for each in taken if not each.disturbed]
    own_p95 = _p95(own or spent)
    statements = max(each.statements for each in taken)
    return Figure(
        page,
        round(statistics.median(spent), 1),
        round(statistics.median(each.database_ms for each in taken), 1),
        round(statistics.median(each.processor_ms for each in taken), 1),
        round(_p95(spent), 1),
        round(own_p95, 1),
        len(spent) - len(own),
        round(max(spent), 1),
        statements,
        round(max(each.size for each in taken) / 1024),
        own_p95 <= AIM_MS and 3 * len(own) >= 2 * len(spent) and statements <= AIM_STATEMENTS,
    )


def _p95(spent: Sequence[float]) -> float:
    return sorted(spent)[min(len(spent) - 1, int(len(spent) * 0.95))]


def _stolen() -> int:
    """Hundredths of a second that the host has not given to this machine when it wanted to work; 0 where none tells."""
    counted = Path("/proc/stat")
    return int(counted.read_text().split("\n", 1)[0].split()[8]) if counted.exists() else 0


class _Bench:
    """One application, one browser for each person, and a count of what goes to the database."""

    def __init__(self, application: Application, who: dict[str, Person]) -> None:
        self.who = who
        self.store = application.store
        self.web: Any = application.web()
        self.statements = 0
        self.spent = 0.0
        self.backends: set[int] = set()
        self.clients = {name: self._sign_in(person.username) for name, person in who.items()}
        collect_rarely()  # as `serve` does
        if self.store.dialect == "postgresql":
            event.listen(self.store.engine, "checkout", self._note_backend)
        event.listen(self.store.engine, "before_cursor_execute", self._before)
        event.listen(self.store.engine, "after_cursor_execute", self._after)

    def _note_backend(self, connection: Any, *_: Any) -> None:
        self.backends.add(connection.info.backend_pid)

    def _worked(self) -> float:
        """Milliseconds of the processor so far."""
        files = (Path(f"/proc/{pid}/schedstat") for pid in self.backends)
        return time.process_time() * 1e3 + sum(int(f.read_text().split()[0]) for f in files if f.exists()) / 1e6

    def _before(self, connection: Any, *_: Any) -> None:
        self.statements += 1
        connection.info["begun"] = time.perf_counter()  # two connections may be asked at once

    def _after(self, connection: Any, *_: Any) -> None:
        self.spent += time.perf_counter() - connection.info["begun"]

    def _sign_in(self, username: str) -> Any:
        client = self.web.test_client()
        fields = crowd.hidden_fields(client.get("/sign-in").text)
        answer = client.post("/sign-in", data={**fields, "username": username, "password": crowd.PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    def get(self, name: str, address: str) -> Taken:
        self.statements, self.spent = 0, 0.0
        stolen, worked, begun = _stolen(), self._worked(), time.perf_counter()
        answer = self.clients[name].get(address)
        spent = (time.perf_counter() - begun) * 1000
        assert answer.status_code == 200, (name, address, answer.status_code)
        worked = self._worked() - worked
        return Taken(spent, self.spent * 1000, worked, self.statements, len(answer.data), _stolen() > stolen)

    def pages(self, rounds: int) -> Iterator[tuple[str, str, list[str]]]:
        """(what, who, addresses that take turns)."""
        for name in self.who:
            yield f"work list, {name}", name, ["/"]
            yield f"work list of the unit, {name}", name, ["/?tab=unit"]
            yield f"cases, {name}", name, ["/cases"]
            yield f"cases closed, {name}", name, ["/cases?state=closed"]
        for state in ("open", "closed"):
            yield f"case page, {state}", "district", self._cases(state, rounds)
        yield "task page", "grid", self._tasks()
        for kind, words in SEARCHED.items():
            for name in self.who:
                yield f"search {kind}, {name}", name, [f"/search?q={each}" for each in words]
        yield "search number, district", "district", self._numbers(rounds)
        yield "search open only, street", "street", ["/search?q=物业&state=open", "/search?q=停车&state=open"]
        yield "search long ago, district", "district", ["/search?q=物业&period=before"]
        yield "search one category, district", "district", ["/search?q=街道&category=safety.fire"]
        for name in ("street", "district"):
            yield f"board, {name}", name, ["/board"]

    def _cases(self, state: str, many: int) -> list[str]:
        with self.store.reading() as session:
            low, high = session.execute(select(func.min(Case.id), func.max(Case.id))).one()
            chance = random.Random(1)
            ids = [chance.randint(low, high) for _ in range(40 * many)]
            ended = Case.closed_at.is_(None) if state == "open" else Case.closed_at.is_not(None)
            if state == "open":
                found = session.scalars(select(Case.id).where(ended).order_by(Case.id.desc()).limit(many)).all()
            else:
                found = session.scalars(select(Case.id).where(Case.id.in_(ids), ended).limit(many)).all()
        return [f"/cases/{case_id}" for case_id in found]

    def _tasks(self) -> list[str]:
        with self.store.reading() as session:
            mine = viewer_of(session, self.who["grid"].id).units()
            found = session.scalars(select(Task.id).where(Task.state == "open", Task.unit_id.in_(mine)).limit(20))
            return [f"/tasks/{task_id}" for task_id in found]

    def _numbers(self, many: int) -> list[str]:
        with self.store.reading() as session:
            newest = session.scalar(select(func.max(Case.id))) or 1
            chance = random.Random(2)
            ids = [chance.randint(1, newest) for _ in range(many)]
            return [f"/search?q={number}" for number in session.scalars(select(Case.number).where(Case.id.in_(ids)))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__.split("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--database", help="the address of a large district")
    where.add_argument("--folder", type=Path, help="the folder of a large district on PostgreSQL")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with databases.kept(asked.folder) if asked.folder else databases.fresh(asked.database) as url:
        figures = measure(url, rounds=asked.rounds, only=asked.only)
    if asked.json:
        print(json.dumps([asdict(each) for each in figures], indent=1))
    else:
        print(
            f"{'page':40} {'p50':>7} {'in db':>7} {'worked':>7} {'p95':>7} {'own p95':>7} {'most':>7}"
            " disturbed statements    kB"
        )
        for each in figures:
            miss = "" if each.within else "  misses"
            print(
                f"{each.page:40} {each.p50_ms:7.1f} {each.database_ms:7.1f} {each.processor_ms:7.1f} {each.p95_ms:7.1f}"
                f" {each.own_p95_ms:7.1f} {each.most_ms:7.1f} {each.disturbed:9} {each.statements:10}"
                f" {each.kilobytes:5}{miss}"
            )
    sys.exit(0 if all(each.within for each in figures) else 1)


if __name__ == "__main__":
    main()
