"""rehearse: what a folder of processes would have done to closed cases, at once and without writing anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, progress_line, refusals, since, until
from engine.cli.processes import files_to_publish
from engine.cli.starting import configured, prepared

SHOWN = 20


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("bpmn"))
@since
@until
@click.option("--area", "unit_id", metavar="UNIT", help="Only cases of this district, street or community.")
@as_json
@database
@click.pass_obj
def rehearse(
    config_file: Path | None,
    folder: Path,
    since: datetime,
    until: datetime,
    unit_id: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Run closed cases once more through a folder of processes, and say what would have been different.

    The folder of one process is rehearsed together with everything else that is in force. Nothing is written.
    """
    from engine import rehearsal
    from engine.territory import children

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        world, now = application.world, application.clock.now()
        with application.store.reading() as session:
            draft = rehearsal.must_run(files_to_publish(session, folder))
            area = unit_id or next((unit.id for unit in children(session, None)), "")
            sample = rehearsal.must_be_possible(
                session, world, since=since.date(), until=until.date(), unit_id=area, now=now
            )
            ids = rehearsal.ids_of(session, sample)
            habits = rehearsal.learn(session, world, ids).habits()
            rehearsing = rehearsal.Rehearsing(world, draft, habits)
            cases: list[rehearsal.Rehearsed] = []
            with progress_line("rehearsed", len(ids), quiet=as_json) as progress:
                for past in rehearsal.read_each(session, world, ids):
                    own = world.releases.get(session, past.release_id)
                    cases.append(rehearsing.compare(len(cases) + 1, past, own, traced=False).rehearsed)
                    progress(len(cases), "cases")
        figures = rehearsal.figures_of(cases, world.tiers.names, day_minutes=world.calendar.minutes_per_day)
        mark, differing = rehearsal.hash_of(cases), [case for case in cases if case.differs][:SHOWN]
        if as_json:
            shown = [
                {"number": c.number, "category": c.category, "before": c.before, "after": c.after} for c in differing
            ]
            click.echo(json.dumps({**figures, "first": shown, "hash": mark}, ensure_ascii=False, indent=1))
        else:
            _say(figures, mark)


def _say(figures: Mapping[str, Any], mark: str) -> None:
    click.echo(f"{figures['differing']} of {figures['cases']} case(s) would have gone differently.")
    for name, (was, would) in figures["measures"].items():
        click.echo(f"  {name.replace('_', ' '):<16} {was!s:>8} → {would!s:<8}")
    for row in figures["tiers"]:
        rises, overdue = row["rises"], row["overdue"]
        click.echo(
            f"  from {row['tier']:<11} {rises[0]:>8} → {rises[1]:<8} rises, by overdue {overdue[0]} → {overdue[1]}"
        )
    assumed = figures["assumed"]
    click.echo(f"{assumed['answers']} answer(s) in {assumed['cases']} case(s) are assumed: history has none.")
    if figures["unexplained"]:
        click.echo(f"{figures['unexplained']} differing case(s) are not explained by the draft.")
    for trouble, count in figures["trouble"].items():
        click.secho(f"the draft stops {count} case(s): {trouble}", fg="red")
    click.echo(f"result {mark}")
