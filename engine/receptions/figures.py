"""How often leaders received, how many came, and how much of it is solved: three counts, never one made of another."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, distinct, func, select
from sqlalchemy.orm import Session

from engine.process import Instance
from engine.receptions.model import Booking, Reception
from engine.reports import Period
from engine.territory import within

SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class Counts:
    """`events` are receptions at which somebody came, `visitors` the people who came (somebody who comes twice counts
    twice), `solved` the matters that the leader signed off as solved."""

    events: int
    visitors: int
    solved: int


def count_receptions(session: Session, unit_id: str, period: Period, *, leader_id: int | None = None) -> Counts:
    """Of a unit and all below it, by when they took place; of one leader where asked. One statement."""
    held = and_(
        within(Reception.unit_id.expression, (unit_id,)),
        period.holds(Reception.starts_at.expression),
        Booking.arrived.is_(True),
    )
    query = (
        select(
            func.count(distinct(Reception.id)),
            func.coalesce(func.sum(Booking.persons), 0),
            func.count().filter(Instance.outcome == SOLVED),
        )
        .select_from(Reception)
        .join(Booking, Booking.reception_id == Reception.id)
        .outerjoin(Instance, Instance.id == Booking.instance_id)
        .where(held)
    )
    if leader_id is not None:
        query = query.where(Reception.leader_id == leader_id)
    events, visitors, solved = session.execute(query).one()
    return Counts(events, visitors or 0, solved)
