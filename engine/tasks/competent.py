"""Which units could handle a disputed matter: who has it, who passed it on, and the neighbours under one unit."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, Visit, Wall
from engine.tasks.fields import Choice, Words
from engine.tasks.model import Task
from engine.territory import OFFICE, Unit

HOLDS = Words("现承办单位", "Has it now")
PASSED_ON = Words("移交过来的单位", "Passed it on")
BESIDE = Words("其他可选单位", "Others")


def competent_units(session: Session, task: Task, case: Case, wall: Wall) -> list[Choice]:
    """Each unit once, the holder first; without any that is walled off. Whoever signs in does not offer itself.

    An office is nobody's neighbour. The top has none; what it cannot keep goes to one of the units below it.
    """
    passed = select(Visit.from_unit_id).where(Visit.case_id == case.id, Visit.seq == case.visit_seq)
    parent = case.holder_id.rpartition(".")[0] or case.holder_id
    beside = and_(Unit.parent_id == parent, Unit.tier != OFFICE)
    units = session.scalars(
        select(Unit)
        .where(
            or_(Unit.id == case.holder_id, Unit.id.in_(passed), beside),
            Unit.valid_to.is_(None),
        )
        .order_by(Unit.id)
    ).all()
    own = case.holder_id if task.form == "sign_in" else None
    offered = [(unit, _heading(unit, case, parent)) for unit in units if unit.id != own]
    order = {HOLDS: 0, PASSED_ON: 1, BESIDE: 2}
    choices = [
        Choice(unit.id, Words(unit.name_zh, unit.name_en), heading=heading)
        for unit, heading in offered
        if not wall.shuts_out(unit.id)
    ]
    return sorted(choices, key=lambda choice: order[choice.heading or BESIDE])


def _heading(unit: Unit, case: Case, parent: str) -> Words:
    if unit.id == case.holder_id:
        return HOLDS
    return BESIDE if unit.parent_id == parent else PASSED_ON
