"""How long something may take: an amount and a unit, written `5wd`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast, get_args

from engine.errors import Invalid

LengthUnit = Literal["wd", "cd", "wh", "wm", "h", "mo"]
"""Working days, calendar days, working hours, working minutes, running hours, calendar months."""

UNITS: tuple[str, ...] = get_args(LengthUnit)
MAX_AMOUNT = 99_999
_WRITTEN = re.compile(r"([1-9][0-9]{0,4})(wd|cd|wh|wm|h|mo)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in the unit it was promised in; `str()` gives it back as it is written.

    Raises Invalid (`length.invalid`) for an amount outside 1…99999 or a unit that does not exist.
    """

    amount: int
    unit: LengthUnit

    def __post_init__(self) -> None:
        if self.unit not in UNITS or type(self.amount) is not int or not 1 <= self.amount <= MAX_AMOUNT:
            raise _refusal(f"{self.amount}{self.unit}")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def in_working_time(self) -> bool:
        """Whether only working time counts (wd, wh, wm); otherwise every hour does."""
        return self.unit[0] == "w"


@lru_cache(maxsize=1024)
def parse_length(text: str) -> Length:
    """Reads `5wd`, `60cd`, `4wh`, `750wm`, `24h` or `1mo`: a whole number from 1 and a unit, nothing around or between.

    Raises Invalid (`length.invalid`) naming the text.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise _refusal(text)
    return Length(int(written[1]), cast(LengthUnit, written[2]))


def _refusal(text: str) -> Invalid:
    return Invalid(
        "length.invalid",
        f"{text!r} is not a length of time: write a whole number from 1 to {MAX_AMOUNT} and one of {', '.join(UNITS)}, "
        "for example 5wd.",
        text=text,
    )
