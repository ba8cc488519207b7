"""When a form hides a field: the small part of FEEL that form-js' `conditional.hide` needs, as a value that can travel.

`=outcome != "joint" and not(urgent)` becomes `["and", ["!=", ["name", "outcome"], ["value", "joint"]], ["not", …]]`:
plain lists, so that the browser evaluates the same tree as the server. Texts, numbers, true, false, null, names of the
form's own fields, `= != < <= > >=`, `and`, `or`, `not(…)`, `list contains(field, value)` and brackets; nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid

LONGEST = 500
_LEXEME = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>!=|<=|>=|[=<>(),])"""
    r"""|(?P<name>list\s+contains\b|[A-Za-z_]\w*))"""
)
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. `names` are the fields it reads; `tree` is JSON."""

    text: str
    names: frozenset[str]
    tree: list[Any]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """FEEL's logic with two values: a field without an answer is null, and null compares as false."""
        return _value(self.tree, answers) is True


def read_condition(text: str) -> Condition:
    """Raises Invalid `form.condition` naming what cannot be read."""
    body = text.strip().removeprefix("=").strip()
    if not body or len(body) > LONGEST:
        raise _unreadable(text, f"it must have between 1 and {LONGEST} characters")
    reader = _Reader(text, list(_lexemes(text, body)))
    tree = reader.either()
    if reader.rest:
        raise _unreadable(text, f"what is {reader.rest[0][1]!r} doing there?")
    return Condition(text, frozenset(_names(tree)), tree)


def _lexemes(text: str, body: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(body):
        match = _LEXEME.match(body, at)
        if match is None:
            raise _unreadable(text, f"nothing is known that starts with {body[at:].strip()[:12]!r}")
        kind = str(match.lastgroup)
        word = match.group(kind)
        yield ("name", "list contains") if word.startswith("list") and word[4:5].isspace() else (kind, word)
        at = match.end()
        if not body[at:].strip():
            return


class _Reader:
    """Recursive descent; depth is bounded by the length of the text."""

    def __init__(self, text: str, lexemes: list[tuple[str, str]]) -> None:
        self.text = text
        self.rest = lexemes

    def either(self) -> list[Any]:
        return self._chain("or", self.both)

    def both(self) -> list[Any]:
        return self._chain("and", self.comparison)

    def _chain(self, word: str, part: Any) -> list[Any]:
        tree: list[Any] = part()
        while self._peek() == ("name", word):
            self.rest.pop(0)
            tree = [word, tree, part()]
        return tree

    def comparison(self) -> list[Any]:
        left = self.operand()
        kind, word = self._peek()
        if kind == "sign" and word in _COMPARISONS:
            self.rest.pop(0)
            return [word, left, self.operand()]
        return left

    def operand(self) -> list[Any]:
        kind, word = self._peek()
        if self.rest:
            self.rest.pop(0)
        if kind == "text":
            return ["value", json.loads(word)]
        if kind == "number":
            return ["value", float(word) if "." in word else int(word)]
        if (kind, word) == ("sign", "("):
            tree = self.either()
            self._expect(")")
            return tree
        if kind == "name" and word in _CONSTANTS:
            return ["value", _CONSTANTS[word]]
        if kind == "name" and word in ("not", "list contains"):
            self._expect("(")
            first = self.either()
            if word == "not":
                self._expect(")")
                return ["not", first]
            self._expect(",")
            second = self.operand()
            self._expect(")")
            return ["contains", first, second]
        if kind == "name" and word not in ("and", "or"):
            return ["name", word]
        raise _unreadable(self.text, f"{word!r} stands where a value should" if word else "it ends too early")

    def _peek(self) -> tuple[str, str]:
        return self.rest[0] if self.rest else ("end", "")

    def _expect(self, sign: str) -> None:
        if self._peek() != ("sign", sign):
            raise _unreadable(self.text, f"{sign!r} is missing")
        self.rest.pop(0)


def _value(tree: list[Any], answers: Mapping[str, Any]) -> Any:
    head, *rest = tree
    if head == "value":
        return rest[0]
    if head == "name":
        return answers.get(rest[0])
    if head == "and":
        return _value(rest[0], answers) is True and _value(rest[1], answers) is True
    if head == "or":
        return _value(rest[0], answers) is True or _value(rest[1], answers) is True
    if head == "not":
        return _value(rest[0], answers) is not True
    left, right = _value(rest[0], answers), _value(rest[1], answers)
    if head == "contains":
        return isinstance(left, list) and right in left
    if head == "=":
        return _same(left, right)
    if head == "!=":
        return not _same(left, right)
    return _ordered(head, left, right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _ordered(sign: str, left: Any, right: Any) -> bool:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    if sign == "<":
        return bool(left < right)
    if sign == "<=":
        return bool(left <= right)
    return bool(left > right) if sign == ">" else bool(left >= right)


def _names(tree: list[Any]) -> Iterator[str]:
    if tree[0] == "name":
        yield tree[1]
    elif tree[0] != "value":
        for part in tree[1:]:
            yield from _names(part)


def _unreadable(text: str, why: str) -> Invalid:
    return Invalid("form.condition", f'The condition "{text[:80]}" cannot be read: {why}.', condition=text)
