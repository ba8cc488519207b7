"""The invariants of one case, as a pure function of what is stored about it."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from engine.cases import ENDED
from engine.deadlines import FAR, DeadlineState
from engine.errors import Invalid
from engine.escalation import AFTER_THE_END, BESIDE
from engine.process import ANSWERED, HOLDERS, MAIN
from engine.store import canonical_json
from engine.tasks import TaskState
from engine.territory import Tiers
from engine.verify.model import Facts, Violation
from engine.verify.past import Past

OUTLIVES = frozenset(
    {
        "p_supervision",
        "p_instruction",
        "p_performance",
        "p_confirmation",
        "p_return_visit",
        "p_reception",
        "p_backlog_item",
    }
)
"""Processes that go on when the case is closed."""

LIVE = (DeadlineState.ARMED.value, DeadlineState.PAUSED.value)


def check_case(facts: Facts, entries: Iterable[Any], *, tiers: Tiers) -> Iterator[Violation]:
    """Everything that does not fit in one case. `entries` are its history in order, their JSON as text."""
    case = facts.case
    past = Past(case.id)

    def wrong(invariant: str, where: str, what: str) -> Violation:
        return Violation(invariant, case.number, where, what)

    for seq, what in past.read(entries):
        yield wrong("I5", f"history {seq}", what)
    for checked, found in (
        ("I1", _filed(past)),
        ("I2", _alive(facts)),
        ("I3", _visits(facts)),
        ("I3", _moves(facts, past, tiers)),
        ("I3", _once(facts, past)),
        ("I4", _waits(facts)),
        ("I4", _clocks(facts)),
        ("I5", _present(facts, past)),
        ("I5", _answers(facts, past)),
        ("I6", _told(facts, past)),
        ("I7", ((f"instance {each.row.id}", each.fault) for each in facts.instances if each.fault)),
        ("I10", _papers(facts, past)),
    ):
        for where, what in found:
            yield wrong(checked, where, what)


Found = Iterator[tuple[str, str]]


def _filed(past: Past) -> Found:
    if past.filed_at_seq != [1]:
        yield "history", "its history does not begin with exactly one filing"


def _alive(facts: Facts) -> Found:
    ended = facts.case.state in ENDED
    running = [each for each in facts.instances if each.row.ended_at is None]
    if not ended and not any(each.row.process_id == MAIN for each in running):
        yield "case", "the case is open and no process of it runs"
    held_by = any(each.row.process_id in HOLDERS for each in running)
    for each in running:
        if each.advance is None or each.row.trouble is not None:
            continue
        if not held_by and any(m.message == ANSWERED for m in each.advance.messages):
            yield f"instance {each.row.id}", "it waits for the process of a register, and none runs beside it"
        task = any(t.instance_id == each.row.id and t.state == TaskState.OPEN for t in facts.tasks)
        clock = any(d.instance_id == each.row.id and d.state in LIVE and d.next_at < FAR for d in facts.deadlines)
        message = any(m.element not in each.boundary for m in each.advance.messages)
        if not (task or clock or message):
            yield f"instance {each.row.id}", "it runs and waits for no person, no instant and no message"


def _visits(facts: Facts) -> Found:
    case, visits = facts.case, facts.visits
    if [visit.seq for visit in visits] != list(range(1, case.visit_seq + 1)):
        yield "visit", f"the visits are numbered {[visit.seq for visit in visits]}, the last should be {case.visit_seq}"
        return
    for before, after in itertools.pairwise(visits):
        rested = after.reason in AFTER_THE_END and before.left_at is not None and before.left_at <= after.entered_at
        if before.left_at != after.entered_at and not rested:
            yield f"visit {before.seq}", "it does not end when the next one begins"
    last = visits[-1]
    if (last.tier, last.unit_id) != (case.tier, case.holder_id):
        yield f"visit {last.seq}", f"the case stands at {case.holder_id}, its last visit at {last.unit_id}"
    if (last.left_at is not None) != (case.state in ENDED):
        yield f"visit {last.seq}", "an open case is in a visit, a closed one has left its last"


def _moves(facts: Facts, past: Past, tiers: Tiers) -> Found:
    by_seq = {visit.seq: visit for visit in facts.visits}
    for seq in sorted({*past.moves, *by_seq} - {1}):
        moves, visit, before = past.moves.get(seq, []), by_seq.get(seq), by_seq.get(seq - 1)
        if len(moves) != 1 or visit is None or before is None:
            yield f"visit {seq}", f"{len(moves)} moves in the history lead to this visit"
            continue
        _, act, said = moves[0]
        rise = _height(tiers, visit.tier) - _height(tiers, before.tier)
        beside = visit.reason in BESIDE
        if (
            (rise > 0 and not beside) != (act == "case.raised")
            or (visit.reason in AFTER_THE_END) != (act == "case.reopened")
            or beside != (act == "case.moved")
        ):
            yield f"visit {seq}", f"{act} led from {before.tier} to {visit.tier}"
        stood = {"tier": before.tier, "unit": before.unit_id}
        stands = {"tier": visit.tier, "unit": visit.unit_id}
        if said.get("from") != stood or said.get("to") != stands:
            yield f"visit {seq}", "the history tells of another move than the visits"
    if past.moves.get(1):
        yield "visit 1", "a move in the history leads to the first visit"


def _height(tiers: Tiers, tier: str) -> int:
    try:
        return tiers.index(tier)
    except Invalid:
        return -1


def _once(facts: Facts, past: Past) -> Found:
    """Nothing happened twice, and nothing was completed that had already been escalated."""
    if any(act != ("case.closed", "case.reopened")[turn % 2] for turn, (_, act) in enumerate(past.ends)):
        yield "case", "it was closed twice without being reopened between"
    for (closed, _), after in itertools.zip_longest(past.ends[::2], past.ends[1::2]):
        until = None if after is None else after[0]
        if any(closed < seq and (until is None or seq < until) for moves in past.moves.values() for seq, _, _ in moves):
            yield "case", "it was moved after it had been closed"
    for task in facts.tasks:
        times = len(past.completed.get(task.id, ()))
        if times != (task.state == TaskState.COMPLETED):
            yield f"task {task.id}", f"it is {task.state}, and {times} completions stand in the history"
    fired = [row for row in facts.deadlines if row.state == DeadlineState.BREACHED]
    rows = Counter((row.step, row.tier, row.due_at.isoformat()) for row in fired)
    for key in sorted((rows | past.breached).keys(), key=str):
        if rows[key] != past.breached[key]:
            yield f"clock {key[0]}", f"{rows[key]} fired by the table, {past.breached[key]} by the history"
    for row in fired:
        yield from _completed_too_late(facts, past, row)


def _completed_too_late(facts: Facts, past: Past, fired: Any) -> Found:
    """Tasks that an interrupting clock ended, and that were completed all the same.

    Order is told by the numbers of tokens and entries, not by instants: the clocks of two nodes differ.
    """
    if not fired.interrupting or fired.instance_id is None:
        return
    mine = [task for task in facts.tasks if task.instance_id == fired.instance_id]
    first_after = min((_number(task) for task in mine if task.opened_at == fired.closed_at), default=0)
    fired_at = past.breached_at.get((fired.step, fired.tier, fired.due_at.isoformat()), 0)
    for task in mine:
        ended_by_it = _number(task) < first_after and (task.element == fired.attached_to or fired.step == "handle")
        if ended_by_it and any(seq > fired_at for seq, _ in past.completed.get(task.id, ())):
            yield f"task {task.id}", f"it was completed after deadline {fired.id} had escalated it"


def _number(row: Any) -> int:
    return int(row.token[1:])


def _waits(facts: Facts) -> Found:
    """Tables and saved states say the same, instance by instance."""
    ended = facts.case.state in ENDED
    for each in facts.instances:
        row, advance = each.row, each.advance
        if advance is None:
            continue
        where = f"instance {row.id}"
        if (row.ended_at is not None) != advance.ended:
            yield where, "the row and the saved state do not agree on whether it has ended"
        if ended and row.ended_at is None and row.process_id not in OUTLIVES:
            yield where, f"the case is closed and {row.process_id} still runs"
        tasks = {t.token: t for t in facts.tasks if t.instance_id == row.id and t.state == TaskState.OPEN}
        clocks = {d.token: d for d in facts.deadlines if d.instance_id == row.id and d.state in LIVE}
        yield from _same(where, "task", tasks, {w.token: w for w in advance.tasks})
        yield from _same(where, "timer", clocks, {w.token: w for w in advance.timers})
        for timer in advance.timers:
            clock = clocks.get(timer.token)
            moved = clock is not None and (clock.pauses or clock.extended_by is not None)
            if clock is not None and not moved and timer.due_at not in (clock.first_due_at, clock.due_at):
                yield f"deadline {clock.id}", f"it is due {clock.due_at}, the saved state says {timer.due_at}"
    if ended:
        yield from (
            (f"deadline {row.id}", "it runs although the case is closed")
            for row in facts.deadlines
            if row.instance_id is None and row.state in LIVE
        )
    known = {each.row.id for each in facts.instances}
    for row in [*facts.tasks, *facts.deadlines]:
        if row.instance_id is not None and row.instance_id not in known:
            yield f"instance {row.instance_id}", "a task or clock of this case belongs to an instance of another"


def _same(where: str, kind: str, rows: dict[str, Any], waiting: dict[str, Any]) -> Found:
    for token in sorted({*rows, *waiting}):
        if token not in waiting:
            yield where, f"the {kind} {rows[token].element} ({token}) is in the table, but not in the saved state"
        elif token not in rows:
            yield where, f"the {kind} {waiting[token].element} ({token}) is in the saved state, but not in the table"
        elif rows[token].element != waiting[token].element:
            yield where, f"the {kind} {token} is {rows[token].element} here and {waiting[token].element} there"


def _clocks(facts: Facts) -> Found:
    """Instants that can be."""
    for row in facts.deadlines:
        where = f"deadline {row.id}"
        if row.state in LIVE:
            if row.closed_at is not None:
                yield where, f"it is {row.state} and closed at once"
            if row.due_at < row.started_at or row.first_due_at < row.started_at:
                yield where, "it is due before it began"
            if row.state == DeadlineState.ARMED and (
                row.next_at < row.due_at or (row.attempts == 0 and row.next_at != row.due_at)
            ):
                yield where, f"it is due {row.due_at}, but looked at {row.next_at}"
            if row.state == DeadlineState.PAUSED and (row.paused_at is None or row.rest is None):
                yield where, "it stands still and nobody knows since when and with what rest"
        elif row.closed_at is None:
            yield where, f"it is {row.state} and nobody knows since when"
        elif row.state == DeadlineState.BREACHED and row.closed_at < row.due_at:
            yield where, "it fired before it was due"
    dues = {(row.instance_id, row.due_at) for row in facts.deadlines}
    for task in facts.tasks:
        if task.state == TaskState.OPEN and task.due_at is not None and (task.instance_id, task.due_at) not in dues:
            yield f"task {task.id}", f"it is due {task.due_at}, and no clock of it says so"


def _present(facts: Facts, past: Past) -> Found:
    case = facts.case
    if (past.seq, past.hash) != (case.history_seq, case.history_hash):
        yield "case", f"its history ends at {past.seq}, the case says {case.history_seq}, or the hashes differ"
    for name in ("state", "tier", "holder_id"):
        if past.replayed.get(name) != getattr(case, name):
            yield "case", f"replay gives {name} {past.replayed.get(name)!r}, the case says {getattr(case, name)!r}"


def _answers(facts: Facts, past: Past) -> Found:
    for task in facts.tasks:
        said = past.completed.get(task.id)
        if task.state == TaskState.COMPLETED and said:
            given = hashlib.sha256(canonical_json(task.answers).encode()).hexdigest()
            if given != said[0][1]:
                yield f"task {task.id}", "its answers are not those of which the history keeps the hash"


def _told(facts: Facts, past: Past) -> Found:
    rows: dict[int, list[str]] = {}
    for row in facts.outbox:
        rows.setdefault(row.history_seq, []).append(row.topic)
    for seq in sorted({*rows, *past.outward}):
        act = past.outward.get(seq)
        if rows.get(seq, []) != ([] if act is None else [act]):
            yield f"history {seq}", f"{act or 'nothing outward'} happened, the outbox holds {rows.get(seq, [])}"


def _papers(facts: Facts, past: Past) -> Found:
    rows = {row.id: row for row in facts.documents}
    for id_ in sorted({*rows, *past.papers}):
        row, added = rows.get(id_), past.papers.get(id_)
        if row is None:
            yield f"document {id_}", "the history says that it was added, and it is not there"
        elif added is None:
            yield f"document {id_}", "the history says nothing of its being added"
        elif row.sha256 != added:
            yield f"document {id_}", "its content is not the one that the history says was added"
        elif (row.hidden_at is not None) != (id_ in past.hidden):
            yield f"document {id_}", "row and history do not agree on whether it was taken out of sight"
