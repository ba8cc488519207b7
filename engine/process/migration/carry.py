"""One instance goes over, or back. Its case and its rows are locked; everything is sent when the session is flushed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import deadlines, runtime
from engine.deadlines import Deadline, DeadlineState, note_next_due
from engine.process.migration.crossing import Crossed
from engine.process.migration.model import Migration, MigrationCase, Outcome
from engine.process.push import Push
from engine.process.settle import arm, retime_tasks
from engine.store import update_row
from engine.tasks import Task

OF_A_CLOCK = ("token", "element", "attached_to", "state", "interrupting")


def carry(push: Push, crossed: Crossed, rows: Mapping[str, Task], record: MigrationCase, migration: Migration) -> None:
    """Moves what `crossed` says; clocks that ended were closed by `end_clocks` before."""
    instance = push.instance
    undo: dict[str, Any] = dict(record.undo or {})
    undo["tasks"] = {
        str(rows[token].id): {name: getattr(rows[token], name) for name in wanted}
        for token, wanted in crossed.tasks.items()
    }
    for token, wanted in crossed.tasks.items():
        for name, value in wanted.items():
            setattr(rows[token], name, value)
    record.before, instance.state = instance.state, crossed.state
    instance.release_id = migration.to_id
    instance.revision += 1
    if crossed.clocks or crossed.began:
        _keep_clocks(push, crossed, undo)
    if crossed.withdrawn or crossed.began:
        retime_tasks(push.session, push.case.id)
    record.outcome, record.revision, record.undo = Outcome.MOVED.value, instance.revision, undo
    _tell(push, migration, ended=crossed.elements[0], began=crossed.elements[1])


def end_clocks(session: Session, instance_id: int, tokens: Any, record: MigrationCase, *, now: datetime) -> None:
    """Closes the clocks the new release does not have, before new ones begin: one of the same visit and step goes on
    under its new token."""
    live = deadlines.live_of_instance(session, instance_id)
    kept = {}
    for token in sorted(tokens):
        row = live[token]
        kept[str(row.id)] = {name: getattr(row, name) for name in OF_A_CLOCK}
        row.state, row.closed_at = DeadlineState.CANCELLED.value, now
    update_row(session, *(live[token] for token in tokens))
    record.undo = {"clocks": kept}


def clocks_go_on(session: Session, record: MigrationCase) -> None:
    """Takes `end_clocks` back: the instance stays after all."""
    _restore(session, (record.undo or {}).get("clocks", {}))
    record.undo = None


def take_back(push: Push, rows: Mapping[str, Task], record: MigrationCase, migration: Migration) -> None:
    """Everything as it was before `carry`; what was claimed, paused or extended since stays so."""
    assert record.before is not None
    instance, undo, by_id = push.instance, record.undo or {}, {str(row.id): row for row in rows.values()}
    for task_id, fields in undo.get("tasks", {}).items():
        for name, value in fields.items():
            if name != "unit_id" or by_id[task_id].claimed_by is None:
                setattr(by_id[task_id], name, value)
    instance.state = runtime.as_before(record.before, instance.state)
    instance.release_id = migration.from_id
    instance.revision += 1
    if undo.get("clocks") or undo.get("began"):
        _clocks_back(push, undo)
    record.outcome, record.before, record.undo = Outcome.UNDONE.value, None, None
    _tell(push, migration, undone=True)


def _keep_clocks(push: Push, crossed: Crossed, undo: dict[str, Any]) -> None:
    kept = undo["clocks"] = dict(undo.get("clocks", {}))
    if crossed.clocks:
        live = deadlines.live_of_instance(push.session, push.instance.id)
        for token, wanted in crossed.clocks.items():
            kept[str(live[token].id)] = {name: getattr(live[token], name) for name in OF_A_CLOCK}
            for name, value in wanted.items():
                setattr(live[token], name, value)
    arm(push, crossed.began)
    undo["began"] = [timer.token for timer in crossed.began]


def _clocks_back(push: Push, undo: Mapping[str, Any]) -> None:
    session, kept = push.session, undo.get("clocks", {})
    live = deadlines.live_of_instance(session, push.instance.id)
    for token in undo.get("began", []):
        row = live.get(token)
        if row is not None and str(row.id) not in kept:
            row.state, row.closed_at = DeadlineState.CANCELLED.value, push.now
    _restore(session, kept)
    retime_tasks(session, push.case.id)


def _restore(session: Session, kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Gives clocks back what `end_clocks` and `_keep_clocks` kept of them; one that was stopped since stands still."""
    for row_id, fields in kept.items():
        row = session.get_one(Deadline, int(row_id))
        stands_still = row.state == DeadlineState.PAUSED
        for name, value in fields.items():
            if not (name == "state" and stands_still):
                setattr(row, name, value)
        row.closed_at = None
        update_row(session, row)
        note_next_due(session, row.due_at)


def _tell(push: Push, migration: Migration, **more: Any) -> None:
    ends = (migration.to_id, migration.from_id) if more.get("undone") else (migration.from_id, migration.to_id)
    facts = {"process": push.instance.process_id, "from": ends[0], "to": ends[1], "migration": migration.id}
    push.happened("case.migrated", {**facts, **{key: value for key, value in more.items() if value}})
