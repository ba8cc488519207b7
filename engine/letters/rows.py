"""Queries over letters. Which cases a person sees is decided by `tasks.visible_cases` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case
from engine.errors import NotFound
from engine.letters.kinds import KINDS
from engine.letters.model import Letter, LetterState
from engine.people import ACTS, Viewer
from engine.territory import within

PAGE = 50
MOST_EXPORTED = 20_000
READERS = ACTS["letter.read"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the register is asked for; what is not a word of its own counts as not asked for."""

    kind: str = ""
    state: str = ""
    unit_id: str = ""
    number: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @staticmethod
    def of(given: Mapping[str, str], *, since: datetime | None = None, until: datetime | None = None) -> Wanted:
        kind, state = given.get("kind", ""), given.get("state", "")
        return Wanted(
            kind if kind in KINDS else "",
            state if state in tuple(LetterState) else "",
            given.get("unit", "")[:64],
            given.get("q", "").strip()[:60],
            since,
            until,
        )


def see_letter(session: Session, viewer: Viewer, letter_id: int) -> tuple[Letter, Case]:
    """Raises NotFound alike for an unknown letter and for one of a case that the viewer may not see."""
    letter = session.get(Letter, letter_id)
    unknown = NotFound("letter.unknown", "There is no such letter.", letter=letter_id)
    if letter is None:
        raise unknown
    try:
        return letter, tasks.see_case(session, viewer, letter.case_id)
    except NotFound:
        raise unknown from None


def of_case(session: Session, case_id: int) -> Sequence[Letter]:
    """Oldest first, those that are only due with them."""
    return session.scalars(select(Letter).where(Letter.case_id == case_id).order_by(Letter.id)).all()


def register(session: Session, viewer: Viewer, wanted: Wanted, *, before: int | None) -> Sequence[tuple[Letter, str]]:
    """A page of the letters of the viewer's units with the numbers of their cases, newest first; one more where
    others follow."""
    found = session.execute(_wanted(viewer, wanted, before).limit(PAGE + 1))
    return [(letter, number) for letter, number in found]


def export(session: Session, viewer: Viewer, wanted: Wanted) -> Sequence[tuple[Letter, str]]:
    """All of them, `MOST_EXPORTED` at most, newest first."""
    found = session.execute(_wanted(viewer, wanted, None).limit(MOST_EXPORTED))
    return [(letter, number) for letter, number in found]


def how_many_due(session: Session, viewer: Viewer) -> int:
    """Letters that the viewer may issue and that wait to be."""
    units = viewer.units(ACTS["letter.issue"])
    counted = (
        select(func.count())
        .select_from(Letter)
        .join(Case, Case.id == Letter.case_id)
        .where(Letter.state == LetterState.DUE.value, within(Letter.unit_id.expression, units))
        .where(tasks.visible_cases(viewer))
    )
    return session.execute(counted).scalar_one()


def _wanted(viewer: Viewer, wanted: Wanted, before: int | None) -> Select[Letter, str]:
    asked = (
        select(Letter, Case.number)
        .join(Case, Case.id == Letter.case_id)
        .where(within(Letter.unit_id.expression, viewer.units(READERS)), tasks.visible_cases(viewer))
        .order_by(Letter.id.desc())
    )
    if wanted.kind:
        asked = asked.where(Letter.kind == wanted.kind)
    if wanted.state:
        asked = asked.where(Letter.state == wanted.state)
    if wanted.unit_id:
        asked = asked.where(within(Letter.unit_id.expression, (wanted.unit_id,)))
    if wanted.number:
        asked = asked.where(Letter.number.contains(wanted.number, autoescape=True))
    if wanted.since and wanted.until:
        asked = asked.where(and_(Letter.called_at >= wanted.since, Letter.called_at < wanted.until))
    return asked if before is None else asked.where(Letter.id < before)
