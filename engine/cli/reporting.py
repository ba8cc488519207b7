"""report: the figures of an area; replica: the half year of the published article, to count it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, progress_line, refusals, say, since, until
from engine.cli.starting import configured, prepared
from engine.errors import Invalid


@click.command()
@since
@until
@click.option("--area", "unit_id", metavar="UNIT", help="The unit; the district where it is left out.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As known at the end of this day; left out, as known now."
)
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a workbook.")
@click.option("--docx", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a Word file.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the report.")
@as_json
@database
@click.pass_obj
def report(
    config_file: Path | None,
    since: datetime,
    until: datetime,
    unit_id: str | None,
    as_of: datetime | None,
    xlsx: Path | None,
    docx: Path | None,
    language: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Make the report of an area over some days, keep it, and print its figures."""
    with refusals(as_json):
        application = prepared(configured(config_file, database))
        zone = application.world.calendar.tz
        now = application.clock.now()
        known = now if as_of is None else min(now, (as_of + timedelta(days=1)).replace(tzinfo=zone))
        _report(application, since, until, unit_id, known, xlsx, docx, language, as_json=as_json)


def _report(
    application: Any,
    since: datetime,
    until: datetime,
    unit_id: str | None,
    known: datetime,
    xlsx: Path | None,
    docx: Path | None,
    language: str,
    *,
    as_json: bool,
) -> None:
    from sqlalchemy import select

    from engine import figures
    from engine.territory import Unit, get_unit

    now = application.clock.now()
    with application.store.transaction() as session:
        top = unit_id or session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))
        if top is None:
            raise Invalid("report.nowhere", "This database has no unit yet.")
        wanted = figures.Wanted(top, since.date(), until.date(), known)
        report_id = figures.ask_report(session, wanted, viewer=None, now=now).id
    while application.scheduler.make_reports():
        pass
    with application.store.reading() as session:
        made = session.get_one(figures.FieldReport, report_id)
        if made.state != figures.ReportState.DONE:
            raise Invalid("report.failed", f"The report could not be made: {made.trouble}.")
        title = figures.title_of(made, get_unit(session, top).name(language), language)
        subject = figures.subject_of(made, language, application.world.calendar.tz)
        sheets = figures.sheets_of(made.parts, language, lambda _kind, key: key)
        for path, write in ((xlsx, figures.as_workbook), (docx, figures.as_word)):
            if path is not None:
                path.write_bytes(write(title, subject, sheets, locale=language))
        lines = "\n".join(_line(each, language) for each in made.parts["figures"])
        say(as_json, {"report": report_id, "as_of": known, **made.parts}, f"{title}\n{subject}\n\n{lines}")


def _line(each: dict[str, Any], language: str) -> str:
    name = each["name"][0 if language == "zh" else 1]
    percent = " %" if each["shape"] == "share" and each["shown"] is not None else ""
    of = "" if each["below"] is None else f"  ({each['above']} / {each['below']})"
    change = "" if each["change"] is None else f"  {each['change']}{' %' if each['shape'] == 'count' else ''}"
    return f"{each['id']:34} {each['shown'] or '—'}{percent}{of}{change}  {name}"


@click.command()
@click.option("--part", default=1.0, show_default=True, type=click.FloatRange(0.001, 1.0), help="How much of it.")
@as_json
@database
@click.pass_obj
def replica(config_file: Path | None, part: float, database: str | None, as_json: bool) -> None:
    """Fill an empty database with the half year that the published article tells of, and report on it."""
    from engine.clock import ManualClock
    from engine.demo import Plan, seed_replica
    from engine.main import build

    with refusals(as_json):
        config = configured(config_file, database, demo=True)
        application, plan = prepared(config), Plan.read(part)
        with progress_line("copied", None, quiet=as_json) as progress:
            as_of = seed_replica(application.store, config, plan, progress=progress)
        then = build(config, store=application.store, clock=ManualClock(as_of))
        since, until = (datetime.combine(day, datetime.min.time()) for day in (plan.first, plan.last))
        _report(then, since, until, None, as_of, None, None, "zh", as_json=as_json)
