"""The designer's figures: the check of one diagram, and publishing with thirty scenarios.

    python -m bench.design

Publishing is the whole act on a file of SQLite: check everything, compile, play the scenarios, store, record. Every
round publishes a content that was never judged before; figures are medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from engine import deploy, design
from engine.people import Person
from engine.store import migrate, open_store

BPMN = Path(__file__).parents[1] / "bpmn"
DIAGRAM = "small/small.bpmn"
LIMITS = "small/limits.yaml"
SCENARIOS = 30


def checking(rounds: int) -> tuple[int, float]:
    """Elements of the diagram, and milliseconds for what is asked while somebody types in it."""
    files = deploy.read_folder(BPMN)
    elements = len(deploy.load(0, files).package.processes["p_small"].elements)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        deploy.check_files({DIAGRAM: files[DIAGRAM]})
        taken.append(time.perf_counter() - start)
    return elements, statistics.median(taken) * 1000


def publishing(rounds: int) -> float:
    """Seconds from the click to the commit."""
    files = deploy.read_folder(BPMN)
    scenarios = [path for path in files if "/scenarios/" in path]
    files = {path: data for path, data in files.items() if path not in scenarios[SCENARIOS:]}
    now, taken = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), []
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/bench.sqlite")
        migrate(store)
        with store.transaction() as session:
            person = Person(username="xu", name_zh="许", name_en="Xu")
            session.add(person)
            session.flush()
            actor_id = person.id
            deploy.store_release(session, files, reason="first", actor_id=None, now=now)
        for number in range(rounds):
            with store.transaction() as session:
                proposal_id = design.begin_proposal(session, "bench", author_id=actor_id, now=now).id
                content = files[LIMITS] + f"# {number}\n".encode()
                design.save_file(session, proposal_id, LIMITS, content, seen=0, actor_id=actor_id, now=now)
            start = time.perf_counter()
            with store.reading() as session:
                wanted = design.files_of(session, design.get_proposal(session, proposal_id))
                seen = deploy.judge(wanted).fingerprint
            with store.transaction() as session:
                design.publish_proposal(
                    session, proposal_id, seen=seen, reason="bench", actor_id=actor_id, four_eyes=False, now=now
                )
            taken.append(time.perf_counter() - start)
        store.dispose()
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    elements, check_ms = checking(asked.rounds)
    publish_s = publishing(asked.rounds)
    if asked.as_json:
        print(json.dumps({"elements": elements, "check_ms": check_ms, "publish_s": publish_s}))
        return
    print(f"check of a diagram of {elements} elements: {check_ms:.0f} ms (aim 100)")
    print(f"publishing with {SCENARIOS} scenarios: {publish_s:.2f} s (aim 3)")


if __name__ == "__main__":
    main()
