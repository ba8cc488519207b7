"""Findings about one file, collected; a rule says what is wrong, the report knows where."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from engine.errors import Invalid, Refusal
from engine.runtime.expressions import Expression, compile_expression, compile_template
from engine.runtime.values import Finding, Severity
from engine.runtime.xml import local_name
from engine.vocabulary import Vocabulary

_SILENT = ("EventDefinition", "Expression", "Characteristics", "timeDate", "timeDuration", "timeCycle", "condition")


class Report:
    """`timer_functions` are what a timer may call; every other expression may call `functions`, which lack `due`."""

    def __init__(self, file: str, vocabulary: Vocabulary) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.timer_functions = frozenset(vocabulary.functions) | {"due"}
        self.functions = self.timer_functions - {"due"}
        self.findings: list[Finding] = []
        self._told: set[Finding] = set()

    def error(self, element: Any, code: str, message: str, hint: str = "") -> None:
        self._add(element, code, "error", message, hint)

    def warning(self, element: Any, code: str, message: str, hint: str = "") -> None:
        self._add(element, code, "warning", message, hint)

    def expression(
        self, element: Any, text: str | None, what: str, functions: Collection[str] | None = None
    ) -> Expression | None:
        """The expression `text`, or None with a finding that names the column."""
        said = (text or "").strip()
        if not said:
            self.error(element, "expression.empty", f"{what} is empty.", "Write an expression such as ${tier == top}.")
            return None
        try:
            expression = compile_expression(said, self.functions if functions is None else functions)
        except Invalid as fault:
            self._fault(element, what, said, fault)
            return None
        self._count_arguments(element, what, expression)
        return expression

    def template(self, element: Any, text: str, what: str, functions: Collection[str] | None = None) -> None:
        """Check a text that may hold `${…}`."""
        try:
            compile_template(text, self.functions if functions is None else functions)
        except Invalid as fault:
            self._fault(element, what, text, fault)

    def refusal(self, element: Any, what: str, fault: Refusal, hint: str = "") -> None:
        """A refusal of another module of the runtime, told as a finding."""
        self.error(element, fault.code, f"{what}: {fault.sentence}", hint)

    def _fault(self, element: Any, what: str, text: str, fault: Invalid) -> None:
        column = _column(text, fault)
        where = f", column {column}" if column else ""
        self.error(
            element,
            fault.code,
            f"{what}{where}: {fault.sentence}",
            "Expressions compare and compute with variables; calls are limited to the functions of the vocabulary.",
        )

    def _count_arguments(self, element: Any, what: str, expression: Expression) -> None:
        for name, given in calls_of(expression):
            function = self.vocabulary.functions.get(name)
            if function is not None and not function.least <= given <= function.most:
                self.error(
                    element,
                    "expression.arguments",
                    f'{what}: "{name}" takes {function.least} to {function.most} arguments, not {given}.',
                    function.says,
                )

    def _add(self, element: Any, code: str, severity: Severity, message: str, hint: str) -> None:
        finding = Finding(self.file, line_of(element), nearest_id(element), code, severity, message, hint)
        if finding not in self._told:
            self._told.add(finding)
            self.findings.append(finding)


def line_of(element: Any) -> int:
    return int(element.sourceline or 0)


def nearest_id(element: Any) -> str:
    """The id of the element on the diagram that `element` belongs to."""
    one = element
    while one is not None:
        if one.get("id") and not local_name(one.tag).endswith(_SILENT):
            return str(one.get("id"))
        one = one.getparent()
    return ""


def calls_of(expression: Expression) -> list[tuple[str, int]]:
    """Each function the expression calls, with how many arguments."""
    return [
        (node.func.id, len(node.args))
        for node in ast.walk(expression._tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]


def article(word: str) -> str:
    """`an error`, `a timer`."""
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def _column(text: str, fault: Invalid) -> int:
    """The 1-based column of a syntax error in `text` as written; 0 when the fault has none.

    The compiler spells `&&` and `||` as words before it reads, and drops `${`; both shift what it reports.
    """
    cause = fault.__cause__
    if not isinstance(cause, SyntaxError) or cause.offset is None:
        return 0
    if not cause.offset:  # Python's way of saying that the text ends too early
        return len(text.rstrip("} \n"))
    start = len(text) - len(text[2:].lstrip()) if text.startswith(("${", "#{")) else 0
    column, shift = cause.offset, 0
    for index in range(start, len(text) - 1):
        if index - start + shift + 1 >= column:
            break
        if text[index : index + 2] == "&&":
            shift += 3
        elif text[index : index + 2] == "||":
            shift += 2
    return max(1, min(start + column - shift, len(text)))
