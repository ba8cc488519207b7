"""Looking at imports: those of the viewer's units, what was found in one, and the rows that need somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.bulk.model import BulkImport, FiledRow, ImportState, NotedRow, Outcome
from engine.cases import Case
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.tasks import visible_cases
from engine.territory import within

ACT = "case.import"
PAGE = 25
LISTED = 50
AT_ONCE = 1_000


def imports_of(session: Session, viewer: Viewer, *, before: int | None = None) -> Sequence[BulkImport]:
    """Newest first."""
    wanted = select(BulkImport).where(within(BulkImport.unit_id.expression, viewer.units(ACTS[ACT])))
    if before is not None:
        wanted = wanted.where(BulkImport.id < before)
    return session.scalars(wanted.order_by(BulkImport.id.desc()).limit(LISTED)).all()


def see_import(session: Session, viewer: Viewer, import_id: int, *, locked: bool = False) -> BulkImport:
    """Raises NotFound for one of an area that is not the viewer's, as for one that is not there."""
    found = session.get(BulkImport, import_id, with_for_update=locked or None)
    if found is None or not viewer.may(ACT, found.unit_id):
        raise NotFound("import.unknown", "There is no such import.")
    return found


def how_many_wait(session: Session, viewer: Viewer) -> int:
    """Imports that somebody has begun and that wait for a person."""
    wanted = select(func.count()).where(
        within(BulkImport.unit_id.expression, viewer.units(ACTS[ACT])),
        BulkImport.state.in_((ImportState.NEW.value, ImportState.CHECKED.value)),
    )
    return session.scalar(wanted) or 0


def noted_counts(session: Session, import_id: int) -> Mapping[str, int]:
    """Rows by outcome, and under `taken` those that look like a case and are to be filed all the same."""
    found: dict[str, int] = {}
    rows = session.execute(
        select(NotedRow.outcome, NotedRow.take, func.count())
        .where(NotedRow.import_id == import_id)
        .group_by(NotedRow.outcome, NotedRow.take)
    )
    for outcome, take, count in rows:
        found[outcome] = found.get(outcome, 0) + count
        if take:
            found["taken"] = found.get("taken", 0) + count
    return found


def noted_rows(
    session: Session, import_id: int, outcome: Outcome, *, after: int = 0, most: int = PAGE + 1
) -> Sequence[NotedRow]:
    """In the order of the file, from behind a row on."""
    wanted = select(NotedRow).where(
        NotedRow.import_id == import_id, NotedRow.outcome == outcome.value, NotedRow.number > after
    )
    return session.scalars(wanted.order_by(NotedRow.number).limit(most)).all()


@dataclass(frozen=True, slots=True)
class Known:
    """A case that a row looks like, as the viewer may see it."""

    case: Case


def shown_cases(session: Session, viewer: Viewer, rows: Sequence[NotedRow]) -> Mapping[int, Case]:
    """Those of the cases that rows look like which the viewer may see, by id. One statement."""
    ids = sorted({each[0] for row in rows if row.outcome == Outcome.ALIKE for each in row.alike})
    ids += sorted({each[1] for row in rows if row.outcome == Outcome.TWICE for each in row.alike if each[1]})
    if not ids:
        return {}
    shown = select(Case).where(Case.id.in_(ids), visible_cases(viewer, one=ids))
    return {case.id: case for case in session.scalars(shown)}


def filed_cases(session: Session, viewer: Viewer, import_id: int, *, after: int = 0) -> Sequence[tuple[int, Case]]:
    """(row, case) of what was filed and the viewer may see, in the order of the file."""
    wanted = (
        select(FiledRow.number, Case)
        .join(Case, Case.id == FiledRow.case_id)
        .where(FiledRow.import_id == import_id, FiledRow.number > after, visible_cases(viewer))
        .order_by(FiledRow.number)
        .limit(PAGE + 1)
    )
    return [(number, case) for number, case in session.execute(wanted)]


def to_be_mended(session: Session, import_id: int) -> Iterator[NotedRow]:
    """Every row that was not filed and could be: what is wrong, and what looks like a case and nobody took."""
    unfiled: ColumnElement[bool] = NotedRow.outcome.in_((Outcome.WRONG.value, Outcome.ALIKE.value))
    after = 0
    while True:
        rows = session.scalars(
            select(NotedRow)
            .where(NotedRow.import_id == import_id, unfiled, NotedRow.take.is_(False), NotedRow.number > after)
            .order_by(NotedRow.number)
            .limit(AT_ONCE)
        ).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].number
        session.expunge_all()
