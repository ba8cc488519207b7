"""A start that is told again is the start itself, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import deploy, runtime
from engine.vocabulary import WORDS

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BPMN = Path(__file__).parents[3] / "bpmn"


@pytest.fixture(scope="module")
def package() -> runtime.Package:
    return deploy.load(1, deploy.read_folder(BPMN)).package


def data_of(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "case_id": number,
        "tier": chance.choice(["building", "grid", "community", "street"]),
        "top": False,
        "severity": chance.choice([1, 1, 1, 2, 3, 4]),
        "size": chance.choice(["small", "big"]),
        "track": chance.choice(["dispute_small", "dispute_big", "petition", "consult", "suggestion"]),
        "urgent": chance.random() < 0.1,
        "confirm": chance.random() < 0.2,
        "signed_in": False,
        "repeat": chance.random() < 0.1,
    }


def host_of(later: timedelta, answers: Mapping[str, Any]) -> runtime.Host:
    def due(call: runtime.DueCall) -> runtime.Due:
        return runtime.Due(NOW + later + timedelta(hours=len(call.step)), call.step, f"{len(call.step)}h")

    return runtime.Host(NOW, WORDS.bound_functions(), due, lambda call: answers)


def test_equal_starts_differ_only_in_their_own_number_and_in_their_ends(package: runtime.Package) -> None:
    starts, chance = runtime.Starts(package, frozenset({"case_id"})), random.Random(7)
    seen = set()
    for number in range(300):
        data, host = data_of(number, chance), host_of(timedelta(minutes=number), {})
        told = starts.start("p_case", data, host)
        assert told == runtime.start(package, "p_case", data, host)
        seen.add(told.state)
    assert len(seen) == 300


def test_a_variable_that_is_not_its_own_tells_starts_apart(package: runtime.Package) -> None:
    """Also where Python calls two values equal that JSON does not."""
    starts, data = runtime.Starts(package, frozenset({"case_id"})), data_of(1, random.Random(1))
    host = host_of(timedelta(), {})
    for given in ({**data, "repeat": True}, {**data, "repeat": 1}, {**data, "more": [1, 2]}):
        assert starts.start("p_case", given, host) == runtime.start(package, "p_case", given, host)


ASKS = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">
 <process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/>
 <serviceTask id="g" camunda:type="external" camunda:topic="triage"/><sequenceFlow id="h" sourceRef="g" targetRef="u"/>
 <userTask id="u"/><sequenceFlow id="i" sourceRef="u" targetRef="e"/><endEvent id="e"/></process></definitions>"""


def test_what_asks_the_world_for_more_than_the_end_of_a_step_is_worked_out_each_time() -> None:
    asked: list[str] = []

    def call(service: runtime.ServiceCall) -> Mapping[str, Any]:
        asked.append(service.name)
        return {"severity": len(asked)}

    package = runtime.compile_package({"p.bpmn": ASKS}, WORDS)
    starts = runtime.Starts(package, frozenset({"case_id"}))
    host = runtime.Host(NOW, WORDS.bound_functions(), host_of(timedelta(), {}).due, call)
    found = [starts.start("p", {"case_id": number}, host).data["severity"] for number in range(3)]
    assert found == [1, 2, 3]
