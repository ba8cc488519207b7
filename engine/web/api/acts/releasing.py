"""Running cases taken to another release, and rehearsals on closed ones."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import deploy, design, process, rehearsal
from engine.process import Migration
from engine.rehearsal import Rehearsal
from engine.web.api.acts.designing import DESIGNS, Reason
from engine.web.api.shapes import Day, Whole, row
from engine.web.context import now, viewer, world

MIGRATION = row(
    "Migration",
    Migration,
    "id from_id to_id process_id state begun_by begun_at total looked_until reason started_by started_at undone_by"
    " undo_reason ended_at",
)
REHEARSAL = row(
    "Rehearsal",
    Rehearsal,
    "id proposal_id release_id fingerprint since until unit_id asked_by asked_at state total done ended_at trouble",
)
Unit = Annotated[str, Field(max_length=64)]


@DESIGNS.look("/migrations", "listMigrations", "case.migrate", "List migrations, latest first", lists=MIGRATION)
def list_migrations(session: Session) -> Any:
    return process.recent_migrations(session), None


@DESIGNS.look("/migrations/<int:migration_id>", "readMigration", "case.migrate", "Read a migration", tells=MIGRATION)
def read_migration(session: Session, migration_id: int) -> Migration:
    return process.get_migration(session, migration_id)


@DESIGNS.act(
    "/migrations",
    "beginMigration",
    "case.migrate",
    "See what would move to another release",
    tells=MIGRATION,
    status=201,
    description="Every running case is judged, and none is moved.",
)
def begin_migration(
    session: Session, *, from_id: Whole, to_id: Whole, process_id: Annotated[str, Field(max_length=64)] | None = None
) -> Migration:
    return process.begin_migration(
        session, world(), from_id=from_id, to_id=to_id, process_id=process_id, viewer=viewer(), now=now()
    )


@DESIGNS.act("/migrations/<int:migration_id>/start", "startMigration", "case.migrate", "Move what can", tells=MIGRATION)
def start_migration(session: Session, migration_id: int, *, reason: Reason) -> Migration:
    return process.start_migration(session, migration_id, reason=reason, viewer=viewer(), now=now())


@DESIGNS.act("/migrations/<int:migration_id>/stop", "stopMigration", "case.migrate", "Stop it", tells=MIGRATION)
def stop_migration(session: Session, migration_id: int) -> Migration:
    return process.stop_migration(session, migration_id, viewer=viewer(), now=now())


@DESIGNS.act("/migrations/<int:migration_id>/undoing", "undoMigration", "case.migrate", "Take it back", tells=MIGRATION)
def undo_migration(session: Session, migration_id: int, *, reason: Reason) -> Migration:
    return process.undo_migration(session, migration_id, reason=reason, viewer=viewer(), now=now())


# --- rehearsals ------------------------------------------------------------------------------------------------------


@DESIGNS.look("/rehearsals/<int:rehearsal_id>", "readRehearsal", "process.publish", "Read a rehearsal", tells=REHEARSAL)
def read_rehearsal(session: Session, rehearsal_id: int) -> Rehearsal:
    return rehearsal.get(session, rehearsal_id)


@DESIGNS.act(
    "/proposals/<int:proposal_id>/rehearsals",
    "rehearseProposal",
    "process.publish",
    "Rehearse a proposal on closed cases",
    tells=REHEARSAL,
    status=201,
)
def rehearse_proposal(session: Session, proposal_id: int, *, since: Day, until: Day, unit: Unit) -> Rehearsal:
    files = design.files_of(session, design.get_proposal(session, proposal_id))
    return _ask(session, files, since, until, unit, proposal_id=proposal_id)


@DESIGNS.act(
    "/releases/<int:release_id>/rehearsals",
    "rehearseRelease",
    "process.publish",
    "Rehearse a release on closed cases",
    tells=REHEARSAL,
    status=201,
)
def rehearse_release(session: Session, release_id: int, *, since: Day, until: Day, unit: Unit) -> Rehearsal:
    return _ask(session, deploy.files_of(session, release_id), since, until, unit, release_id=release_id)


@DESIGNS.act(
    "/rehearsals/<int:rehearsal_id>/cancellation",
    "cancelRehearsal",
    "process.publish",
    "Call a rehearsal off",
    tells=REHEARSAL,
)
def cancel_rehearsal(session: Session, rehearsal_id: int) -> Rehearsal:
    return rehearsal.cancel(session, rehearsal_id, now=now())


def _ask(session: Session, files: Any, since: Any, until: Any, unit: str, **whose: int) -> Rehearsal:
    """Of an area that is not theirs to rehearse on: refused at the field, as `rehearsal.ask` does for none."""
    areas = {each.id for each in rehearsal.areas(session, world(), viewer().units({"designer"}))}
    return rehearsal.ask(
        session,
        world(),
        files,
        since=since,
        until=until,
        unit_id=unit if unit in areas else "",
        asked_by=viewer().person_id,
        now=now(),
        **whose,
    )
