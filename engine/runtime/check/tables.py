"""Decision tables: overlaps, gaps and rules that can never be reached, found by looking at every box of the table.

Each column falls into a few classes of values that its cells cannot tell apart (below, at and above each number; each
text and any other). A rule is a set of classes for each column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.runtime.decisions.cells import Anything, Value, literals, matches
from engine.runtime.decisions.model import Column, Decision, Rule, Table
from engine.runtime.values import Finding

MOST_STEPS = 20_000
MOST_CELLS = 200_000
"""Cells held against classes, and pairs of rules held against each other."""
OTHER = "any other text"


@dataclass(frozen=True, slots=True)
class _Box:
    """What a rule covers: for each column a bit mask over the column's classes."""

    masks: tuple[int, ...]

    def meets(self, other: _Box) -> bool:
        return all(a & b for a, b in zip(self.masks, other.masks, strict=True))


def check_table(decision: Decision) -> list[Finding]:
    """Findings for one decision; nothing is claimed about a table too large to look through."""
    table = decision.logic
    if not isinstance(table, Table) or not table.columns:
        return []
    classes = [_classes(table, index) for index in range(len(table.columns))]
    if len(table.rules) * max(len(table.rules) // 2, sum(len(each) for each in classes)) > MOST_CELLS:
        message = f"The table has {len(table.rules)} rules: too many to look for overlaps and gaps."
        return [_finding(decision, decision.line, "decision.too_large", "warning", message, "Split it in two tables.")]
    boxes = [
        _Box(tuple(_mask(rule, index, classes[index]) for index in range(len(table.columns)))) for rule in table.rules
    ]
    found = [*_dead(decision, table, boxes)]
    if table.policy == "UNIQUE":
        found += _overlaps(decision, table, boxes, classes)
    elif table.policy == "FIRST":
        found += _hidden(decision, table, boxes)
    if table.policy in ("UNIQUE", "FIRST", "ANY") and all(output.default is None for output in table.outputs):
        found += _gap(decision, table, boxes, classes)
    return found


def _classes(table: Table, index: int) -> list[Value]:
    """One value for each class of the column."""
    column = table.columns[index]
    named = [value for rule in table.rules for value in literals(rule.tests[index]) if value is not None]
    if column.type == "boolean" or (named and all(isinstance(value, bool) for value in named)):
        return [True, False]
    numbers = sorted({value for value in named if isinstance(value, int | float) and not isinstance(value, bool)})
    texts = list(dict.fromkeys(value for value in named if isinstance(value, str)))
    if numbers and not texts:
        return _number_classes(column, numbers)
    if column.allowed is not None:
        return list(dict.fromkeys([*column.allowed, *texts]))
    return [*texts, OTHER]


def _number_classes(column: Column, numbers: Sequence[int | float]) -> list[Value]:
    if column.type in ("integer", "long"):
        whole = {int(number) + step for number in numbers for step in (-1, 0, 1)}
        return list[Value](sorted(whole))
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    return list[Value](sorted({numbers[0] - 1, *numbers, *between, numbers[-1] + 1}))


def _mask(rule: Rule, index: int, classes: Sequence[Value]) -> int:
    test = rule.tests[index]
    if isinstance(test, Anything):
        return (1 << len(classes)) - 1
    return sum(1 << bit for bit, value in enumerate(classes) if matches(test, value))


def _dead(decision: Decision, table: Table, boxes: Sequence[_Box]) -> list[Finding]:
    found = []
    for rule, box in zip(table.rules, boxes, strict=True):
        for column, mask, test in zip(table.columns, box.masks, rule.tests, strict=True):
            if not mask and None not in literals(test):
                message = f'Rule {rule.number} can never match: no value passes its cell under "{column.label}".'
                found.append(
                    _finding(decision, rule.line, "decision.rule_dead", "warning", message, "Correct the cell.")
                )
    return found


def _overlaps(
    decision: Decision, table: Table, boxes: Sequence[_Box], classes: Sequence[Sequence[Value]]
) -> list[Finding]:
    names = [column.expression.text for column in table.columns]
    sure = all(name.isidentifier() for name in names) and len(set(names)) == len(names)
    found = []
    for later, box in enumerate(boxes):
        for earlier in range(later):
            if boxes[earlier].meets(box):
                first, second = table.rules[earlier], table.rules[later]
                both = [a & b for a, b in zip(boxes[earlier].masks, box.masks, strict=True)]
                when = _example(table, classes, [(mask & -mask).bit_length() - 1 for mask in both])
                message = (
                    f"Rules {first.number} and {second.number} both match when {when}, and UNIQUE allows only one."
                )
                hint = "Narrow one of them, or use the hit policy FIRST."
                found.append(
                    _finding(decision, second.line, "decision.overlap", "error" if sure else "warning", message, hint)
                )
                break
    return found


def _hidden(decision: Decision, table: Table, boxes: Sequence[_Box]) -> list[Finding]:
    found = []
    steps = [MOST_STEPS]
    for number, (rule, box) in enumerate(zip(table.rules, boxes, strict=True)):
        if all(box.masks) and _uncovered(box.masks, boxes[:number], 0, steps) is None and steps[0] > 0:
            message = f"Rule {rule.number} is never reached: the rules above it match first."
            hint = "Move it up, or delete it."
            found.append(_finding(decision, rule.line, "decision.rule_unreachable", "warning", message, hint))
    return found


def _gap(decision: Decision, table: Table, boxes: Sequence[_Box], classes: Sequence[Sequence[Value]]) -> list[Finding]:
    everything = tuple((1 << len(one)) - 1 for one in classes)
    steps = [MOST_STEPS]
    missed = _uncovered(everything, boxes, 0, steps)
    if missed is None:
        return []
    message = f"No rule matches when {_example(table, classes, missed)}."
    if boxes:
        hits = [sum(mask >> bit & 1 for mask, bit in zip(box.masks, missed, strict=False)) for box in boxes]
        message += f" Rule {table.rules[hits.index(max(hits))].number} comes nearest."
    hint = "Add a last rule with - in every column, or a default output."
    return [_finding(decision, decision.line, "decision.gap", "warning", message, hint)]


def _example(table: Table, classes: Sequence[Sequence[Value]], bits: Sequence[int]) -> str:
    return ", ".join(
        f"{column.label} = {_spoken(values[bit])}"
        for column, values, bit in zip(table.columns, classes, bits, strict=False)
    )


def _uncovered(masks: tuple[int, ...], boxes: Sequence[_Box], depth: int, steps: list[int]) -> tuple[int, ...] | None:
    """The classes of some point in `masks` that no box covers; None when there is none or `steps` ran out.

    As deep as the table has columns; a table has at most a few dozen.
    """
    steps[0] -= 1
    if steps[0] <= 0:
        return None
    if not boxes:
        return tuple((mask & -mask).bit_length() - 1 for mask in masks[depth:])
    if depth == len(masks):
        return None
    tried: set[tuple[int, ...]] = set()
    rest = masks[depth]
    while rest:
        bit = rest & -rest
        rest ^= bit
        inside = [index for index, box in enumerate(boxes) if box.masks[depth] & bit]
        if tuple(inside) in tried:
            continue
        tried.add(tuple(inside))
        deeper = _uncovered(masks, [boxes[index] for index in inside], depth + 1, steps)
        if deeper is not None:
            return (bit.bit_length() - 1, *deeper)
    return None


def _spoken(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) and value != OTHER else str(value)


def _finding(decision: Decision, line: int, code: str, severity: str, message: str, hint: str) -> Finding:
    return Finding(decision.file, line, decision.id, code, severity, message, hint)  # type: ignore[arg-type]
