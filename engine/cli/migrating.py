"""migrate-cases: running cases go to another release, from the command line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, progress_line, refusals, say
from engine.cli.starting import configured, prepared


@click.command("migrate-cases")
@click.option("--from", "from_id", type=click.IntRange(1), help="The release they run on.")
@click.option("--to", "to_id", type=click.IntRange(1), help="The release they go to; the one in force by itself.")
@click.option("--process", "process_id", metavar="ID", help="Only the runs of this process, for example p_case.")
@click.option("--dry-run", is_flag=True, help="Only say of each case whether it can go, and why not.")
@click.option("--reason", help="Why; stands in the history of each case's migration.")
@click.option("--undo", "undo_id", type=click.IntRange(1), metavar="MIGRATION", help="Take a migration back instead.")
@as_json
@database
@click.pass_obj
def migrate_cases(
    config_file: Path | None,
    from_id: int | None,
    to_id: int | None,
    process_id: str | None,
    dry_run: bool,
    reason: str | None,
    undo_id: int | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Take running cases to another release; due times, claims and drafts stay. Who cannot go stays where they are.

    What has not gone on since can be taken back with --undo. Broken off, servers and schedulers go on with it.
    """
    if (from_id is None) == (undo_id is None):
        raise click.UsageError("Say either --from or --undo.")
    if not dry_run and reason is None:
        raise click.UsageError("Say with --reason why.")
    with refusals(as_json):
        application = prepared(configured(config_file, database))
        if from_id is not None and to_id is None:
            with application.store.reading() as session:
                to_id = application.world.releases.current(session).id
        if undo_id is not None:
            _take_back(application, undo_id, reason or "", as_json)
        elif dry_run:
            _look(application, from_id, to_id, process_id, as_json)
        else:
            _move(application, from_id, to_id, process_id, reason or "", as_json)


def _look(application: Any, from_id: Any, to_id: Any, process_id: str | None, as_json: bool) -> None:
    from engine import process

    cases: list[dict[str, Any]] = []
    with application.store.reading() as session:
        for each in process.dry_run(
            session, application.world, from_id=from_id, to_id=to_id, process_id=process_id, now=application.clock.now()
        ):
            found = each.obstacle
            reasons = {} if found is None else _reason(found.code, found.element, found.name)
            cases.append(
                {"case": each.case.number, "process": each.instance.process_id, "goes": found is None, **reasons}
            )
    goes = sum(each["goes"] for each in cases)
    lines = [
        f"{each['case']} {each['process']}: "
        + ("can go" if each["goes"] else f"stays, {each['why']} {each['element']}")
        for each in cases
    ]
    document = {"from": from_id, "to": to_id, "can": goes, "cannot": len(cases) - goes, "cases": cases}
    say(as_json, document, "\n".join([*lines, f"{goes} of {len(cases)} can go to release {to_id}."]))


def _move(application: Any, from_id: Any, to_id: Any, process_id: str | None, reason: str, as_json: bool) -> None:
    from engine import process

    now = application.clock.now
    with application.store.transaction() as session:
        migration = process.begin_migration(
            session, application.world, from_id=from_id, to_id=to_id, process_id=process_id, viewer=None, now=now()
        )
        migration_id = migration.id
    _work(application, migration_id, as_json)
    with application.store.transaction() as session:
        process.start_migration(session, migration_id, reason=reason, viewer=None, now=now())
    _work(application, migration_id, as_json)
    _tell(application, migration_id, as_json)


def _take_back(application: Any, migration_id: int, reason: str, as_json: bool) -> None:
    from engine import process

    with application.store.transaction() as session:
        process.undo_migration(session, migration_id, reason=reason, viewer=None, now=application.clock.now())
    _work(application, migration_id, as_json)
    _tell(application, migration_id, as_json)


def _work(application: Any, migration_id: int, quiet: bool) -> None:
    from engine import process

    with progress_line("worked on", None, quiet=quiet) as progress:
        while application.scheduler.move_cases(only=migration_id, chunks=1):
            with application.store.reading() as session:
                migration = process.get_migration(session, migration_id)
                figures = process.migration_figures(session, migration)
            progress(figures.done, f"of {figures.of} ({migration.state})")


def _tell(application: Any, migration_id: int, as_json: bool) -> None:
    from engine import process

    with application.store.reading() as session:
        migration = process.get_migration(session, migration_id)
        figures = process.migration_figures(session, migration)
    staying = [
        {"process": each.process_id, "count": each.count, **_reason(each.code, each.element, each.name)}
        for each in figures.staying
    ]
    lines = [f"{each['count']} × {each['process']}: {each['why']} {each['element']}" for each in staying]
    counts = Counter(figures.by_outcome)
    lines.append(f"Migration {migration_id}: " + ", ".join(f"{count} {what}" for what, count in counts.items()) + ".")
    say(as_json, {"migration": migration_id, "outcomes": dict(counts), "staying": staying}, "\n".join(lines))


def _reason(code: str, element: str, name: str) -> dict[str, str]:
    from engine import process

    return {"code": code, "element": element, "name": name, "why": process.OBSTACLES.get(code, code)}
