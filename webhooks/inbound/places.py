"""Which of our places is meant, by id, by the code of a sticker, or by the names of units from above to below."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import citizen
from engine.config import SourceConfig
from engine.process import World
from engine.territory import OFFICE, Unit, within
from webhooks.inbound.mapping import Draft, Fault, refusal_of

MOST_NAMES = 8
BEGINS_WITH = 3
"""The first name is one of a unit of the so many highest tiers."""
UNKNOWN = {"zh": "找不到这个地点。", "en": "No such place is known."}


def place_of(session: Session, world: World, source: SourceConfig, draft: Draft) -> str:
    """A unit's id; whether it exists is for intake to say. Raises Invalid `inbound.invalid` for what leads nowhere."""
    rule = source.map.place_id
    match rule.by:
        case "unit":
            return draft.place[0]
        case "code":
            typed = draft.place[0].rstrip("/").rpartition("/")[2]
            found = citizen.find_place(session, world, typed)
            place = found.unit.id if found.sure or len(found.line) > 1 else None
        case "names":
            place = _by_names(session, world, draft.place[:MOST_NAMES])
    if place is None and rule.default is not None:
        return str(rule.default)
    if place is None:
        raise refusal_of([Fault(rule.path[0] if rule.path else "", "place_id", UNKNOWN)])
    return place


def _by_names(session: Session, world: World, names: tuple[str, ...]) -> str | None:
    """The deepest place that the names lead to, each looked for below the one before; None when the first is unknown.

    A name of which there are several below a place leads no further.
    """
    place: str | None = None
    for name in names:
        called = or_(Unit.name_zh == name, Unit.name_en == name)
        query = select(Unit.id).where(called, Unit.valid_to.is_(None), Unit.tier != OFFICE)
        if place is None:
            query = query.where(Unit.tier.in_(world.tiers.names[-BEGINS_WITH:]))
        else:
            query = query.where(within(Unit.id.expression, [place]), Unit.id != place)
        found = session.scalars(query.limit(2)).all()
        if len(found) != 1:
            break
        place = found[0]
    return place
