"""The choices that the engine finds for a form: whom to invite, who signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import documents
from engine.cases import Case, Party, name_of, parties_of, wall_of
from engine.tasks.fields import DOCUMENTS, Choice, Words
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
        found["parties"] = [_party(party) for party in parties_of(session, case.id)]
    if any(field.type == "filepicker" for field in form.fields.values()):
        found[DOCUMENTS] = _papers(session, task, case)
    return found


def _papers(session: Session, task: Task, case: Case) -> list[Choice]:
    """What the case shows, and what was added to this very task although it is protected."""
    return [
        Choice(str(paper.id), Words(paper.name, paper.name), paper.is_image)
        for paper in documents.of_case(session, case.id, identity_shown=True)
        if paper.hidden_at is None and (not paper.protected or paper.task_id == task.id)
    ]


def _party(party: Party) -> Choice:
    """A protected name stays masked in a form too: it is shown on asking, beside it."""
    name = name_of(party, shown=False)
    return Choice(str(party.id), Words(name, name))


def _community_units(session: Session, task: Task, case: Case, tiers: Tiers) -> list[Choice]:
    """The units of the case's community, in the order of their ids, without the asking one and any complained about.

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
    wall = wall_of(session, case)
    return [Choice(unit.id, Words(unit.name_zh, unit.name_en)) for unit in units if not wall.shuts_out(unit.id)]
