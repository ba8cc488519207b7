"""One input cell of a decision table: the part of FEEL's unary tests that is executed, and nothing else.

Executed: `-` or an empty cell, texts in quotes, numbers, `true`, `false`, `null`, comma lists, `< <= > >= = !=`, ranges
such as `[5..29]`, `]5..29[`, `(5..29)`, and `not(…)` around any of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from engine.errors import Invalid

Value = str | int | float | bool | None
Operator = Literal["<", "<=", ">", ">=", "=", "!="]
LONGEST_CELL = 2_000


@dataclass(frozen=True, slots=True)
class Anything:
    """`-`: matches whatever comes, null too."""


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Interval:
    low: int | float
    low_included: bool
    high: int | float
    high_included: bool


@dataclass(frozen=True, slots=True)
class AnyOf:
    tests: tuple[Comparison | Interval, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    tests: tuple[Comparison | Interval, ...]


Test = Anything | AnyOf | NoneOf

ANYTHING = Anything()


def matches(test: Test, value: Value) -> bool:
    """Whether `value` passes. A value of another type than the cell's never equals and is never less or greater."""
    if isinstance(test, Anything):
        return True
    met = any(_meets(one, value) for one in test.tests)
    return met if isinstance(test, AnyOf) else not met


def read_cell(text: str) -> Test:
    """Raises Invalid `decision.cell` with `column` (1-based) and a `hint`, or `decision.feel` for FEEL that exists but
    is not executed here, named."""
    body = text.strip()
    if body in ("", "-"):
        return ANYTHING
    if len(body) > LONGEST_CELL:
        raise Invalid("decision.cell", f"the cell is longer than {LONGEST_CELL} characters", column=1, hint="")
    return _Reader(body).cell()


def literals(test: Test) -> tuple[Value, ...]:
    """Every value the cell names, for checks of type and range."""
    found: list[Value] = []
    for one in () if isinstance(test, Anything) else test.tests:
        found += [one.low, one.high] if isinstance(one, Interval) else [one.value]
    return tuple(found)


def _meets(one: Comparison | Interval, value: Value) -> bool:
    if isinstance(one, Interval):
        if not _is_number(value):
            return False
        above = value >= one.low if one.low_included else value > one.low  # type: ignore[operator]
        below = value <= one.high if one.high_included else value < one.high  # type: ignore[operator]
        return above and below
    if one.operator in ("=", "!="):
        alike = isinstance(value, bool) == isinstance(one.value, bool) and value == one.value
        return alike if one.operator == "=" else not alike
    if not (_is_number(value) and _is_number(one.value)):
        return False
    left, right = value, one.value
    if one.operator == "<":
        return left < right  # type: ignore[operator]
    if one.operator == "<=":
        return left <= right  # type: ignore[operator]
    return left > right if one.operator == ">" else left >= right  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_LEXEME = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*")
      |(?P<number>-?(?:\d+(?:\.(?!\.)\d+)?|\.\d+))
      |(?P<sign><=|>=|!=|<|>|=|\.\.|[\[\](),?])
      |(?P<word>[^\W\d]\w*)
      |(?P<other>\S))""",
    re.VERBOSE,
)
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t", "\\r": "\r"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_FEEL_WORDS = frozenset(["if", "for", "some", "every", "in", "between", "and", "or", "instance", "function"])


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lexemes = [
            (match.lastgroup or "other", match[match.lastgroup or "other"], match.start(match.lastgroup or "other"))
            for match in _LEXEME.finditer(text)
        ]
        self.at = 0

    def cell(self) -> Test:
        if self._is("word", "not"):
            self.at += 1
            self._take("(")
            tests = self._tests()
            self._take(")")
            test: Test = NoneOf(tests)
        else:
            test = AnyOf(self._tests())
        if self.at < len(self.lexemes):
            raise self._unexpected()
        return test

    def _tests(self) -> tuple[Comparison | Interval, ...]:
        tests = [self._test()]
        while self._is("sign", ","):
            self.at += 1
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> Comparison | Interval:
        kind, lexeme = self._peek()
        if kind == "sign" and lexeme in ("<", "<=", ">", ">=", "=", "!="):
            self.at += 1
            value = self._literal()
            if lexeme not in ("=", "!=") and not _is_number(value):
                raise self._fault(f"{lexeme} compares numbers only", "Write a number behind it.")
            return Comparison(lexeme, value)  # type: ignore[arg-type]
        if kind == "sign" and lexeme in ("[", "]", "("):
            return self._interval(lexeme)
        return Comparison("=", self._literal())

    def _interval(self, opening: str) -> Interval:
        self.at += 1
        low = self._number()
        self._take("..")
        high = self._number()
        kind, closing = self._peek()
        if kind != "sign" or closing not in ("]", "[", ")"):
            raise self._unexpected()
        self.at += 1
        if low > high:
            raise self._fault(f"the range {low}..{high} is empty", "Write the smaller number first.")
        return Interval(low, opening == "[", high, closing == "]")

    def _number(self) -> int | float:
        value = self._literal()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fault("a range goes from one number to another", "Write a range as [5..29].")
        return value

    def _literal(self) -> Value:
        kind, lexeme = self._peek()
        if kind == "text":
            self.at += 1
            return re.sub(r"\\.", lambda match: _ESCAPES.get(match[0], match[0]), lexeme[1:-1])
        if kind == "number":
            self.at += 1
            value = float(lexeme) if "." in lexeme else int(lexeme)
            if abs(value) > 10**18:
                raise self._fault("the number is too large", "")
            return value
        if kind == "word" and lexeme in _CONSTANTS:
            self.at += 1
            return _CONSTANTS[lexeme]
        raise self._unexpected()

    def _peek(self) -> tuple[str, str]:
        return self.lexemes[self.at][:2] if self.at < len(self.lexemes) else ("end", "")

    def _is(self, kind: str, lexeme: str) -> bool:
        return self._peek() == (kind, lexeme)

    def _take(self, lexeme: str) -> None:
        if not self._is("sign", lexeme):
            raise self._unexpected()
        self.at += 1

    def _unexpected(self) -> Invalid:
        kind, lexeme = self._peek()
        following = self.lexemes[self.at + 1][1] if self.at + 1 < len(self.lexemes) else ""
        if kind == "end":
            return self._fault("the cell ends too early", "")
        if lexeme == "?":
            return self._feel('the placeholder "?"')
        if kind == "word" and (following == "(" or lexeme in _FEEL_WORDS):
            return self._feel(f'"{lexeme}{"(…)" if following == "(" else ""}"')
        if kind == "word":
            return self._fault(f'"{lexeme}" is neither a number nor a text', f'Put a text in quotes: "{lexeme}".')
        if lexeme in ("'", "“", "”"):
            return self._fault(f"{lexeme} does not open a text", 'Use straight double quotes: "text".')
        return self._fault(f'"{lexeme}" is not expected here', "")

    def _feel(self, what: str) -> Invalid:
        return Invalid(
            "decision.feel",
            f"{what} is FEEL that is not executed here",
            column=self._column(),
            hint="Cells may hold values, comma lists, comparisons, ranges, not(…) and -. Compute the rest before.",
        )

    def _fault(self, what: str, hint: str) -> Invalid:
        return Invalid("decision.cell", what, column=self._column(), hint=hint)

    def _column(self) -> int:
        return (self.lexemes[self.at][2] if self.at < len(self.lexemes) else len(self.text)) + 1
