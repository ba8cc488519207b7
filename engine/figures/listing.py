"""The sessions and receptions behind a figure of meetings, a page at a time. Nobody who came is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.receptions import Booking, Reception
from engine.reports import PAGE, Ask, Metric, Side, rows_behind
from engine.sessions import Gathering, GatheringItem
from engine.territory import Unit


@dataclass(frozen=True, slots=True)
class Meeting:
    """`kind` is session or reception, `says` what it was about or what was raised there."""

    kind: str
    id: int
    at: datetime
    unit: Unit
    says: str


def meetings_behind(
    session: Session, metric: Metric, ask: Ask, side: Side, *, page: int
) -> tuple[Sequence[Meeting], int]:
    """The latest first, and how many there are in all. Two statements."""
    items = rows_behind(metric, ask, side).subquery()
    held: Any = Gathering
    match metric.about:
        case "session":
            rows: Any = select(Gathering.id, Gathering.starts_at, Unit, Gathering.topic).join(
                items, items.c.id == Gathering.id
            )
        case "session_item":
            rows = (
                select(Gathering.id, Gathering.starts_at, Unit, GatheringItem.text)
                .join(GatheringItem, GatheringItem.gathering_id == Gathering.id)
                .join(items, items.c.id == GatheringItem.id)
            )
        case "reception":
            held = Reception
            rows = select(Reception.id, Reception.starts_at, Unit, Reception.topics).join(
                items, items.c.id == Reception.id
            )
        case _:
            held = Reception
            rows = (
                select(Reception.id, Reception.starts_at, Unit, Reception.topics)
                .join(Booking, Booking.reception_id == Reception.id)
                .join(items, items.c.id == Booking.id)
            )
    total = session.scalar(select(func.count()).select_from(items)) or 0
    rows = rows.join(Unit, Unit.id == held.unit_id).order_by(held.starts_at.desc(), held.id.desc(), items.c.id)
    kind = "session" if held is Gathering else "reception"
    found = session.execute(rows.limit(PAGE).offset(PAGE * (max(page, 1) - 1)))
    return [Meeting(kind, id_, at, unit, says) for id_, at, unit, says in found], total
