"""The area that figures are about: one of the person's own units, or one below it."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set

from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people import BLIND
from engine.territory import COARSEST, Unit, children, is_within, line_of
from engine.web.context import viewer


def area_asked(asked: str | None, roles: Collection[str]) -> str:
    """Of None the highest of the person's own units. Raises NotFound for one that is not theirs."""
    own = own_units(roles)
    if not asked:
        return own[0]
    if not any(is_within(asked, unit) for unit in own):
        raise unknown()
    return asked


def area_counted(asked: str | None, roles: Set[str]) -> tuple[str, bool]:
    """Like `area_asked`, and whether cases may be seen there; who reads no case counts no deeper than `COARSEST`."""
    for opened, some in ((True, roles - BLIND), (False, roles & BLIND)):
        own = own_units(some)
        wanted = asked or (own[0] if own else "")
        if any(is_within(wanted, unit) for unit in own) and (opened or wanted.count(".") < COARSEST):
            return wanted, opened
    raise unknown()


def around(session: Session, unit_id: str, roles: Set[str], *, opened: bool) -> tuple[Sequence[Unit], Sequence[Unit]]:
    """For an area of `area_counted`: the units from above down to it that may be chosen too, and those right below."""
    line = line_down_to(session, unit_id, roles - BLIND if opened else roles & BLIND)
    deeper = opened or unit_id.count(".") + 1 < COARSEST
    return line, right_below(session, unit_id) if deeper else []


def own_units(roles: Collection[str]) -> list[str]:
    """Where the person has one of the roles, the highest first."""
    return sorted(viewer().units(roles), key=lambda unit: (unit.count("."), unit))


def own_asked(asked: str | None, roles: Collection[str]) -> str:
    """As `area_asked`, but one of the person's own units and none below it."""
    own = own_units(roles)
    if asked and asked not in own:
        raise unknown()
    return asked or own[0]


def line_down_to(session: Session, unit_id: str, roles: Collection[str]) -> Sequence[Unit]:
    """The person's own units from above down to this one of them. Raises NotFound where there is no such unit."""
    line, own = line_of(session, unit_id), own_units(roles)
    if not line or line[-1].id != unit_id:
        raise unknown()
    return [unit for unit in line if any(is_within(unit.id, mine) for mine in own)]


def right_below(session: Session, unit_id: str) -> Sequence[Unit]:
    return [unit for unit in children(session, unit_id) if unit.valid_to is None]


def unknown() -> NotFound:
    """Says the same of what is not there and of what is not theirs."""
    return NotFound("unit.unknown", "There is no such place.")
