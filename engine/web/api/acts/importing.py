"""Files of matters: brought in, matched, checked and filed row by row, as on the pages of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from flask import Response, g, stream_with_context
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.orm import Session

from engine import bulk
from engine.bulk import BulkImport, ColumnMap, NotedRow, Outcome
from engine.cases import masked_text
from engine.errors import Invalid
from engine.people import ACTS
from engine.web import attached
from engine.web.api.acting import act, answer
from engine.web.api.asked import FileForm
from engine.web.api.blueprint import api
from engine.web.api.document import ACT, LOOK, refusals
from engine.web.api.operation import Room
from engine.web.api.problems import language
from engine.web.api.shapes import Cursor, Whole, row, told
from engine.web.api.told import Told
from engine.web.areas import own_asked
from engine.web.context import edge, looking, now, viewer, world
from engine.web.idempotency import Answer
from engine.web.imports import CHOSEN, column_names, mendable, our_names
from engine.web.policy import policy

IMPORTS = Room("imports", "Files of matters, filed row by row.", read="cases:read", write="cases:file")
PLACE = "/imports"
ONE = f"{PLACE}/<int:import_id>"
MOST_COLUMNS = 200
MOST_ROWS = 100


def _field(name: str) -> str:
    if name not in bulk.FIELDS:
        raise ValueError(f"must be one of {', '.join(bulk.FIELDS)}")
    return name


Column = Annotated[str, Field(json_schema_extra={"enum": list(bulk.FIELDS)}), AfterValidator(_field)]
Columns = Annotated[
    list[Column | None],
    Field(max_length=MOST_COLUMNS, description="What each column means, from the first on; null: it is not read."),
]
Word = Annotated[str, Field(max_length=64)]
Words = Annotated[dict[Word, Word], Field(max_length=bulk.MOST_VALUES)]
Values = Annotated[
    dict[Literal["channel", "kind", "category"], Words],
    Field(description="Which word of the file is which of ours; words that are not named are guessed."),
]
Rows = Annotated[list[Whole], Field(max_length=MOST_ROWS)]

IMPORT = row(
    "Import",
    BulkImport,
    "id unit_id made_by made_at name state rows done started_at ended_at trouble",
    "A file that was brought in. `state`: new, checking, checked, running, done, cancelled, failed.",
    filed=int,
)


class ImportFull(IMPORT):  # type: ignore[misc, valid-type]
    """With what its columns mean, and what its rows came to so far."""

    names: list[str] = Field(description="What the file calls its columns.")
    header: int = Field(description="The row with these names, from 1; 0: there is none.")
    columns: list[str | None]
    values: dict[str, dict[str, str]]
    usual: dict[str, str] = Field(description="What holds for rows that say nothing.")
    counts: dict[str, int] = Field(description="Rows by what the check and the filing made of them.")
    noted: dict[str, int] = Field(description="Rows that are not filed as they stand, by outcome; see listImportRows.")


class ImportFault(Told):
    field: str
    column: int | None = Field(description="From 0.")
    zh: str
    en: str
    suggest: list[str] = Field(description="Ids that may be meant.")


class ImportRow(Told):
    """A row that is not filed as it stands; telephones and numbers in its cells are masked."""

    number: int = Field(description="As a spreadsheet counts.")
    outcome: str
    cells: list[str]
    faults: list[ImportFault]
    cases: list[str] = Field(description="Cases that it looks like, if you see them.")
    take: bool = Field(description="It is filed although it looks like a case.")


class ImportedCase(Told):
    row: int
    case: str


class RowsChosen(Told):
    taken: int


class ImportForm(FileForm):
    unit: str = Field("", max_length=64, description="Where its matters lie; without it, your highest unit.")


class ImportPath(BaseModel):
    import_id: int


@api.post(
    PLACE,
    tags=[IMPORTS.tag],
    operation_id="openImport",
    summary="Bring in a file of matters",
    description="A workbook or a text table as multipart/form-data. Its columns are guessed and nothing is filed: look "
    "at `columns`, then send them with matchImport.",
    responses={201: ImportFull, **refusals(ACT)},
)
@policy("case.import", scope="cases:file")
@attached.takes_rows
def open_import(form: ImportForm) -> Response:
    unit_id = own_asked(form.unit, ACTS[bulk.ACT])
    taken = bulk.take_file(world().config, form.file.stream, form.file.filename or "")
    with looking() as session:
        mapping = bulk.guess_columns(session, world().config, taken.spool, unit_id, names=our_names())

    def do(session: Session) -> Answer:
        made = bulk.open_import(session, taken, mapping, unit_id, viewer=viewer(), now=now())
        return answer(_full(session, made), 201)

    return act(do)


@IMPORTS.look(PLACE, "listImports", "case.import", "List imports, latest first", lists=IMPORT)
def list_imports(session: Session, *, cursor: Cursor = "") -> Any:
    found = bulk.imports_of(session, viewer(), before=int(cursor) if cursor else None)
    following = found[-1].id if len(found) == bulk.LISTED else None
    return [each for row in found for each in told(session, IMPORT, [row], filed=_filed(row))], following


@IMPORTS.look(ONE, "readImport", "case.import", "Read an import", tells=ImportFull)
def read_import(session: Session, import_id: int) -> ImportFull:
    return _full(session, bulk.see_import(session, viewer(), import_id))


def _complete(
    session: Session,
    import_id: int,
    *,
    columns: Columns,
    header: int | None,
    values: Values,
    channel: str,
    kind: str,
    place_id: str,
    check: bool,
) -> None:
    """Reads the file while no lock is held."""
    kept = bulk.see_import(session, viewer(), import_id)
    if wrong := {f"values/{name}" for name, words in values.items() if not {*words.values()} <= {"", *CHOSEN[name]}}:
        said = {"zh": "请从已有的项目中选择。", "en": "Choose one of those there are."}
        raise Invalid("import.mapping", "A word is matched with none of ours.", fields=dict.fromkeys(wrong, said))
    mapping = ColumnMap(
        int(kept.mapping["header"]) if header is None else header,
        {at: name for at, name in enumerate(columns) if name is not None},
        {str(name): words for name, words in values.items()},
        {"channel": channel, "kind": kind, "place_id": place_id},
    )
    g.mapping = bulk.completed(
        session, world().config, import_id, mapping, names=our_names(), viewer=viewer(), guesses=False
    )


@IMPORTS.act(
    f"{ONE}/columns",
    "matchImport",
    "case.import",
    "Say what the columns mean, and have every row checked",
    method="PUT",
    tells=ImportFull,
    description="As often as you like until it is filed; what was found before is forgotten. Without `check` it is "
    "only kept.",
    before=_complete,
)
def match(
    session: Session,
    import_id: int,
    *,
    columns: Columns,
    header: Annotated[int, Field(ge=0, le=bulk.LOOKED_AT)] | None = None,
    values: Values = {},  # noqa: B006 - pydantic copies it
    channel: Word = "backlog_import",
    kind: Word = "complaint",
    place_id: Word = "",
    check: bool = True,
) -> ImportFull:
    try:
        kept = bulk.say_columns(session, world(), import_id, g.mapping, viewer=viewer(), now=now(), check=check)
    except Invalid as refusal:
        fields = refusal.facts.get("fields", {})
        placed = {name if name in ("channel", "kind", "place_id") else "columns": said for name, said in fields.items()}
        raise Invalid(refusal.code, refusal.sentence, **{**refusal.facts, "fields": placed}) from refusal
    return _full(session, kept)


@IMPORTS.look(
    f"{ONE}/rows",
    "listImportRows",
    "case.import",
    "List rows that are not filed as they stand",
    lists=ImportRow,
    description="`outcome`: wrong, something in it cannot be taken; alike, it looks like a case; twice, it was there "
    "before.",
)
def list_rows(
    session: Session, import_id: int, *, outcome: Literal["wrong", "alike", "twice"] = "wrong", cursor: Cursor = ""
) -> Any:
    bulk.see_import(session, viewer(), import_id)
    found = bulk.noted_rows(session, import_id, Outcome(outcome), after=int(cursor or 0))
    seen = {id: case.number for id, case in bulk.shown_cases(session, viewer(), found).items()}
    rows = found[: bulk.PAGE]
    return [_row(each, seen) for each in rows], rows[-1].number if len(found) > bulk.PAGE else None


@IMPORTS.look(f"{ONE}/cases", "listImportedCases", "case.import", "List what was filed", lists=ImportedCase)
def list_cases(session: Session, import_id: int, *, cursor: Cursor = "") -> Any:
    bulk.see_import(session, viewer(), import_id)
    found = bulk.filed_cases(session, viewer(), import_id, after=int(cursor or 0))
    rows = found[: bulk.PAGE]
    following = rows[-1][0] if len(found) > bulk.PAGE else None
    return [ImportedCase(row=number, case=case.number) for number, case in rows], following


@IMPORTS.act(
    f"{ONE}/choices",
    "chooseImportRows",
    "case.import",
    "Choose which rows that look like a case are filed all the same",
    tells=RowsChosen,
)
def choose(session: Session, import_id: int, *, take: Rows, leave: Rows = []) -> RowsChosen:  # noqa: B006 - as above
    return RowsChosen(taken=bulk.choose_rows(session, import_id, {*take, *leave}, take, viewer=viewer()))


@IMPORTS.act(
    f"{ONE}/filing",
    "startImport",
    "case.import",
    "Have the rows filed that nothing is wrong with",
    tells=ImportFull,
    description="With `take_alike` those too that look like a case.",
)
def start(session: Session, import_id: int, *, take_alike: bool = False) -> ImportFull:
    return _full(session, bulk.start_filing(session, import_id, take_alike=take_alike, viewer=viewer(), now=now()))


@IMPORTS.act(
    f"{ONE}/cancellation",
    "cancelImport",
    "case.import",
    "Stop an import",
    tells=ImportFull,
    description="What is filed stays.",
)
def cancel(session: Session, import_id: int) -> ImportFull:
    return _full(session, bulk.cancel_import(session, import_id, viewer=viewer(), now=now()))


@api.get(
    f"{ONE}/errors",
    tags=[IMPORTS.tag],
    operation_id="fetchImportErrors",
    summary="Fetch the rows that were not filed, to be mended and sent again",
    description="A text table with what is wrong beside each row, in the clear and so only for who brought it in.",
    responses={
        200: {"description": "CSV.", "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(LOOK),
    },
)
@policy("case.import", scope="cases:read")
def fetch_errors(path: ImportPath) -> Response:
    kept, names = mendable(path.import_id)
    locale = "en" if language() == "en" else "zh_CN"

    def pieces() -> Any:
        with edge().store.reading() as session:
            yield from bulk.as_csv(names, bulk.to_be_mended(session, kept.id), locale=locale)

    return Response(stream_with_context(pieces()), content_type="text/csv; charset=utf-8")


def _full(session: Session, kept: BulkImport) -> ImportFull:
    mapping = ColumnMap.of_json(kept.mapping)
    names = column_names(kept)
    width = max([len(names), *(at + 1 for at in mapping.columns)])
    brief = told(session, IMPORT, [kept], filed=_filed(kept))[0]
    return ImportFull(
        **brief.model_dump(),
        names=list(names),
        header=mapping.header,
        columns=[mapping.columns.get(at) for at in range(width)],
        values={name: dict(words) for name, words in mapping.values.items()},
        usual=dict(mapping.usual),
        counts=dict(kept.counts),
        noted=dict(bulk.noted_counts(session, kept.id)),
    )


def _filed(kept: BulkImport) -> int:
    return int(kept.counts.get("filed", 0))


def _row(each: NotedRow, seen: Mapping[int, str]) -> ImportRow:
    ids: Sequence[Any] = [pair[0 if each.outcome == Outcome.ALIKE else 1] for pair in each.alike]
    return ImportRow(
        number=each.number,
        outcome=each.outcome,
        cells=[masked_text(cell) for cell in each.cells],
        faults=[ImportFault(**{"column": None, "suggest": [], **fault}) for fault in each.faults],
        cases=[seen[id] for id in ids if id in seen],
        take=each.take,
    )
