"""The ladder of tiers, of any length, and arithmetic on unit ids. Pure: an id says who is above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Invalid


@dataclass(frozen=True, slots=True)
class Tiers:
    """Tier ids from the lowest to the highest, for example `building … district`.

    A unit's tier follows from the depth of its id: one segment is the highest tier.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Tiers:
        return cls(tuple(names))

    @property
    def top(self) -> str:
        return self.names[-1]

    @property
    def lowest(self) -> str:
        return self.names[0]

    def index(self, tier: str) -> int:
        """How high a tier stands; the lowest is 0. Raises Invalid for a tier that is not configured."""
        try:
            return self.names.index(tier)
        except ValueError:
            known = ", ".join(self.names)
            raise Invalid("tier.unknown", f"There is no tier {tier!r}; the tiers are {known}.") from None

    def tier_of(self, unit_id: str) -> str:
        """Of an office: the tier of the place it belongs to."""
        depth = place_of(unit_id).count(".")
        if depth >= len(self.names):
            raise Invalid("unit.too_deep", f"Unit {unit_id!r} lies deeper than the lowest tier.")
        return self.names[len(self.names) - 1 - depth]

    def unit_at(self, place_id: str, tier: str) -> str:
        """The unit that answers for a place at a tier; where the place is not known that exactly, the place itself."""
        depth = len(self.names) - 1 - self.index(tier)
        segments = place_id.split(".")
        return ".".join(segments[: depth + 1])

    def tier_above(self, place_id: str, tier: str) -> str | None:
        """The next tier up at which *another* unit answers for the place; None at the top.

        A place that is known only as far as its community is held by the community even at the grid's tier:
        rising from there means the street, not the same people with a fresh clock.
        """
        here = self.unit_at(place_id, tier)
        for higher in self.names[self.index(tier) + 1 :]:
            if self.unit_at(place_id, higher) != here:
                return higher
        return None


def ancestors(unit_id: str) -> list[str]:
    """The unit itself and everyone above it, from the unit upwards."""
    segments = unit_id.split(".")
    return [".".join(segments[:n]) for n in range(len(segments), 0, -1)]


OFFICE = "office"
"""What stands as the tier of a unit that is no place: a department, an organisation that mediates. It belongs to the
place above it; work, roles and notices reach it like any unit, and no matter lies in it."""


def is_office(unit_id: str) -> bool:
    """The last part of an office's id begins with a small letter, which no place's does."""
    return unit_id.rpartition(".")[2][:1].islower()


def place_of(unit_id: str) -> str:
    """The place itself, or the one that an office belongs to."""
    return unit_id.rpartition(".")[0] if is_office(unit_id) else unit_id


COARSEST = 3
"""So many tiers from the top a place is told exactly to those who read no case."""


def coarse(unit_id: str) -> str:
    """The unit itself, or the one above it that may be told to those who read no case."""
    return ".".join(unit_id.split(".")[:COARSEST])


def is_within(unit_id: str, above: str) -> bool:
    """Whether a unit is `above` or lies below it."""
    return unit_id == above or unit_id.startswith(above + ".")


def is_top(unit_id: str) -> bool:
    """Whether nothing stands above a unit, so that the whole tree is its own and what lies below it."""
    return "." not in unit_id


def subtree_bounds(unit_id: str) -> tuple[str, str]:
    """Everything strictly below a unit sorts in [first, second): '.' is followed by '/' in byte order."""
    return unit_id + ".", unit_id + "/"
