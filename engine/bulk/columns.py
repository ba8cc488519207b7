"""Which row holds the names of the columns, and which column means what: guessed from names and contents. Pure.

A guess is shown and corrected before anything is done with it, and a correction is kept for the next file of the kind.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rapidfuzz import fuzz

from engine.bulk.fields import FIELDS, WHAT_IS_WRONG, Field, Looks, looks_like, names_of_fields
from engine.store import canonical_json

LOOKED_AT = 15
"""The names stand in one of so many rows at the top."""
SAMPLES = 30
SURE, LIKELY, ALIKE = 100, 84, 75
BY_LOOKS = 60
"""What a column's content says counts less than a likely name, and more than none."""

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How a file is read. `header` is the row of names, from 1, 0 for none; `columns` the field of a column, from 0;
    `values` by field which word of the file is which of ours; `usual` what holds for rows that say nothing."""

    header: int
    columns: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    usual: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": {str(column): name for column, name in self.columns.items()}}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> ColumnMap:
        columns = {int(column): name for column, name in kept["columns"].items() if name in FIELDS}
        return cls(int(kept["header"]), columns, kept.get("values", {}), kept.get("usual", {}))

    def column_of(self, name: str) -> int | None:
        return next((column for column, mine in self.columns.items() if mine == name), None)


def header_row(rows: Rows) -> int:
    """The row, from 1, whose cells are most like names of columns; 0 when none is."""
    scored = [(sum(_best(cell) >= LIKELY for cell in row), -number) for number, row in enumerate(rows[:LOOKED_AT], 1)]
    most, number = max(scored, default=(0, 0))
    return -number if most >= 2 or (most == 1 and len(rows[-number - 1]) <= 2) else 0


def names_of(rows: Rows, header: int) -> list[str]:
    """The names of the columns. A name that is merged over two rows stands in the upper one."""
    width = max((len(row) for row in rows), default=0)
    if not 0 < header <= len(rows):
        return [""] * width
    row, above = rows[header - 1], rows[header - 2] if header > 1 else []
    own = [tidy(cell) for cell in [*row, *[""] * (width - len(row))]]
    upper = [tidy(cell) for cell in [*above, *[""] * (width - len(above))]]
    is_group = sum(1 for cell in upper if cell) > 1
    return [mine or (theirs if is_group else "") for mine, theirs in zip(own, upper, strict=False)]


def fingerprint(names: Sequence[str]) -> str:
    """By which the header of a file is known again."""
    return hashlib.sha256(canonical_json([_folded(name) for name in names]).encode()).hexdigest()


def guess(rows: Rows, header: int) -> dict[int, str]:
    """The field of each column that has one; each field once, the best fit first."""
    names = names_of(rows, header)
    samples = [
        [row[column] for row in rows[header : header + SAMPLES] if column < len(row) and row[column].strip()]
        for column in range(len(names))
    ]
    fits = [
        (score, -column, each.id)
        for column, name in enumerate(names)
        for each in FIELDS.values()
        if (score := _fit(name, samples[column], each)) >= BY_LOOKS
    ]
    found: dict[int, str] = {}
    for _score, column, name in sorted(fits, key=lambda fit: (-fit[0], -fit[1])):
        if -column not in found and name not in found.values():
            found[-column] = name
    return dict(sorted(found.items()))


def guess_values(words: Iterable[str], ours: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Which of ours each word of a file is, where one is like it and no other is as much. `ours`: id → its names."""
    folded = {each: [_folded(name) for name in (each, *names)] for each, names in ours.items()}
    found = {}
    for word in words:
        scored = [(max(_same_word(_folded(word), name) for name in names), each) for each, names in folded.items()]
        (score, best), (runner_up, _) = sorted([(0.0, ""), (0.0, ""), *scored], reverse=True)[:2]
        if score >= ALIKE and (score > runner_up or score == SURE):
            found[word] = best
    return found


def _same_word(one: str, other: str) -> float:
    """As `_alike`, and a word that stands within a name of ours is most likely meant by it."""
    within = 80 + 10 * len(one) / len(other) if len(one) >= 2 and other and one in other else 0
    return max(_alike(one, other), within)


def tidy(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", cell).replace("*", " ").split())


def _fit(name: str, samples: Sequence[str], asked: Field) -> float:
    if _folded(name) == _folded(WHAT_IS_WRONG):
        return 0
    likeness = max((_alike(_folded(name), _folded(each)) for each in names_of_fields()[asked.id]), default=0.0)
    share = _share(samples, asked.looks)
    if share is None:
        return likeness if likeness >= LIKELY else 0
    if likeness >= LIKELY:
        return likeness + 10 * share
    return BY_LOOKS + 10 * share if share >= 0.8 else 0


def _share(samples: Sequence[str], looks: Looks) -> float | None:
    """How many of the cells look like it; None where looks tell nothing."""
    if looks not in (Looks.INSTANT, Looks.PHONE, Looks.ID_NUMBER, Looks.LONG):
        return None
    return sum(looks_like(looks, cell) for cell in samples) / len(samples) if samples else 0.0


def _best(cell: str) -> float:
    """How like the name of any field a cell is."""
    text = _folded(cell)
    if not text or len(text) > 24:
        return 0
    return max(_alike(text, _folded(name)) for names in names_of_fields().values() for name in names)


def _alike(one: str, other: str) -> float:
    """100 for the same; short words must be the same or stand within, long ones may be written a little otherwise."""
    if not one or not other:
        return 0
    if one == other:
        return SURE
    if other in one and len(other) >= 2:
        return 85 + 10 * len(other) / len(one)
    return float(fuzz.ratio(one, other)) if min(len(one), len(other)) >= 4 else 0


def _folded(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())
