"""keywords.yaml: by which words a report is sorted into a category. Versioned with the release that sorts by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Invalid
from engine.strict_yaml import read_yaml, show_path

UNSORTED = "unsorted"
"""The category of what no word sorts: a clerk decides."""
CATEGORY = re.compile(r"[a-z_]+(\.[a-z_]+)*")


@dataclass(frozen=True, slots=True)
class Sorted:
    """A category with the words that led to it; none for `UNSORTED`."""

    category: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keywords:
    """Category → its words, in the order of the file."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def sort(self, text: str) -> Sorted:
        """The category most of whose words occur in the text; the first of equals."""
        text = text.lower()
        found = [
            Sorted(category, tuple(w for w in words if _occurs(w, text))) for category, words in self.words.items()
        ]
        best = max(found, key=lambda each: len(each.words), default=Sorted(UNSORTED))
        return best if best.words else Sorted(UNSORTED)


def read_keywords(name: str, data: bytes) -> Keywords:
    """Raises Invalid whose `facts["problems"]` lists every wrong line at once, as (place, sentence)."""
    try:
        document = read_yaml(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise Invalid("keywords.unreadable", f"{name} is not UTF-8 text.", problems=[("", str(error))]) from error
    raw: Any = document.value
    problems = [(show_path(path), f"line {line}: {words}") for line, path, words in document.problems]
    if not isinstance(raw, dict):
        raise Invalid("keywords.shape", f"{name} must be a table of categories.", problems=[("", "not a table")])
    for category, words in raw.items():
        if not CATEGORY.fullmatch(str(category)):
            problems.append((str(category), "a category looks like labour.wages"))
        if not isinstance(words, list) or not all(isinstance(each, str) and each.strip() for each in words):
            problems.append((str(category), "write a list of words"))
        elif any(each != each.lower() for each in words):
            problems.append((str(category), "write the words in small letters"))
    if problems:
        listed = "; ".join(f"{place}: {sentence}" for place, sentence in problems)
        raise Invalid("keywords.invalid", f"{name}: {listed}", problems=problems)
    return Keywords({category: tuple(words) for category, words in raw.items()})


def _occurs(word: str, text: str) -> bool:
    """Chinese writes no spaces; a word in Latin letters must begin and end as one."""
    if word not in text:
        return False
    return not word.isascii() or re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
