"""Reports of another system over HTTP: how soon one is safe, how many a second are taken, and whether any is lost.

    python -m bench.inbound --rate 200 --seconds 20
    python -m bench.inbound --kill

`maplebridge serve` runs in a process of its own with its scheduler. Clients keep their connections, sign by Standard
Webhooks, and send at the instants of a timetable, whether answers have come or not; a delivery's time runs from its
instant in the timetable, so that a queue in front of the server counts. Afterwards all that was acknowledged has
to have become exactly one case. `--kill` ends the server with SIGKILL in the midst of it, starts it anew, and sends
again what was not acknowledged.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from bench import databases, ground
from engine.cases import Case
from engine.store import migrate, open_store
from webhooks.inbound import Delivery, State, sign_standard

AIM_MS, AIM_RATE = 15.0, 200.0
SECRET = "whsec_" + base64.b64encode(b"only-for-this-bench-0123").decode()
SOURCE = """
inbound:
  sources:
    - name: hotline
      channel: hotline_12345
      signature: {scheme: standard, secret_env: HOTLINE_SECRET, tolerance_seconds: 86400}
      per_minute: 1000000
      map:
        external_no: {path: /order/no}
        version: {path: /order/revision, kind: number}
        kind: {path: /order/type, values: {投诉: complaint}}
        category: {path: /order/class, values: {"0307": noise.renovation}}
        title: {path: /order/title}
        description: {path: /order/content}
        place_id: {path: /order/place}
        parties:
          - {role: applicant, name: {path: /order/caller/name}, phone: {path: /order/caller/phone}}
"""
PATIENCE_S = 600


@dataclass(slots=True)
class Sent:
    """One report, ready to go, and what came back."""

    number: int
    body: bytes
    headers: dict[str, str]
    due_s: float
    took_ms: float | None = None
    status: int = 0

    @property
    def acknowledged(self) -> bool:
        return self.status in (200, 201, 202)


def reports(count: int, rate: float) -> list[Sent]:
    made = []
    for number in range(count):
        order = {
            "no": f"B-{number:06d}",
            "revision": 1,
            "type": "投诉",
            "class": "0307",
            "title": f"楼上夜间装修噪音 {number}",
            "content": "来电人反映楼上每晚十点以后仍在装修，多次沟通无果，希望尽快制止。" * 3,
            "place": ground.GRIDS[number % len(ground.GRIDS)],
            "caller": {"name": "谢女士", "phone": f"138{number:08d}"},
        }
        body = json.dumps({"event": "order.dispatched", "order": order}, ensure_ascii=False).encode()
        headers = sign_standard(SECRET, f"evt-{number}", datetime.now(UTC), body)
        made.append(Sent(number, body, {**headers, "Content-Type": "application/json"}, number / rate))
    return made


@contextmanager
def served(url: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    config = folder / "config.yaml"
    config.write_text(SOURCE + "\n", encoding="utf-8")
    environment = {
        **os.environ,
        "MAPLEBRIDGE_SERVER__SECRET_KEY": "only-for-this-bench-0123456789-abcdefgh",
        "MAPLEBRIDGE_DOCUMENTS__FOLDER": str(folder / "documents"),
        "MAPLEBRIDGE_LOGS__REQUESTS": "false",
        "HOTLINE_SECRET": SECRET,
    }
    run = [sys.executable, "-c", "from engine.cli import main; main()", "--config", str(config)]
    command = [*run, "serve", "--port", "0", "--database", url]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=ground.ROOT, env=environment, stderr=log, text=True) as server,
    ):
        try:
            yield _address(folder / "log", server), server
        finally:
            server.kill()


def _address(log: Path, server: subprocess.Popen[str]) -> str:
    for _ in range(600):
        found = re.search(r"http://\S+", log.read_text())
        if found is not None:
            return found.group()
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(log.read_text())


def send(address: str, wanted: Sequence[Sent], clients: int) -> float:
    """Sends each at its instant; what cannot be sent stays unacknowledged. Gives the seconds until the last answer."""
    waiting: queue.SimpleQueue[Sent | None] = queue.SimpleQueue()
    for each in wanted:
        waiting.put(each)
    for _ in range(clients):
        waiting.put(None)
    begun = time.perf_counter() + 0.2
    threads = [threading.Thread(target=_client, args=(address, waiting, begun)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _client(address: str, waiting: queue.SimpleQueue[Sent | None], begun: float) -> None:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "localhost", parts.port, timeout=30)
    while (each := waiting.get()) is not None:
        due = begun + each.due_s
        time.sleep(max(due - time.perf_counter(), 0))
        try:
            connection.request("POST", "/webhooks/in/hotline", each.body, each.headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            connection.close()
            continue
        each.status, each.took_ms = answer.status, (time.perf_counter() - due) * 1000


def measure(kind: str, *, rate: float, seconds: float, clients: int, kill: bool) -> dict[str, Any]:
    wanted = reports(int(rate * seconds), rate)
    with databases.fresh(kind) as url, tempfile.TemporaryDirectory(prefix="mb-inbound-") as name:
        folder = Path(name)
        ground.import_tables()
        store = open_store(url)
        migrate(store)
        ground.settle_in(store)
        with served(url, folder) as (address, server):
            if kill:
                threading.Timer(seconds / 2, server.kill).start()
            wall_s = send(address, wanted, clients)
            took = sorted(each.took_ms for each in wanted if each.took_ms is not None)
            acknowledged = [each for each in wanted if each.acknowledged]
            if not kill:
                filed_s = _until_filed(store, len(acknowledged))
        answers = Counter(str(each.status) for each in wanted)
        figures: dict[str, Any] = {"database": kind, "sent": len(wanted), "answers": dict(answers)}
        if kill:
            with served(url, folder) as (address, _server):
                rest = [each for each in wanted if not each.acknowledged]
                for each in rest:
                    each.due_s = 0.0
                send(address, rest, clients)
                filed_s = _until_filed(store, len(wanted))
            figures["acknowledged_after_restart"] = sum(each.acknowledged for each in wanted)
        figures |= {
            "rate_per_s": round(len(acknowledged) / wall_s, 1),
            "p50_ms": _at(took, 0.5),
            "p95_ms": _at(took, 0.95),
            "p99_ms": _at(took, 0.99),
            "filed_after_s": round(filed_s, 1),
            **_kept(store, wanted),
        }
        store.dispose()
    return figures


def _until_filed(store: Any, count: int) -> float:
    """Seconds until nothing waits any more."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < PATIENCE_S:
        with store.reading() as session:
            waiting = session.scalar(select(func.count()).where(Delivery.state == State.WAITING.value))
            if waiting == 0 and (session.scalar(select(func.count(Delivery.id))) or 0) >= count:
                break
        time.sleep(0.25)
    return time.perf_counter() - begun


def _kept(store: Any, wanted: Sequence[Sent]) -> dict[str, Any]:
    """What is there of what was acknowledged. `lost` and `twice` have to be 0."""
    with store.reading() as session:
        rows = session.execute(select(Case.external_no, func.count()).group_by(Case.external_no)).all()
    cases = {number: count for number, count in rows if number}
    lost = [each.number for each in wanted if each.acknowledged and f"B-{each.number:06d}" not in cases]
    return {"cases": len(cases), "lost": len(lost), "twice": sum(count > 1 for count in cases.values())}


def _at(sorted_: Sequence[float], share: float) -> float:
    return round(sorted_[min(int(len(sorted_) * share), len(sorted_) - 1)], 1) if sorted_ else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, postgresql; may be given twice; sqlite of none")
    parser.add_argument("--rate", type=float, default=AIM_RATE, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=16, help="connections")
    parser.add_argument("--kill", action="store_true", help="kill the server in the midst of it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    failed = False
    for kind in given.database or ["sqlite"]:
        row = measure(kind, rate=given.rate, seconds=given.seconds, clients=given.clients, kill=given.kill)
        failed |= bool(row["lost"] or row["twice"])
        if given.json:
            print(json.dumps(row))
        else:
            print("  ".join(f"{name} {value}" for name, value in row.items()))
            print(f"aims: p50 {AIM_MS} ms, {AIM_RATE:.0f} a second, none lost, none twice")
    sys.exit(failed)


if __name__ == "__main__":
    main()
