"""A file of many matters, imported: read, checked and filed, with the memory it takes.

    python -m bench.bulk --rows 50000

On an empty SQLite database with the real tree of the district, in one process, durable. The file is a CSV as a hotline
exports it: number, time, place in words, category in words, name, telephone, text; a third names an amount, one row in
a hundred is wrong, one in fifty stands twice. Wall-clock time and the processor's own are told: on a busy machine the
first says how busy it was.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from bench import databases, ground
from engine import bulk
from engine.cases import Case
from engine.clock import ManualClock
from engine.main import Application, build
from engine.simulate import arrivals, places_of, start_district
from engine.store import migrate, open_store
from engine.territory import Unit

NAMES = (
    "工单编号",
    "登记时间",
    "所属网格",
    "详细地址",
    "问题类别",
    "诉求内容",
    "反映人",
    "联系电话",
    "涉及金额",
    "涉及人数",
)
NOW = ground.MONDAY


def write_file(application: Application, rows: int, seed: int) -> bytes:
    chance = random.Random(f"bulk:{seed}")
    with application.store.reading() as session:
        places = places_of(session, application, seed)
        names = dict(session.execute(select(Unit.id, Unit.name_zh)).all())
    begun = (NOW - timedelta(days=300)).date()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["龙华区热线工单导出"])
    writer.writerow(NAMES)
    kept: list[str] = []
    drawn = arrivals(places, application.world.calendar, start=begun, days=290, cases=rows, seed=seed)
    for number, filing in enumerate((each.filing for each in drawn), 1):
        if kept and chance.random() < 0.02:
            writer.writerow(kept)
            continue
        line = [names[part] for part in _line(filing.place_id)]
        applicant = filing.parties[0]
        amount = filing.facts["amount_cny"] if chance.random() < 0.33 else ""
        kept = [
            f"HX{number:08d}", filing.received_at.strftime("%Y/%m/%d %H:%M"), "".join(line[1:]), f"{line[-1]}302房",
            filing.category, f"{filing.title}。{filing.description}", applicant.name, applicant.phone or "",
            str(amount), str(filing.facts["people_count"]),
        ]  # fmt: skip
        if chance.random() < 0.01:
            kept[1] = "上周三"
        writer.writerow(kept)
    return text.getvalue().encode("gb18030", "replace")


def _line(unit: str) -> Iterator[str]:
    parts = unit.split(".")
    return (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def measure(url: str, folder: Path, rows: int, seed: int) -> dict[str, Any]:
    ground.import_tables()
    config = ground.config_for(url, folder)
    store = open_store(url)
    migrate(store)
    start_district(store, config, now=NOW)
    application = build(config, clock=ManualClock(NOW), store=store)
    data = write_file(application, rows, seed)
    told: dict[str, Any] = {"rows": rows, "bytes": len(data)}

    def timed(what: str, act: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        told[what] = {
            "s": round(time.perf_counter() - wall, 1),
            "cpu_s": round(time.process_time() - cpu, 1),
            "rss_mb": _memory(),
        }
        return result

    taken = timed("read", lambda: bulk.take_file(config, io.BytesIO(data), "export.csv"))
    top = application.world.tiers.top
    with store.transaction() as session:
        unit = session.scalars(select(Unit.id).where(Unit.tier == top)).one()
        mapping = bulk.guess_columns(session, config, taken.spool, unit, names={})
        row = bulk.open_import(session, taken, mapping, unit, viewer=None, now=NOW)
        bulk.begin_check(row, now=NOW)
        import_id = row.id
    worker = bulk.Worker(store, application.world, application.clock, name="bench")

    def work() -> None:
        """Notes the memory half-way, so that growth can be told from what is kept once and for all."""
        half = rows // 2 // config.imports.portion
        portions = 0
        while worker.work():
            portions += 1
            if portions == half:
                told["rss_mb_half_way"] = _memory()

    timed("checked", work)
    with store.transaction() as session:
        bulk.begin_filing(session.get_one(bulk.BulkImport, import_id), take_alike=False, now=NOW)
    timed("filed", work)
    with store.reading() as session:
        told["cases"] = session.scalar(select(func.count()).select_from(Case))
        told["noted"] = dict(bulk.noted_counts(session, import_id))
        told["state"] = session.get_one(bulk.BulkImport, import_id).state
    for what, count in (("checked", rows), ("filed", told["cases"] or 1)):
        told[what]["cpu_ms_per_row"] = round(1000 * told[what]["cpu_s"] / count, 2)
    store.dispose()
    return told


def _memory() -> int:
    """The most that was taken so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or an address")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="on one line")
    given = parser.parse_args()
    with databases.fresh(given.database) as url, TemporaryDirectory(prefix="mb-bulk-") as folder:
        told = measure(url, Path(folder), given.rows, given.seed)
        print(json.dumps(told, ensure_ascii=False, indent=None if given.json else 1))


if __name__ == "__main__":
    main()
