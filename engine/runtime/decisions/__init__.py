"""Decision tables: read once from DMN, decided as a pure function of the data, with the rules that matched.

Unlike other engines nothing is taken silently: an overlap under UNIQUE, a conflict under ANY and a table that gives no
answer are refused, each naming the decision and the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import Invalid, NotFound, Refusal
from engine.runtime.decisions.cells import matches
from engine.runtime.decisions.model import Decision, Formula, Hit, Outcome, Output, Rule, Table
from engine.runtime.decisions.read import DecisionReader, fits, is_dmn
from engine.runtime.values import Finding
from engine.runtime.xml import read_xml
from engine.vocabulary import WORDS

__all__ = ["Decisions", "Hit", "Outcome", "load_decisions"]

PURE: Mapping[str, Callable[..., Any]] = WORDS.bound_functions()
"""What expressions in a table may call. The same words mean the same on a diagram."""


class Decisions:
    """All decisions of a release, by id. Never changed; threads share it."""

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self._decisions = decisions
        self._order = {name: _required_first(name, decisions) for name in decisions}

    def __contains__(self, decision: object) -> bool:
        return decision in self._decisions

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self._decisions))

    def asked_by(self, decision_id: str) -> set[str]:
        """The variables a decision cannot do without, those of what it requires included; none of an unknown one."""
        asked: set[str] = set()
        for name in self._order.get(decision_id, ()):
            logic = self._decisions[name].logic
            if isinstance(logic, Formula):
                asked |= logic.expression.names
            else:
                needed = zip(logic.columns, logic.optional, strict=True)
                asked |= {each for column, optional in needed if not optional for each in column.expression.names}
        return asked - {self._decisions[name].variable for name in self._order.get(decision_id, ())}

    def given_by(self, decision_id: str, result: str | None) -> list[str]:
        """The variables a business rule task sets by it."""
        if result is not None:
            return [result]
        return _output_names(self._decisions[decision_id]) if decision_id in self._decisions else []

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Outcome:
        """Decide for `data`, deciding first whatever the decision requires and `data` does not already hold.

        Raises NotFound `decision.unknown`; Invalid `decision.no_match`, `.overlap`, `.conflict`, `.missing`, `.type`,
        `.result`, each naming the decision.
        """
        if decision_id not in self._decisions:
            raise NotFound("decision.unknown", f'There is no decision "{decision_id}".', decision=decision_id)
        known = dict(data)
        for name in self._order[decision_id][:-1]:
            required = self._decisions[name]
            if required.variable not in known:
                known.update(_as_variables(required, _decided(required, known)))
        return _decided(self._decisions[decision_id], known)

    def for_task(
        self, decision_id: str, result: str | None, mapping: str | None, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The variables a business rule task sets.

        Without `result` each output becomes a variable of its own name. With it, the one output becomes that variable.
        A table that may give several results (COLLECT without aggregation, RULE ORDER, or `mapping` "collectEntries")
        gives lists. Raises as `decide`, and Invalid `decision.mapping` when several outputs shall become one variable.
        """
        outcome = self.decide(decision_id, data)
        decision = self._decisions[decision_id]
        names = _output_names(decision)
        several = _gives_lists(decision) if mapping is None else mapping in ("collectEntries", "resultList")
        if not several and len(outcome.values) > 1:
            raise Invalid(
                "decision.mapping",
                f'The decision "{decision_id}" gave {len(outcome.values)} results where one was wanted.',
                decision=decision_id,
            )
        first = outcome.values[0] if outcome.values else dict.fromkeys(names)
        found = {name: [one[name] for one in outcome.values] if several else first[name] for name in names}
        if result is None:
            return found
        if len(names) > 1:
            raise Invalid(
                "decision.mapping",
                f'The decision "{decision_id}" has {len(names)} outputs, which do not fit into "{result}" alone.',
                decision=decision_id,
            )
        return {result: found[names[0]]}


def load_decisions(files: Mapping[str, bytes]) -> Decisions:
    """Read every DMN file among `files` (path → bytes; files of other kinds are passed over).

    Raises Invalid `decision.refused` with `findings`, a list of Finding, when a decision cannot be decided rightly.
    """
    decisions, findings = read_decisions({name: data for name, data in files.items() if name.endswith(".dmn")})
    errors = sorted(one for one in findings if one.severity == "error")
    if errors:
        first = errors[0]
        raise Invalid(
            "decision.refused",
            f"The decisions cannot be used: {first.file}:{first.line} {first.element}: {first.message}",
            findings=errors,
        )
    return Decisions(decisions)


def read_decisions(files: Mapping[str, bytes]) -> tuple[dict[str, Decision], list[Finding]]:
    """What can be decided, and everything that is wrong; the reading half of `load_decisions` and of the check."""
    decisions: dict[str, Decision] = {}
    findings: list[Finding] = []
    declared: dict[str, Finding] = {}
    for file in sorted(files):
        try:
            root = read_xml(file, files[file])
        except Refusal as refusal:
            findings.append(Finding(file, refusal.facts.get("line", 0), "", refusal.code, "error", refusal.sentence))
            continue
        if not is_dmn(root):
            findings.append(Finding(file, 1, "", "decision.not_dmn", "error", "This is not a DMN file."))
            continue
        reader = DecisionReader(file, root, PURE)
        for decision in reader.decisions():
            if decision.id in declared:
                other = declared[decision.id]
                message = f'The decision "{decision.id}" is also in {other.file}, line {other.line}.'
                findings.append(Finding(file, decision.line, decision.id, "decision.twice", "error", message))
                continue
            decisions[decision.id] = decision
            declared[decision.id] = Finding(file, decision.line, decision.id, "", "info", "")
        findings += reader.findings
    findings += _requirements(decisions, {one.element for one in findings if one.severity == "error"})
    return decisions, findings


def _requirements(decisions: dict[str, Decision], faulty: set[str]) -> list[Finding]:
    findings = []
    for decision in list(decisions.values()):
        missing = [name for name in decision.requires if name not in decisions]
        said = [name for name in missing if name not in faulty]
        if said:
            message = f'The decision requires "{said[0]}", which is not here.'
            findings.append(Finding(decision.file, decision.line, decision.id, "decision.requires", "error", message))
        elif not missing and decision.id not in _required_first(decision.id, decisions):
            message = "The decision requires itself, directly or through others."
            findings.append(Finding(decision.file, decision.line, decision.id, "decision.circle", "error", message))
    return findings


def _required_first(name: str, decisions: Mapping[str, Decision]) -> tuple[str, ...]:
    """All decisions `name` needs, each after those it requires, `name` last; it is left out when it is in a circle."""
    needed = {name}
    todo = [name]
    while todo:
        for one in decisions[todo.pop()].requires:
            if one in decisions and one not in needed:
                needed.add(one)
                todo.append(one)
    order: dict[str, None] = {}
    waiting = sorted(needed)
    while waiting:
        ready = [one for one in waiting if all(r in order or r not in decisions for r in decisions[one].requires)]
        if not ready:
            break
        order.update(dict.fromkeys(ready))
        waiting = [one for one in waiting if one not in order]
    return tuple(one for one in order if one != name) + ((name,) if name in order else ())


def _decided(decision: Decision, data: Mapping[str, Any]) -> Outcome:
    if isinstance(decision.logic, Formula):
        value = _evaluated(decision, decision.logic.expression.evaluate, data, "its expression")
        return Outcome(({decision.logic.name: _typed(decision, value, decision.logic.type, "its result")},), ())
    table = decision.logic
    given = _inputs(decision, table, data)
    met: list[tuple[Rule, dict[str, Any]]] = []
    for rule in table.rules:
        if all(matches(test, value) for test, value in zip(rule.tests, given, strict=True)):
            met.append((rule, _results(decision, table, rule, data)))
            if table.policy == "FIRST":
                break
    if table.policy == "UNIQUE" and len(met) > 1:
        raise _refused(decision, "overlap", f"rules {_numbers(met)} match together, and only one may", met)
    if table.policy == "ANY" and any(outputs != met[0][1] for _, outputs in met):
        raise _refused(decision, "conflict", f"rules {_numbers(met)} match with different results", met)
    hits = tuple(Hit(rule.name, rule.annotation, outputs) for rule, outputs in met)
    return Outcome(_values(decision, table, [outputs for _, outputs in met], given), hits)


def _values(
    decision: Decision, table: Table, found: list[dict[str, Any]], given: list[Any]
) -> tuple[dict[str, Any], ...]:
    if table.aggregation == "COUNT":
        return ({table.outputs[0].name: len(found)},)
    if not found:
        if any(output.default is not None for output in table.outputs):
            return ({output.name: _default(decision, output) for output in table.outputs},)
        if table.policy in ("COLLECT", "RULE ORDER") and table.aggregation is None:
            return ()
        asked = ", ".join(
            f"{column.expression.text} = {value!r}" for column, value in zip(table.columns, given, strict=True)
        )
        raise _refused(decision, "no_match", f"no rule matches {asked}", [])
    if table.aggregation is not None:
        return ({table.outputs[0].name: _aggregated(decision, table, found)},)
    return tuple(found) if table.policy in ("COLLECT", "RULE ORDER") else (found[0],)


def _aggregated(decision: Decision, table: Table, found: list[dict[str, Any]]) -> Any:
    name = table.outputs[0].name
    values = [one[name] for one in found]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise _refused(decision, "result", f'"{name}" cannot be aggregated: not all of {values!r} are numbers', [])
    if table.aggregation == "SUM":
        return sum(values)
    return max(values) if table.aggregation == "MAX" else min(values)


def _inputs(decision: Decision, table: Table, data: Mapping[str, Any]) -> list[Any]:
    given = []
    for column, optional in zip(table.columns, table.optional, strict=True):
        missing = sorted(column.expression.names - data.keys())
        if missing and not optional:
            raise Invalid(
                "decision.missing",
                f'The decision "{decision.id}" needs "{missing[0]}", which the data do not hold.',
                decision=decision.id,
                variable=missing[0],
                column=column.label,
            )
        value = None if missing else _evaluated(decision, column.expression.evaluate, data, f'"{column.label}"')
        given.append(_typed(decision, value, column.type, f'the column "{column.label}"'))
    return given


def _results(decision: Decision, table: Table, rule: Rule, data: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for output, expression in zip(table.outputs, rule.outputs, strict=True):
        where = f'rule {rule.number}, output "{output.name}"'
        value = None if expression is None else _evaluated(decision, expression.evaluate, data, where)
        found[output.name] = _typed(decision, value, output.type, where)
    return found


def _default(decision: Decision, output: Output) -> Any:
    value = None if output.default is None else _evaluated(decision, output.default.evaluate, {}, "a default")
    return _typed(decision, value, output.type, f'the default of "{output.name}"')


def _evaluated(decision: Decision, evaluate: Callable[..., Any], data: Mapping[str, Any], where: str) -> Any:
    try:
        return evaluate(data, PURE)
    except Invalid as fault:
        raise Invalid(
            "decision.result",
            f'The decision "{decision.id}" failed at {where}: {fault.sentence}',
            decision=decision.id,
            reason=fault.code,
        ) from fault


def _typed(decision: Decision, value: Any, kind: str | None, where: str) -> Any:
    if isinstance(value, float) and kind in ("integer", "long") and value.is_integer():
        value = int(value)
    if value is not None and kind is not None and not fits(value, kind):
        raise Invalid(
            "decision.type",
            f'The decision "{decision.id}" expects {where} to be of type {kind}, not {value!r}.',
            decision=decision.id,
            value=value,
        )
    return value


def _as_variables(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    """What decisions that require this one see: its one output under its variable's name, several under their own."""
    names = _output_names(decision)
    several = _gives_lists(decision)
    first = outcome.values[0] if outcome.values else dict.fromkeys(names)
    found = {name: [one[name] for one in outcome.values] if several else first[name] for name in names}
    return {decision.variable: found[names[0]]} | found if len(names) == 1 else found


def _output_names(decision: Decision) -> list[str]:
    logic = decision.logic
    return [logic.name] if isinstance(logic, Formula) else [output.name for output in logic.outputs]


def _gives_lists(decision: Decision) -> bool:
    logic = decision.logic
    return isinstance(logic, Table) and logic.policy in ("COLLECT", "RULE ORDER") and logic.aggregation is None


def _refused(decision: Decision, code: str, why: str, met: list[tuple[Rule, dict[str, Any]]]) -> Invalid:
    return Invalid(
        f"decision.{code}",
        f'The decision "{decision.id}" gives no answer: {why}.',
        decision=decision.id,
        rules=[rule.name for rule, _ in met],
    )


def _numbers(met: list[tuple[Rule, dict[str, Any]]]) -> str:
    return " and ".join(str(rule.number) for rule, _ in met)
