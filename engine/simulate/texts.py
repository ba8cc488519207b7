"""The words of simulated matters: titles, descriptions, names. All invented; Chinese, as a district has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from engine.errors import Invalid
from engine.strict_yaml import read_yaml

FILE = Path(__file__).parent / "texts.yaml"


@dataclass(frozen=True, slots=True)
class Matter:
    """One way a dispute of a category may read. `{house}`, `{shop}`, `{amount}`, `{people}`, `{days}` are filled in."""

    title: str
    description: str
    demand: str
    respondent: str


@dataclass(frozen=True, slots=True)
class Texts:
    """`forms` are what people write into a field, by the field's key."""

    matters: dict[str, tuple[Matter, ...]]
    ways: dict[str, tuple[Matter, ...]]
    """Matters that go a way of their own, by their kind."""
    categories: dict[str, tuple[str, ...]]
    """Of these kinds."""
    forms: dict[str, tuple[str, ...]]
    family: str
    given: tuple[str, ...]
    estates: tuple[str, ...]
    shops: tuple[str, ...]

    def category_of(self, kind: str, chance: Random) -> str | None:
        """None for a kind that may be about anything."""
        return chance.choice(self.categories[kind]) if kind in self.categories else None

    def name(self, chance: Random) -> str:
        """A family name and 某: how a district writes of people in what others may read."""
        return chance.choice(self.family) + chance.choice(self.given)

    def phone(self, chance: Random) -> str:
        return f"1{chance.choice('35789')}{chance.randrange(10):d}0000{chance.randrange(10_000):04d}"

    def written(self, key: str, chance: Random) -> str:
        """What somebody writes into a field of a form."""
        return chance.choice(self.forms.get(key) or self.forms["other"])


@cache
def texts() -> Texts:
    """Reads the pools once."""
    document = read_yaml(FILE.read_text(encoding="utf-8"), FILE.name)
    if document.problems:
        raise Invalid("texts.invalid", f"{FILE.name}: {document.problems}")
    raw = document.value
    return Texts(
        matters=_matters(raw["matters"]),
        ways=_matters(raw["ways"]),
        categories={kind: tuple(names) for kind, names in raw["categories"].items()},
        forms={key: tuple(lines) for key, lines in raw["forms"].items()},
        family=raw["family"],
        given=tuple(raw["given"].split()),
        estates=tuple(raw["estates"].split()),
        shops=tuple(raw["shops"].split()),
    )


def _matters(raw: Mapping[str, Iterable[str]]) -> dict[str, tuple[Matter, ...]]:
    return {
        name: tuple(Matter(*(part.strip() for part in line.split("|"))) for line in lines)
        for name, lines in raw.items()
    }
