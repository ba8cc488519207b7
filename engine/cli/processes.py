"""check, play and publish: what a process designer does from the command line."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, refusals, say
from engine.cli.starting import configured, prepared


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE…")
@as_json
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check BPMN, DMN, forms and limits, ours or not. A folder is checked as a whole release would be.

    Exit code 1 when a finding of severity `error` would refuse publication.
    """
    from engine import deploy

    with refusals(as_json):
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


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--only", metavar="TEXT", help="Only scenarios whose file or name contains this.")
@as_json
def play(folder: Path, only: str | None, as_json: bool) -> None:
    """Play the scenarios of a folder of processes against its diagrams, and say what none of them reaches."""
    from engine import deploy

    with refusals(as_json):
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


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@click.option("--reason", required=True, help="Why this is published; it stands in the list of releases.")
@as_json
@database
@click.pass_obj
def publish(config_file: Path | None, folder: Path, reason: str, database: str | None, as_json: bool) -> None:
    """Check, play and publish a folder of processes; new cases start on it, running ones keep their version."""
    from engine import deploy

    with refusals(as_json):
        application = prepared(configured(config_file, database))
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
        say(as_json, said, f"Release {said['release']} is in force (changed: {said['changed'] or 'nothing'}).")
