"""export: closed cases as an event log for process mining."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import click

from engine.cli.output import as_json, database, refusals, say, since, until
from engine.cli.starting import configured, prepared
from engine.errors import Invalid


@click.command()
@click.option(
    "--xes", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write XES into this file."
)
@click.option("--ocel", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write OCEL 2.0 (JSON).")
@since
@until
@click.option("--area", "unit_id", metavar="UNIT", help="Only cases of this unit and below it.")
@click.option("--process", "process_id", metavar="ID", help="Only this process and the cases it worked on.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Names of steps.")
@click.option("--reason", required=True, help="What it is for; it stands in the operators' log.")
@as_json
@database
@click.pass_obj
def export(
    config_file: Path | None,
    xes: Path | None,
    ocel: Path | None,
    since: datetime,
    until: datetime,
    unit_id: str | None,
    process_id: str | None,
    language: str,
    reason: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Write closed cases as an event log for process mining, without anything about a person.

    A file appears when it is whole. Confidential cases are left out.
    """
    from engine import event_log
    from engine.reports import Period, Within
    from engine.territory import children, get_unit

    wanted = [(path, event_log.Format(name)) for name, path in (("xes", xes), ("ocel", ocel)) if path is not None]
    with refusals(as_json):
        if not wanted:
            raise Invalid("export.nothing", "Say --xes FILE, --ocel FILE, or both.")
        if until < since:
            raise Invalid("period.wrong", "The period ends before it begins.")
        application = prepared(configured(config_file, database), to_read=True)
        world, now = application.world, application.clock.now()
        zone = world.calendar.tz
        period = Period(since.replace(tzinfo=zone), (until + timedelta(days=1)).replace(tzinfo=zone))
        with application.store.reading() as session:
            area = unit_id or next((unit.id for unit in children(session, None)), "")
            scope = event_log.Scope(period, Within(get_unit(session, area).id), process_id)
            count = event_log.how_many(session, scope)
        for path, format_ in wanted:  # recorded before it leaves
            with application.store.transaction() as session:
                event_log.record(session, scope, format_, count, viewer=None, reason=reason, now=now)
            part = path.with_name(f"{path.name}.part")
            with application.store.reading() as session, part.open("wb") as out:
                event_log.export(
                    session, out, scope, format_, tiers=world.tiers, language=language, name=f"{area} {period.start:%F}"
                )
            os.replace(part, path)
        files = [str(path) for path, _format in wanted]
        say(as_json, {"cases": count, "files": files}, f"{count} case(s) in {', '.join(files)}.")
