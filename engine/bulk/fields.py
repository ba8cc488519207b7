"""What a column may mean: the fields of a filing, the names that spreadsheets give them, how their cells look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import cast

from engine.strict_yaml import read_yaml

FILE = Path(__file__).with_name("columns.yaml")


class Looks(StrEnum):
    """What cells of a field look like, where that tells it from others."""

    TEXT = "text"
    LONG = "long"
    INSTANT = "instant"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    COUNT = "count"
    MONEY = "money"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    looks: Looks = Looks.TEXT
    chosen: bool = False
    """Its cells are words of an office that stand for words of ours; which for which is kept with the mapping."""


_EVERY = (
    Field("external_no"),
    Field("received_at", Looks.INSTANT),
    Field("channel", chosen=True),
    Field("kind", chosen=True),
    Field("category", chosen=True),
    Field("title"),
    Field("description", Looks.LONG),
    Field("demand"),
    Field("place_id"),
    Field("address_text"),
    Field("party_name"),
    Field("party_phone", Looks.PHONE),
    Field("party_id_number", Looks.ID_NUMBER),
    Field("party_address"),
    Field("respondent"),
    Field("people_count", Looks.COUNT),
    Field("amount_cny", Looks.MONEY),
    Field("departments", Looks.COUNT),
    Field("repeat_count", Looks.COUNT),
    Field("anonymous", Looks.YES),
    Field("confidential", Looks.YES),
)
FIELDS: Mapping[str, Field] = {each.id: each for each in _EVERY}
"""In the order in which a person reads a matter."""


@cache
def names_of_fields() -> Mapping[str, Sequence[str]]:
    """By field, the usual names of its column (`columns.yaml`)."""
    return cast(Mapping[str, Sequence[str]], read_yaml(FILE.read_text(encoding="utf-8"), FILE.name).value)


WHAT_IS_WRONG = "错误说明 / What is wrong"
"""The column of an error file that says so; passed over when the file is sent again."""

PHONE = re.compile(r"(\+?86)?0?1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|[2-8]\d{6,7}")
ID_NUMBER = re.compile(r"\d{17}[\dXx]|\d{15}")
DAY = re.compile(r"(19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?.*", re.DOTALL)


def looks_like(looks: Looks, cell: str) -> bool:
    """Whether a cell looks like one of such a field. Pure."""
    plain = re.sub(r"[\s']", "", cell)
    match looks:
        case Looks.INSTANT:
            return DAY.fullmatch(cell.strip()) is not None
        case Looks.PHONE:
            return PHONE.fullmatch(plain) is not None
        case Looks.ID_NUMBER:
            return ID_NUMBER.fullmatch(plain) is not None
        case Looks.LONG:
            return len(cell) > 30
        case _:
            return False
