"""The check finds what is planted, names it, and says nothing of what is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bench import ground
from bench.ground import Ground
from engine import documents, history, verify
from engine.clock import ManualClock
from engine.deploy import Releases
from engine.store import canonical_json, open_store
from tests.engine.verified import at_text, check

PAPERS = "papers"
RISEN, CLOSED, WORKING, FRESH = 1, 2, 3, 4
"""Cases by what was done with them: filed only, risen by overdue, closed, signed in."""


def play(g: Ground, clock: ManualClock) -> None:
    g.file(place=ground.GRIDS[0])
    g.file(place=ground.GRIDS[1], external_no="H-1")
    while g.open_tasks(CLOSED):
        g.complete(g.open_tasks(CLOSED)[0].id)
    clock.advance(timedelta(days=3))
    g.app.scheduler.tick()
    g.file(place=ground.GRIDS[2])
    g.advance(WORKING, "t_handle")
    with g.store.transaction() as session:
        limits = g.app.config.documents
        for said in (b"what was seen", b"what was said"):
            paper = documents.keep(limits, "note.txt", said)
            documents.attach(session, WORKING, paper, limits=limits, actor_id=None, now=clock.now())
    g.file(place=ground.GRIDS[3])
    clock.advance(timedelta(minutes=5))


@dataclass
class Played:
    """What was played once. Its compiled releases are used again: compiling them takes longer than a check."""

    path: Path
    now: datetime
    releases: Releases


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    path = tmp_path_factory.mktemp("verify") / "played.sqlite"
    ground.prepare(f"sqlite:///{path}")
    clock = ManualClock(ground.MONDAY)
    with ground.ground(f"sqlite:///{path}", clock=clock, durable=False, papers=path.parent / PAPERS) as g:
        play(g, clock)
        assert verify.check(g.store, g.app.world, now=clock.now()) == [], "nothing is wrong before it is planted"
    return Played(path, clock.now(), g.app.world.releases)


@dataclass
class Planted:
    """A copy of the played database and its papers, open for raw SQL."""

    path: Path
    now: datetime
    raw: sqlite3.Connection
    releases: Releases

    def run(self, statement: str, *values: Any) -> None:
        done = self.raw.execute(statement, values)
        assert done.rowcount != 0, f"nothing was planted: {statement}"

    def one(self, question: str, *values: Any) -> Any:
        return self.raw.execute(question, values).fetchone()[0]

    def append(self, case_id: int, act: str, facts: dict[str, Any]) -> int:
        """A well-formed entry at the end of a history, the head of the case moved with it."""
        seq, before = self.raw.execute("SELECT history_seq, history_hash FROM 'case' WHERE id=?", (case_id,)).fetchone()
        row = {
            "case_id": case_id, "seq": seq + 1, "at": self.now, "actor_id": None, "act": act, "facts": facts,
            "after": {}, "previous_hash": before,
        }  # fmt: skip
        row["hash"] = history.digest(row)
        stored = {**row, "at": at_text(self.now), "facts": canonical_json(facts), "after": "{}"}
        names = ", ".join(stored)
        self.run(f"INSERT INTO history ({names}) VALUES ({', '.join('?' * len(stored))})", *stored.values())
        self.run("UPDATE 'case' SET history_seq=?, history_hash=? WHERE id=?", seq + 1, row["hash"], case_id)
        return seq + 1

    def tell(self, case_id: int, seq: int, topic: str, key: str) -> None:
        self.run(
            "INSERT INTO outbox (key, case_id, history_seq, topic, facts, created_at, next_at, attempts)"
            " VALUES (?, ?, ?, ?, '{}', ?, ?, 0)",
            key, case_id, seq, topic, at_text(self.now), at_text(self.now),
        )  # fmt: skip

    def found(self) -> list[verify.Violation]:
        self.raw.commit()
        with ground.ground(f"sqlite:///{self.path}", durable=False, papers=self.path.parent / PAPERS) as g:
            g.app.world.releases = self.releases
            return verify.check(g.store, g.app.world, now=self.now)

    def paper(self) -> Path:
        """The file of the first document."""
        sha256 = self.one("SELECT sha256 FROM document ORDER BY id")
        return self.path.parent / PAPERS / sha256[:2] / sha256


@pytest.fixture
def planted(played: Played, tmp_path: Path) -> Iterator[Planted]:
    copy = Path(shutil.copyfile(played.path, tmp_path / "planted.sqlite"))
    shutil.copytree(played.path.parent / PAPERS, tmp_path / PAPERS)
    raw = sqlite3.connect(copy)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    yield Planted(copy, played.now, raw, played.releases)
    raw.close()


# --- what may be planted: each breaks one invariant and no other ----------------------------------------------------


def no_filing(p: Planted) -> None:
    """An entry in place of the filing, its chain written anew."""
    p.run("DELETE FROM outbox WHERE case_id=?", FRESH)
    p.run("DELETE FROM history WHERE case_id=?", FRESH)
    p.run("UPDATE 'case' SET history_seq=0, history_hash='' WHERE id=?", FRESH)
    state, tier, holder = p.raw.execute("SELECT state, tier, holder_id FROM 'case' WHERE id=?", (FRESH,)).fetchone()
    p.append(FRESH, "risk.reported", {})
    after = {"state": state, "tier": tier, "holder_id": holder}
    row = {
        "case_id": FRESH, "seq": 1, "at": p.now, "actor_id": None, "act": "risk.reported", "facts": {},
        "after": after, "previous_hash": "",
    }  # fmt: skip
    p.run("UPDATE history SET after=?, hash=? WHERE case_id=?", canonical_json(after), history.digest(row), FRESH)
    p.run("UPDATE 'case' SET history_hash=? WHERE id=?", history.digest(row), FRESH)


def no_process(p: Planted) -> None:
    for table in ("task", "deadline", "instance"):
        p.run(f"DELETE FROM {table} WHERE case_id=?", FRESH)


def waits_for_nothing(p: Planted) -> None:
    state = json.loads(p.one("SELECT state FROM instance WHERE case_id=?", FRESH))
    gone = {"t_sign_in", "be_ack", "be_overdue"}
    state["t"] = [row for row in state["t"] if row[2] not in gone]
    p.run("UPDATE instance SET state=? WHERE case_id=?", json.dumps(state).encode(), FRESH)
    p.run("DELETE FROM task WHERE case_id=?", FRESH)
    p.run("DELETE FROM deadline WHERE case_id=? AND instance_id IS NOT NULL", FRESH)


def rose_twice(p: Planted) -> None:
    facts = json.loads(p.one("SELECT facts FROM history WHERE case_id=? AND act='case.raised'", RISEN))
    p.tell(RISEN, p.append(RISEN, "case.raised", facts), "case.raised", "twice")


def completed_twice(p: Planted) -> None:
    facts = json.loads(p.one("SELECT facts FROM history WHERE case_id=? AND act='task.completed' LIMIT 1", WORKING))
    p.append(WORKING, "task.completed", facts)


def completed_and_escalated(p: Planted) -> None:
    task = p.one("SELECT id FROM task WHERE case_id=? AND state='withdrawn'", RISEN)
    p.run("UPDATE task SET state='completed', completed_by=1, completed_at=closed_at, answers='{}' WHERE id=?", task)
    p.append(RISEN, "task.completed", {"task": task, "answers": hashlib.sha256(b"{}").hexdigest()})


def moved_after_closing(p: Planted) -> None:
    unit = p.one("SELECT holder_id FROM 'case' WHERE id=?", CLOSED)
    stood = {"tier": "grid", "unit": unit}
    said = {"from": stood, "to": {"tier": "zone", "unit": "D.S.2.1"}, "visit": 2, "reason": "overdue"}
    p.tell(CLOSED, p.append(CLOSED, "case.raised", said), "case.raised", "late")


def fired_unnoted(p: Planted) -> None:
    p.run(
        "UPDATE deadline SET state='breached', closed_at=due_at WHERE id="
        "(SELECT max(id) FROM deadline WHERE case_id=? AND state='met')",
        WORKING,
    )


def live_clock_of_closed(p: Planted) -> None:
    p.run("UPDATE deadline SET state='armed', closed_at=NULL WHERE case_id=? AND instance_id IS NULL", CLOSED)


def forged_answers(p: Planted) -> None:
    p.run("UPDATE task SET answers='{\"action\":\"return\"}' WHERE case_id=? AND element='t_sign_in'", WORKING)


def unknown_element(p: Planted) -> None:
    state = p.one("SELECT state FROM instance WHERE case_id=?", CLOSED).replace(b'"t":[]', b'"t":[[9,0,"nowhere","r"]]')
    p.run("UPDATE instance SET state=? WHERE case_id=?", state, CLOSED)


SIGN_IN = "sign_in (secret_hash, person_id, created_at, seen_at, ends_at)"


def outlasting_sign_in(p: Planted) -> None:
    at = at_text(p.now)
    p.run(f"INSERT INTO {SIGN_IN} VALUES ('a', 1, ?, ?, ?)", at, at, at_text(p.now + timedelta(days=40)))


def sign_in_used_after_its_end(p: Planted) -> None:
    at = at_text(p.now)
    p.run(f"INSERT INTO {SIGN_IN} VALUES ('a', 1, ?, ?, ?)", at, at_text(p.now + timedelta(hours=2)), at)


def endless_lease(p: Planted) -> None:
    p.run("UPDATE outbox SET next_at=? WHERE id=1", at_text(p.now + timedelta(hours=7)))


def beat_from_the_future(p: Planted) -> None:
    at = at_text(p.now + timedelta(hours=1))
    p.run("INSERT INTO node (name, beat_at, fired_last_hour, latest_by_s) VALUES ('n', ?, 0, 0)", at)


def other_content(p: Planted) -> None:
    """A row that names another content which lies in the folder as well."""
    p.run("UPDATE document SET sha256=(SELECT sha256 FROM document WHERE id=2) WHERE id=1")


def sql(statement: str, *values: Any) -> Callable[[Planted], None]:
    return lambda planted: planted.run(statement, *values)


SOON, FAR_OFF = "2026-03-02 01:00:00.000000", "2026-03-30 01:00:00.000000"
TIER_CLOCK = "WHERE case_id=? AND step='handle' AND state='armed'"

PLANTS: list[tuple[str, Callable[[Planted], None], str]] = [
    ("I1 no filing", no_filing, "I1"),
    ("I2 no process", no_process, "I2"),
    ("I2 waits for nothing", waits_for_nothing, "I2"),
    ("I3 a visit is missing", sql("DELETE FROM visit WHERE case_id=? AND seq=1", RISEN), "I3"),
    ("I3 visits overlap", sql("UPDATE visit SET left_at=? WHERE case_id=? AND seq=1", FAR_OFF, RISEN), "I3"),
    ("I3 an open case has left", sql("UPDATE visit SET left_at=entered_at WHERE case_id=?", FRESH), "I3"),
    ("I3 stands elsewhere", sql("UPDATE visit SET unit_id='D' WHERE case_id=?", FRESH), "I3"),
    ("I3 a fall called a rise", sql("UPDATE visit SET tier='building' WHERE case_id=? AND seq=2", RISEN), "I3"),
    ("I3 rose twice", rose_twice, "I3"),
    ("I3 completed twice", completed_twice, "I3"),
    ("I3 completed and escalated", completed_and_escalated, "I3"),
    ("I3 moved after closing", moved_after_closing, "I3"),
    ("I3 a redo nobody asked for", sql("UPDATE visit SET reason='redo' WHERE case_id=? AND seq=2", RISEN), "I3"),
    ("I3 fired, history silent", fired_unnoted, "I3"),
    ("I4 a task is missing", sql("DELETE FROM task WHERE case_id=? AND state='open'", FRESH), "I4"),
    ("I4 a task too many", sql("UPDATE task SET state='open' WHERE case_id=? AND state='withdrawn'", RISEN), "I4"),
    ("I4 another element", sql("UPDATE task SET element='t_handle' WHERE case_id=?", FRESH), "I4"),
    ("I4 a task's instant", sql("UPDATE task SET due_at=? WHERE case_id=?", FAR_OFF, FRESH), "I4"),
    ("I4 a clock is missing", sql(f"DELETE FROM deadline {TIER_CLOCK}", FRESH), "I4"),
    ("I4 a clock given up", sql(f"UPDATE deadline SET state='met', closed_at=due_at {TIER_CLOCK}", FRESH), "I4"),
    (
        "I4 a clock's instant",
        sql(
            f"UPDATE deadline SET due_at=?1, first_due_at=?1, next_at=?1 {TIER_CLOCK.replace('?', '?2')}",
            FAR_OFF,
            FRESH,
        ),
        "I4",
    ),
    ("I4 looked at too late", sql(f"UPDATE deadline SET next_at=? {TIER_CLOCK}", FAR_OFF, FRESH), "I4"),
    ("I4 stands still for ever", sql(f"UPDATE deadline SET state='paused' {TIER_CLOCK}", FRESH), "I4"),
    ("I4 fired too early", sql("UPDATE deadline SET closed_at=? WHERE case_id=? AND step='ack'", SOON, RISEN), "I4"),
    ("I4 a closed case is timed", live_clock_of_closed, "I4"),
    ("I4 ended only in the table", sql("UPDATE instance SET ended_at=? WHERE case_id=?", SOON, FRESH), "I2 I4"),
    ("I5 another state", sql("UPDATE 'case' SET state='joint' WHERE id=?", WORKING), "I5"),
    (
        "I5 the tail cut off",
        sql("DELETE FROM history WHERE case_id=?1 AND seq=(SELECT max(seq) FROM history WHERE case_id=?1)", RISEN),
        "I5 I6",
    ),
    ("I5 forged answers", forged_answers, "I5"),
    ("I6 a message is lost", sql("DELETE FROM outbox WHERE case_id=?", FRESH), "I6"),
    ("I6 a message of nothing", lambda p: p.tell(WORKING, 2, "case.told", "x"), "I6"),
    ("I6 a message twice", lambda p: p.tell(WORKING, 1, "case.filed", "x"), "I6"),
    ("I6 another topic", sql("UPDATE outbox SET topic='case.told' WHERE case_id=?", FRESH), "I6"),
    ("I7 mangled", sql("UPDATE instance SET state=x'7b7d' WHERE case_id=?", CLOSED), "I7"),
    ("I7 unknown element", unknown_element, "I7"),
    ("I7 unknown release", sql("UPDATE instance SET release_id=99 WHERE case_id=?", CLOSED), "I7"),
    ("I8 a sign-in outlasts", outlasting_sign_in, "I8"),
    ("I8 a sign-in used late", sign_in_used_after_its_end, "I8"),
    ("I8 an endless lease", endless_lease, "I8"),
    ("I8 a beat from the future", beat_from_the_future, "I8"),
    ("I9 search does not know it", sql("DELETE FROM case_text WHERE case_id=?", FRESH), "I9"),
    ("I9 a secret can be found", sql("UPDATE 'case' SET confidential=1 WHERE id=?", FRESH), "I9"),
    ("I10 a file is missing", lambda p: p.paper().unlink(), "I10"),
    ("I10 a file was changed", lambda p: p.paper().write_bytes(b"what was never seen"), "I10"),
    ("I10 a row is missing", sql("DELETE FROM document WHERE id=1"), "I10"),
    ("I10 another content", other_content, "I10"),
    ("I10 hidden behind the history's back", sql("UPDATE document SET hidden_at=added_at WHERE id=1"), "I10"),
    ("I11 a number is missing", sql("INSERT INTO letter_numbering VALUES ('opinion', 'D', 2026, 1)"), "I11"),
    (
        "I11 a number without its paper",
        sql(
            "INSERT INTO letter (case_id, kind, unit_id, state, called_at, number) "
            "VALUES (?, 'opinion', 'D', 'issued', ?, 'D-1')",
            FRESH,
            SOON,
        ),
        "I11",
    ),
]


def test_a_whole_database_is_whole(each_store: Any, database_url: str, tmp_path: Path) -> None:
    clock = ManualClock(ground.MONDAY)
    ground.settle_in(each_store)
    with ground.ground(database_url, clock=clock, papers=tmp_path / PAPERS) as g:
        play(g, clock)
        steps: list[tuple[int, int]] = []
        assert verify.check(g.store, g.app.world, now=clock.now(), on_progress=lambda *at: steps.append(at)) == []
    assert steps == [(4, 4)]


@pytest.mark.parametrize(("plant", "expected"), [plant[1:] for plant in PLANTS], ids=[plant[0] for plant in PLANTS])
def test_what_is_planted_is_found_and_nothing_else(
    planted: Planted, plant: Callable[[Planted], None], expected: str
) -> None:
    plant(planted)
    found = planted.found()
    assert {each.invariant for each in found} == set(expected.split()), found
    assert len({each.case_number for each in found}) == 1


def test_every_invariant_is_planted() -> None:
    assert {mark for _, _, expected in PLANTS for mark in expected.split()} == set(verify.INVARIANTS)


def test_an_incident_is_no_dead_case(planted: Planted) -> None:
    waits_for_nothing(planted)
    planted.run("UPDATE instance SET trouble='TypeError', trouble_at=started_at WHERE case_id=?", FRESH)
    assert planted.found() == []


def test_a_number_or_report_taken_twice_is_found(postgres_url: str) -> None:
    """The keys of the table refuse it; only a database without them can hold it."""
    store = open_store(postgres_url)
    ground.settle_in(store)
    store.dispose()
    with ground.ground(postgres_url) as g:
        g.file(external_no="H-1")
        g.file(external_no="H-2")
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as raw:
        raw.execute('ALTER TABLE "case" DROP CONSTRAINT uq_case_number, DROP CONSTRAINT uq_case_channel_external_no')
        raw.execute("UPDATE \"case\" SET external_no = 'H-1'")
    assert [(v.invariant, v.where) for v in check(postgres_url, ground.MONDAY)] == [("I1", "case")]
    with psycopg.connect(plain) as raw:
        raw.execute("UPDATE \"case\" SET number = 'D-1'")
    assert [v.invariant for v in check(postgres_url, ground.MONDAY)] == ["I1", "I1"]
