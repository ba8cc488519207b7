"""How a migration stands: numbers and reasons for everybody who may ask, case numbers for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select, true
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.people import Viewer
from engine.process.migration.model import Migration, MigrationCase, MigrationState, Outcome
from engine.tasks import outside_wall

STAYING = (Outcome.CANNOT.value, Outcome.STAYED.value, Outcome.KEPT.value)


@dataclass(frozen=True, slots=True)
class Staying:
    """How many instances stay for one and the same reason, at one element."""

    outcome: str
    process_id: str
    code: str
    element: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class MigrationFigures:
    """By outcome, and why those that stay do, the commonest reason first."""

    by_outcome: Mapping[str, int]
    staying: Sequence[Staying]
    done: int
    """Of `of`: judged, moved or taken back so far, by its state."""
    of: int


@dataclass(frozen=True, slots=True)
class Named:
    """One instance of the list: a case by its number alone."""

    instance_id: int
    number: str
    process_id: str
    outcome: str
    code: str | None
    element: str | None
    name: str | None


def migration_figures(session: Session, migration: Migration, *, viewer: Viewer | None = None) -> MigrationFigures:
    """As long as the lists of `migration_cases`: nothing behind the viewer's wall counts."""
    told = true() if viewer is None else outside_wall(viewer, MigrationCase.case_id.expression)
    of_it = and_(MigrationCase.migration_id == migration.id, told)
    counted = session.execute(
        select(MigrationCase.outcome, func.count()).where(of_it).group_by(MigrationCase.outcome)
    ).all()
    by_outcome: dict[str, int] = dict(counted)
    keys = (
        MigrationCase.outcome,
        MigrationCase.process_id,
        MigrationCase.code,
        MigrationCase.element,
        MigrationCase.name,
    )
    rows = session.execute(select(*keys, func.count()).where(of_it, MigrationCase.outcome.in_(STAYING)).group_by(*keys))
    staying = [
        Staying(outcome, process_id, code or "", element or "", name or "", count)
        for outcome, process_id, code, element, name, count in rows
    ]
    staying.sort(key=lambda each: (-each.count, each.process_id, each.code, each.element))
    looked = sum(by_outcome.values())
    if migration.state == MigrationState.LOOKING:
        return MigrationFigures(by_outcome, staying, min(looked, migration.total), migration.total)
    left = by_outcome.get(Outcome.MOVED if migration.state == MigrationState.UNDOING else Outcome.CAN, 0)
    of = looked - by_outcome.get(Outcome.CANNOT, 0)
    return MigrationFigures(by_outcome, staying, of - left, of)


def migration_cases(
    session: Session, migration_id: int, outcome: str, *, viewer: Viewer, after: int = 0, most: int = 100
) -> tuple[Sequence[Named], int | None]:
    """The cases of one outcome by number, for operators alone, and the cursor of the next page. Raises NotAllowed."""
    viewer.must("system.operate")
    rows = session.execute(
        select(MigrationCase, Case.number)
        .join(Case, Case.id == MigrationCase.case_id)
        .where(
            MigrationCase.migration_id == migration_id,
            MigrationCase.outcome == outcome,
            MigrationCase.instance_id > after,
            outside_wall(viewer, MigrationCase.case_id.expression),
        )
        .order_by(MigrationCase.instance_id)
        .limit(most + 1)
    ).all()
    named = [
        Named(each.instance_id, number, each.process_id, each.outcome, each.code, each.element, each.name)
        for each, number in rows
    ]
    shown = named[:most]
    return shown, shown[-1].instance_id if len(named) > most else None


def recent_migrations(session: Session, *, most: int = 50) -> Sequence[Migration]:
    """Newest first."""
    return session.scalars(select(Migration).order_by(Migration.id.desc()).limit(most)).all()
