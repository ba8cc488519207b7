"""Writes a scenario as the YAML that `read_scenario` reads, in the way people write it by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.deploy.scenarios.model import Act, Scenario

PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w.\u4e00-\u9fff-]*", re.ASCII)
SWITCHES = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that some reader of YAML takes for something else."""


def write_scenario(scenario: Scenario) -> bytes:
    return ("\n".join(_lines(scenario)) + "\n").encode()


def _lines(scenario: Scenario) -> Iterator[str]:
    if scenario.name:
        yield f"name: {json.dumps(scenario.name, ensure_ascii=False)}"
    yield "given:"
    yield f"  process: {_flow(scenario.process)}"
    yield f"  data: {_flow(scenario.data)}"
    if scenario.services:
        yield "services:"
        for name, rows in scenario.services.items():
            yield f"  {name}: {_flow(rows)}"
    if scenario.acts:
        yield "steps:"
        for act in scenario.acts:
            yield from _act(act)
    if scenario.then:
        yield "then:"
        for key, value in scenario.then.items():
            yield f"  {key}: {_flow(value)}"


def _act(act: Act) -> Iterator[str]:
    yield f"  - {act.do}: {_flow(act.then if act.do == 'expect' else act.what)}"
    if act.item is not None:
        yield f"    item: {_flow(act.item)}"
    if act.values:
        yield f"    with: {_flow(act.values)}"


def _flow(value: Any) -> str:
    match value:
        case Mapping():
            return "{" + ", ".join(f"{_flow(str(key))}: {_flow(each)}" for key, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case float():
            return f"{value:.6f}".rstrip("0") + ("0" if value == int(value) else "")
        case str() if not PLAIN.fullmatch(value) or value.lower() in SWITCHES:
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
