"""The `maplebridge` command. Exit code 0: done; 1: refused or something is wrong; 2: wrong use.

Every verb says what it does with `--help`; `--json` prints one JSON document on standard output and nothing else,
progress and remarks go to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.config import Config, DatabaseConfig, load_config, refuse_unsafe
from engine.errors import Invalid, Refusal

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).resolve().parent.parent
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for machines.")
database = click.option("--database", metavar="URL", help="Use this database instead of the configured one.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The configuration file; config.yaml of this folder if it is there.",
)
@click.version_option(package_name="maplebridge")
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Maplebridge: small matters are resolved jointly, big matters are escalated level by level."""
    here = Path("config.yaml")
    context.obj = config_file or (here if here.exists() else None)


@main.command()
@click.option("--host", help="Listen on this address instead of the configured one.")
@click.option("--port", type=int, help="Listen on this port instead of the configured one.")
@click.option("--demo", is_flag=True, help="Demo mode: fill an empty database with a lively district first.")
@click.option("--no-scheduler", is_flag=True, help="Only pages; `maplebridge work` ticks elsewhere.")
@click.option("--threads", default=8, show_default=True, help="Requests answered at the same time.")
@database
@click.pass_obj
def serve(
    config_file: Path | None,
    host: str | None,
    port: int | None,
    demo: bool,
    no_scheduler: bool,
    threads: int,
    database: str | None,
) -> None:
    """Serve the pages and the JSON API, and fire what is due."""
    import waitress

    with _refusals():
        config = _config(config_file, database, demo=demo)
        refuse_unsafe(config)
        application = _prepared(config)
        if config.demo:
            _fill_demo(application)
        server = waitress.create_server(
            application.web(),
            host=host or config.server.host,
            port=config.server.port if port is None else port,
            threads=threads,
        )
        if not no_scheduler:
            application.scheduler.start()
        address = f"http://{_shown(server.effective_host)}:{server.effective_port}/"
        click.echo(f"Maplebridge serves at {address}", err=True)
        if config.demo:
            click.echo("Demo mode: choose one of the demo people on the sign-in page.", err=True)
        _until_told(server.run, server.close)
        application.scheduler.stop()


@main.command()
@database
@click.pass_obj
def work(config_file: Path | None, database: str | None) -> None:
    """Fire what is due, without pages; any number may run on one PostgreSQL."""
    with _refusals():
        config = _config(config_file, database)
        refuse_unsafe(config)
        application = _prepared(config)
        application.scheduler.start()
        click.echo(f"Maplebridge works as {application.scheduler.name}", err=True)
        stopped = threading.Event()
        _until_told(stopped.wait, stopped.set)
        application.scheduler.stop()


@main.command()
@as_json
@database
@click.pass_obj
def migrate(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Create or upgrade the tables. Stop the servers of an older version first only where the changelog says so."""
    from engine.store import migrate as migrate_store
    from engine.store import open_store, present_revision

    with _refusals(as_json):
        store = open_store(_config(config_file, database).database.url)
        before = present_revision(store)
        after = migrate_store(store)
        _say(
            as_json,
            {"from": before, "to": after},
            f"The tables stand at revision {after} (before: {before or 'none'}).",
        )


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE…")
@as_json
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check BPMN, DMN, forms and limits, ours or not. A folder is checked as a whole release would be.

    Exit code 1 when a finding of severity `error` would refuse publication.
    """
    from engine import deploy

    with _refusals(as_json):
        findings: list[Any] = []
        single: dict[str, bytes] = {}
        for path in files:
            if path.is_dir():
                found = deploy.check_release(deploy.read_folder(path))
                findings += [dataclasses.replace(each, file=str(path / each.file)) for each in found]
            else:
                single[str(path)] = path.read_bytes()
        if single:
            findings += deploy.check_files(single)
        findings.sort()
        if as_json:
            click.echo(json.dumps([dataclasses.asdict(each) for each in findings], ensure_ascii=False, indent=1))
        else:
            for each in findings:
                colour = {"error": "red", "warning": "yellow"}.get(each.severity)
                click.secho(f"{each.file}:{each.line}: {each.severity} {each.code} {each.element}", fg=colour)
                click.echo(f"    {each.message}" + (f"\n    → {each.hint}" if each.hint else ""))
            errors = sum(each.severity == "error" for each in findings)
            click.echo(f"{len(findings)} finding(s), {errors} of them error(s).", err=True)
        sys.exit(1 if any(each.severity == "error" for each in findings) else 0)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--only", metavar="TEXT", help="Only scenarios whose file or name contains this.")
@as_json
def play(folder: Path, only: str | None, as_json: bool) -> None:
    """Play the scenarios of a folder of processes against its diagrams, and say what none of them reaches."""
    from engine import deploy

    with _refusals(as_json):
        release = deploy.load(0, deploy.read_folder(folder))
        outcomes = [each for each in deploy.play_all(release) if not only or only in each.name]
        unvisited = deploy.unvisited(release, outcomes)
        if as_json:
            document = {
                "scenarios": [{"name": each.name, "passed": each.passed, "said": each.said} for each in outcomes],
                "unvisited": unvisited,
            }
            click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        else:
            for each in outcomes:
                click.secho(
                    f"{'passed' if each.passed else 'FAILED'}  {each.name}", fg="green" if each.passed else "red"
                )
                if each.said:
                    click.echo(f"        {each.said}")
            for process_id, elements in unvisited.items():
                click.secho(f"not visited in {process_id}: {', '.join(elements)}", fg="yellow")
        passed = sum(each.passed for each in outcomes)
        click.echo(f"{passed} of {len(outcomes)} scenario(s) passed.", err=True)
        sys.exit(0 if outcomes and passed == len(outcomes) else 1)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--reason", required=True, help="Why this is published; it stands in the list of releases.")
@as_json
@database
@click.pass_obj
def publish(config_file: Path | None, folder: Path, reason: str, database: str | None, as_json: bool) -> None:
    """Check, play and publish a folder of processes; new cases start on it, running ones keep their version."""
    from engine import deploy

    with _refusals(as_json):
        application = _prepared(_config(config_file, database))
        with application.store.transaction() as session:
            release = deploy.publish(
                session,
                deploy.read_folder(folder),
                reason=reason,
                actor_id=None,
                now=application.clock.now(),
                limits_may_miss=application.config.limits_policy.missing_step == "default",
            )
            said = {"release": release.id, "fingerprint": release.fingerprint, "changed": release.changed}
        _say(as_json, said, f"Release {said['release']} is in force (changed: {said['changed'] or 'nothing'}).")


@main.command("file")
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

    with _refusals(as_json):
        application = _prepared(_config(config_file, database))
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
        _say(as_json, said, f"Filed as {said['number']}, with {said['holder']} ({said['tier']}).")


@main.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="Virtual days.")
@click.option("--cases", default=100, show_default=True, type=click.IntRange(1, 10_000_000), help="Cases that arrive.")
@click.option("--seed", default=1, show_default=True, help="Equal seeds give equal histories.")
@as_json
@database
@click.pass_obj
def simulate(config_file: Path | None, days: int, cases: int, seed: int, database: str | None, as_json: bool) -> None:
    """Run a district on the virtual clock: the real engine, nobody waits. --database must be empty; it is kept."""
    from engine import simulate as simulation

    with _refusals(as_json):
        config = _config(config_file, None)
        with _progress("simulated", cases, quiet=as_json) as progress:
            result = simulation.run(
                days=days, cases=cases, seed=seed, database_url=database, config=config, progress=progress
            )
        document = result.as_json()
        lines = "\n".join(f"{key:>32}: {value}" for key, value in document.items())
        _say(as_json, document, lines)


@main.command()
@as_json
@database
@click.pass_obj
def verify(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Check the invariants of a database, live or not, and say what is broken and where. Changes nothing."""
    from engine import verify as verification

    with _refusals(as_json):
        application = _prepared(_config(config_file, database))
        with _progress("checked", None, quiet=as_json) as progress:
            found = verification.check(
                application.store, application.world, now=application.clock.now(), progress=progress
            )
        document = {"ok": not found, "violations": [dataclasses.asdict(each) for each in found]}
        lines = "\n".join(f"{each.invariant} {each.case_number or ''} {each.where}: {each.what}" for each in found)
        _say(as_json, document, lines or "All invariants hold.")
        sys.exit(0 if not found else 1)


@main.command()
@as_json
@database
@click.pass_obj
def demo(config_file: Path | None, database: str | None, as_json: bool) -> None:
    """Fill an empty database with a lively district; a database that has one is left alone."""
    with _refusals(as_json):
        application = _prepared(_config(config_file, database, demo=True))
        done = _fill_demo(application, quiet=as_json)
        _say(
            as_json,
            {"filled": done},
            "The district is ready." if done else "There is a district already; nothing was changed.",
        )


@main.command()
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

    with _refusals(as_json):
        application = _prepared(_config(config_file, database))
        now = application.clock.now()
        with application.store.transaction() as session:
            person_id = session.scalar(select(Person.id).where(Person.username == username))
            if person_id is None:
                raise Invalid("person.unknown", f"There is nobody with the user name {username!r}.")
            secret = issue(session, person_id, name, now=now, ends_at=now + timedelta(days=days))
        _say(as_json, {"token": secret}, secret)


def _config(config_file: Path | None, url: str | None, *, demo: bool = False) -> Config:
    config = load_config(config_file, os.environ)
    changes: dict[str, Any] = {}
    if url:
        changes["database"] = DatabaseConfig(url=url)
    if demo:
        changes["demo"] = True
    return config.model_copy(update=changes) if changes else config


def _prepared(config: Config) -> Any:
    """The application over a database at the right revision; an empty embedded one is created on the way."""
    from engine.main import build
    from engine.store import migrate, must_be_migrated, open_store, present_revision

    store = open_store(config.database.url)
    if store.dialect == "sqlite" and present_revision(store) is None:
        migrate(store)
    must_be_migrated(store)
    return build(config, store=store)


def _fill_demo(application: Any, *, quiet: bool = False) -> bool:
    from engine.demo import seed_demo

    with _progress("prepared", None, quiet=quiet) as progress:
        return bool(seed_demo(application, progress=progress))


def _until_told(run: Callable[[], Any], stop: Callable[[], Any]) -> None:
    """Runs until SIGTERM or Ctrl-C, then stops in order."""
    signal.signal(signal.SIGTERM, lambda *_: stop())
    try:
        run()
    except KeyboardInterrupt:
        stop()


def _shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else host  # noqa: S104 - shown, not listened on


def _say(as_json: bool, document: Mapping[str, Any], sentence: str) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=_plain) if as_json else sentence)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def _refusals(as_json: bool = False) -> Iterator[None]:
    """Turns a refusal into one sentence on standard error and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        if as_json:
            document = {"ok": False, "code": refusal.code, "message": refusal.sentence, "facts": dict(refusal.facts)}
            click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=_plain))
        else:
            click.secho(refusal.sentence, fg="red", err=True)
            for name, said in (refusal.facts.get("fields") or {}).items():
                click.echo(f"  {name}: {said['en'] if isinstance(said, dict) else said}", err=True)
        sys.exit(1)


@contextmanager
def _progress(verb: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """A line on standard error that counts, on a terminal in place and elsewhere now and then."""
    shown = {"next": 0}
    live = sys.stderr.isatty()

    def say(done: int, what: str = "") -> None:
        if quiet or done < shown["next"]:
            return
        shown["next"] = done + (1 if live else max((total or 1000) // 10, 1))
        of = f" of {total}" if total else ""
        click.echo(
            f"\r{verb} {done}{of} {what}".ljust(72) if live else f"{verb} {done}{of} {what}", err=True, nl=not live
        )

    yield say
    if live and not quiet:
        click.echo(err=True)
