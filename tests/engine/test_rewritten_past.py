"""Two hundred ways to rewrite the past of a case, each of which the check finds."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from bench import ground
from engine import history, tasks
from tests.engine.verified import at_text, check


def tamper(raw: sqlite3.Connection, case_id: int, chance: random.Random) -> str:
    """One random change of one history, as somebody with the database in hand might make it."""
    entries = raw.execute("SELECT seq, hash FROM history WHERE case_id=? ORDER BY seq", (case_id,)).fetchall()
    seq = chance.choice(entries)[0]
    key = (case_id, seq)
    match chance.choice(["value", "value", "value", "delete", "cut", "forge", "swap", "renumber"]):
        case "value":
            column, value = chance.choice(
                [
                    ("at", "2026-03-02 01:00:00.000001"),
                    ("at", "never"),
                    ("actor_id", chance.randrange(1000, 2000)),
                    ("act", "comment.altered"),
                    ("facts", '{"severity":4}'),
                    ("facts", "not json"),
                    ("after", '{"tier":"district"}'),
                    ("previous_hash", "0" * 64),
                    ("hash", "f" * 64),
                ]
            )
            raw.execute(f"UPDATE history SET {column}=? WHERE case_id=? AND seq=?", (value, *key))
            return f"{column} of {seq}"
        case "delete":
            raw.execute("DELETE FROM history WHERE case_id=? AND seq=?", key)
            return f"delete {seq}"
        case "cut":
            raw.execute("DELETE FROM history WHERE case_id=? AND seq>=?", key)
            return f"cut from {seq}"
        case "forge":
            row = {
                "case_id": case_id, "seq": len(entries) + 1, "at": ground.MONDAY, "actor_id": None,
                "act": "comment.made", "facts": {}, "after": {}, "previous_hash": entries[-1][1],
            }  # fmt: skip
            raw.execute(
                "INSERT INTO history VALUES (?, ?, ?, NULL, 'comment.made', '{}', '{}', ?, ?)",
                (case_id, row["seq"], at_text(ground.MONDAY), row["previous_hash"], history.digest(row)),
            )
            return "forge a tail"
        case "swap":
            other = chance.choice([each for each, _ in entries if each != seq])
            for before, after in ((seq, -1), (other, seq), (-1, other)):
                raw.execute("UPDATE history SET seq=? WHERE case_id=? AND seq=?", (after, case_id, before))
            return f"swap {seq} and {other}"
        case _:
            raw.execute("UPDATE history SET seq=seq+100 WHERE case_id=? AND seq=?", key)
            return f"renumber {seq}"


def test_200_of_200_changes_of_the_past_are_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    ground.prepare(f"sqlite:///{path}")
    with ground.ground(f"sqlite:///{path}", durable=False) as g:
        viewer = None
        with g.store.transaction() as session:
            cases = [g.file_in(session).id for _ in range(210)]
        with g.store.transaction() as session:
            for case_id in cases:
                (task,) = tasks.open_of_case(session, case_id)
                viewer = viewer or g.viewer(session, task)
                g.complete_in(session, task.id, viewer=viewer)
    chance = random.Random(20260302)
    with sqlite3.connect(path) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        numbers = dict(raw.execute("SELECT id, number FROM 'case'").fetchall())
        done = {numbers[case_id]: tamper(raw, case_id, chance) for case_id in chance.sample(cases, 200)}
    raw.close()
    found = {each.case_number for each in check(f"sqlite:///{path}", ground.MONDAY) if each.invariant == "I5"}
    assert {number: how for number, how in done.items() if number not in found} == {}
    assert found == set(done)
