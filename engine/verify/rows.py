"""What is stored about a run of cases, read in one snapshot: few queries however many cases."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, Text, select, type_coerce
from sqlalchemy.orm import Session

from engine import runtime
from engine.cases import Case, Visit
from engine.deadlines import Deadline
from engine.documents import Document
from engine.errors import Refusal
from engine.history import HistoryEntry
from engine.outbox import OutboxEntry
from engine.process import Instance, World
from engine.store import table_of
from engine.tasks import Task
from engine.verify.model import Facts, Running


def case_ids(session: Session, *, after: int, until: int, most: int) -> list[int]:
    return list(session.scalars(select(Case.id).where(Case.id > after, Case.id <= until).order_by(Case.id).limit(most)))


def read_cases(session: Session, world: World, ids: list[int]) -> Iterator[tuple[Facts, Iterator[Any]]]:
    """Each case with its stored facts and its history, which must be consumed before the next case is asked for."""
    first, last = ids[0], ids[-1]
    cases = session.execute(_rows(Case).where(Case.id.between(first, last)).order_by(Case.id)).all()
    models = (Visit, Task, Deadline, Instance, OutboxEntry, Document)
    tables = [_by_case(session, model, first, last) for model in models]
    visits, tasks, deadlines, instances, outbox, papers = tables
    running = {case_id: [_running(session, world, row) for row in rows] for case_id, rows in instances.items()}
    history = itertools.groupby(_history(session, first, last), key=lambda entry: entry.case_id)
    upcoming = next(history, None)
    for case in cases:
        entries: Iterator[Any] = iter(())
        if upcoming is not None and upcoming[0] == case.id:
            entries = upcoming[1]
        yield (
            Facts(
                case,
                sorted(visits.get(case.id, ()), key=lambda visit: visit.seq),
                tasks.get(case.id, ()),
                deadlines.get(case.id, ()),
                running.get(case.id, ()),
                outbox.get(case.id, ()),
                papers.get(case.id, ()),
            ),
            entries,
        )
        if upcoming is not None and upcoming[0] == case.id:
            upcoming = next(history, None)


def _rows(model: Any) -> Select[Any]:
    return select(table_of(model))


def _by_case(session: Session, model: Any, first: int, last: int) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    query = _rows(model).where(model.case_id.between(first, last)).order_by(model.id)
    for row in session.execute(query):
        found.setdefault(row.case_id, []).append(row)
    return found


def _history(session: Session, first: int, last: int) -> Iterator[Any]:
    entry = table_of(HistoryEntry).c
    as_text = [type_coerce(column, Text).label(column.name) for column in (entry.facts, entry.after)]
    others = [column for column in entry if column.name not in ("facts", "after")]
    query = select(*others, *as_text).where(entry.case_id.between(first, last)).order_by(entry.case_id, entry.seq)
    yield from session.execute(query.execution_options(yield_per=1000))


def _running(session: Session, world: World, row: Any) -> Running:
    if row.begins_with is not None and row.trouble is not None:  # an incident kept it from its first steps
        return Running(row, None, "", frozenset())
    try:
        package = world.releases.get(session, row.release_id).package
        return Running(row, runtime.inspect(package, bytes(row.state)), "", _boundary(package))
    except Refusal as refusal:
        return Running(row, None, f"its saved state does not load: {refusal.sentence}", frozenset())
    except Exception as error:  # whatever a broken state makes the reader stumble over
        return Running(row, None, f"its saved state does not load: {type(error).__name__}: {error}", frozenset())


@functools.lru_cache(maxsize=32)
def _boundary(package: runtime.Package) -> frozenset[str]:
    return frozenset(
        element.id
        for facts in package.processes.values()
        for element in facts.elements.values()
        if element.kind == "boundaryEvent"
    )
