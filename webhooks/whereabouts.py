"""Which of our places somebody means who writes freely: by the code of a sticker, by the names of units, by degrees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import citizen, reports
from engine.errors import Invalid
from engine.process import World
from engine.territory import COARSEST, Unit, ancestors, children, is_within

READ = 20_000
"""So many signs of a text are looked through."""
_STICKER = re.compile(r"/q/([A-Za-z0-9.]{1,64}(?:[-_][0-9A-Za-z]{5})?)", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9]{1,8}(\.[A-Za-z0-9]{1,8})*([-_][0-9A-Za-z]{5})?", re.ASCII)


def of_code(session: Session, world: World, typed: str) -> str | None:
    """The place of an id or a sticker's code: `LHQ.MZ.03`, `LHQ.MZ.03-7K2MX`; None for what is none of ours."""
    if not _CODE.fullmatch(typed.strip()):
        return None
    place = citizen.find_place(session, world, typed)
    return place.unit.id if place.sure or len(place.line) > 1 else None


def of_text(session: Session, world: World, text: str) -> str | None:
    """The place whose sticker's address, or whose name, stands in a text; None for none, and for the highest unit.

    Names are looked for in the upper tiers first, then tier by tier below what was found, as long as exactly one fits.
    Where several places fit, what they lie in together.
    """
    text = text[:READ]
    sticker = _STICKER.search(text)
    if sticker and (place := of_code(session, world, sticker[1])) is not None:
        return place
    upper = select(Unit).where(Unit.tier.in_(world.tiers.names[-COARSEST:]), Unit.valid_to.is_(None))
    found = [unit.id for unit in _named(session.scalars(upper), text)]
    lowest = [each for each in found if not any(other != each and is_within(other, each) for other in found)]
    if not lowest:
        return None
    place = _common(lowest)
    while len(lowest) == 1:
        inner = [unit.id for unit in _named(children(session, place), text) if unit.valid_to is None]
        if len(inner) != 1:
            break
        (place,) = inner
    return place if "." in place else None


def of_degrees(session: Session, world: World, latitude: float, longitude: float) -> str | None:
    """The lowest unit around a point, where the office has outlines of its units (`reports.geojson`)."""
    file = world.config.reports.geojson
    if file is None:
        return None
    try:
        around = reports.units_around(Path(file), longitude, latitude)
    except Invalid:  # a fault in the file is told on the board; a report is taken all the same
        return None
    alive = session.scalars(select(Unit.id).where(Unit.id.in_(around), Unit.valid_to.is_(None))).all()
    return max(alive, key=lambda each: each.count("."), default=None)


def _named(units: Iterable[Unit], text: str) -> list[Unit]:
    """Those whose name stands in the text by itself: 1号楼 is not named by 11号楼."""
    lower = text.lower()
    return [
        unit
        for unit in units
        if any(
            re.search(rf"(?<![0-9a-z]){re.escape(name.lower())}(?![0-9a-z])", lower)
            for name in {unit.name_zh, unit.name_en}
            if len(name) > 1
        )
    ]


def _common(units: list[str]) -> str:
    shared = set(ancestors(units[0])).intersection(*(ancestors(each) for each in units[1:]))
    return max(shared, key=len, default="")
