"""A file as parts that can be compared, and one difference between two of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class What(enum.StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    """Drawn elsewhere or in another way, or standing at another place of a list."""


class Aspect(enum.StrEnum):
    """What a changed value is about. `OTHER` names the place inside the file in `Change.detail`."""

    NAME = "name"
    DOCUMENTATION = "documentation"
    ROLE = "role"
    FORM = "form"
    STEP = "step"
    TIMER = "timer"
    LIMIT = "limit"
    CONDITION = "condition"
    CONNECTION = "connection"
    SERVICE = "service"
    PARAMETER = "parameter"
    TABLE = "table"
    PROCESS = "process"
    REPEAT = "repeat"
    INTERRUPTING = "interrupting"
    LANE = "lane"
    MESSAGE = "message"
    CELL = "cell"
    LABEL = "label"
    REQUIRED = "required"
    OPTION = "option"
    WORDS = "words"
    DRAWING = "drawing"
    ORDER = "order"
    TEXT = "text"
    """Only spaces, comments or the order of lines."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a file with a name of its own: an element, a limit, a field, a row.

    `values` maps a place inside it to what stands there; what begins with `drawing` is only how it looks.
    """

    key: str
    kind: str
    name: str = ""
    within: str = ""
    """The process, table or form it belongs to."""
    sequence: str = ""
    """Parts of one sequence stand in an order that counts."""
    values: dict[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    """How people call a place, by its first word: the column of a cell."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. Of what was added or removed the whole part is meant, and there is no aspect but its own."""

    file: str
    what: What
    key: str
    kind: str
    name: str
    within: str
    aspect: Aspect | None = None
    detail: str = ""
    before: str = ""
    after: str = ""


def marks(changes: Iterable[Change], file: str, gone: What) -> dict[str, str]:
    """Element id → how to draw it on one side: leave out `gone`, what that side has not. Changed outdoes moved."""
    found: dict[str, str] = {}
    for each in changes:
        if each.file == file and each.what is not gone and found.get(each.key, What.MOVED) == What.MOVED:
            found[each.key] = str(each.what)
    return found
