"""What a check says, and what it reads of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.runtime import Advance

INVARIANTS: Mapping[str, str] = {
    "I1": "every report that was taken exists exactly once",
    "I2": "a case is closed, or waits for a person, an instant or a message, or is a visible incident",
    "I3": "at most one rise per visit, visits without a gap, nothing both completed and escalated",
    "I4": "open tasks and live clocks are what the saved state waits for",
    "I5": "the history has no gap, its hashes hold, and its replay gives the present case",
    "I6": "every act that others hear of has exactly one message in the outbox",
    "I7": "every saved state loads",
    "I8": "no sign-in, lease or beat beyond its limit",
    "I9": "search knows every case but the confidential ones",
    "I10": "every document has the file that was added, and the history tells of it",
    "I11": "the numbers of letters have no gap, and every letter that has one has its paper",
}


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """Something that cannot be. `where` names the row, for example `deadline 12`."""

    invariant: str
    case_number: str | None
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Running:
    """An instance with what its saved state waits for; `fault` says why it does not load."""

    row: Any
    advance: Advance | None
    fault: str
    boundary: frozenset[str]
    """Elements that only watch another one: a message awaited there keeps nothing alive."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything stored about a case but its history, which is streamed beside it. Rows in the order of their ids."""

    case: Any
    visits: Sequence[Any]
    tasks: Sequence[Any]
    deadlines: Sequence[Any]
    instances: Sequence[Running]
    outbox: Sequence[Any]
    documents: Sequence[Any]
