"""Events out, under load: receivers that hang beside a healthy one, and a large outbox that is drained.

    python -m bench.outbound --hanging 20 --rows 100000

First, so many receivers take every connection and never answer, while cases are filed that a healthy one follows too:
how long after its case was filed does each event arrive there? The scheduler runs as `maplebridge work` runs it. Then
so many rows of the outbox go through it into deliveries and over real connections to one receiver: how many a second,
does each arrive, and how does the memory of the process grow meanwhile? The receivers are a process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from bench import databases, ground
from engine import deliveries
from engine.cases import Case
from engine.clock import SystemClock
from engine.deliveries import Receiver
from engine.main import Application, build
from engine.outbox import OutboxEntry
from engine.people import viewer_of
from engine.store import table_of
from webhooks.outbound import Wanted, make

AIM_S = 5.0
EVERY_S = 0.25
PORTION = 5000
PATIENCE_S = 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hanging", type=int, default=20)
    parser.add_argument("--events", type=int, default=120)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the address of an empty database")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.receive:
        asyncio.run(_receive())
        return 0
    told: dict[str, Any] = {"database": given.database.split(":")[0]}
    if given.events:
        told |= beside_hanging(given.database, hanging=given.hanging, events=given.events)
    if given.rows:
        told |= drained(given.database, rows=given.rows)
    print(json.dumps(told) if given.json else "\n".join(f"{name:24} {value}" for name, value in told.items()))
    return 0 if told.get("healthy_p99_s", 0.0) < AIM_S else 1


def beside_hanging(database: str, *, hanging: int, events: int) -> dict[str, Any]:
    with databases.fresh(database) as url, _receivers() as (healthy, hangs, process):
        app = _app(url)
        for number in range(hanging):
            _follow(app, f"hangs {number}", f"http://127.0.0.1:{hangs}/{number}")
        _follow(app, "healthy", f"http://127.0.0.1:{healthy}/")
        filing = ground.Ground(app, app.clock)
        app.scheduler.start()
        filed: dict[str, float] = {}
        for _ in range(events):
            case_id = filing.file()
            filed[_number(app, case_id)] = time.monotonic()
            time.sleep(EVERY_S)
        _wait(lambda: _open(app, "healthy") == 0)
        app.scheduler.stop()
        arrived = _stop(process)
    waits = sorted(arrived[number] - at for number, at in filed.items())
    return {
        "hanging": hanging,
        "events": events,
        "healthy_p50_s": round(waits[len(waits) // 2], 2),
        "healthy_p99_s": round(waits[min(len(waits) * 99 // 100, len(waits) - 1)], 2),
        "healthy_longest_s": round(waits[-1], 2),
    }


def drained(database: str, *, rows: int) -> dict[str, Any]:
    with databases.fresh(database) as url, _receivers() as (healthy, _hangs, process):
        app = _app(url)
        case_id = ground.Ground(app, app.clock).file()
        while app.scheduler.send_outbox():
            pass
        _follow(app, "healthy", f"http://127.0.0.1:{healthy}/")
        _fill(app, case_id, rows)
        started = time.monotonic()
        app.scheduler.start()
        sizes = _sizes_until_delivered(app, rows)
        took = time.monotonic() - started
        app.scheduler.stop()
        arrived = _stop(process)
    return {
        "rows": rows,
        "arrived": arrived["ids"],
        "arrived_again": arrived["count"] - arrived["ids"],
        "seconds": round(took, 1),
        "per_second": round(rows / took),
        "rss_mb_by_tenths": sizes,
        "rss_mb_highest": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _sizes_until_delivered(app: Application, rows: int) -> list[int]:
    """The memory of this process whenever another tenth of the rows has been delivered."""
    sizes: list[int] = []
    until = time.monotonic() + PATIENCE_S
    while len(sizes) < 10:
        done = rows - _open(app, "healthy")
        while len(sizes) < 10 and done >= rows * (len(sizes) + 1) // 10:
            sizes.append(_rss_mb())
        if time.monotonic() > until:
            raise TimeoutError("it did not come to an end")
        time.sleep(EVERY_S)
    return sizes


def _app(url: str) -> Application:
    """On the clock of the wall; receivers of this machine may be called, and nobody else hears of anything."""
    ground.prepare(url)
    config = ground.config_for(url)
    inside = config.outbound.model_copy(update={"inside": ("127.0.0.0/8",)})
    return build(config.model_copy(update={"outbound": inside}), clock=SystemClock())


def _follow(app: Application, name: str, url: str) -> None:
    now = app.clock.now()
    with app.store.transaction() as session:
        operator = viewer_of(session, 1)
        root = app.config.server.secret_key.get_secret_value()
        kinds = ["case.filed", "case.raised"]
        make(session, Wanted(name, url, kinds, ground.UNITS[0][0]), root, viewer=operator, now=now)


def _fill(app: Application, case_id: int, rows: int) -> None:
    now = app.clock.now() - timedelta(minutes=1)
    for first in range(0, rows, PORTION):
        portion = [
            {
                "key": f"{case_id}:{1000 + number}:case.raised:",
                "case_id": case_id,
                "history_seq": 1000 + number,
                "topic": "case.raised",
                "facts": {},
                "created_at": now,
                "next_at": now,
                "attempts": 0,
            }
            for number in range(first, min(first + PORTION, rows))
        ]
        with app.store.transaction() as session:
            session.execute(insert(table_of(OutboxEntry)), portion)


def _number(app: Application, case_id: int) -> str:
    with app.store.reading() as session:
        return str(session.scalar(select(Case.number).where(Case.id == case_id)))


def _open(app: Application, name: str) -> int:
    """What still waits for a receiver, in the outbox and as deliveries."""
    with app.store.reading() as session:
        unsent = session.scalar(select(func.count()).where(OutboxEntry.sent_at.is_(None))) or 0
        id_ = session.scalar(select(Receiver.id).where(Receiver.name == f"subscription:{name}"))
        assert id_ is not None
        return unsent + deliveries.health_of(session, [id_])[id_].waiting


def _wait(done: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("it did not come to an end")
        time.sleep(0.1)


def _rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


@contextmanager
def _receivers() -> Iterator[tuple[int, int, subprocess.Popen[str]]]:
    """Gives the port of the healthy one, that of those that hang, and the process."""
    command = [sys.executable, "-m", "bench.outbound", "--receive"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        healthy, hangs = json.loads(process.stdout.readline())
        try:
            yield healthy, hangs, process
        finally:
            process.kill()


def _stop(process: subprocess.Popen[str]) -> dict[str, float]:
    """When each case arrived at the healthy receiver, by number, on the clock that all processes share."""
    told, _ = process.communicate("stop\n", timeout=60)
    return dict(json.loads(told))


async def _receive() -> None:
    arrived: dict[str, float] = {"count": 0}
    ids: set[str] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # the other side has closed it
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
                event = json.loads(await reader.readexactly(length))
                arrived.setdefault(event["subject"], time.monotonic())
                arrived["count"] += 1
                ids.add(event["id"])
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        writer.close()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # the end of the bench
            while await reader.read(65536):
                pass
        writer.close()

    healthy = await asyncio.start_server(answer, "127.0.0.1", 0)
    hangs = await asyncio.start_server(hang, "127.0.0.1", 0)
    print(json.dumps([server.sockets[0].getsockname()[1] for server in (healthy, hangs)]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(json.dumps({**arrived, "ids": len(ids)}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
