"""What a person waits for: tasks that others have in cases of theirs, and cases whose clock stands still.

Theirs are cases they worked on, filed or sent up lately, and tasks they delegated. Each ground is a query of its own
that an index answers, and looks no further back than `LATELY`: older matters are found by searching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, literal_column, or_, select, union
from sqlalchemy.orm import Session

from engine.cases import Case, CaseState, Visit
from engine.people import Viewer
from engine.store import among
from engine.tasks.model import Task
from engine.tasks.scope import outside_wall
from engine.territory import Unit, ancestors, units_by_id, within

LATELY = timedelta(days=120)
MOST_PAUSED = 30
SINCE = bindparam("since", type_=Case.filed_at.type)


@dataclass(frozen=True, slots=True)
class Paused:
    """A case of the viewer's units that waits for its petitioner; `place` with the highest unit first."""

    case: Case
    place: tuple[Unit, ...]


def waited_for(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on open tasks joined with their cases: in other hands, and of cases that the viewer may open.

    Whoever asks gives `SINCE`: `LATELY` before now.
    """
    units = viewer.units()
    worked = select(Task.case_id).where(Task.completed_by == viewer.person_id, Task.completed_at > SINCE)
    filed = select(Case.id).where(Case.filed_by == viewer.person_id, Case.filed_at > SINCE)
    left = select(Visit.case_id).where(Visit.unit_id.in_(units), Visit.left_at > SINCE)
    others = (
        select(Task.id)
        .where(among(Task.case_id, union(worked, filed, left)), Task.state == literal_column("'open'"))
        .where(Task.unit_id.not_in(viewer.asked))
    )
    delegated = select(Task.id).where(Task.owner_id.in_(viewer.acting_as), Task.state == literal_column("'open'"))
    hands = or_(Task.claimed_by.is_(None), Task.claimed_by.not_in(viewer.acting_as))
    return [Task.id.in_(union(others, delegated)), hands, _open_to(viewer)]


def paused_cases(session: Session, viewer: Viewer) -> Sequence[Paused]:
    """Cases held by the viewer's units that wait for their petitioner, longest filed first."""
    rows = session.scalars(
        select(Case)
        .where(
            Case.state == CaseState.WAITING_PETITIONER.value,
            Case.holder_id.in_(viewer.asked),
            ~Case.confidential,
            outside_wall(viewer, Case.id.expression),
        )
        .order_by(Case.id)
        .limit(MOST_PAUSED)
    ).all()
    units = units_by_id(session, {unit for case in rows for unit in ancestors(case.place_id)})
    return [
        Paused(case, tuple(units[each] for each in reversed(ancestors(case.place_id)) if each in units))
        for case in rows
    ]


def _open_to(viewer: Viewer) -> ColumnElement[bool]:
    """The grounds of `visible_cases` for the few rows at hand: the case lies below, or its visit or task was theirs."""
    units = viewer.units()
    asked = select(Task.id).where(Task.case_id == Case.id, Task.unit_id.in_(units))
    held = select(Visit.id).where(Visit.case_id == Case.id, Visit.unit_id.in_(units))
    return or_(within(Case.place_id.expression, units), asked.correlate(Case).exists(), held.correlate(Case).exists())
