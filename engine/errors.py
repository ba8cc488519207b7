"""The five kinds of refusal.

A kind tells the caller what to do next; `code` names the exact reason for machines and never changes;
`facts` carry what the sentence talks about. The sentence is for people and may change or be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUIRED: Mapping[str, str] = {"zh": "此项必填。", "en": "This is required."}
"""What is said of a field that is left empty and must not be."""


def too_long(most: int) -> Mapping[str, str]:
    """What is said of a field that holds more than so many characters."""
    return {"zh": f"最多 {most} 字。", "en": f"At most {most} characters."}


class Refusal(Exception):
    """Something was refused on purpose. Never raised itself: raise one of the five kinds below."""

    status = 500

    def __init__(self, code: str, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.facts: Mapping[str, Any] = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.sentence, dict(self.facts))


class NotFound(Refusal):
    """There is no such thing, or the asker may not know that there is."""

    status = 404


class Invalid(Refusal):
    """What was sent cannot be taken; `facts["fields"]` maps a field to its sentence where fields are to blame."""

    status = 422


class NotAllowed(Refusal):
    """The asker is known and may see the thing, but may not do this to it."""

    status = 403


class Conflict(Refusal):
    """The world moved on: look again, then decide anew."""

    status = 409


class Unavailable(Refusal):
    """Nothing is wrong with the request; the same one may succeed later."""

    status = 503


def _rebuild(kind: type[Refusal], code: str, sentence: str, facts: dict[str, Any]) -> Refusal:
    return kind(code, sentence, **facts)
