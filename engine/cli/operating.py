"""migrate, file, simulate, verify, demo and token: what an operator does from the command line."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, progress_line, refusals, say
from engine.cli.starting import configured, fill_demo, opened, prepared
from engine.errors import Invalid


@click.command()
@click.option("--reindex", is_flag=True, help="Write the search index of every case anew, for example after renaming.")
@as_json
@database
@click.pass_obj
def migrate(config_file: Path | None, reindex: bool, database: str | None, as_json: bool) -> None:
    """Create or upgrade the tables. Stop the servers of an older version first only where the changelog says so.

    Cases that search does not know yet are indexed; broken off, the next run goes on with them.
    """
    from engine.search import fill_index
    from engine.store import migrate as migrate_store
    from engine.store import present_revision

    with refusals(as_json):
        store = opened(configured(config_file, database))
        before = present_revision(store)
        after = migrate_store(store)
        with progress_line("indexed", None, quiet=as_json) as progress:
            indexed = fill_index(store, anew=reindex, on_progress=lambda done: progress(done, "cases"))
        say(
            as_json,
            {"from": before, "to": after, "indexed": indexed},
            f"The tables stand at revision {after} (before: {before or 'none'})."
            + (f" {indexed} case(s) indexed for search." if indexed else ""),
        )


@click.command("file")
@click.argument("report", type=click.File("rb"), default="-")
@as_json
@database
@click.pass_obj
def file_(config_file: Path | None, report: Any, database: str | None, as_json: bool) -> None:
    """File a case from a JSON report on standard input or in a file.

    Keys: channel, kind, category, title, description, place_id, received_at, and optionally demand, address_text,
    external_no, facts, parties, anonymous, confidential.
    """
    from engine import intake

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        now = application.clock.now()
        filing = intake.read_filing(report.read(), now=now)
        with application.store.transaction() as session:
            case = intake.file_case(session, application.world, filing, viewer=None, now=now)
            said = {
                "number": case.number,
                "tier": case.tier,
                "holder": case.holder_id,
                "severity": case.severity,
                "track": case.track,
            }
        say(as_json, said, f"Filed as {said['number']}, with {said['holder']} ({said['tier']}).")


@click.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="Virtual days.")
@click.option("--cases", default=100, show_default=True, type=click.IntRange(1, 10_000_000), help="Cases that arrive.")
@click.option("--seed", default=1, show_default=True, help="Equal seeds give equal histories.")
@as_json
@database
@click.pass_obj
def simulate(config_file: Path | None, days: int, cases: int, seed: int, database: str | None, as_json: bool) -> None:
    """Run a district on the virtual clock: the real engine, nobody waits. --database must be empty; it is kept."""
    from engine import simulate as simulation

    with refusals(as_json):
        config = configured(config_file, None)
        with progress_line("simulated", cases, quiet=as_json) as progress:
            result = simulation.run(
                days=days, cases=cases, seed=seed, database_url=database, config=config, progress=progress
            )
        document = result.as_json()
        lines = "\n".join(f"{key:>32}: {value}" for key, value in document.items())
        say(as_json, document, lines)


@click.command()
@as_json
@database
@click.pass_obj
def verify(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Check the invariants of a database, live or not, and say what is broken and where. Changes nothing."""
    from engine import verify as verification

    with refusals(as_json):
        application = prepared(configured(config_file, database), to_read=True)
        with progress_line("checked", None, quiet=as_json) as progress:
            found = verification.check(
                application.store,
                application.world,
                now=application.clock.now(),
                on_progress=lambda done, total: progress(done, f"of {total}"),
            )
        document = {"ok": not found, "violations": [dataclasses.asdict(each) for each in found]}
        lines = "\n".join(f"{each.invariant} {each.case_number or ''} {each.where}: {each.what}" for each in found)
        say(as_json, document, lines or "All invariants hold.")
        sys.exit(0 if not found else 1)


@click.command()
@as_json
@database
@click.pass_obj
def demo(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Fill an empty database with a lively district; a database that has one is left alone."""
    with refusals(as_json):
        application = prepared(configured(config_file, database, demo=True))
        done = fill_demo(application, quiet=as_json)
        say(
            as_json,
            {"filled": done},
            "The district is ready." if done else "There is a district already; nothing was changed.",
        )


@click.command()
@click.argument("username")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How long it opens.")
@as_json
@database
@click.pass_obj
def token(config_file: Path | None, username: str, name: str, days: int, database: str | None, as_json: bool) -> None:
    """Issue a bearer token for the JSON API in the name of a person. It is shown once."""
    from sqlalchemy import select

    from engine.people import Person
    from engine.people.tokens import issue

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        now = application.clock.now()
        with application.store.transaction() as session:
            person_id = session.scalar(select(Person.id).where(Person.username == username))
            if person_id is None:
                raise Invalid("person.unknown", f"There is nobody with the user name {username!r}.")
            secret = issue(session, person_id, name, now=now, ends_at=now + timedelta(days=days))
        say(as_json, {"token": secret}, secret)


@click.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="YEAR.yaml")
@click.option("--dry-run", is_flag=True, help="Only show which clocks would move.")
@as_json
@database
@click.pass_obj
def calendar(config_file: Path | None, table: Path, dry_run: bool, database: str | None, as_json: bool) -> None:
    """Load the working-day table of a year and move the running clocks it moves; each change is recorded."""
    from engine import process
    from engine.territory import table_text

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        text, now = table_text(table.read_bytes()), application.clock.now()
        if dry_run:
            with application.store.reading() as session:
                _, moves = process.plan_year(session, application.world, text, now=now)
        else:
            with application.store.transaction() as session:
                _, moves = process.load_year(session, application.world, text, viewer=None, now=now)
        verb = "would move" if dry_run else "moved"
        lines = [
            f"{move.case_number} {move.step}: {move.before:%Y-%m-%d %H:%M} → {move.after:%Y-%m-%d %H:%M} UTC"
            for move in moves
        ]
        say(
            as_json,
            {"moved": [dataclasses.asdict(move) for move in moves]},
            "\n".join([*lines, f"{len(moves)} clock(s) {verb}."]),
        )


@click.command("documents")
@click.option("--remove-orphans", is_flag=True, help="Delete the files that no case names.")
@as_json
@database
@click.pass_obj
def documents_(config_file: Path | None, remove_orphans: bool, database: str | None, as_json: bool) -> None:
    """Compare the folder of documents with the database: files that are missing or damaged, and files nobody names.

    Exit code 1 when one is missing or damaged. An orphan is what a crash or a form that was never sent leaves; it is
    harmless.
    """
    from engine import documents

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        limits, now = application.config.documents, application.clock.now()
        found: list[tuple[str, Path]] = []
        for part in documents.PARTS:
            with application.store.reading() as session:
                known = documents.named(session, part)
            found += documents.sweep(limits, part, known, now=now)
        orphans, missing, damaged = (
            [str(path) for what, path in found if what == wanted] for wanted in ("orphan", "missing", "damaged")
        )
        for path in orphans if remove_orphans else ():
            Path(path).unlink(missing_ok=True)
        verb = "removed" if remove_orphans else "found"
        lines = [f"{what}: {path}" for what, path in found]
        say(
            as_json,
            {"orphans": orphans, "missing": missing, "damaged": damaged},
            "\n".join(
                [*lines, f"{len(orphans)} orphan(s) {verb}, {len(missing)} file(s) missing, {len(damaged)} damaged."]
            ),
        )
        sys.exit(1 if missing or damaged else 0)
