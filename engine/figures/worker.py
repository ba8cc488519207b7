"""Makes reports part by part: lease, ask, write, and again.

Every part is asked as of the report's own instant, so it is the same whoever makes it and whenever. A part and how far
the report got are written in one transaction; a node that dies loses the part it was at and nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from engine import reports
from engine.clock import Clock
from engine.errors import Refusal
from engine.figures.asking import wanted_by
from engine.figures.catalogue import metrics_of
from engine.figures.making import PARTS, Wanted, ask_of
from engine.figures.model import FieldReport, KeptFigure, ReportState, packed
from engine.process import World
from engine.store import Store, table_of

LEASE = timedelta(minutes=2)
STEPS = len(PARTS) + 1
"""The parts, and the ids behind the figures."""


def work(store: Store, world: World, clock: Clock, *, name: str) -> bool:
    """Makes one part of the oldest report that nobody else works on; False when there is nothing to do.

    Harmless twice and on many nodes: who holds the lease works. A failure ends the report, not the caller.
    """
    report_id = _lease(store, clock, name)
    if report_id is None:
        return False
    try:
        _step(store, world, clock, report_id)
    except Exception as fault:
        with store.transaction() as session:
            row = session.get(FieldReport, report_id)
            if row is not None and row.under_way:
                row.trouble = fault.code if isinstance(fault, Refusal) else type(fault).__name__
                _end(row, ReportState.FAILED, clock)
        if not isinstance(fault, Refusal):
            raise
    return True


def _lease(store: Store, clock: Clock, name: str) -> int | None:
    now = clock.now()
    free = or_(FieldReport.leased_until.is_(None), FieldReport.leased_until < now, FieldReport.leased_by == name)
    waiting = (
        select(FieldReport)
        .where(FieldReport.state.in_((ReportState.WAITING.value, ReportState.RUNNING.value)), free)
        .order_by(FieldReport.id)
        .limit(1)
    )
    with store.reading() as session:
        if session.scalars(waiting).first() is None:
            return None
    with store.transaction() as session:
        found = session.scalars(waiting.with_for_update(skip_locked=True)).first()
        if found is None:
            return None
        found.state = ReportState.RUNNING.value
        found.leased_by, found.leased_until = name, now + LEASE
        return found.id


def _step(store: Store, world: World, clock: Clock, report_id: int) -> None:
    with store.reading() as session:
        row = session.get_one(FieldReport, report_id)
        wanted, done = wanted_by(row), row.done
        name, made = "", None
        if done < len(PARTS):
            name = list(PARTS)[done]
            made = PARTS[name](session, world, wanted)
        else:
            kept = _ids(session, world, wanted, report_id, row.parts["figures"])
    with store.transaction() as session:
        row = session.get_one(FieldReport, report_id)
        if row.state != ReportState.RUNNING or row.done != done:
            return
        if name:
            row.parts = {**row.parts, name: made}
        else:
            session.execute(insert(table_of(KeptFigure)), kept)
            _end(row, ReportState.DONE, clock)
        row.done = done + 1


def _ids(session: Session, world: World, wanted: Wanted, report_id: int, told: Any) -> list[dict[str, Any]]:
    ask, lines = ask_of(world, wanted), {each["id"]: each for each in told}
    return [
        {
            "report_id": report_id,
            "metric": metric.id,
            "version": metric.version,
            "rounding": metric.rounding.value,
            "above": lines[metric.id]["above"],
            "below": lines[metric.id]["below"],
            "above_ids": packed(reports.ids_behind(session, metric, ask, "above")),
            "below_ids": None if metric.below is None else packed(reports.ids_behind(session, metric, ask, "below")),
        }
        for metric in metrics_of(world)
        if metric.id in lines
    ]


def _end(row: FieldReport, state: ReportState, clock: Clock) -> None:
    row.state, row.ended_at = state.value, clock.now()
    row.leased_by = row.leased_until = None
