"""A whole district from a page of figures: exact totals, bounded families, the same tree every time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import Invalid
from engine.strict_yaml import read_yaml, show_path

DISTRICT_FILE = Path(__file__).parent / "district.yaml"

Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit to be: `id` is its materialised path, `seq` its place among its siblings, from 1."""

    id: str
    parent_id: str | None
    tier: str
    name_zh: str
    name_en: str
    seq: int


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Place(_Figures):
    """A named place and those in it. Without a code it is known by its number among its siblings, two digits."""

    code: Code | None = None
    name_zh: str
    name_en: str
    children: tuple[Place, ...] = ()


class Level(_Figures):
    """A tier that is drawn by lot: `total` units, each parent having `fewest` to `most` of them."""

    tier: str
    total: Annotated[int, Field(ge=0)]
    fewest: Annotated[int, Field(ge=0)]
    most: Annotated[int, Field(ge=0, le=99)]
    name_zh: str
    name_en: str


class Figures(_Figures):
    """What a district is made of: named places from the top, drawn levels below, and units that may not be missing."""

    seed: int
    named_tiers: Annotated[tuple[str, ...], Field(min_length=1)]
    root: Place
    levels: tuple[Level, ...] = ()
    must_exist: tuple[str, ...] = ()


def read_figures(text: str, name: str = "the figures") -> Figures:
    """Raises Invalid (`yaml.broken`, or `figures.invalid` with every fault in its sentence)."""
    document = read_yaml(text, name)
    faults = [f"line {line}: {words}" for line, _, words in document.problems]
    try:
        figures = Figures.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        faults += [
            f"line {document.line(each['loc'])}, {show_path(each['loc'])}: {each['msg']}" for each in error.errors()
        ]
    else:
        if not faults:
            return figures
    raise Invalid("figures.invalid", f"{name} cannot be used: {'; '.join(faults)}.", faults=faults)


def longhua_figures() -> Figures:
    """The figures of the district that ships: 10,591 units."""
    return read_figures(DISTRICT_FILE.read_text(encoding="utf-8"), DISTRICT_FILE.name)


def generate_district(figures: Figures, seed: int | None = None) -> list[UnitRow]:
    """All units, tier by tier from the top, so that a parent always comes before its children.

    Equal figures and seed give equal units under every Python. `seed` None takes the figures' own.
    Raises Invalid when the totals do not fit the bounds.
    """
    rows = list(_named(figures.root, figures.named_tiers))
    parents = [row for row in rows if row.tier == figures.named_tiers[-1]]
    wanted = _most_wanted(figures.must_exist)
    lot = random.Random(figures.seed if seed is None else seed)  # noqa: S311 - a reproducible tree, no secret
    for level in figures.levels:
        fewest = [max(level.fewest, wanted.get(parent.id, 0)) for parent in parents]
        # Squared, because real families are uneven. Only +, * and random(): alike under every Python and processor.
        weights = [1 + int(10_000 * draw * draw) for draw in (lot.random() for _ in parents)]
        try:
            sizes = apportion(level.total, weights, fewest, [level.most] * len(parents))
        except Invalid as refusal:
            raise Invalid("figures.impossible", f"Tier {level.tier}: {refusal.sentence}", tier=level.tier) from refusal
        parents = [
            UnitRow(
                f"{parent.id}.{number:02}",
                parent.id,
                level.tier,
                level.name_zh.format(n=number),
                level.name_en.format(n=number),
                number,
            )
            for parent, size in zip(parents, sizes, strict=True)
            for number in range(1, size + 1)
        ]
        rows += parents
    _check_wanted(figures.must_exist, {row.id for row in rows})
    return rows


def apportion(total: int, weights: Sequence[int], fewest: Sequence[int], most: Sequence[int]) -> list[int]:
    """Divides a total by weight, each share within its bounds, by largest remainder; whole numbers throughout.

    What is above the lower bounds is divided; equal remainders go to whoever comes first. Weights are at least 1.
    Raises Invalid when the bounds leave no way.
    """
    shares = list(fewest)
    left = total - sum(fewest)
    room = [high - low for low, high in zip(fewest, most, strict=True)]
    if min(room, default=0) < 0 or not 0 <= left <= sum(room):
        raise Invalid("apportion.impossible", f"{total} cannot be divided into {sum(fewest)} to {sum(most)}.")
    open_ = [place for place in range(len(weights)) if room[place]]
    while left:
        whole = sum(weights[place] for place in open_)
        parts = {place: divmod(left * weights[place], whole) for place in open_}
        full = {place for place in open_ if parts[place][0] >= room[place]}
        if full:  # they take what fits, and the others divide the rest anew
            for place in full:
                shares[place] += room[place]
                left -= room[place]
            open_ = [place for place in open_ if place not in full]
            continue
        for place in open_:
            shares[place] += parts[place][0]
            left -= parts[place][0]
        for place in sorted(open_, key=lambda each: (-parts[each][1], each))[:left]:
            shares[place] += 1
        break
    return shares


def _named(root: Place, tiers: Sequence[str]) -> Iterator[UnitRow]:
    """Tier by tier from the top, within a tier as listed."""
    waiting: list[tuple[Place, str | None, int]] = [(root, None, 1)]
    while waiting:
        place, parent_id, seq = waiting.pop(0)
        code = place.code or f"{seq:02}"
        unit_id = code if parent_id is None else f"{parent_id}.{code}"
        depth = unit_id.count(".")
        if depth >= len(tiers):
            raise Invalid("figures.impossible", f"{place.name_zh} lies deeper than the named tiers go.", unit=unit_id)
        yield UnitRow(unit_id, parent_id, tiers[depth], place.name_zh, place.name_en, seq)
        waiting += [(child, unit_id, number) for number, child in enumerate(place.children, 1)]


def _most_wanted(must_exist: Sequence[str]) -> dict[str, int]:
    """The highest number that is asked for below each parent."""
    wanted: dict[str, int] = {}
    for unit_id in must_exist:
        segments = unit_id.split(".")
        for end in range(1, len(segments)):
            if segments[end].isdecimal():
                parent = ".".join(segments[:end])
                wanted[parent] = max(wanted.get(parent, 0), int(segments[end]))
    return wanted


def _check_wanted(must_exist: Sequence[str], units: set[str]) -> None:
    missing = [each for each in must_exist if each not in units]
    if missing:
        raise Invalid("figures.impossible", f"There is no way to have {', '.join(missing)}.", missing=missing)
