"""Scenarios: read with exact lines, played, recorded by going through a process, written as people write them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from engine import deploy
from engine.deploy import scenarios
from engine.deploy.scenarios import Act, Differs, Scenario
from engine.vocabulary import WORDS

OURS = deploy.read_folder(Path(__file__).parents[3] / "bpmn")
RELEASE = deploy.load(0, OURS)
TIERS = ("grid", "zone", "community", "street", "district")
GIVEN = {
    "case_id": 1, "tier": "grid", "top": False, "severity": 1, "size": "small", "track": "dispute_small",
    "urgent": False, "confirm": False, "signed_in": False, "repeat": False,
}  # fmt: skip
SIGN = Act("complete", "t_sign_in", {"action": "sign"})
SMALL = Scenario("", "p_small", GIVEN)


@pytest.mark.parametrize("path", scenarios.scenario_paths(OURS))
def test_every_scenario_of_the_product_passes_and_is_written_as_it_was_read(path: str) -> None:
    played = scenarios.play(RELEASE, path, OURS[path])
    assert played.said == ""
    read = scenarios.read_scenario(OURS[path])
    assert replace(scenarios.read_scenario(scenarios.write_scenario(read)), lines={}) == replace(read, lines={})


def test_the_scenarios_of_the_product_reach_every_element_and_take_every_flow() -> None:
    found = scenarios.coverage(RELEASE, scenarios.play_all(RELEASE))
    untested = {process: (each.untested_elements, each.untested_flows) for process, each in found.items()}
    assert untested == dict.fromkeys(RELEASE.package.processes, ((), ()))


def test_an_event_that_only_waits_was_not_reached_and_two_processes_are_counted_apart() -> None:
    played = scenarios.play(RELEASE, "x", OURS["small/scenarios/settled.yaml"])
    assert played.visited["p_small", "t_sign_in"] == 1
    assert not played.visited["p_small", "be_overdue"]
    assert not played.visited["p_big", "t_sign_in"]
    flows = RELEASE.package.processes["p_small"].flows
    assert all(played.visited["p_small", flows[flow].target] for process, flow in played.taken if process == "p_small")


HEAD = "given:\n  process: p_small\n  data: {tier: grid, top: false, signed_in: false, size: small}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: a scenario needs"),
        ("given: [\n", "this cannot be read"),
        ("given: &a {process: p_small}\nthen: *a\n", "this cannot be read: anchors"),
        (HEAD, "line 1: a scenario needs"),
        (HEAD + "then:\n  ended: maybe\n", "line 5: `ended` must be true or false"),
        (HEAD + "then:\n  opened: []\n", "line 5: `opened` is not known here"),
        (HEAD + "steps: 5\nthen:\n", "line 4: `steps` must be a list"),
        (HEAD + "steps:\n  - complete: t_sign_in\n    fire: x\nthen:\n", "line 5: a step is exactly one of"),
        (HEAD + "steps:\n  - fire: be_ack\n    with: {a: 1}\nthen:\n", "line 6: `with` does not belong to `fire`"),
        (HEAD + "services:\n  raise_teir: {}\nthen:\n", "line 5: there is no service 'raise_teir'"),
        (HEAD + "services:\n  raise_tier: [{tear: x}]\nthen:\n", "does not give 'tear'"),
        (HEAD.replace("p_small", "p_smal") + "then:\n", "line 2: there is no process 'p_smal'"),
        (HEAD + "then:\n  not_path: [s_typo]\n", "line 5: there is no element 's_typo'"),
        (
            HEAD + "steps:\n  - complete: t_handle\nthen:\n",
            "line 5: the task 't_handle' does not wait; waiting: t_sign",
        ),
        (HEAD + "steps:\n  - complete: t_sign_in\n    with: {action: run}\nthen:\n", "line 5: the field 'action'"),
        (HEAD + "steps:\n  - complete: t_sign_in\n    with: {acton: sign}\nthen:\n", "has no field 'acton'"),
        (HEAD + "steps:\n  - deliver: m_nothing\nthen:\n", "line 5: Nobody waits for the message"),
        (
            HEAD + "then:\n  open: [t_handle]\n  ended: true\n",
            "line 5: these tasks wait: t_sign_in; expected: t_handle",
        ),
        (HEAD + "then:\n  open: [t_handle]\n  ended: true\n", "line 6: the process has not ended"),
        (HEAD + "then:\n  deadlines: {be_ack: 9h}\n", "line 5: 'be_ack' has the limit"),
        (HEAD + "then:\n  data: {tier: zone}\n", "line 5: tier is grid; expected: zone"),
        (HEAD + "steps:\n" + "  - deliver: m_x\n" * 501 + "then:\n", "a scenario has at most 500 steps"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    played = scenarios.play(RELEASE, "x.yaml", text.encode())
    assert not played.passed
    assert said in played.said


def test_nothing_written_into_a_scenario_breaks_the_player() -> None:
    chance = random.Random(7)
    words: list[object] = [None, True, 7, 0.5, "x", "t_sign_in", [], {}, [1], [[1]], [None], {"a": 1}, {"a": [{}]}]

    def spoil(value: object) -> object:
        if chance.random() < 0.08:
            return chance.choice(words)
        if isinstance(value, dict):
            return {key: spoil(inner) for key, inner in value.items()}
        return [spoil(inner) for inner in value] if isinstance(value, list) else value

    for path in scenarios.scenario_paths(OURS):
        raw = yaml.load(OURS[path], Loader=yaml.BaseLoader)
        for _ in range(3):
            text = json.dumps(spoil(raw), ensure_ascii=False).replace('"true"', "true").replace('"false"', "false")
            scenarios.play(RELEASE, path, text.encode())


def test_a_recording_goes_on_is_undone_and_becomes_a_scenario_that_passes() -> None:
    recording = SMALL
    for act in (SIGN, Act("fire", "be_overdue")):
        stage = scenarios.replay(RELEASE, replace(recording, acts=(*recording.acts, act)), TIERS)
        recording = scenarios.recorded(stage)
    assert recording.services == {"raise_tier": [{"tier": "zone", "top": False, "signed_in": False}]}
    assert scenarios.undone(recording).acts == (SIGN,)

    found = scenarios.expectation(stage)
    assert found["open"] == ["t_sign_in"]
    assert found["data"]["tier"] == "zone"
    assert found["deadlines"]["be_overdue"] == str(RELEASE.limits["p_small"].length("handle", "zone"))
    kept = scenarios.write_scenario(replace(recording, name="超时 / Overdue", then=found))
    assert scenarios.play(RELEASE, "x", kept).said == ""
    assert "    with: {action: sign}\n" in kept.decode()


def test_another_answer_of_a_service_leads_elsewhere() -> None:
    acts = [Act("complete", "t_first_contact", {"method": "phone", "reached": "yes"})]
    acts += [Act("complete", "t_handle", {"action_type": "talk", "outcome": "resolved"})]
    acts += [Act("complete", "t_resolve", {"result_code": "fulfilled", "substantive": "yes"})]
    recording = scenarios.recorded(scenarios.replay(RELEASE, replace(SMALL, acts=(SIGN, *acts)), TIERS))
    assert recording.services["sampled"] == [{"sampled": False}]
    drawn = scenarios.answered_otherwise(recording, "sampled", 0, {"sampled": True})
    assert [task.element for task in scenarios.replay(RELEASE, drawn, TIERS).advance.tasks] == ["t_quality_check"]


def test_a_scenario_is_opened_as_a_recording_with_an_entry_for_every_call() -> None:
    read = scenarios.read_scenario(OURS["big/scenarios/whole_ladder.yaml"])
    opened = scenarios.open_recording(RELEASE, read)
    stage = scenarios.replay(RELEASE, opened, TIERS)
    assert not opened.then
    kept = replace(opened, then={**read.then, **scenarios.expectation(stage)})
    assert scenarios.play(RELEASE, "x", scenarios.write_scenario(kept)).said == ""


def test_every_service_that_gives_something_is_assumed_to_give_it() -> None:
    """A new service needs a line in `assumed`, or recordings go on with variables that nobody sets."""
    from engine.deploy.scenarios.record import assumed
    from engine.runtime import ServiceCall

    for name, service in WORDS.services.items():
        call = ServiceCall(name, "s", "t1", {"reason": "overdue"}, {**GIVEN, "tier": "zone"})
        assert set(assumed(call, TIERS)) == set(service.gives), name


def test_many_steps_add_up_to_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime has one for each push (tests/engine/runtime)."""
    monkeypatch.setattr("engine.deploy.scenarios.stage.MOST_STEPS", 8)
    with pytest.raises(Differs, match="too long"):
        scenarios.replay(RELEASE, replace(SMALL, acts=(SIGN, Act("fire", "be_overdue"))), TIERS)
