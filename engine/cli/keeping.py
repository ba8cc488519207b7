"""move, backup, restore, and the hold on everything that leaves: what happens to a database as a whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.output import as_json, database, progress_line, refusals, say
from engine.cli.starting import configured, opened, there
from engine.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from zipfile import ZipFile

    from sqlalchemy.orm import Session

    from engine.config import Config
    from engine.store import Store

LIVES = timedelta(seconds=60)
"""A node that was heard within so long runs."""

SAID_EVERY = 100_000
PAPERS_SAID_EVERY = 1000

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--from", "source_url", metavar="URL", required=True, help="The database to be moved.")
@click.option("--to", "target_url", metavar="URL", required=True, help="An empty database; it gets its tables here.")
@click.option("--while-in-use", is_flag=True, help="Take a snapshot of a database that goes on, for a rehearsal.")
@as_json
@click.pass_obj
def move(config_file: Path | None, source_url: str, target_url: str, while_in_use: bool, as_json: bool) -> None:
    """Copy every row into another, empty database, SQLite or PostgreSQL, and prove that it arrived.

    Stop all nodes first. Rows are read back and compared before they are kept, so a move that was broken off has moved
    nothing and is simply begun again. The database it came from stays as it is; start nothing on it any more.
    """
    from engine import store as databases
    from engine.main import load_every_table

    with refusals(as_json):
        source, target = there(configured(config_file, source_url)), opened(configured(config_file, target_url))
        databases.must_be_migrated(source)
        load_every_table()
        if not while_in_use:
            _must_rest(source)
        with _progress("moved", as_json) as (told, _), _snapshot(source, locked=not while_in_use) as session:
            done = databases.move(session, target, progress=told)
        _index_anew(target, as_json)
        rows = sum(each.rows for each in done)
        broken = _verify(configured(config_file, target_url), target, as_json)
        lines = [f"{each.rows:>10} {each.table}" for each in done if each.rows]
        lines.append(f"{rows} rows of {len(done)} tables are there as they were; {_told(broken)}")
        tables = {each.table: {"rows": each.rows, "digest": each.digest} for each in done}
        say(as_json, {"rows": rows, "tables": tables, "violations": broken}, "\n".join(lines))
        sys.exit(1 if broken else 0)


@click.command()
@click.argument("file", type=FILE)
@click.option("--without-documents", is_flag=True, help="Only list the documents; copy their folder by other means.")
@as_json
@database
@click.pass_obj
def backup(config_file: Path | None, file: Path, without_documents: bool, database: str | None, as_json: bool) -> None:
    """Write all rows of this instant, all documents and the files of imports into one file, while nodes go on; neither
    waits for the other.

    A large folder of documents is better copied by its own means, after this command, and kept together with the file.
    """
    from engine import bulk, documents
    from engine import store as databases
    from engine.clock import SystemClock
    from engine.main import load_every_table

    with refusals(as_json):
        config = configured(config_file, database)
        source, whole, begun = there(config), not without_documents, SystemClock().now()
        databases.must_be_migrated(source)
        load_every_table()
        with _progress("kept", as_json) as (rows, papers), source.reading() as session:

            def beside(_: Session, archive: ZipFile) -> tuple[Sequence[bulk.Spool], list[int], documents.Packed]:
                spools, known = bulk.spools(session), documents.contents(session)
                session.rollback()
                lost = bulk.pack(archive, spools, config, whole=whole)
                return spools, lost, documents.pack(archive, known, config.documents, whole=whole, progress=papers)

            manifest, (spools, lost, packed) = databases.back_up(
                session,
                file,
                revision=databases.newest_revision(),
                now=begun,
                beside=beside,
                progress=rows,
            )
        size, verb = file.stat().st_size, "listed" if without_documents else "packed"
        lines = [f"{manifest.rows} rows, {size / 1_000_000:.1f} MB in {file}, {packed.listed} documents {verb}."]
        if packed.absent:
            lines.append(f"{len(packed.absent)} of them are missing or damaged: run `maplebridge documents`.")
        if spools:
            lines += [f"{len(spools) - len(lost)} of {len(spools)} files of imports {verb}.", *_lost_imports(lost)]
        facts = {"rows": manifest.rows, "bytes": size, "documents": packed.listed, "absent": packed.absent}
        facts |= {"imports": len(spools), "imports_absent": lost, "revision": manifest.revision}
        if not _noted(source, size, now=begun):
            lines.append("The database is read-only or full, so its pages do not tell of this backup.")
        say(as_json, facts, "\n".join(lines))


def _noted(source: Store, size: int, *, now: datetime) -> bool:
    """Whether the database kept that it was backed up, and when, for the pages of operators."""
    from engine.people import operator_log

    try:
        with source.transaction() as session:
            operator_log.log(session, None, "database.backed_up", operator_log.BACKUP, now=now, facts={"bytes": size})
    except Unavailable:
        return False
    return True


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@database
@click.pass_obj
def restore(config_file: Path | None, file: Path, database: str | None, as_json: bool) -> None:
    """Fill an empty database from a backup. Nothing leaves it until `maplebridge release-deliveries`.

    The old installation may have sent since what this one remembers as unsent: so mail, messages and deliveries are
    held. Everybody signs in anew. Documents and files of imports that are packed in it go into their folder; what is
    missing is named.
    """
    from engine import bulk, documents, outbox, people
    from engine import store as databases
    from engine.clock import SystemClock
    from engine.main import load_every_table

    with refusals(as_json):
        config = configured(config_file, database)
        target, now = opened(config), SystemClock().now()

        def finish(session: Session) -> None:
            outbox.hold(session, file.name, now=now)
            people.end_every_sign_in(session)
            people.operator_log.log(session, None, "database.restored", f"backup:{file.name}"[:80], now=now)

        load_every_table()
        with _progress("restored", as_json) as (rows, papers):

            def beside(archive: ZipFile) -> documents.Packed:
                bulk.unpack(archive, config)
                return documents.unpack(archive, config.documents, progress=papers)

            manifest, packed = databases.put_back(file, target, beside=beside, finish=finish, progress=rows)
        _index_anew(target, as_json)
        broken = _verify(config, target, as_json)
        with target.reading() as session:
            spools = bulk.spools(session)
        lost = bulk.lost(spools, config)
        lines = [
            f"{manifest.rows} rows of {manifest.made_at} are there as they were; {_told(broken)}",
            f"{packed.listed - len(packed.absent)} of {packed.listed} documents are there as they were.",
            "Everything that leaves is held. Look around, then run `maplebridge release-deliveries`.",
        ]
        if packed.absent:
            lines.append(f"The others are missing or damaged in {config.documents.folder}.")
        if spools:
            whole = len(spools) - len(lost)
            lines += [f"{whole} of {len(spools)} files of imports are there as they were.", *_lost_imports(lost)]
        facts = {"rows": manifest.rows, "documents": packed.listed, "absent": packed.absent}
        facts |= {"imports": len(spools), "imports_absent": lost}
        facts |= {"made_at": manifest.made_at, "violations": broken}
        say(as_json, facts, "\n".join(lines))
        sys.exit(1 if broken else 0)


@click.command("release-deliveries")
@as_json
@database
@click.pass_obj
def release_deliveries(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Send again what was held after a restore, each message under the id it always had."""
    _change_hold(config_file, database, as_json, held=False)


@click.command("hold-deliveries")
@as_json
@database
@click.pass_obj
def hold_deliveries(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Keep everything back that would leave, for example before nodes start on a database put back by other means."""
    _change_hold(config_file, database, as_json, held=True)


def _change_hold(config_file: Path | None, url: str | None, as_json: bool, *, held: bool) -> None:
    from engine import outbox, people
    from engine.clock import SystemClock
    from engine.store import must_be_migrated

    with refusals(as_json):
        store, now = opened(configured(config_file, url)), SystemClock().now()
        must_be_migrated(store)
        with store.transaction() as session:
            changed = (outbox.held(session) is None) if held else outbox.let_go(session)
            if held:
                outbox.hold(session, "", now=now)
            if changed:
                act = "deliveries.held" if held else "deliveries.released"
                people.operator_log.log(session, None, act, "deliveries", now=now)
        words = {True: "Everything that leaves is held.", False: "What waits is sent again."}
        say(as_json, {"held": held, "changed": changed}, words[held] if changed else "It was so already.")


def _must_rest(source: Store) -> None:
    from engine.clock import SystemClock
    from engine.scheduler import latest_beat

    with source.reading() as session:
        beat = latest_beat(session)
    if beat is not None and SystemClock().now() - beat < LIVES:
        raise Conflict(
            "store.in_use",
            f"A node works on {source.address}. Stop all nodes and wait a minute; --while-in-use only rehearses.",
        )


@contextmanager
def _snapshot(source: Store, *, locked: bool) -> Iterator[Session]:
    """One instant of a database. Locked, nobody writes into the embedded one while it is read."""
    with source.transaction() if locked and source.dialect == "sqlite" else source.reading() as session:
        yield session


@contextmanager
def _progress(verb: str, quiet: bool) -> Iterator[tuple[Callable[[str, int], None], Callable[[int], None]]]:
    """A word whenever another hundred thousand rows have passed; another whenever a thousand documents have."""
    done = 0
    with progress_line(verb, None, quiet=quiet) as told:

        def passed(table: str, rows: int) -> None:
            nonlocal done
            before, done = done, done + rows
            if done // SAID_EVERY > before // SAID_EVERY:
                told(done, f"rows, now {table}")

        def packed(papers: int) -> None:
            if papers % PAPERS_SAID_EVERY == 0:
                told(papers, "documents")

        yield passed, packed


def _index_anew(target: Store, quiet: bool) -> None:
    """What is found by words is made from the cases, not copied."""
    from engine.search import fill_index

    with progress_line("indexed", None, quiet=quiet) as progress:
        fill_index(target, on_progress=lambda done: progress(done, "cases"))


def _verify(config: Config, target: Store, quiet: bool) -> int:
    from engine import verify
    from engine.main import build

    application = build(config, store=target)
    with progress_line("checked", None, quiet=quiet) as progress:
        found = verify.check(
            target,
            application.world,
            now=application.clock.now(),
            on_progress=lambda done, total: progress(done, f"of {total} cases"),
        )
    return len(found)


def _lost_imports(lost: Sequence[int]) -> Sequence[str]:
    """By their numbers: people may have named their files after somebody."""
    numbers = ", ".join(map(str, lost))
    return [f"Missing or damaged: {numbers}. Bring these files in again; nothing is filed twice."] if lost else []


def _told(broken: int) -> str:
    return f"{broken} invariants are broken: run `maplebridge verify`." if broken else "all invariants hold."
