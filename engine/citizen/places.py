"""The code of a place: which living place an address leads to, which codes a unit may print, renewing one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from engine.citizen.codes import place_code, place_token, read_place_code
from engine.citizen.model import PlaceCode
from engine.errors import Conflict, NotFound
from engine.people import Viewer
from engine.process import World
from engine.territory import OFFICE, Unit, ancestors, line_of, units_by_id, within

MOST_LABELS = 600
"""In the area of one set of sheets: a large community, drawn in a few seconds."""
WITH_CODE = 2
"""So many of the lowest tiers have codes: grids and buildings."""
FARTHEST = 8
"""How often a place may have been merged into another."""


@dataclass(frozen=True, slots=True)
class Place:
    """A living place, highest unit first. `sure` is False when the code was old or mistyped."""

    line: Sequence[Unit]
    sure: bool

    @property
    def unit(self) -> Unit:
        return self.line[-1]


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one sticker: the units of the place, highest first, and the end of its address."""

    line: Sequence[Unit]
    code: str


def find_place(session: Session, world: World, typed: str) -> Place:
    """The nearest living place to a code: itself, what it was merged into, or who stands above. There always is one."""
    path, token = read_place_code(typed)
    known = units_by_id(session, ancestors(path)) if path else {}
    nearest = next((known[each] for each in ancestors(path) if each in known), None) if path else None
    unit = _living(session, nearest)
    sure = unit is not None and unit.id == path and token in ("", _token(session, world, unit.id))
    if unit is None:
        unit = session.scalars(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.seq, Unit.id)).first()
    if unit is None:
        raise NotFound("unit.unknown", "There is no place yet: run `maplebridge init`.")
    return Place(line_of(session, unit.id), sure)


def labels(session: Session, world: World, unit_id: str, *, viewer: Viewer) -> list[Label]:
    """A label for every living place with a code below a unit, in the order one walks past them; the unit's own too.

    Raises NotFound where the viewer may not print, Conflict `labels.too_many` for more than a community.
    """
    _must_print(session, viewer, unit_id)
    query = select(Unit).where(_alive_below(unit_id)).order_by(Unit.id).limit(MOST_LABELS + 1)
    found = session.scalars(query).all()
    if len(found) > MOST_LABELS:
        en = f"There are more than {MOST_LABELS} places in it; choose a smaller area."
        zh = f"范围内的地点超过 {MOST_LABELS} 个，请选择更小的区域。"
        raise Conflict("labels.too_many", en, words={"zh": zh, "en": en})
    known = {each.id: each for each in [*line_of(session, unit_id), *found]}
    renewed = _generations(session, unit_id)
    return [
        Label(
            [known[each] for each in reversed(ancestors(unit.id)) if each in known],
            place_code(unit.id, place_token(_secret(world), unit.id, renewed.get(unit.id, 0))),
        )
        for unit in found
        if unit.tier in world.tiers.names[:WITH_CODE]
    ]


def code_of(session: Session, world: World, unit_id: str) -> str | None:
    """The code of one place; None for one that has none."""
    if world.tiers.tier_of(unit_id) not in world.tiers.names[:WITH_CODE]:
        return None
    return place_code(unit_id, _token(session, world, unit_id))


def count_labels(session: Session, world: World, unit_id: str) -> int:
    """How many places with a code there are in a unit."""
    wanted = _alive_below(unit_id), Unit.tier.in_(world.tiers.names[:WITH_CODE])
    return session.scalar(select(func.count()).select_from(Unit).where(*wanted)) or 0


def renew_code(session: Session, unit_id: str, *, viewer: Viewer, now: datetime) -> None:
    """Gives a place a new code, because its sticker was misused. Older stickers still lead to the place, unsurely."""
    _must_print(session, viewer, unit_id)
    row = session.get(PlaceCode, unit_id, with_for_update=True)
    if row is None:
        row = PlaceCode(unit_id=unit_id, generation=0, renewed_at=now, renewed_by=viewer.person_id)
        session.add(row)
    row.generation, row.renewed_at, row.renewed_by = row.generation + 1, now, viewer.person_id


def _must_print(session: Session, viewer: Viewer, unit_id: str) -> None:
    if not viewer.may("place.print_codes", unit_id) or session.get(Unit, unit_id) is None:
        raise NotFound("unit.unknown", "There is no such place.")


def _living(session: Session, unit: Unit | None) -> Unit | None:
    for _ in range(FARTHEST):
        if unit is None or unit.valid_to is None:
            return unit
        unit = session.get(Unit, unit.merged_into or unit.parent_id)
    return None


def _alive_below(unit_id: str) -> ColumnElement[bool]:
    return and_(within(Unit.id.expression, [unit_id]), Unit.valid_to.is_(None), Unit.tier != OFFICE)


def _token(session: Session, world: World, unit_id: str) -> str:
    generation = session.scalar(select(PlaceCode.generation).where(PlaceCode.unit_id == unit_id)) or 0
    return place_token(_secret(world), unit_id, generation)


def _generations(session: Session, unit_id: str) -> Mapping[str, int]:
    query = select(PlaceCode.unit_id, PlaceCode.generation).where(within(PlaceCode.unit_id.expression, [unit_id]))
    return dict(session.execute(query).all())


def _secret(world: World) -> str:
    return world.config.server.secret_key.get_secret_value()
