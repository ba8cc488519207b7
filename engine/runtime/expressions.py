"""Expressions of diagrams and forms: parsed once, checked when compiled, reaching nothing but the data.

The language is a small part of Python's: names, numbers, texts, lists, comparisons, `and or not`, `+ - * / // %`,
`x if c else y`, `in`, an index, and calls of the functions that were given. Written as Camunda Modeler users write
it: `${…}` around it is dropped, `true false null && || !` mean what they say there (`!a == b` is `(!a) == b`).
There is no attribute, no comprehension, no power, no lambda, no keyword argument.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import simpleeval

from engine.errors import Invalid

LONGEST_EXPRESSION = 1_000
MOST_NODES = 200
DEEPEST = 40
LONGEST_TEXT = 10_000
LONGEST_LIST = 1_000
LARGEST_NUMBER = 10**18

_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_WRAPPED = re.compile(r"[$#]\{(.*)\}", re.DOTALL)
_PIECE = re.compile(r"[$#]\{([^{}]*)\}")
_LEXEME = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|&&|\|\||!=|!|~""", re.DOTALL)
_MODELER: Mapping[str, str] = {"&&": " and ", "||": " or ", "!": "~"}


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. `text` is as written, `names` the variables it reads. Safe to share between threads."""

    text: str
    names: frozenset[str]
    calls: frozenset[str]
    _tree: ast.expr

    def evaluate(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
        """The value for `data`: a scalar, a list of scalars, or whatever one of `functions` gives.

        Raises Invalid `expression.name` (unknown name, with the known ones), `expression.failed` or `expression.large`.
        """
        evaluator = _Evaluator(data, functions)
        try:
            return _bounded(evaluator.value(self._tree), self.text)
        except _UnknownName as unknown:
            raise Invalid(
                "expression.name",
                f'"{self.text}" asks for "{unknown.name}", which is not known here. Known: {_listed(data)}.',
                expression=self.text,
                name=unknown.name,
                known=sorted(data),
            ) from None
        except (simpleeval.InvalidExpression, TypeError, ValueError, ArithmeticError, LookupError) as fault:
            raise Invalid(
                "expression.failed", f'"{self.text}" cannot be evaluated: {fault}.', expression=self.text
            ) from fault

    def holds(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> bool:
        """As a condition: true or false, null counts as false; any other value is Invalid `expression.condition`."""
        value = self.evaluate(data, functions)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise Invalid(
            "expression.condition", f'"{self.text}" gives {value!r}, not true or false.', expression=self.text
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A text with `${…}` in it. One that is nothing but `${…}` keeps the value's type, any other gives a text."""

    text: str
    pieces: tuple[str | Expression, ...]

    @property
    def names(self) -> frozenset[str]:
        """The variables it reads."""
        return frozenset(name for piece in self.pieces if isinstance(piece, Expression) for name in piece.names)

    def evaluate(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
        if len(self.pieces) == 1:
            (piece,) = self.pieces
            return piece if isinstance(piece, str) else piece.evaluate(data, functions)
        text = ""
        for piece in self.pieces:
            part = piece if isinstance(piece, str) else piece.evaluate(data, functions)
            text = _bounded(text + (part if isinstance(part, str) else _spoken(part)), self.text)
        return text


def compile_expression(text: str, functions: Collection[str] | None = None) -> Expression:
    """Parse and check `text`, cached. With `functions`, a call of any other name is refused at once.

    Raises Invalid `expression.syntax`, `expression.refused` or `expression.function`.
    """
    return _compile(text, None if functions is None else frozenset(functions))


def compile_template(text: str, functions: Collection[str] | None = None) -> Template:
    """Parse a literal text that may hold `${…}`. Raises as `compile_expression` does."""
    if len(text) > LONGEST_TEXT:
        raise Invalid("expression.refused", f"The text is longer than {LONGEST_TEXT} characters.", expression=text[:80])
    pieces: list[str | Expression] = []
    end = 0
    for match in _PIECE.finditer(text):
        if match.start() > end:
            pieces.append(text[end : match.start()])
        pieces.append(compile_expression(match.group(1), functions))
        end = match.end()
    if end < len(text) or not pieces:
        pieces.append(text[end:])
    if any(isinstance(piece, str) and ("${" in piece or "#{" in piece) for piece in pieces):
        raise Invalid("expression.syntax", f'"{text}" has a "${{" that is not closed.', expression=text)
    return Template(text, tuple(pieces))


def unwrap(text: str) -> str:
    """The expression inside `${…}`, or the text itself, stripped."""
    match = _WRAPPED.fullmatch(text.strip())
    return (match.group(1) if match and "${" not in match.group(1) else text).strip()


@lru_cache(maxsize=8192)
def _compile(text: str, functions: frozenset[str] | None) -> Expression:
    body = unwrap(text)
    if not body:
        raise Invalid("expression.syntax", "The expression is empty.", expression=text)
    if len(body) > LONGEST_EXPRESSION:
        raise Invalid(
            "expression.refused",
            f"The expression is longer than {LONGEST_EXPRESSION} characters.",
            expression=text[:80],
        )
    if "${" in body or "#{" in body:
        raise Invalid("expression.syntax", f'"{text}": put one "${{…}}" around the whole.', expression=text)
    try:
        tree = ast.parse(_pythonic(body, text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise Invalid("expression.syntax", f'"{text}" cannot be read: {_reason(fault)}.', expression=text) from fault
    names, calls = _checked(tree, text)
    unknown = sorted(calls - functions) if functions is not None else []
    if unknown:
        raise Invalid(
            "expression.function",
            f'"{text}" calls "{unknown[0]}", which is not a word here. Known: {", ".join(sorted(functions or ()))}.',
            expression=text,
            name=unknown[0],
        )
    return Expression(body, names, calls, tree)


def _pythonic(body: str, text: str) -> str:
    """Modeler's operators in Python's spelling; `!` becomes `~`, which binds as tightly and is read as `not`."""

    def spelled(match: re.Match[str]) -> str:
        lexeme = match.group()
        if lexeme == "~":
            raise Invalid("expression.refused", f'"{text}" uses "~".', expression=text)
        return _MODELER.get(lexeme, lexeme)

    return " ".join(_LEXEME.sub(spelled, body).split("\n")).strip()


def _checked(tree: ast.expr, text: str) -> tuple[frozenset[str], frozenset[str]]:
    names: set[str] = set()
    calls: set[str] = set()
    count = 0
    todo: list[tuple[ast.AST, int]] = [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        count += 1
        if count > MOST_NODES or depth > DEEPEST:
            raise Invalid("expression.refused", f'"{text[:80]}" is too large.', expression=text)
        if not isinstance(node, _ALLOWED):
            raise Invalid(
                "expression.refused", f'"{text}" uses {type(node).__name__}, which is not allowed.', expression=text
            )
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name) or node.keywords:
                raise Invalid(
                    "expression.refused",
                    f'"{text}": only calls such as max(a, b) are allowed.',
                    expression=text,
                )
            calls.add(node.func.id)
            inner = list(node.args)
        elif isinstance(node, ast.Name) and node.id not in _CONSTANTS:
            names.add(node.id)
        elif isinstance(node, ast.Constant):
            _check_constant(node, text)
        todo.extend((child, depth + 1) for child in inner)
    return frozenset(names), frozenset(calls)


def _check_constant(node: ast.Constant, text: str) -> None:
    if not (node.value is None or isinstance(node.value, str | int | float)):
        raise Invalid("expression.refused", f'"{text}" has a value that is not allowed.', expression=text)
    _bounded(node.value, text)


_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: lambda a, b: _added(a, b),
    ast.Sub: lambda a, b: _number(operator.sub, a, b),
    ast.Mult: lambda a, b: _number(operator.mul, a, b),
    ast.Div: lambda a, b: _number(operator.truediv, a, b),
    ast.FloorDiv: lambda a, b: _number(operator.floordiv, a, b),
    ast.Mod: lambda a, b: _number(operator.mod, a, b),
    ast.USub: lambda a: _number(operator.sub, 0, a),
    ast.UAdd: lambda a: _number(operator.add, 0, a),
    ast.Not: operator.not_,
    ast.Invert: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: _contained(a, b),
    ast.NotIn: lambda a, b: not _contained(a, b),
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}

_ALLOWED = (
    ast.Constant, ast.Name, ast.Load, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.BinOp, ast.Compare,
    ast.IfExp, ast.Call, ast.List, ast.Tuple, ast.Subscript, *_OPERATORS,
)  # fmt: skip


class _UnknownName(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Evaluator(simpleeval.SimpleEval):  # type: ignore[misc]
    """simpleeval with nothing but the nodes and operators above, on trees that `_checked` has let through."""

    def __init__(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        self.operators = _OPERATORS
        self.functions = functions
        self.names = data
        self.expr = ""

    def _eval(self, node: ast.expr) -> Any:
        return _NODES[type(node)](self, node)

    def value(self, tree: ast.expr) -> Any:
        return self._eval(tree)

    def _name(self, node: ast.Name) -> Any:
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        if node.id not in self.names:
            raise _UnknownName(node.id)
        return self.names[node.id]

    def _call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        function = self.functions.get(node.func.id)
        if function is None:
            raise _UnknownName(node.func.id)
        return function(*(self._eval(argument) for argument in node.args))

    def _items(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self._eval(item) for item in node.elts]

    def _item(self, node: ast.Subscript) -> Any:
        holder, index = self._eval(node.value), self._eval(node.slice)
        if not isinstance(holder, list | tuple | str) or isinstance(index, bool) or not isinstance(index, int):
            raise TypeError("only a list or a text has items, and they are counted by whole numbers")
        return holder[index]


_NODES: Mapping[type[ast.expr], Callable[[_Evaluator, Any], Any]] = {
    ast.Constant: lambda evaluator, node: node.value,
    ast.Name: _Evaluator._name,
    ast.UnaryOp: _Evaluator._eval_unaryop,
    ast.BinOp: _Evaluator._eval_binop,
    ast.BoolOp: _Evaluator._eval_boolop,
    ast.Compare: _Evaluator._eval_compare,
    ast.IfExp: _Evaluator._eval_ifexp,
    ast.Call: _Evaluator._call,
    ast.List: _Evaluator._items,
    ast.Tuple: _Evaluator._items,
    ast.Subscript: _Evaluator._item,
}
"""One table for all: an evaluator is made for every expression that is evaluated."""


def _added(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > LONGEST_TEXT:
            raise ValueError("the text becomes too long")
        return a + b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        if len(a) + len(b) > LONGEST_LIST:
            raise ValueError("the list becomes too long")
        return [*a, *b]
    return _number(operator.add, a, b)


def _number(act: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    for value in (a, b):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{value!r} is not a number")
    result = act(a, b)
    if (isinstance(result, float) and not math.isfinite(result)) or abs(result) > LARGEST_NUMBER:
        raise ValueError("the number becomes too large")
    return result


def _contained(a: Any, b: Any) -> bool:
    if not isinstance(b, str | list | tuple):
        raise TypeError(f"{b!r} is neither a list nor a text")
    return a in b


def _bounded(value: Any, text: str) -> Any:
    if isinstance(value, bool):
        return value
    too_large = (
        (isinstance(value, str) and len(value) > LONGEST_TEXT)
        or (isinstance(value, list | tuple) and len(value) > LONGEST_LIST)
        or (isinstance(value, int) and abs(value) > LARGEST_NUMBER)
        or (isinstance(value, float) and not math.isfinite(value))
    )
    if too_large:
        raise Invalid("expression.large", f'"{text[:80]}" gives a value that is too large.', expression=text)
    return value


def _spoken(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(data: Mapping[str, Any]) -> str:
    return ", ".join(sorted(data)) or "nothing"


def _reason(fault: BaseException) -> str:
    return fault.msg if isinstance(fault, SyntaxError) else str(fault) or type(fault).__name__
