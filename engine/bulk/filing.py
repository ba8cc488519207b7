"""A portion is filed: the rows that nothing is wrong with, in the transaction that says how far the import got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import intake, people
from engine.bulk.checking import faults_in, filed_before, noted
from engine.bulk.held import Held, Line
from engine.bulk.matter import Fault, key_of
from engine.bulk.model import BulkImport, FiledRow, NotedRow, Outcome
from engine.bulk.rows import ACT
from engine.errors import Invalid
from engine.process import World
from engine.store import Prepared, table_of

_filed = table_of(FiledRow)
_FILED = Prepared(insert(_filed), columns=("key", "import_id", "number", "case_id"))
_noted = table_of(NotedRow)
_NOTE = {
    dialect: insert_(_noted).on_conflict_do_update(
        index_elements=["import_id", "number"],
        set_={name: insert_(_noted).excluded[name] for name in ("outcome", "faults", "alike", "cells", "take")},
    )
    for dialect, insert_ in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def file_lines(
    session: Session, world: World, row: BulkImport, held: Held, lines: Sequence[Line], *, now: datetime
) -> None:
    """Files the rows that are to be filed, as whoever brought them in, with the rights they have now.

    Raises NotAllowed where these have gone. A row that was filed before is passed over.
    """
    viewer = None
    if row.made_by is not None:
        viewer = people.viewer_of(session, row.made_by, now=now)
        viewer.must(ACT, row.unit_id)
        viewer.must("case.file", row.unit_id)
    matters = held.matters(lines)
    left_out = _left_out(session, row, matters)
    read = [(line, held.reader.read(line.cells)) for line in matters if line.number not in left_out]
    wrong = [noted(row.id, line, Outcome.WRONG, faults=each.faults) for line, each in read if each.filing is None]
    wanted = {key_of(each.filing): (line, each.filing) for line, each in read if each.filing is not None}
    before = filed_before(session, [filing for _, filing in wanted.values()])
    for key, case_id in before.items():
        line, _ = wanted.pop(key)
        wrong.append(noted(row.id, line, Outcome.TWICE, alike=[[0, case_id]]))
    filings = [filing for _, filing in wanted.values()]
    cases = intake.file_cases(session, world, filings, viewer=viewer, now=now, memory=held.memory)
    filed = []
    for (key, (line, _)), case in zip(wanted.items(), cases, strict=True):
        if isinstance(case, Invalid):
            faults = faults_in(case.facts.get("fields", {}), held.reader.columns)
            wrong.append(noted(row.id, line, Outcome.WRONG, faults=faults))
        else:
            filed.append({"key": key, "import_id": row.id, "number": line.number, "case_id": case.id})
    _FILED.run_many(session, filed)
    note_rows(session, wrong)
    row.counts = {**row.counts, "filed": row.counts.get("filed", 0) + len(filed)}


def note_broken(session: Session, row: BulkImport, held: Held, lines: Sequence[Line], said: str) -> None:
    """Notes a row that brought its portion to fall, for reasons that are not its writer's."""
    fault: Fault = {
        "field": "",
        "zh": f"这一行未能立案（{said}）。请告知系统管理员。",
        "en": f"This row could not be filed ({said}). Please tell your operator.",
    }
    note_rows(session, [noted(row.id, line, Outcome.WRONG, faults=[fault]) for line in held.matters(lines)])


def note_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(_NOTE[session.get_bind().dialect.name], [dict(each) for each in rows])


def _left_out(session: Session, row: BulkImport, lines: Sequence[Line]) -> set[int]:
    """Rows of the portion that the check has noted and nobody wants filed."""
    if not lines:
        return set()
    found = session.execute(
        select(NotedRow.number, NotedRow.outcome, NotedRow.take).where(
            NotedRow.import_id == row.id, NotedRow.number.between(lines[0].number, lines[-1].number)
        )
    )
    return {number for number, outcome, take in found if outcome != Outcome.ALIKE or not (take or row.take_alike)}
