"""Which letters a step calls for, as its property `letter` says: `forwarding if routing == "forward"; registration`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid
from engine.runtime.expressions import Expression, compile_expression

_CALL = re.compile(r"\s*(?P<kind>[A-Za-z_]\w*)(?:\s+if\s+(?P<condition>\S.*?))?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LetterCall:
    """`condition` reads what the task's form gives to the diagram; None calls for the letter in any case."""

    kind: str
    condition: Expression | None

    def is_due(self, answers: Mapping[str, Any]) -> bool:
        return self.condition is None or self.condition.holds(answers, {})


def letter_calls(text: str) -> Iterator[LetterCall]:
    """In the order in which they are written. Raises Invalid for what cannot be read."""
    for piece in filter(str.strip, text.split(";")):
        found = _CALL.fullmatch(piece)
        if found is None:
            raise Invalid("letter.call", f'"{piece.strip()}" is not of the form letter, or letter if condition.')
        condition = found["condition"]
        yield LetterCall(found["kind"], compile_expression(condition, ()) if condition else None)
