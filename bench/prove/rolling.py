"""Two serving and two working nodes on one PostgreSQL, restarted one after the other under load: nobody notices.

    python -m bench.prove.rolling --minutes 3

Real processes of the command, and between them and the clients a proxy that does what nginx does with the file in
docs/operators/examples: one connection for each request, the next node when one refuses, and again elsewhere when one
breaks off, but never a request that may have had an effect. Clocks run out all the while, because a tier has one
minute. Exit code 0: no client saw an error, every acknowledged case is there, every clock fired once, and all
invariants hold.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench import databases, ground
from engine import deploy, people, verify
from engine.cases import Case, Visit
from engine.clock import SystemClock
from engine.config import load_config
from engine.deadlines import Deadline, DeadlineState
from engine.escalation import RISES
from engine.main import Application, build
from engine.store import migrate, open_store

SECRET = "only-for-this-proof-0123456789-abcdefghij"
READERS, FILERS = 3, 1
STARTS_WITHIN = 600.0
HANDLE = re.compile(rb"(?m)^handle:\n((?:  .*\n)+)")
CONFIG = """
database: {{url: "{url}"}}
working_hours: ["00:00-23:59"]
calendar: {{weekend: []}}
scheduler: {{tick_seconds: 0.5}}
server: {{secret_key: "{secret}"}}
documents: {{folder: "{folder}"}}
api: {{per_bearer: 0, per_address: 0}}
logs: {{requests: false}}
"""


@dataclass
class Seen:
    """What all clients saw, and what the proxy did about it."""

    answers: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    filed: list[str] = field(default_factory=list)
    elsewhere: int = 0
    """Requests that another node answered, because the first one refused."""


class Node:
    """A process of the command on a port of its own, or without one."""

    def __init__(self, config: Path, *args: str, port: int | None = None) -> None:
        self.config, self.args, self.port = config, args, port
        self.said = config.with_name(f"{args[0]}-{port or id(self)}.log")
        self.restarts: list[float] = []
        self.codes: list[int] = []

    def start(self) -> None:
        where = ["--port", str(self.port)] if self.port else []
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-X",
                "faulthandler",
                "-c",
                "from engine.cli import main; main()",
                "--config",
                str(self.config),
                *self.args,
                *where,
            ],
            stderr=self.said.open("ab"),
        )
        until = time.monotonic() + STARTS_WITHIN
        while not self.is_ready():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"{self.args} does not start: {self.said.read_text()[-800:]}")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """One that has no port says when it works."""
        if not self.port:
            return self.said.read_text().count("works as") > len(self.codes)
        connection = HTTPConnection("127.0.0.1", self.port or 0, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.codes.append(self.process.wait(timeout=90))
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # faulthandler says where each thread is
            self.process.wait()
            raise RuntimeError(f"{self.args} does not stop: {self.said.read_text()[-6000:]}") from None

    def restart(self) -> None:
        begun = time.monotonic()
        self.stop()
        self.start()
        self.restarts.append(time.monotonic() - begun)


@contextmanager
def proxy(ports: list[int], seen: Seen) -> Iterator[int]:
    turn, lock = cycle(ports), threading.Lock()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                first = next(turn)
            order = [first, *(port for port in ports if port != first)]
            for number, port in enumerate(order):
                try:
                    status, headers, said = self.ask(port, body)
                except _Refused:
                    continue
                except (OSError, HTTPException) as error:
                    if self.command != "GET":
                        return self.say(502, [], f"{error!r}".encode())
                    continue
                if number:
                    with lock:
                        seen.elsewhere += 1
                return self.say(status, headers, said)
            return self.say(502, [], b"no node")

        do_GET = do_POST = answer

        def ask(self, port: int, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                try:
                    connection.connect()
                except OSError as error:
                    raise _Refused from error
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                connection.request(self.command, self.path, body, {**headers, "Connection": "close"})
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        def say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "server", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


class _Refused(Exception):
    """Nobody listens there: nothing was sent."""


def client(port: int, headers: dict[str, str], files: bool, seen: Seen, stop: threading.Event, *, pause: float) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=150)
    pages = cycle(("/", "/cases", "/notices", "/api/v1/tasks"))
    number = 0
    while not stop.wait(pause):
        number += 1
        begun = time.monotonic()
        try:
            if files:
                status, said = _file(connection, headers, number)
                if status == 201:
                    seen.filed.append(said["number"])
                elif status >= 400:
                    seen.errors.append(f"{status}: {said[:200]}")
            else:
                connection.request("GET", next(pages), headers=headers)
                answer = connection.getresponse()
                status, _ = answer.status, answer.read()
        except (OSError, HTTPException) as error:
            seen.errors.append(repr(error))
            connection.close()
            continue
        seen.milliseconds.append((time.monotonic() - begun) * 1000)
        seen.answers[f"{'file' if files else 'read'} {status}"] += 1
        if status >= 400 and not files:
            seen.errors.append(f"{status}")


def _file(connection: HTTPConnection, headers: dict[str, str], number: int) -> tuple[int, Any]:
    place = ground.GRIDS[number % len(ground.GRIDS)]
    body = {
        "channel": "hotline_12345", "kind": "complaint", "category": "noise.renovation", "title": f"噪音 {number}",
        "description": "连续三晚施工。", "place_id": place,
        "parties": [{"role": "applicant", "name": "冯某", "phone": f"139{number:08d}"}],
    }  # fmt: skip
    connection.request("POST", "/api/v1/cases", json.dumps(body), {**headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    return answer.status, json.loads(said) if answer.status == 201 else said.decode(errors="replace")


def prepare(url: str, folder: Path) -> tuple[Application, Path, dict[str, str]]:
    """A small district whose tiers have one minute each; the configuration of the nodes, and what a client shows."""
    ground.import_tables()
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(url=url, secret=SECRET, folder=folder / "documents"), encoding="utf-8")
    store, clock = open_store(url), SystemClock()
    migrate(store)
    files = {
        name: HANDLE.sub(b"handle:\n  default: 1wm\n", data) if name.endswith("limits.yaml") else data
        for name, data in deploy.read_folder(ground.ROOT / "bpmn").items()
    }
    ground.settle_in(store, files=files, now=clock.now())
    lasts = timedelta(hours=4)
    with store.transaction() as session:
        person = session.scalars(select(people.Membership.person_id).where(people.Membership.unit_id == "D.S")).first()
        assert person is not None
        secret = people.sign_in(session, person, now=clock.now(), lasts=lasts, agent="proof")
        token = people.tokens.issue(session, person, "proof", now=clock.now(), ends_at=clock.now() + lasts)
    headers = {"Cookie": f"sign-in={secret}", "Authorization": f"Bearer {token}"}
    return build(load_config(config, {}), store=store), config, headers


def run(url: str, folder: Path, *, minutes: float, pause: float) -> dict[str, Any]:
    application, config, headers = prepare(url, folder)
    ports = [_free_port(), _free_port()]
    nodes = [Node(config, "serve", "--no-scheduler", port=port) for port in ports]
    nodes += [Node(config, "work"), Node(config, "work")]
    seen, stop = Seen(), threading.Event()
    with ExitStack() as stack:
        for node in nodes:
            node.start()
            stack.callback(lambda node=node: node.process.kill() if node.process.poll() is None else None)
        door = stack.enter_context(proxy(ports, seen))
        threads = [
            threading.Thread(target=client, args=(door, headers, number < FILERS, seen, stop), kwargs={"pause": pause})
            for number in range(FILERS + READERS)
        ]
        until = time.monotonic() + minutes * 60
        for thread in threads:
            thread.start()
        try:
            for node in cycle(nodes):
                if time.monotonic() > until and all(each.restarts for each in nodes):
                    break
                node.restart()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for node in nodes:
            node.stop()
    return _figures(application, nodes, seen)


def _figures(application: Application, nodes: list[Node], seen: Seen) -> dict[str, Any]:
    with application.store.reading() as session:
        there = set(session.scalars(select(Case.number)))
        fired = session.scalar(select(func.count()).where(Deadline.state == DeadlineState.BREACHED.value)) or 0
        twice = session.execute(
            select(Visit.case_id, Visit.tier)
            .where(Visit.reason.in_(sorted(RISES)))
            .group_by(Visit.case_id, Visit.tier)
            .having(func.count() > 1)
        ).all()
    broken = verify.check(application.store, application.world, now=application.clock.now())
    lost = [number for number in seen.filed if number not in there]
    restarts = [seconds for node in nodes for seconds in node.restarts]
    codes = [code for node in nodes for code in node.codes]
    held = not (seen.errors or lost or twice or broken or any(codes)) and fired > 0
    return {
        "requests": dict(seen.answers),
        "errors": len(seen.errors),
        "first_errors": seen.errors[:5],
        "answered_elsewhere": seen.elsewhere,
        "p50_ms": round(statistics.median(seen.milliseconds), 1),
        "p99_ms": round(sorted(seen.milliseconds)[int(len(seen.milliseconds) * 0.99)], 1),
        "restarts": len(restarts),
        "restart_s": round(statistics.median(restarts), 1),
        "exit_codes": dict(Counter(codes)),
        "acknowledged": len(seen.filed),
        "lost": lost,
        "clocks_fired": fired,
        "risen_twice": len(twice),
        "violations": [f"{each.invariant} {each.case_number} {each.what}" for each in broken],
        "held": held,
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.prove.rolling", description=__doc__.split("\n")[0])
    parser.add_argument("--database", default="postgresql", help="the address of an empty PostgreSQL database")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two requests of a client")
    asked = parser.parse_args()
    with databases.fresh(asked.database) as url, tempfile.TemporaryDirectory(prefix="mb-rolling-") as folder:
        figures = run(url, Path(folder), minutes=asked.minutes, pause=asked.pause)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    sys.exit(0 if figures["held"] else 1)


if __name__ == "__main__":
    os.environ.pop("MAPLEBRIDGE_SERVER__SECRET_KEY", None)
    main()
