"""check, play and publish: what a process designer does from the command line."""

from __future__ import annotations

import dataclasses
import getpass
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from engine.cli.output import as_json, database, refusals, say
from engine.cli.starting import configured, prepared
from engine.errors import Invalid, NotAllowed


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE…")
@as_json
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check BPMN, DMN, forms and limits, ours or not.

    Each file is checked by itself; a folder of processes as the whole release it would be, and the folder of one
    process together with its neighbours. Exit code 1 when a finding of severity `error` would refuse publication.
    """
    from engine import deploy

    with refusals(as_json):
        findings: list[Any] = []
        for path in files:
            if path.is_dir():
                whole, part = _release_of(path)
                found = [each for each in deploy.check_release(deploy.read_folder(whole)) if each.file.startswith(part)]
                findings += [dataclasses.replace(each, file=str(whole / each.file)) for each in found]
            else:
                findings += deploy.check_files({str(path): path.read_bytes()})
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


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--only", metavar="TEXT", help="Only scenarios whose file or name contains this.")
@as_json
def play(folder: Path, only: str | None, as_json: bool) -> None:
    """Play the scenarios of a folder of processes, or of one process, and say what none of them reaches."""
    from engine import deploy

    with refusals(as_json):
        whole, part = _release_of(folder)
        release = deploy.load(0, deploy.read_folder(whole))
        every = deploy.play_all(release)
        outcomes = [each for each in every if each.name.startswith(part) and (not only or only in each.name)]
        unvisited = {
            process_id: elements
            for process_id, elements in deploy.unvisited(release, every).items()
            if release.package.processes[process_id].path.startswith(part)
        }
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


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--reason", required=True, help="Why this is published; it stands in the list of releases.")
@click.option("--by", "username", metavar="USERNAME", help="The designer in whose name this is done.")
@as_json
@database
@click.pass_obj
def publish(
    config_file: Path | None, folder: Path, reason: str, username: str | None, database: str | None, as_json: bool
) -> None:
    """Check, play and publish a folder of processes; new cases start on it, running ones keep their version.

    The folder of one process is published together with everything else that is in force now. Where four eyes are
    wanted it becomes a proposal of the designer named with --by, which somebody else publishes on its page.
    """
    from engine import deploy, design

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        now, config = application.clock.now(), application.config
        may_miss = config.limits_policy.missing_step == "default"
        with application.store.reading() as session:
            files = files_to_publish(session, folder)
            in_force = deploy.files_in_force(session)
            actor_id = None if username is None else _designer(session, username, now)
        deploy.judge(files, limits_may_miss=may_miss).must_pass()
        with application.store.transaction() as session:
            if config.publishing.four_eyes and in_force and files != in_force:
                if actor_id is None:
                    raise NotAllowed(
                        "publish.four_eyes", "Four eyes are wanted here: say with --by whose proposal this is."
                    )
                proposal = design.propose_files(session, files, title=reason[:120], author_id=actor_id, now=now)
                said: dict[str, Any] = {"proposal": proposal.id}
                sentence = f"Proposal {proposal.id} waits for somebody else to publish it."
            else:
                release = design.publish_files(
                    session, files, reason=reason, actor_id=actor_id, by=_account(), now=now, limits_may_miss=may_miss
                )
                said = {"release": release.id, "fingerprint": release.fingerprint, "changed": release.changed}
                sentence = f"Release {release.id} is in force (changed: {release.changed or 'nothing'})."
        say(as_json, said, sentence)


def _designer(session: Session, username: str, now: datetime) -> int:
    from sqlalchemy import select

    from engine.people import Person, viewer_of

    person_id = session.scalar(select(Person.id).where(Person.username == username, Person.active))
    if person_id is None:
        raise Invalid("person.unknown", f"There is nobody with the user name {username!r}.")
    viewer_of(session, person_id, now=now).must("process.publish")
    return person_id


def _account() -> str:
    """Who gave the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "?"


def _release_of(folder: Path) -> tuple[Path, str]:
    """The folder that holds the whole release, and the part of it that was meant: "small/", or "" for all."""
    siblings = any(each.is_dir() and any(each.glob("*.bpmn")) for each in folder.resolve().parent.iterdir())
    if any(folder.glob("*.bpmn")) and siblings:
        return folder.resolve().parent, f"{folder.resolve().name}/"
    return folder, ""


def files_to_publish(session: Session, folder: Path) -> dict[str, bytes]:
    from engine import deploy

    whole, part = _release_of(folder)
    files = deploy.read_folder(whole)
    if not part:
        return files
    in_force = deploy.files_in_force(session)
    return {
        **{path: data for path, data in in_force.items() if not path.startswith(part)},
        **{path: data for path, data in files.items() if path.startswith(part)},
    }
