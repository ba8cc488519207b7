"""What people do with a migration: begin it (which is its dry run), start it, stop it, take it back.

Designers and operators may; neither reads a case. The command line acts without a viewer.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.people import Viewer, operator_log
from engine.process.migration.model import IS_WORKING, Migration, MigrationState
from engine.process.model import Instance
from engine.process.world import World
from engine.reasons import reason_given

RIGHT = "case.migrate"


def begin_migration(
    session: Session,
    world: World,
    *,
    from_id: int,
    to_id: int,
    process_id: str | None = None,
    viewer: Viewer | None,
    now: datetime,
) -> Migration:
    """Asks what would move; the work on it judges every instance and moves none.

    Raises NotFound for a release there is not, Invalid `migration.same` and `migration.nothing` when nothing runs
    there, Conflict `migration.under_way` while another one from the same release is worked on.
    """
    _must(viewer)
    if from_id == to_id:
        raise Invalid("migration.same", "The cases run on this release already.", release=to_id)
    for release_id in (from_id, to_id):
        world.releases.get(session, release_id)
    other = session.scalar(select(Migration.id).where(IS_WORKING, Migration.from_id == from_id))
    if other is not None:
        raise Conflict("migration.under_way", f"Migration {other} is being worked on.", migration=other)
    running = select(func.count()).where(Instance.release_id == from_id, Instance.ended_at.is_(None))
    if process_id is not None:
        running = running.where(Instance.process_id == process_id)
    total = session.scalar(running) or 0
    if total == 0:
        raise Invalid("migration.nothing", f"No case runs on release {from_id}.", release=from_id)
    migration = Migration(
        from_id=from_id,
        to_id=to_id,
        process_id=process_id,
        state=MigrationState.LOOKING.value,
        begun_by=None if viewer is None else viewer.person_id,
        begun_at=now,
        total=total,
        looked_until=0,
    )
    session.add(migration)
    session.flush()
    return migration


def start_migration(
    session: Session, migration_id: int, *, reason: str, viewer: Viewer | None, now: datetime
) -> Migration:
    """Has everything moved that could when it was looked at. Started twice it is started once.

    Raises Invalid without a reason, Conflict `migration.not_ready`.
    """
    _must(viewer)
    reason = reason_given(reason)
    migration = get_migration(session, migration_id, lock=True)
    if migration.state == MigrationState.MOVING:
        return migration
    if migration.state != MigrationState.READY:
        raise Conflict("migration.not_ready", f"It is {migration.state} now.", state=migration.state)
    migration.state, migration.reason = MigrationState.MOVING.value, reason
    migration.started_by, migration.started_at = None if viewer is None else viewer.person_id, now
    operator_log.log(session, viewer, "cases.migrated", f"migration:{migration_id}", now=now, reason=reason)
    return migration


def stop_migration(session: Session, migration_id: int, *, viewer: Viewer | None, now: datetime) -> Migration:
    """Ends the work after the chunk at hand, or drops a dry run. What has moved stays; one that has ended stays so."""
    _must(viewer)
    migration = get_migration(session, migration_id, lock=True)
    if migration.state in (MigrationState.LOOKING, MigrationState.READY, MigrationState.MOVING):
        migration.state, migration.ended_at = MigrationState.STOPPED.value, now
    return migration


def undo_migration(
    session: Session, migration_id: int, *, reason: str, viewer: Viewer | None, now: datetime
) -> Migration:
    """Has everything taken back that has not gone on since.

    Raises Invalid without a reason, Conflict `migration.not_done` for one that moved nothing or is being worked on.
    """
    _must(viewer)
    reason = reason_given(reason)
    migration = get_migration(session, migration_id, lock=True)
    if migration.state == MigrationState.UNDOING:
        return migration
    if migration.started_at is None or migration.state not in (MigrationState.DONE, MigrationState.STOPPED):
        raise Conflict("migration.not_done", f"It is {migration.state} now.", state=migration.state)
    migration.state, migration.ended_at = MigrationState.UNDOING.value, None
    migration.undone_by, migration.undo_reason = None if viewer is None else viewer.person_id, reason
    operator_log.log(session, viewer, "cases.taken_back", f"migration:{migration_id}", now=now, reason=reason)
    return migration


def get_migration(session: Session, migration_id: int, *, lock: bool = False) -> Migration:
    """Raises NotFound. With `lock` it is read anew; who works on a chunk of it is waited for."""
    found = session.get(Migration, migration_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("migration.unknown", "There is no such migration.", migration=migration_id)
    return found


def _must(viewer: Viewer | None) -> None:
    if viewer is not None:
        viewer.must(RIGHT)
