"""The work on migrations, in chunks of one transaction each: pick under a lock, judge or move some, and let go.

A node that dies leaves a chunk undone, which the next tick of any node takes up. Whoever works on a case meanwhile is
waited for, or waits for one chunk; what they change is judged anew under the lock of the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.deadlines import Deadline, DeadlineState
from engine.process.beginning import begin_beside
from engine.process.migration.carry import carry, clocks_go_on, end_clocks, take_back
from engine.process.migration.crossing import Crossed, Crossing
from engine.process.migration.model import IS_WORKING, Migration, MigrationCase, MigrationState, Outcome
from engine.process.model import Instance
from engine.process.push import Push
from engine.process.services import SERVICES
from engine.process.world import World
from engine.runtime import Obstacle
from engine.store import table_of
from engine.tasks import Draft, Task, TaskState

LOOKED_AT = 500
MOVED = 25
"""Instances of one chunk: looking holds nobody up, moving holds the cases of the chunk."""


def work_on_migration(session: Session, world: World, *, now: datetime, only: int | None = None) -> bool:
    """One chunk of the oldest migration nobody else works on; False when there is none. Harmless when run twice."""
    statement = select(Migration).where(IS_WORKING).order_by(Migration.id).limit(1)
    if only is not None:
        statement = statement.where(Migration.id == only)
    migration = session.scalars(statement.with_for_update(skip_locked=True)).first()
    if migration is None:
        return False
    match MigrationState(migration.state):
        case MigrationState.LOOKING:
            _look(session, world, migration, now=now)
        case MigrationState.MOVING:
            _move(session, world, migration, now=now)
        case MigrationState.UNDOING:
            _undo(session, world, migration, now=now)
        case MigrationState.READY | MigrationState.DONE | MigrationState.STOPPED | MigrationState.UNDONE:
            return False
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class Judged:
    """An instance, and the first thing that stands in its way, if anything does."""

    instance: Instance
    case: Case
    obstacle: Obstacle | None


def dry_run(
    session: Session, world: World, *, from_id: int, to_id: int, process_id: str | None, now: datetime
) -> Iterator[Judged]:
    """Every instance that runs on a release, by id. Reads only."""
    asked = Migration(from_id=from_id, to_id=to_id, process_id=process_id)
    after: int | None = 0
    while after is not None:
        instances = session.scalars(_running(session, world, asked, after=after)).all()
        yield from _judged(session, world, asked, instances, now=now)
        after = instances[-1].id if len(instances) == LOOKED_AT else None


def _running(session: Session, world: World, migration: Migration, *, after: int) -> Select[Instance]:
    """The next instances, by id. The processes are named, since the index of what runs begins with them."""
    of_release = world.releases.get(session, migration.from_id).package.processes
    return (
        select(Instance)
        .where(
            Instance.process_id.in_([migration.process_id] if migration.process_id else sorted(of_release)),
            Instance.release_id == migration.from_id,
            Instance.ended_at.is_(None),
            Instance.id > after,
        )
        .order_by(Instance.id)
        .limit(LOOKED_AT)
    )


def _judged(
    session: Session, world: World, migration: Migration, instances: Sequence[Instance], *, now: datetime
) -> Iterator[Judged]:
    """Without a lock; nothing is written."""
    crossing = _crossing(session, world, migration)
    cases = {case.id: case for case in _all(session, Case, [each.case_id for each in instances])}
    beside = _beside(session, instances)
    for instance in instances:
        push = _push(session, world, cases[instance.case_id], instance, crossing, actor_id=None, now=now)
        found = crossing.cross(push, beside.tasks(instance), beside.begun_on, beside.clocks(instance))
        yield Judged(instance, push.case, found if isinstance(found, Obstacle) else None)


def _look(session: Session, world: World, migration: Migration, *, now: datetime) -> None:
    instances = session.scalars(_running(session, world, migration, after=migration.looked_until)).all()
    rows = [
        {
            "migration_id": migration.id,
            "instance_id": each.instance.id,
            "case_id": each.case.id,
            "process_id": each.instance.process_id,
            "outcome": (Outcome.CAN if each.obstacle is None else Outcome.CANNOT).value,
            **_said(each.obstacle),
        }
        for each in _judged(session, world, migration, instances, now=now)
    ]
    if rows:
        session.execute(insert(table_of(MigrationCase)), rows)
        migration.looked_until = instances[-1].id
    if len(instances) < LOOKED_AT:
        migration.state = MigrationState.READY.value


def _move(session: Session, world: World, migration: Migration, *, now: datetime) -> None:
    records = _chunk(session, migration, Outcome.CAN)
    crossing = _crossing(session, world, migration)
    cases, instances, beside = _locked(session, records)
    for record in records:
        instance = instances[record.instance_id]
        again = _push(session, world, cases[record.case_id], instance, crossing, actor_id=migration.started_by, now=now)
        rows, clocks = beside.tasks(instance), beside.clocks(instance)
        found = crossing.cross(again, rows, beside.begun_on, clocks)
        if isinstance(found, Crossed) and found.withdrawn:
            end_clocks(session, instance.id, found.withdrawn, record, now=now)
            again = _push(session, world, again.case, instance, crossing, actor_id=migration.started_by, now=now)
            found = crossing.cross(again, rows, beside.begun_on, clocks)
            if isinstance(found, Obstacle):
                clocks_go_on(session, record)
        if isinstance(found, Crossed):
            carry(again, found, rows, record, migration)
        else:
            record.outcome = Outcome.STAYED.value
            record.code, record.element, record.name = found.code, found.element, found.name
    if len(records) < MOVED:
        migration.state, migration.ended_at = MigrationState.DONE.value, now


def _undo(session: Session, world: World, migration: Migration, *, now: datetime) -> None:
    records = _chunk(session, migration, Outcome.MOVED)
    crossing = _crossing(session, world, migration)
    cases, instances, beside = _locked(session, records)
    for record in records:
        instance = instances[record.instance_id]
        rows = beside.tasks(instance)
        code = _goes_on(record, instance, rows, beside)
        if code is None:
            case = cases[record.case_id]
            push = _push(session, world, case, instance, crossing, actor_id=migration.undone_by, now=now)
            take_back(push, rows, record, migration)
        else:
            record.outcome, record.code, record.element, record.name = Outcome.KEPT.value, code, None, None
    if len(records) < MOVED:
        migration.state, migration.ended_at = MigrationState.UNDONE.value, now


def _goes_on(record: MigrationCase, instance: Instance, rows: Mapping[str, Task], beside: _Beside) -> str | None:
    """Why an instance is not taken back: it moved, or somebody has begun on a form that would be another one."""
    if instance.revision != record.revision:
        return "moved.since"
    changed = (record.undo or {}).get("tasks", {})
    in_hand = (row for row in rows.values() if row.claimed_by is not None or row.id in beside.begun_on)
    return "form.other" if any("form" in changed.get(str(row.id), {}) for row in in_hand) else None


def _said(obstacle: Obstacle | None) -> dict[str, str | None]:
    if obstacle is None:
        return {"code": None, "element": None, "name": None}
    return {"code": obstacle.code, "element": obstacle.element, "name": obstacle.name}


def _crossing(session: Session, world: World, migration: Migration) -> Crossing:
    return Crossing(world.releases.get(session, migration.from_id), world.releases.get(session, migration.to_id))


def _push(
    session: Session,
    world: World,
    case: Case,
    instance: Instance,
    crossing: Crossing,
    *,
    actor_id: int | None,
    now: datetime,
) -> Push:
    return Push(session, world, case, instance, crossing.new, actor_id, now, SERVICES, begin_beside)


def _chunk(session: Session, migration: Migration, outcome: Outcome) -> Sequence[MigrationCase]:
    return session.scalars(
        select(MigrationCase)
        .where(MigrationCase.migration_id == migration.id, MigrationCase.outcome == outcome.value)
        .order_by(MigrationCase.case_id, MigrationCase.instance_id)
        .limit(MOVED)
    ).all()


def _locked(
    session: Session, records: Sequence[MigrationCase]
) -> tuple[Mapping[int, Case], Mapping[int, Instance], _Beside]:
    """Cases first and by number, as everybody locks them; then what belongs to them as it is now."""
    cases = _all(session, Case, [each.case_id for each in records], lock=True)
    instances = _all(session, Instance, [each.instance_id for each in records], lock=True)
    return {case.id: case for case in cases}, {each.id: each for each in instances}, _beside(session, instances)


def _all(session: Session, model: Any, ids: Sequence[int], *, lock: bool = False) -> Sequence[Any]:
    statement = select(model).where(model.id.in_(sorted(set(ids)))).order_by(model.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).all()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What lies beside the saved states of some instances: open tasks, drafts on them, live clocks by state."""

    open_tasks: Mapping[int, Mapping[str, Task]]
    begun_on: frozenset[int]
    live: Mapping[int, Mapping[str, str]]

    def tasks(self, instance: Instance) -> Mapping[str, Task]:
        return self.open_tasks.get(instance.id, {})

    def clocks(self, instance: Instance) -> Mapping[str, str]:
        return self.live.get(instance.id, {})


def _beside(session: Session, instances: Sequence[Instance]) -> _Beside:
    ids = [each.id for each in instances]
    rows = session.scalars(
        select(Task)
        .where(Task.instance_id.in_(ids), Task.state == TaskState.OPEN.value)
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).all()
    by_instance: dict[int, dict[str, Task]] = {}
    for row in rows:
        by_instance.setdefault(row.instance_id, {})[row.token] = row
    drafts = session.scalars(select(Draft.task_id).where(Draft.task_id.in_([row.id for row in rows])))
    begun_on = frozenset(each for each in drafts if each is not None)
    live: dict[int, dict[str, str]] = {}
    clocks = select(Deadline.instance_id, Deadline.token, Deadline.state).where(
        Deadline.instance_id.in_(ids), Deadline.state.in_([DeadlineState.ARMED.value, DeadlineState.PAUSED.value])
    )
    for instance_id, token, state in session.execute(clocks):
        live.setdefault(instance_id or 0, {})[token or ""] = state
    return _Beside(by_instance, begun_on, live)
