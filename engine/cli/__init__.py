"""The `maplebridge` command. Exit code 0: done; 1: refused or something is wrong; 2: wrong use.

Every verb says what it does with `--help`; `--json` prints one JSON document on standard output and nothing else,
progress and remarks go to standard error.
"""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import (
    designing,
    exporting,
    importing,
    keeping,
    migrating,
    operating,
    organising,
    processes,
    rehearsing,
    reporting,
    serving,
)


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


for verb in (
    serving.serve,
    serving.work,
    operating.migrate,
    processes.check,
    processes.play,
    processes.publish,
    rehearsing.rehearse,
    designing.templates,
    operating.file_,
    importing.import_,
    operating.simulate,
    migrating.migrate_cases,
    operating.verify,
    keeping.backup,
    keeping.restore,
    keeping.move,
    keeping.hold_deliveries,
    keeping.release_deliveries,
    exporting.export,
    reporting.report,
    reporting.replica,
    operating.demo,
    operating.token,
    operating.calendar,
    organising.account,
    organising.units,
    organising.mediation,
    organising.assignments,
    organising.channels,
    operating.documents_,
):
    main.add_command(verb)
