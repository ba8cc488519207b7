"""Asking for a report, and looking at those that are kept. The work itself is done in `worker.py`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.errors import Conflict, Invalid, NotFound
from engine.figures.making import PARTS, Wanted
from engine.figures.model import FieldReport, KeptFigure, ReportState
from engine.people import Viewer
from engine.process import World
from engine.store import NUMBERS, among, canonical_json
from engine.tasks import all_shut_out_of
from engine.territory import get_unit

KEPT = 60
"""So many reports of a unit are kept; the oldest goes when another is asked for."""


def ask_report(session: Session, wanted: Wanted, *, viewer: Viewer | None, now: datetime) -> FieldReport:
    """Asks for a report; the same one under way is given back. `viewer` None is the command line.

    Raises NotAllowed for an area that is not theirs, Invalid `report.days` for days that are none or lie ahead.
    """
    if viewer is not None:
        viewer.must("board.read", wanted.unit_id)
    get_unit(session, wanted.unit_id)
    if wanted.first > wanted.last or wanted.as_of > now:
        raise Invalid("report.days", "A report is about days up to now, the first of them not after the last.")
    earlier = session.scalars(
        select(FieldReport).where(FieldReport.unit_id == wanted.unit_id).order_by(FieldReport.id.desc())
    ).all()
    for each in earlier:
        same_days = (each.first_on, each.last_on) == (wanted.first, wanted.last)
        if each.under_way and same_days and _known_alike(each, wanted, now):
            return each
    for each in earlier[KEPT - 1 :]:
        session.execute(delete(KeptFigure).where(KeptFigure.report_id == each.id))
        session.delete(each)
    report = FieldReport(
        unit_id=wanted.unit_id,
        first_on=wanted.first,
        last_on=wanted.last,
        as_of=wanted.as_of,
        asked_by=None if viewer is None else viewer.person_id,
        asked_at=now,
        state=ReportState.WAITING.value,
        done=0,
        parts={},
    )
    session.add(report)
    session.flush()
    return report


def _known_alike(report: FieldReport, wanted: Wanted, now: datetime) -> bool:
    """Whether both tell what is known when they are asked for, or what was known at one earlier instant."""
    if wanted.as_of == now:
        return report.as_of == report.asked_at
    return report.as_of == wanted.as_of


def get_report(session: Session, report_id: int, *, viewer: Viewer) -> FieldReport:
    """Raises NotFound for one of an area that is not the viewer's, as for one that is not there."""
    found = session.get(FieldReport, report_id)
    if found is None or not viewer.may("board.read", found.unit_id):
        raise NotFound("report.unknown", "There is no such report.")
    return found


def reports_of(session: Session, unit_id: str, *, most: int) -> Sequence[FieldReport]:
    """Newest first."""
    return session.scalars(
        select(FieldReport).where(FieldReport.unit_id == unit_id).order_by(FieldReport.id.desc()).limit(most)
    ).all()


def wanted_by(report: FieldReport) -> Wanted:
    return Wanted(report.unit_id, report.first_on, report.last_on, report.as_of)


def parts_for(session: Session, world: World, report: FieldReport, *, viewer: Viewer) -> Mapping[str, Any]:
    """What a report says to somebody: as it is kept, two statements.

    Whoever is shut out of a case that was filed by then reads it made anew as of the same instant, without that case;
    all at once, once it is done.
    """
    hidden = all_shut_out_of(session, viewer)
    if not hidden or not _filed_by(session, hidden, report.as_of):
        return report.parts
    if report.state != ReportState.DONE:
        return {}
    wanted = replace(wanted_by(report), viewer=viewer)
    parts = {name: make(session, world, wanted) for name, make in PARTS.items()}
    told: dict[str, Any] = json.loads(canonical_json(parts))  # as what is kept comes back
    return told


def _filed_by(session: Session, case_ids: Collection[int], at: datetime) -> bool:
    these = among(Case.id, bindparam("these", type_=NUMBERS))
    asked = select(Case.id).where(these, Case.filed_at <= at).limit(1)
    return session.scalar(asked, {"these": sorted(case_ids)}) is not None


def get_ready(session: Session, report_id: int, *, viewer: Viewer) -> FieldReport:
    """One that is made. Raises NotFound like `get_report`, Conflict `report.not_ready` for one that is not."""
    found = get_report(session, report_id, viewer=viewer)
    if found.state != ReportState.DONE:
        raise Conflict("report.not_ready", "This report is not made yet.")
    return found
