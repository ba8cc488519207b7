"""Which unit or handler of the district a party stands for: `unit:LHQ.MZ.01` or `person:12` in one field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request
from sqlalchemy.orm import Session

from engine import tasks
from engine.people import Person, names
from engine.territory import Unit, units_by_id
from engine.web.context import looking
from engine.web.numbers import number

MEANT = "respondent_is"


def meant() -> tuple[str | None, int | None]:
    """The unit's or the person's id, as the form says."""
    kind, _sep, of = request.form.get(MEANT, "").partition(":")
    return (of[:64] or None if kind == "unit" else None), (number(of) if kind == "person" else None)


def name_of(unit_id: str | None, person_id: int | None) -> str:
    """What a party is called that nobody gave another name."""
    with looking() as session:
        unit = units_by_id(session, [unit_id] if unit_id else []).get(unit_id or "")
        person = names(session, [person_id] if person_id else []).get(person_id or 0)
    return unit.name_zh if unit is not None else person.name_zh if person is not None else "—"


def staff_on(session: Session, line: Sequence[Unit]) -> Mapping[str, Sequence[Person]]:
    """Whom the field offers beside the units of the line."""
    staff = tasks.staff_of(session, [unit.id for unit in line])
    return {unit: list(dict.fromkeys(person for person, _role in people)) for unit, people in staff.items()}
