"""Bulk import: a file is brought in, its columns are matched, its rows are checked, and then they are filed.

Every step is a page that works without a script. What goes on in the background shows how far it is; whoever brought
the file in may leave and come back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from engine import bulk
from engine.bulk import BulkImport, ColumnMap, ImportState, Outcome
from engine.errors import Invalid, NotFound
from engine.people import ACTS
from engine.territory import get_unit, units_by_id
from engine.web import attached
from engine.web.areas import own_asked, own_units, right_below
from engine.web.context import acting, edge, locale, looking, now, viewer, world
from engine.web.language import _, speaking
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.words.categories import CATEGORIES
from engine.web.words.matters import CHANNELS, KINDS

pages = Blueprint("imports", __name__)

ROLES = ACTS[bulk.ACT]
CHOSEN: Mapping[str, Mapping[str, Any]] = {"channel": CHANNELS, "kind": KINDS, "category": CATEGORIES}
SHOWN_SAMPLES = 3
SHOWN_WORDS = 80
TABS = ("wrong", "alike", "twice")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/imports")
@policy("case.import")
def show_list() -> str:
    return _list({})


@pages.post("/imports")
@policy("case.import")
@attached.takes_rows
def take() -> str | tuple[str, int] | AnyResponse:
    files = attached.received("file")
    unit_id = own_asked(request.form.get("unit"), ROLES)
    try:
        if not files:
            said = {"zh": "请选择文件。", "en": "Choose a file."}
            raise Invalid("import.no_file", said["en"], fields={"file": said})
        taken = bulk.take_file(world().config, files[0].stream, files[0].filename or "")
    except Invalid as refusal:
        return _list(refusal.facts["fields"]), 422
    with looking() as session:
        mapping = bulk.guess_columns(session, world().config, taken.spool, unit_id, names=our_names())
    with acting() as session:
        row = bulk.open_import(session, taken, mapping, unit_id, viewer=viewer(), now=now())
    flash(_("The file has been read; nothing is filed yet."))
    return redirect(url_for("imports.show", import_id=row.id))


@pages.get("/imports/<int:import_id>")
@policy("case.import")
def show(import_id: int) -> str:
    with looking() as session:
        row = bulk.see_import(session, viewer(), import_id)
        if row.state == ImportState.NEW:
            return _columns(session, row, ColumnMap.of_json(row.mapping), {})
        if row.under_way:
            total = max(1, row.rows - int(row.mapping["header"]))
            done = max(0, row.done - int(row.mapping["header"]))
            return render_template("imports/progress.html", row=row, total=total, done=done)
        return _result(session, row)


@pages.post("/imports/<int:import_id>/columns")
@policy("case.import")
def say_columns(import_id: int) -> str | tuple[str, int] | AnyResponse:
    said, check = _said(), request.form.get("step") == "check"
    with looking() as session:
        mapping = bulk.completed(session, world().config, import_id, said, names=our_names(), viewer=viewer())

    def act(session: Session) -> Done:
        bulk.say_columns(session, world(), import_id, mapping, viewer=viewer(), now=now(), check=check)
        told = _("Every row is being checked; nothing is filed yet.") if check else _("Kept; nothing is filed yet.")
        return Done(url_for("imports.show", import_id=import_id), told)

    try:
        return once(act)
    except Invalid as refusal:
        with looking() as session:
            row = bulk.see_import(session, viewer(), import_id)
            return _columns(session, row, mapping, refusal.facts.get("fields", {})), 422


@pages.post("/imports/<int:import_id>/matching")
@policy("case.import")
def match_again(import_id: int) -> AnyResponse:
    """Back to the columns, with what was found forgotten."""

    def act(session: Session) -> Done:
        row = bulk.see_import(session, viewer(), import_id)
        mapping = ColumnMap.of_json(row.mapping)
        bulk.say_columns(session, world(), import_id, mapping, viewer=viewer(), now=now(), check=False)
        return Done(url_for("imports.show", import_id=import_id), _("You may match the columns anew."))

    return once(act)


@pages.post("/imports/<int:import_id>/filing")
@policy("case.import")
def start(import_id: int) -> AnyResponse:
    def act(session: Session) -> Done:
        take_alike = request.form.get("alike") == "all"
        bulk.start_filing(session, import_id, take_alike=take_alike, viewer=viewer(), now=now())
        return Done(url_for("imports.show", import_id=import_id), _("The rows are being filed."))

    return once(act)


@pages.post("/imports/<int:import_id>/choices")
@policy("case.import")
def choose(import_id: int) -> AnyResponse:
    shown = {each for each in map(number, request.form.getlist("shown")) if each}
    chosen = {each for each in map(number, request.form.getlist("take")) if each}

    def act(session: Session) -> Done:
        taken = bulk.choose_rows(session, import_id, shown, chosen, viewer=viewer())
        where = url_for("imports.show", import_id=import_id, tab="alike", after=number(request.form.get("after")))
        return Done(where, _("Of these rows %(num)d will be filed all the same.", num=taken))

    return once(act)


@pages.post("/imports/<int:import_id>/cancellation")
@policy("case.import")
def cancel(import_id: int) -> AnyResponse:
    def act(session: Session) -> Done:
        row = bulk.cancel_import(session, import_id, viewer=viewer(), now=now())
        filed = row.counts.get("filed", 0)
        said = _("Cancelled. What is filed stays: %(num)d cases.", num=filed) if filed else _("Cancelled.")
        return Done(url_for("imports.show", import_id=import_id), said)

    return once(act)


@pages.get("/imports/<int:import_id>/errors.csv")
@policy("case.import")
def errors_as_csv(import_id: int) -> Response:
    row, names = mendable(import_id)
    language = locale()

    def pieces() -> Iterator[bytes]:
        with edge().store.reading() as session:
            yield from bulk.as_csv(names, bulk.to_be_mended(session, row.id), locale=language)

    answer = Response(stream_with_context(pieces()), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"import-{import_id}-errors.csv")
    return answer


@pages.get("/imports/<int:import_id>/errors.xlsx")
@policy("case.import")
def errors_as_workbook(import_id: int) -> Response:
    row, names = mendable(import_id)
    data = io.BytesIO()
    with edge().store.reading() as session:
        bulk.write_workbook(data, names, bulk.to_be_mended(session, row.id), locale=locale())
    answer = Response(data.getvalue(), mimetype=EXCEL)
    answer.headers.set("Content-Disposition", "attachment", filename=f"import-{import_id}-errors.xlsx")
    return answer


def mendable(import_id: int) -> tuple[BulkImport, Sequence[str]]:
    """The rows are in the clear, so they go to whoever brought them in and to nobody else."""
    with looking() as session:
        row = bulk.see_import(session, viewer(), import_id)
        if row.made_by != viewer().person_id or row.spool is None or row.under_way or row.state == ImportState.NEW:
            raise NotFound("import.unknown", "There is no such file.")
        return row, column_names(row)


def _list(wrong: Mapping[str, Any]) -> str:
    before = number(request.args.get("before"))
    with looking() as session:
        found = bulk.imports_of(session, viewer(), before=before)
        units = units_by_id(session, {each.unit_id for each in found} | set(own_units(ROLES)))
        return render_template(
            "imports/list.html",
            found=found,
            units=units,
            own=[units[each] for each in own_units(ROLES) if each in units],
            limits=world().config.imports,
            wrong=wrong,
            more=len(found) == bulk.LISTED,
        )


def _columns(session: Session, row: BulkImport, mapping: ColumnMap, wrong: Mapping[str, Any]) -> str:
    head = bulk.head_of(world().config, row)
    names = bulk.names_of(head, mapping.header)
    samples = [
        [cells[column] for cells in head[mapping.header :] if column < len(cells) and cells[column].strip()]
        for column in range(len(names))
    ]
    return render_template(
        "imports/columns.html",
        row=row,
        mapping=mapping,
        head=head[: max(mapping.header, 1) + 2],
        columns=[
            (column, name or _("column %(letter)s", letter=_letter(column)), samples[column][:SHOWN_SAMPLES])
            for column, name in enumerate(names)
        ],
        fields=list(bulk.FIELDS),
        chosen=CHOSEN,
        most_words=SHOWN_WORDS,
        places=[get_unit(session, row.unit_id), *right_below(session, row.unit_id)],
        wrong=wrong,
    )


def _result(session: Session, row: BulkImport) -> str:
    counts = bulk.noted_counts(session, row.id)
    filed_first = row.state in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)
    usual = next((each for each in TABS if counts.get(each)), "wrong")
    tab, after = request.args.get("tab", "filed" if filed_first and row.counts.get("filed") else usual), _after()
    filed: Sequence[Any] = ()
    noted: Sequence[Any] = ()
    if tab == "filed":
        filed = bulk.filed_cases(session, viewer(), row.id, after=after)
    elif tab in TABS:
        noted = bulk.noted_rows(session, row.id, Outcome(tab), after=after)
    else:
        raise NotFound("import.unknown", "There is no such list.")
    cases = bulk.shown_cases(session, viewer(), noted)
    suggested = {unit for each in noted for fault in each.faults for unit in fault.get("suggest", ())}
    found = filed or noted
    names = column_names(row)

    def told_cells(each: bulk.NotedRow) -> Sequence[tuple[str, str]]:
        return [(name, cell) for name, cell in zip(names, each.cells, strict=False) if cell.strip()]

    return render_template(
        "imports/result.html",
        row=row,
        counts=counts,
        names=names,
        told_cells=told_cells,
        mapping=ColumnMap.of_json(row.mapping),
        tab=tab,
        after=after,
        filed=filed[: bulk.PAGE],
        noted=noted[: bulk.PAGE],
        cases=cases,
        units=units_by_id(session, suggested | {row.unit_id}),
        next_after=None if len(found) <= bulk.PAGE else _number_of(found[bulk.PAGE - 1]),
        mine=row.made_by == viewer().person_id,
        kept_days=world().config.imports.keep_days,
    )


def _number_of(each: Any) -> int:
    return int(each[0] if isinstance(each, tuple) else each.number)


def _after() -> int:
    return number(request.args.get("after")) or 0


def column_names(row: BulkImport) -> Sequence[str]:
    names = bulk.names_of(bulk.head_of(world().config, row), int(row.mapping["header"]))
    return [name or _("column %(letter)s", letter=_letter(at)) for at, name in enumerate(names)]


def _letter(column: int) -> str:
    """As a spreadsheet calls it."""
    letters = ""
    while column >= 0:
        letters = chr(65 + column % 26) + letters
        column = column // 26 - 1
    return letters


def _said() -> ColumnMap:
    form = request.form
    columns = {
        int(key.removeprefix("column-")): value
        for key, value in form.items()
        if key.startswith("column-") and number(key.removeprefix("column-")) is not None and value in bulk.FIELDS
    }
    values = {
        name: {
            word: form.get(f"value-{name}-{at}", "")
            for at, word in enumerate(form.getlist(f"word-{name}"))
            if form.get(f"value-{name}-{at}", "") in ("", *ours)
        }
        for name, ours in CHOSEN.items()
    }
    usual = {name: form.get(f"usual-{name}", "") for name in ("channel", "kind", "place_id")}
    return ColumnMap(min(number(form.get("header")) or 0, bulk.LOOKED_AT), columns, values, usual)


def our_names() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What people call our words, in both languages; categories by the words too that reports are sorted by."""
    told: dict[str, dict[str, list[str]]] = {name: {each: [] for each in ours} for name, ours in CHOSEN.items()}
    for language in ("zh_CN", "en"):
        with speaking(language):
            for name, ours in CHOSEN.items():
                for each, said in ours.items():
                    told[name][each].append(str(said))
    with looking() as session:
        for each, sorted_by in world().releases.current(session).keywords.words.items():
            told["category"].setdefault(each, []).extend(sorted_by)
    return told
