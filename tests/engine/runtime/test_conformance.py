"""Other projects' own models: each gives the outcome its project states, or is refused. Never a silent wrong run."""

from collections import Counter

import pytest
from foreign import (
    CONFORMANCE,
    adapt_betsy,
    adapt_simulator,
    manifest,
    refused_by_check,
    run_betsy,
    run_kogito,
    run_simulator,
)
from play import WORDS

from engine.runtime import compile_package

pytestmark = pytest.mark.skipif(
    not CONFORMANCE.exists(), reason="the models of other projects lie beside the repository and are not here"
)


def _cases(kind):
    return [case for case in manifest() if case["id"].startswith(kind)] if CONFORMANCE.exists() else []


def _betsy():
    return [
        pytest.param(CONFORMANCE / case["files"][0], one, id=f"{case['id']}-{number}")
        for case in _cases("betsy-")
        if isinstance(case["expected"], dict)
        for number, one in enumerate(case["expected"]["cases"])
    ]


@pytest.mark.parametrize(("path", "case"), _betsy())
def test_betsy(path, case):
    run = run_betsy(path, path.stem, case)
    assert run.equals(case["expect"]), run


def test_betsy_is_right_nearly_everywhere():
    outcomes = Counter()
    for case in _cases("betsy-"):
        if isinstance(case["expected"], dict):
            path = CONFORMANCE / case["files"][0]
            runs = [(run_betsy(path, path.stem, one), one["expect"]) for one in case["expected"]["cases"]]
            outcomes["right" if all(run.equals(expected) for run, expected in runs) else "refused"] += 1
    assert outcomes["right"] == 32
    assert outcomes["refused"] == 0


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in _cases("tokensim-")])
def test_token_simulation(case):
    diagram, trace = (CONFORMANCE / file for file in case["files"])
    run = run_simulator(diagram, trace)
    assert not run.refused
    assert run.entered == run.expected


def test_what_the_check_lets_pass_can_be_compiled():
    files = {CONFORMANCE / case["files"][0]: adapt_betsy for case in _cases("betsy-")}
    files |= {CONFORMANCE / case["files"][0]: adapt_simulator for case in _cases("tokensim-")}
    passed = 0
    for path, adapt in files.items():
        data = adapt(path)
        if not refused_by_check(path.name, data):
            compile_package({path.name: data}, WORDS)
            passed += 1
    assert passed >= 30


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in _cases("kogito-")])
def test_kogito(case):
    """These lean on Drools' own attributes (calendars, SLA), which the check refuses; as plain BPMN they run to their
    end or are refused as well."""
    path = CONFORMANCE / case["files"][0]
    assert refused_by_check(path.name, path.read_bytes())
    run = run_kogito(path)
    assert run.refused or run.ended
