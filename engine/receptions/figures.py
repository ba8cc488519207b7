"""How often leaders received, how many came, and how much of it is solved: three counts, never one made of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.orm import Session

from engine.process import Instance
from engine.receptions.model import Booking, Reception
from engine.reports import Period, Within
from engine.territory import within as lies_within

SOLVED = "solved"
"""The outcome that the diagram of a reception concludes with, when it is one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """`events` are receptions at which somebody came, `visitors` the people who came (somebody who comes twice counts
    twice), `solved` the matters that the leader signed off as solved."""

    events: int
    visitors: int
    solved: int


def count_by_leader(session: Session, within: Within, period: Period) -> Mapping[int, Counts]:
    """`count_receptions` of each leader who received somebody, by id. One statement."""
    rows = session.execute(_counted(within, period, Reception.leader_id).group_by(Reception.leader_id))
    return {leader: Counts(events, visitors or 0, solved) for leader, events, visitors, solved in rows}


def count_receptions(session: Session, within: Within, period: Period) -> Counts:
    """Of a unit and all below it, by when they took place; visits as the book tells them. One statement."""
    events, visitors, solved = session.execute(_counted(within, period)).one()
    return Counts(events, visitors or 0, solved)


def _counted(within: Within, period: Period, *by: Any) -> Select[Any]:
    return (
        select(
            *by,
            func.count(distinct(Reception.id)),
            func.sum(Booking.persons),
            func.count().filter(Instance.outcome == SOLVED),
        )
        .select_from(Reception)
        .join(Booking, Booking.reception_id == Reception.id)
        .outerjoin(Instance, Instance.id == Booking.instance_id)
        .where(lies_within(Reception.unit_id.expression, (within.unit_id,)))
        .where(period.holds(Reception.starts_at.expression))
        .where(Booking.arrived.is_(True), within.told(Booking.case_id.expression))
    )
