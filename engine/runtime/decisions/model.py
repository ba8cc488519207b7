"""What a decision is once it has been read: frozen, shared by all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.runtime.decisions.cells import Test, Value
from engine.runtime.expressions import Expression

HitPolicy = Literal["UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT"]
Aggregation = Literal["SUM", "MIN", "MAX", "COUNT"]


@dataclass(frozen=True, slots=True)
class Column:
    """An input column. `allowed` are the values the designer listed, None when every value may come."""

    label: str
    expression: Expression
    type: str | None
    allowed: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; `default` is taken when no rule matches."""

    name: str
    type: str | None
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is what reasons call it; `number` counts from 1, as Camunda Modeler shows it."""

    name: str
    number: int
    annotation: str
    line: int
    element: str
    tests: tuple[Test, ...]
    outputs: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    policy: HitPolicy
    aggregation: Aggregation | None
    columns: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    optional: tuple[bool, ...]
    """For each column whether its variable may be missing: all its cells are `-`, or one of them asks for null."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A decision that is one expression instead of a table."""

    name: str
    type: str | None
    expression: Expression


@dataclass(frozen=True, slots=True)
class Decision:
    """`variable` is the name under which decisions that require this one see its result."""

    id: str
    name: str
    file: str
    line: int
    variable: str
    requires: tuple[str, ...]
    logic: Table | Formula


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched.

    `rule_id` is the word before the colon that begins the annotation, as in `R02_people_5_29: 5 to 29 people`; the
    annotation then is what stands behind it. Without such a word it is the rule's XML id, which Camunda Modeler hides.
    """

    rule_id: str
    annotation: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision gives. `values` holds one mapping of output name to value for each result: exactly one under
    UNIQUE, FIRST, ANY and with an aggregation, any number under COLLECT and RULE ORDER. `hits` are the rules that
    matched, in the order of the table; empty when a default was taken."""

    values: tuple[dict[str, Any], ...]
    hits: tuple[Hit, ...]
