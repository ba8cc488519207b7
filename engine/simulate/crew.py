"""The people of a district as the simulation sends them to work: read once, in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.people import Membership, Person, Viewer

LEADS_FIRST = 0.7
"""How often the first of a unit does what all of them are offered."""


class Crew:
    """Who holds which role where."""

    def __init__(self, session: Session) -> None:
        pairs: dict[int, list[tuple[str, str]]] = {}
        self._at: dict[tuple[str, str], list[int]] = {}
        rows = session.execute(
            select(Membership.person_id, Membership.unit_id, Membership.role)
            .join(Person, Person.id == Membership.person_id)
            .where(Person.active)
        ).all()
        for person_id, unit_id, role in sorted((row[0], row[1], row[2]) for row in rows):
            pairs.setdefault(person_id, []).append((unit_id, role))
            self._at.setdefault((unit_id, role), []).append(person_id)
        self._pairs = {person_id: tuple(sorted(held)) for person_id, held in pairs.items()}
        self._viewers: dict[int, Viewer] = {}

    def viewer(self, person_id: int) -> Viewer:
        found = self._viewers.get(person_id)
        if found is None:
            found = self._viewers[person_id] = Viewer(person_id, "", "", None, self._pairs[person_id])
        return found

    def all_of(self, unit_id: str, roles: Iterable[str]) -> list[int]:
        """The ids of everybody in a unit who holds one of the roles, in the order of the roles."""
        return list(dict.fromkeys(p for role in roles for p in self._at.get((unit_id, role), ())))

    def one_of(
        self, unit_id: str, roles: Iterable[str], chance: Random, *, but: frozenset[int] = frozenset()
    ) -> Viewer | None:
        """Somebody of the unit who holds one of the roles, mostly the first in the order of the roles."""
        able = [person for person in self.all_of(unit_id, roles) if person not in but]
        if not able:
            return None
        return self.viewer(able[0] if chance.random() < LEADS_FIRST else chance.choice(able))
