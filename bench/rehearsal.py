"""How fast closed cases are rehearsed, everything included: reading them twice, learning, replaying, comparing.

    python -m bench.rehearsal [--database URL] [--cases N]

Without a database a district is simulated first, which is not counted. The draft gives grids half their time, so that
many cases differ and are replayed a second time. Figures are cases per second of processor time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from engine import deploy, rehearsal, simulate
from engine.config import Config
from engine.main import read_calendar
from engine.process import World
from engine.store import open_store

EVER = rehearsal.Sample(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), "LHQ")


def measure(url: str, most: int) -> dict[str, float | int | str]:
    store, config = open_store(url), Config()
    with store.reading() as session:
        world = World(config, read_calendar(session, config))
        files = deploy.files_in_force(session)
        files["small/limits.yaml"] = files["small/limits.yaml"].replace(b"grid: 2wd", b"grid: 1wd")
        draft = deploy.load(0, files)
        ids = rehearsal.ids_of(session, EVER)[:most]
        world.releases.current(session)
        began = time.process_time()
        habits = rehearsal.learn(session, world, ids).habits()
        learned = time.process_time()
        rehearsing = rehearsal.Rehearsing(world, draft, habits)
        cases = []
        for past in rehearsal.read_each(session, world, ids):
            own = world.releases.get(session, past.release_id)
            cases.append(rehearsing.compare(len(cases) + 1, past, own).rehearsed)
        ended = time.process_time()
    store.dispose()
    return {
        "cases": len(cases),
        "differing": sum(case.differs for case in cases),
        "learning_s": round(learned - began, 2),
        "replaying_s": round(ended - learned, 2),
        "cases_per_s": round(len(cases) / (ended - began)),
        "hash": rehearsal.hash_of(cases),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="use its closed cases")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database
        if url is None:
            url = f"sqlite:///{Path(folder) / 'rehearsal.sqlite'}"
            simulate.run(days=180, cases=asked.cases, seed=1, database_url=url)
        found = measure(url, asked.cases)
    if asked.as_json:
        print(json.dumps(found))
        return
    print(f"{found['cases']} cases, {found['differing']} of them differ: {found['cases_per_s']} cases/s (aim 200)")
    print(f"learning {found['learning_s']} s, reading and replaying {found['replaying_s']} s; result {found['hash']}")


if __name__ == "__main__":
    main()
