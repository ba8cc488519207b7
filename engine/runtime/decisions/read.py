"""DMN files (1.1 to 1.5, as Camunda Modeler writes them) → decisions, with everything that is wrong told at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast

from engine.errors import Invalid
from engine.runtime.decisions.cells import ANYTHING, Anything, Test, Value, literals, read_cell
from engine.runtime.decisions.model import Aggregation, Column, Decision, Formula, HitPolicy, Output, Rule, Table
from engine.runtime.expressions import Expression, compile_expression
from engine.runtime.values import Finding
from engine.runtime.xml import local_name, namespace

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "number": (int, float),
    "double": (int, float),
}
_POLICIES = ("UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT")
_AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
_NAMED = re.compile(r"(?P<name>[A-Za-z]\w*)\s*[::]\s*(?P<rest>.*)", re.DOTALL)
_OTHER_LOGIC = ("context", "invocation", "relation", "list", "functionDefinition", "conditional", "filter", "for")
_BESIDE = frozenset(
    {
        "allowedAnswers",
        "authorityRequirement",
        "decisionMaker",
        "decisionOwner",
        "decisionTable",
        "description",
        "extensionElements",
        "impactedPerformanceIndicator",
        "informationRequirement",
        "knowledgeRequirement",
        "literalExpression",
        "question",
        "supportedObjective",
        "usingProcess",
        "usingTask",
        "variable",
    }
)


def is_dmn(root: Any) -> bool:
    """Whether the root element is that of a DMN file of a version that is read here."""
    return local_name(root.tag) == "definitions" and namespace(root.tag) in NAMESPACES


class DecisionReader:
    """Reads one file. `findings` is complete after `decisions`; a decision with an error is left out."""

    def __init__(self, file: str, root: Any, functions: Collection[str]) -> None:
        self.file = file
        self.root = root
        self.functions = frozenset(functions)
        self.findings: list[Finding] = []
        self._element = ""

    def decisions(self) -> list[Decision]:
        found: list[Decision] = []
        for node in _children(self.root):
            kind = local_name(node.tag)
            if kind == "decision":
                decision = self._decision(node)
                if decision is not None:
                    found.append(decision)
            elif kind in ("businessKnowledgeModel", "decisionService", "itemDefinition", "import"):
                self._element = node.get("id") or ""
                self._error(node, "decision.unsupported", f"{kind} is not executed here", "Use a decision table.")
        if not any(local_name(node.tag) == "decision" for node in _children(self.root)):
            self._element = self.root.get("id") or ""
            self._error(self.root, "decision.none", "the file holds no decision", "Draw a decision with a table.")
        return found

    def _decision(self, node: Any) -> Decision | None:
        before = len(self.findings)
        self._element = node.get("id") or ""
        if not self._element:
            self._error(node, "decision.no_id", "a decision has no id", "")
        for child in _children(node):
            kind = local_name(child.tag)
            if kind in _OTHER_LOGIC or kind not in _BESIDE:
                self._error(child, "decision.unsupported", f"{kind} is not executed here", "Use a decision table.")
        table, formula = _child(node, "decisionTable"), _child(node, "literalExpression")
        logic: Table | Formula | None = None
        if table is not None:
            logic = self._table(table)
        elif formula is not None:
            logic = self._formula(node, formula)
        elif len(self.findings) == before:
            self._error(node, "decision.empty", "the decision has neither a table nor an expression", "")
        requires = self._requires(node)
        if logic is None or any(one.severity == "error" for one in self.findings[before:]):
            return None
        variable = _child(node, "variable")
        output = logic.name if isinstance(logic, Formula) else logic.outputs[0].name
        named = (variable.get("name") or "") if variable is not None else ""
        return Decision(
            node.get("id"),
            node.get("name") or node.get("id"),
            self.file,
            node.sourceline or 0,
            named if named.isidentifier() else output,
            requires,
            logic,
        )

    def _requires(self, node: Any) -> tuple[str, ...]:
        found: list[str] = []
        for requirement in _children(node):
            kind = local_name(requirement.tag)
            for reference in _children(requirement):
                what, target = local_name(reference.tag), reference.get("href") or ""
                if kind == "informationRequirement" and what == "requiredDecision":
                    found.append(target.rpartition("#")[2])
                elif kind == "knowledgeRequirement":
                    self._error(requirement, "decision.unsupported", "knowledge models are not executed here", "")
        return tuple(found)

    def _formula(self, node: Any, formula: Any) -> Formula | None:
        variable = _child(node, "variable")
        self._refuse_language(formula)
        expression = self._expression(formula, _text(formula), "the expression")
        name = variable.get("name") if variable is not None else None
        kind = self._type(variable, "the variable") if variable is not None else None
        return Formula(name or node.get("id") or "", kind, expression) if expression is not None else None

    def _table(self, node: Any) -> Table | None:
        policy = (node.get("hitPolicy") or "UNIQUE").upper()
        aggregation = (node.get("aggregation") or "").upper() or None
        if policy not in _POLICIES:
            self._error(
                node,
                "decision.policy",
                f'the hit policy "{policy}" is not executed here',
                "Use UNIQUE, FIRST, ANY, RULE ORDER or COLLECT.",
            )
        if aggregation is not None and (policy != "COLLECT" or aggregation not in _AGGREGATIONS):
            self._error(
                node,
                "decision.aggregation",
                f'the aggregation "{aggregation}" does not fit',
                "COLLECT with SUM, MIN, MAX or COUNT.",
            )
        if node.get("preferredOrientation") == "CrossTable":
            self._error(node, "decision.unsupported", "cross tables are not executed here", "Write rules as rows.")
        columns = [self._column(one, number) for number, one in enumerate(_named(node, "input"), 1)]
        outputs = [self._output(one, number) for number, one in enumerate(_named(node, "output"), 1)]
        names = [one.name for one in outputs]
        if not outputs or len(set(names)) < len(names):
            self._error(node, "decision.outputs", "the table needs outputs, each with a name of its own", "")
        if aggregation in ("SUM", "MIN", "MAX", "COUNT") and len(outputs) > 1:
            self._error(node, "decision.aggregation", "an aggregation needs exactly one output", "")
        if any(column is None for column in columns):
            return None
        whole = [column for column in columns if column is not None]
        rules = [self._rule(one, number, whole, outputs) for number, one in enumerate(_named(node, "rule"), 1)]
        if any(len(rule.tests) != len(whole) or len(rule.outputs) != len(outputs) for rule in rules):
            return None
        if not rules:
            self._error(node, "decision.no_rules", "the table has no rules", "Add a rule.")
        if policy not in _POLICIES:
            return None
        return Table(
            cast(HitPolicy, policy),
            cast(Aggregation | None, aggregation),
            tuple(whole),
            tuple(outputs),
            tuple(rules),
            tuple(_is_optional([rule.tests[index] for rule in rules]) for index in range(len(whole))),
        )

    def _column(self, node: Any, number: int) -> Column | None:
        said = _child(node, "inputExpression")
        label = node.get("label") or (_text(said) if said is not None else "") or f"input {number}"
        if said is None:
            self._error(
                node, "decision.column", f'the column "{label}" has no expression', "Name the variable it reads."
            )
            return None
        self._refuse_language(said)
        expression = self._expression(said, _text(said), f'the column "{label}"')
        kind = self._type(said, f'the column "{label}"')
        return Column(label, expression, kind, self._allowed(_child(node, "inputValues"))) if expression else None

    def _output(self, node: Any, number: int) -> Output:
        name = node.get("name") or ""
        if not name.isidentifier():
            self._error(
                node,
                "decision.output_name",
                f'output {number} is called "{name}", which is not a variable name',
                "Letters, digits and _ only.",
            )
        said = _child(node, "defaultOutputEntry")
        text = _text(said) if said is not None else ""
        default = self._expression(said, text, f'the default of "{name}"') if text else None
        return Output(name, self._type(node, f'the output "{name}"'), default)

    def _rule(self, node: Any, number: int, columns: list[Column], outputs: list[Output]) -> Rule:
        annotation = _text(_child(node, "description")) or " ".join(
            text for one in _named(node, "annotationEntry") if (text := _text(one))
        )
        match = _NAMED.fullmatch(annotation)
        element = node.get("id") or ""
        inputs, entries = _named(node, "inputEntry"), _named(node, "outputEntry")
        if len(inputs) != len(columns) or len(entries) != len(outputs):
            self._error(node, "decision.rule_cells", f"rule {number} has not one cell for each column", "")
        tests = [self._test(cell, number, column) for cell, column in zip(inputs, columns, strict=False)]
        results = [self._result(cell, number, output) for cell, output in zip(entries, outputs, strict=False)]
        return Rule(
            match["name"] if match else element or f"rule_{number}",
            number,
            match["rest"].strip() if match else annotation,
            node.sourceline or 0,
            element,
            tuple(tests),
            tuple(results),
        )

    def _test(self, cell: Any, number: int, column: Column) -> Test:
        where = f'rule {number}, column "{column.label}"'
        self._refuse_language(cell)
        try:
            test = read_cell(_text(cell))
        except Invalid as fault:
            place = f"{where}, character {fault.facts['column']}: {fault.sentence} in {_short(_text(cell))}"
            self._error(cell, fault.code, place, str(fault.facts["hint"]))
            return ANYTHING
        for value in literals(test):
            if value is not None and column.type is not None and not fits(value, column.type):
                self._error(
                    cell, "decision.cell_type", f"{where}: {_short(_text(cell))} is not of the type {column.type}", ""
                )
                break
        return test

    def _result(self, cell: Any, number: int, output: Output) -> Expression | None:
        text = _text(cell)
        self._refuse_language(cell)
        if not text:
            return None
        expression = self._expression(cell, text, f'rule {number}, output "{output.name}"')
        if expression is not None and output.type is not None and not (expression.names or expression.calls):
            try:
                value = expression.evaluate({}, {})
            except Invalid as fault:
                self._error(cell, "decision.result", f'rule {number}, output "{output.name}": {fault.sentence}', "")
                return None
            if value is not None and not fits(value, output.type):
                self._error(
                    cell,
                    "decision.cell_type",
                    f'rule {number}, output "{output.name}": {_short(text)} is not of the type {output.type}',
                    'Texts stand in quotes: "text".',
                )
        return expression

    def _expression(self, node: Any, text: str, where: str) -> Expression | None:
        try:
            expression = compile_expression(text, self.functions)
        except Invalid as fault:
            self._error(
                node,
                "decision.expression",
                f"{where}: {fault.sentence.rstrip('.')}",
                "Write a variable or an expression such as people_count > 5; FEEL beyond that is not executed here.",
            )
            return None
        return expression

    def _allowed(self, node: Any) -> tuple[Value, ...] | None:
        if node is None or not _text(node):
            return None
        try:
            test = read_cell(_text(node))
        except Invalid:
            self._note(node, "decision.allowed", "the list of input values cannot be read and is not used")
            return None
        values = literals(test)
        return values if values and all(isinstance(value, str) for value in values) else None

    def _type(self, node: Any, where: str) -> str | None:
        kind = (node.get("typeRef") or "").rpartition(":")[2]
        if not kind or kind == "Any":
            return None
        if kind not in TYPES:
            self._error(
                node,
                "decision.type",
                f'{where} has the type "{kind}", which is not known here',
                f"Use one of {', '.join(TYPES)}.",
            )
            return None
        return kind

    def _refuse_language(self, node: Any) -> None:
        language = node.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self._error(
                node, "decision.language", f'the expression language "{language}" is not executed here', "Use FEEL."
            )

    def _error(self, node: Any, code: str, what: str, hint: str) -> None:
        message = f"{what[:1].upper()}{what[1:]}."
        self.findings.append(Finding(self.file, node.sourceline or 0, self._element, code, "error", message, hint))

    def _note(self, node: Any, code: str, what: str) -> None:
        message = f"{what[:1].upper()}{what[1:]}."
        self.findings.append(Finding(self.file, node.sourceline or 0, self._element, code, "warning", message))


def _is_optional(tests: list[Test]) -> bool:
    return all(isinstance(test, Anything) for test in tests) or any(None in literals(test) for test in tests)


def fits(value: object, kind: str) -> bool:
    """Whether a value that is not null is of the DMN type `kind`. A whole number is a number, `true` is none."""
    return isinstance(value, TYPES[kind]) and (bool in TYPES[kind] or not isinstance(value, bool))


def _children(node: Any) -> list[Any]:
    """Element children in the DMN namespace; drawings and tool extensions say nothing about the decision."""
    return [one for one in node if isinstance(one.tag, str) and namespace(one.tag) in NAMESPACES]


def _named(node: Any, name: str) -> list[Any]:
    return [one for one in _children(node) if local_name(one.tag) == name]


def _child(node: Any, name: str) -> Any:
    return next(iter(_named(node, name)), None)


def _text(node: Any) -> str:
    """The text of a `<text>` child, or of a `description` itself."""
    if node is None:
        return ""
    inner = _child(node, "text")
    return ((inner if inner is not None else node).text or "").strip()


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
