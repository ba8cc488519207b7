"""import: a file of matters, matched, checked and filed, without a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from engine.cli.output import as_json, database, progress_line, refusals, say
from engine.cli.starting import configured, prepared
from engine.errors import Invalid
from engine.strict_json import read_json


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", required=True, help="The unit that every row lies in, LHQ for example.")
@click.option("--mapping", type=click.File("rb"), help="JSON: header (row of the names), columns, values, usual.")
@click.option("--dry-run", is_flag=True, help="Check every row and file none; says how the columns were taken.")
@click.option("--take-alike", is_flag=True, help="File rows too that look like a case there is.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to mend here (CSV).")
@as_json
@database
@click.pass_obj
def import_(
    config_file: Path | None,
    file: Path,
    unit: str,
    mapping: Any,
    dry_run: bool,
    take_alike: bool,
    errors: Path | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Bring in a file of matters (CSV, XLSX, JSON) and file its rows, each as an open case.

    Columns are matched by their names where --mapping does not say what they mean:
    {"header": 1, "columns": {"0": "external_no", "3": "description"}, "usual": {"place_id": "LHQ.MZ"}}.
    Run again with the same file, it files what is not filed yet. Exit code 1 when a row was not filed or could not be.
    """
    from engine import bulk

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        store, world, clock = application.store, application.world, application.clock
        with file.open("rb") as source:
            taken = bulk.take_file(world.config, source, file.name)
        with store.reading() as session:
            known = bulk.guess_columns(session, world.config, taken.spool, unit, names={})
        if mapping is not None:
            known = _said(mapping.read(), known)
        bulk.must_be_enough(known)
        with store.transaction() as session:
            row = bulk.open_import(session, taken, known, unit, viewer=None, now=clock.now())
            bulk.begin_check(row, now=clock.now())
            import_id = row.id
        with progress_line("checked", taken.rows, quiet=as_json) as progress:
            bulk.work_off(store, world, clock, import_id, on_progress=lambda done: progress(done, "rows"))
        if not dry_run:
            with store.transaction() as session:
                bulk.begin_filing(session.get_one(bulk.BulkImport, import_id), take_alike=take_alike, now=clock.now())
            with progress_line("filed", taken.rows, quiet=as_json) as progress:
                bulk.work_off(store, world, clock, import_id, on_progress=lambda done: progress(done, "rows"))
        with store.transaction() as session:
            row = session.get_one(bulk.BulkImport, import_id)
            found = {**row.counts, **bulk.noted_counts(session, import_id)}
            names = bulk.names_of(bulk.head_of(world.config, row), known.header)
            if errors is not None:
                errors.write_bytes(b"".join(bulk.as_csv(names, bulk.to_be_mended(session, import_id), locale="en")))
                row = session.get_one(bulk.BulkImport, import_id)
            if dry_run:
                bulk.end_import(row, bulk.ImportState.CANCELLED, now=clock.now())
        columns = {names[at] or str(at): name for at, name in known.columns.items() if at < len(names)}
        lines = [f"{name}: {field}" for name, field in columns.items()]
        lines += [f"{each:>12}: {found.get(each, 0)}" for each in ("rows", "filed", "wrong", "alike", "twice")]
        say(as_json, {"import": import_id, "columns": columns, **found}, "\n".join(lines))
        sys.exit(1 if found.get("wrong") or (found.get("alike") and not take_alike) else 0)


def _said(data: bytes, guessed: Any) -> Any:
    from engine.bulk import ColumnMap

    try:
        said = read_json(data)
        return ColumnMap.of_json({**guessed.as_json(), **said, "usual": {**guessed.usual, **said.get("usual", {})}})
    except (Invalid, ValueError, TypeError, AttributeError, KeyError) as error:
        raise Invalid("import.mapping", f"The mapping is not readable JSON of that shape: {error}.") from error
