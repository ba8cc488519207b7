"""How long a simulated year takes: `python -m bench.simulate [--days 365] [--cases 4000] [--database URL]`.

Prints one JSON object: wall and processor seconds against the 60 s aimed at, steps, statements and commits per step.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import Any

from sqlalchemy import Engine, event

from engine import simulate

AIM_S = 60.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--cases", type=int, default=4000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--database", default=None, help="an empty database; a temporary SQLite file otherwise")
    arguments.add_argument("--count", action="store_true", help="count statements too (slower)")
    asked = arguments.parse_args()
    counted: Counter[str] = Counter()
    if asked.count:
        _count_statements(counted)
    result = simulate.run(days=asked.days, cases=asked.cases, seed=asked.seed, database_url=asked.database).as_json()
    figures = {
        "wall_s": result["wall_s"],
        "cpu_s": result["cpu_s"],
        "wall_of_aim": round(result["wall_s"] / AIM_S, 3),
        "cases": result["filed"],
        "steps": result["steps"],
        "steps_per_s": round(result["steps"] / result["wall_s"], 1),
        "history_hash": result["history_hash"],
    }
    if asked.count:
        figures["statements_per_step"] = round(counted["statements"] / result["steps"], 2)
        figures["commits_per_step"] = round(counted["commits"] / result["steps"], 2)
    print(json.dumps(figures, indent=1))


def _count_statements(counted: Counter[str]) -> None:
    def statement(*_: Any) -> None:
        counted["statements"] += 1

    def commit(*_: Any) -> None:
        counted["commits"] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)


if __name__ == "__main__":
    main()
