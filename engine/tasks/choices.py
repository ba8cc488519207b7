"""The choices that the engine finds for a form: whom to invite, who signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, parties_of
from engine.tasks.fields import Choice, Words
from engine.tasks.forms import Form
from engine.tasks.model import Task
from engine.territory import Tiers, Unit, within


def choices_for(session: Session, form: Form, task: Task, case: Case, tiers: Tiers) -> Mapping[str, Sequence[Choice]]:
    """What the form's `valuesKey`s stand for in this case; nothing is asked for a form that has none."""
    wanted = {field.source for field in form.fields.values() if field.source}
    found: dict[str, Sequence[Choice]] = {}
    if "community_units" in wanted:
        found["community_units"] = _community_units(session, task, case, tiers)
    if "parties" in wanted:
        found["parties"] = [Choice(str(p.id), Words(p.name, p.name)) for p in parties_of(session, case.id)]
    return found


def _community_units(session: Session, task: Task, case: Case, tiers: Tiers) -> list[Choice]:
    """The units of the case's community, in the order of their ids, without the asking one.

    The lowest tier is too many to choose from; of it, only the place itself and its neighbours under the same unit.
    """
    community = tiers.unit_at(case.place_id, "community") if "community" in tiers.names else case.place_id
    near = case.place_id.rpartition(".")[0] if tiers.tier_of(case.place_id) == tiers.lowest else case.place_id
    units = session.scalars(
        select(Unit)
        .where(
            within(Unit.id.expression, (community,)),
            Unit.valid_to.is_(None),
            Unit.id != task.unit_id,
            or_(Unit.tier != tiers.lowest, Unit.parent_id == near),
        )
        .order_by(Unit.id)
    )
    return [Choice(unit.id, Words(unit.name_zh, unit.name_en)) for unit in units]
