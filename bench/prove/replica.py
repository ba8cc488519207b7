"""The whole replica, counted by the product and by another way, against what the article published.

    python -m bench.prove.replica --database sqlite
    python -m bench.prove.replica --database postgresql

Exit code 0: the report prints the published figures, the other way of counting agrees on every row, and
`maplebridge verify` finds nothing to say.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench import databases, ground
from engine import figures, reports, verify
from engine.clock import ManualClock
from engine.demo import Plan, seed_replica
from engine.figures import Wanted
from engine.main import build
from engine.store import Store, migrate, open_store
from tests.engine.figures.naive import Naive, exported

PUBLISHED = {
    "closure_rate": "84",
    "session_count": "4114",
    "issues_solved": "9735",
    "reception_events": "190",
    "reception_visitors": "215",
    "reception_solved": "178",
    "timely_acceptance_rate": "100.00",
    "on_time_reply_rate": "100.00",
    "first_petition_one_off_rate": "98.57",
}
FRACTIONS = {"closure_rate": (346, 411), "industry_mediation_success_rate": (302, 608)}
SCANNED = ["qr", 14583, 12739, "87.3"]
PETITIONS_CHANGED = "-75.2"


def prove(url: str, say: Callable[[str], None]) -> list[str]:
    """What does not hold."""
    ground.import_tables()
    store = open_store(url, durable=False)
    try:
        migrate(store)
        plan, begun = Plan.read(), time.perf_counter()
        config = ground.config_for(url)
        as_of = seed_replica(store, config, plan)
        say(f"{time.perf_counter() - begun:.1f} s to seed")
        application = build(config, store=store, clock=ManualClock(as_of))
        wanted = Wanted("LHQ", plan.first, plan.last, as_of)
        return [*_report(store, application.world, wanted, say), *_again(store, application, wanted, say)]
    finally:
        store.dispose()


def _report(store: Store, world: Any, wanted: Wanted, say: Callable[[str], None]) -> Iterator[str]:
    parts = {}
    for name, make in figures.PARTS.items():
        begun = time.perf_counter()
        with store.reading() as session:
            parts[name] = make(session, world, wanted)
        say(f"{time.perf_counter() - begun:.2f} s for {name}")
    told = {each["id"]: each for each in parts["figures"]}
    for name, shown in PUBLISHED.items():
        if told[name]["shown"] != shown:
            yield f"{name}: {told[name]['shown']}, published {shown}"
    for name, sides in FRACTIONS.items():
        if (told[name]["above"], told[name]["below"]) != sides:
            yield f"{name}: {told[name]['above']} / {told[name]['below']}, published {sides}"
    if told["petition_total"]["change"] != PETITIONS_CHANGED:
        yield f"petitions: {told['petition_total']['change']} %, published {PETITIONS_CHANGED} %"
    scanned = next(row for row in parts["channels"] if row[0] == SCANNED[0])
    if list(scanned) != SCANNED:
        yield f"scanned codes: {scanned}, published {SCANNED}"


def _again(store: Store, application: Any, wanted: Wanted, say: Callable[[str], None]) -> Iterator[str]:
    ask = figures.ask_of(application.world, wanted)
    with store.reading() as session:
        naive = Naive(exported(session), ask.period.start, ask.period.end, ask.as_of).figures()
        for metric in figures.metrics_of(application.world):
            above, below = naive.get(metric.id, ([], None if metric.below is None else []))
            if reports.ids_behind(session, metric, ask, "above") != above:
                yield f"{metric.id}: another way of counting finds other rows above the line"
            if metric.below is not None and reports.ids_behind(session, metric, ask, "below") != below:
                yield f"{metric.id}: another way of counting finds other rows below the line"
    say(f"{len(naive)} figures counted again")
    for each in verify.check(store, application.world, now=wanted.as_of):
        yield str(each)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.prove.replica", description=__doc__.split("\n")[0])
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the address of an empty one")
    with databases.fresh(parser.parse_args().database) as url:
        wrong = prove(url, print)
    for line in wrong:
        print(line)
    print("it does not hold" if wrong else "it holds")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
