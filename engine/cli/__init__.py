"""The `maplebridge` command. Exit code 0: done; 1: refused or something is wrong; 2: wrong use.

Every verb says what it does with `--help`; `--json` prints one JSON document on standard output and nothing else,
progress and remarks go to standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

PURPOSES: Mapping[str, Sequence[click.Command]] = {
    "A new installation, in this order": (
        operating.migrate,
        organising.units,
        organising.account,
        processes.publish,
        serving.serve,
    ),
    "Day by day": (
        serving.work,
        operating.calendar,
        operating.token,
        keeping.backup,
        operating.verify,
        operating.documents_,
    ),
    "Who stands where": (organising.assignments, organising.mediation, organising.channels),
    "Processes": (
        processes.check,
        processes.play,
        rehearsing.rehearse,
        migrating.migrate_cases,
        designing.templates,
    ),
    "Matters and figures": (operating.file_, importing.import_, reporting.report, exporting.export),
    "Another database": (
        keeping.restore,
        keeping.move,
        keeping.hold_deliveries,
        keeping.release_deliveries,
    ),
    "To try it out": (operating.demo, reporting.replica, operating.simulate),
}


class Verbs(click.Group):
    """Shows the verbs under what they are for, each with the whole of its first sentence."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, self.commands))
        for purpose, verbs in PURPOSES.items():
            with formatter.section(purpose):
                formatter.write_dl(
                    [(str(verb.name).ljust(widest), verb.get_short_help_str(limit=200)) for verb in verbs]
                )


@click.group(
    cls=Verbs,
    commands=[verb for verbs in PURPOSES.values() for verb in verbs],
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
