"""Decision tables of a file as plain cells, to be read where no editor runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Refusal
from engine.runtime import read_xml


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """`columns` and each row of `rows`: inputs, then outputs, then the note. A formula is a table of one cell."""

    id: str
    name: str
    policy: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def printed_tables(path: str, data: bytes) -> list[PrintedTable]:
    """In the order of the file; none for a file that cannot be read."""
    try:
        root = read_xml(path, data)
    except Refusal:
        return []
    return [_printed(decision) for decision in root.iterchildren("{*}decision")]


def _printed(decision: Any) -> PrintedTable:
    id_, name = decision.get("id") or "", decision.get("name") or decision.get("id") or ""
    table = decision.find("{*}decisionTable")
    if table is None:
        formula = decision.find("{*}literalExpression")
        return PrintedTable(id_, name, "", [], [[_said(formula)]] if formula is not None else [])
    inputs, outputs = table.findall("{*}input"), table.findall("{*}output")
    columns = [each.get("label") or _said(each.find("{*}inputExpression")) for each in inputs]
    columns += [each.get("label") or each.get("name") or "" for each in outputs]
    rows = [
        [*(_said(entry) for entry in rule.iterchildren("{*}inputEntry", "{*}outputEntry")), _note(rule)]
        for rule in table.findall("{*}rule")
    ]
    policy = " ".join(filter(None, (table.get("hitPolicy") or "UNIQUE", table.get("aggregation"))))
    return PrintedTable(id_, name, policy, columns, rows)


def _said(holder: Any) -> str:
    text = None if holder is None else holder.findtext("{*}text")
    return (text or "").strip()


def _note(rule: Any) -> str:
    return (rule.findtext("{*}description") or "").strip()
