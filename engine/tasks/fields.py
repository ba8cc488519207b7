"""The parts of a form as values: questions, notes and groups, and the words they are asked with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.tasks.conditions import Condition

CHOOSING = frozenset({"radio", "select", "checklist", "taglist"})
MANY = frozenset({"checklist", "taglist", "filepicker"})
FIELD_TYPES = frozenset({"textfield", "textarea", "number", "checkbox", "datetime", "filepicker"}) | CHOOSING
TYPES = FIELD_TYPES | {"text", "group"}
TO_DIAGRAM = frozenset({"radio", "select", "checkbox", "number", "checklist", "taglist"})
"""Types whose answers become variables of the diagram; free text stays with the task."""
SOURCES = frozenset({"community_units", "competent_units", "mediation_organisations", "mediators", "parties"})
"""What `valuesKey` may name: choices that the engine finds for the case."""

DOCUMENTS = "documents"
"""The choices of a filepicker: the documents of the case. An answer names those that belong to it."""

LONGEST_LINE = 200
LONGEST_TEXT = 4_000
MOST_CHOSEN = 50
LARGEST = 10**15
MOST_OPEN_REPEATS = 2


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def __call__(self, locale: str) -> str:
        return self.zh if locale.startswith("zh") else self.en

    @property
    def lacks_english(self) -> bool:
        return self.zh == self.en and not self.zh.isascii()


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words
    is_picture: bool = False
    """Of a document: a small picture of it can be shown."""
    heading: Words | None = None
    """Under which it stands where there are many."""
    hint: Words | None = None
    """Why it is proposed, or what else one should know before choosing it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `choices` are written in the form; `source` names those that the engine finds for the case."""

    key: str
    type: str
    label: Words
    description: Words | None = None
    required: bool = False
    shortest: int = 0
    longest: int = LONGEST_LINE
    pattern: re.Pattern[str] | None = None
    kind: str | None = None
    """`phone` or `email` for a textfield; `date`, `time` or `datetime` for a datetime."""
    least: float | None = None
    most: float | None = None
    decimals: int = 0
    choices: tuple[Choice, ...] = ()
    source: str | None = None
    default: Any = None
    hide: tuple[Condition, ...] = ()
    """Hidden when any of them holds: its own, and those of the groups around it."""
    drawn: bool = False
    """Of a filepicker: it is drawn by finger, as a signature is."""
    columns: int = 16
    """How wide it is on a wide screen, of sixteen."""

    @property
    def many(self) -> bool:
        return self.type in MANY

    def options(self, choices: Mapping[str, Iterable[Choice]]) -> tuple[Choice, ...]:
        source = DOCUMENTS if self.type == "filepicker" else self.source
        return tuple(choices.get(source, ())) if source else self.choices


@dataclass(frozen=True, slots=True)
class Note:
    """A text between the questions."""

    words: Words
    hide: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    label: Words | None
    parts: tuple[Field | Note | Group, ...]
    hide: tuple[Condition, ...] = ()


Part = Field | Note | Group


def fields_of(parts: Iterable[Part]) -> Iterator[Field]:
    """The questions among the parts and inside their groups, in the order of the page."""
    for part in parts:
        if isinstance(part, Group):
            yield from fields_of(part.parts)
        elif isinstance(part, Field):
            yield part
