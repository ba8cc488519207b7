"""Script tasks: lines of `name = expression`, nothing else. An empty line or one that begins with `#` says nothing."""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.errors import Invalid
from engine.runtime.expressions import Expression, compile_expression

MOST_LINES = 100

_LINE = re.compile(r"(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+)")
_TAKEN = frozenset({"true", "false", "null", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"})


def compile_script(text: str, functions: Collection[str]) -> tuple[tuple[str, Expression], ...]:
    """The assignments in order. Raises Invalid `script.*` or `expression.*` naming the line."""
    lines = [line.strip().rstrip(";").strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if not said or len(said) > MOST_LINES:
        raise Invalid("script.length", f"A script has 1 to {MOST_LINES} lines.")
    return tuple(_assignment(line, functions) for line in said)


def _assignment(line: str, functions: Collection[str]) -> tuple[str, Expression]:
    match = _LINE.fullmatch(line)
    if match is None or match["name"] in _TAKEN:
        raise Invalid("script.line", f'"{line}" is not of the form name = expression.', line=line)
    return match["name"], compile_expression(match["value"], functions)
