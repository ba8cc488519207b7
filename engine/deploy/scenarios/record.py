"""Recording: going through a process step by step, and keeping what happened as a scenario.

A recording is a scenario that expects nothing yet. It is the whole state of whoever records: every step plays all the
steps before it again, so nothing has to be remembered between two of them, and undoing is leaving the last one out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine import runtime
from engine.deploy.releases import LoadedRelease
from engine.deploy.scenarios.model import Scenario
from engine.deploy.scenarios.stage import Stage

EXPECTATIONS = ("open", "deadlines", "ended", "path", "data")
"""What can be taken from what happened, in the order in which it is offered."""

UNSAID = frozenset({"startEvent", "subProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway"})
"""Elements that a recorded path leaves out: the others imply them."""


def replay(release: LoadedRelease, recording: Scenario, tiers: Sequence[str]) -> Stage:
    """Plays a recording to where it stands. What services give beyond its tables is assumed. Raises Differs."""
    stage = Stage(release, recording, assume=lambda call: assumed(call, tiers))
    stage.start()
    for place, act in enumerate(recording.acts):
        stage.take(act, place)
    return stage


def open_recording(release: LoadedRelease, scenario: Scenario) -> Scenario:
    """A scenario as a recording to go on with: its expectations left out, each call of a service with an entry of its
    own. Raises Differs when it does not play."""
    acts = tuple(act for act in scenario.acts if act.do != "expect")
    stage = Stage(release, replace(scenario, acts=acts, then={}))
    stage.start()
    for act in acts:
        stage.take(act)
    return recorded(stage)


def recorded(stage: Stage) -> Scenario:
    """What was played, with everything that the services gave."""
    services: dict[str, list[Mapping[str, Any]]] = {}
    for each in stage.answered:
        services.setdefault(each.call.name, []).append(each.gave)
    said = {name: rows for name, rows in services.items() if any(rows)}
    return replace(stage.scenario, services=said, then={})


def undone(recording: Scenario) -> Scenario:
    """Without the last step. Answers of services that it asked for are left out when it is played again."""
    return replace(recording, acts=recording.acts[:-1])


def answered_otherwise(recording: Scenario, service: str, place: int, gave: Mapping[str, Any]) -> Scenario:
    """With another answer of a service; calls of it that come later are answered anew."""
    rows = [*recording.services.get(service, ())[:place], gave]
    return replace(recording, services={**recording.services, service: rows})


def expectation(stage: Stage, wanted: Iterable[str] = EXPECTATIONS) -> dict[str, Any]:
    """What happened, as `then` says it: waiting tasks, running deadlines, whether it ended, the path, changed data."""
    advance, given = stage.advance, stage.scenario.data
    answered = {key for moment in stage.moments if moment.act for key in moment.act.values}
    processes = stage.release.package.processes
    reached = {id_ for process, id_ in +stage.visited if processes[process].elements[id_].kind not in UNSAID}
    found: dict[str, Any] = {
        "open": sorted(task.element for task in advance.tasks),
        "deadlines": {timer.element: timer.length for timer in advance.timers if timer.length},
        "ended": advance.ended,
        "path": [each for each in dict.fromkeys(stage.path) if each in reached],
        "data": {key: value for key, value in advance.data.items() if given.get(key) != value and key not in answered},
    }
    return {key: found[key] for key in EXPECTATIONS if key in wanted and found[key] not in ({}, False)}


def assumed(call: runtime.ServiceCall, tiers: Sequence[str]) -> Mapping[str, Any]:
    """What a service would most likely give in a district with these tiers, lowest first."""
    data, tier = call.data, str(call.data.get("tier", ""))
    place = tiers.index(tier) if tier in tiers else 0
    match call.name:
        case "raise_tier" if place < len(tiers) - 1:
            return _at(str(call.params.get("to") or tiers[place + 1]), tiers)
        case "raise_tier":
            return {"tier": tier, "top": True, "signed_in": bool(data.get("signed_in"))}
        case "return_down" | "downgrade":
            return _at(str(data.get("to_tier") or tiers[max(place - 1, 0)]), tiers)
        case "triage":
            return {key: data[key] for key in ("severity", "size", "track", "urgent") if key in data} | {
                "target_tier": tier
            }
        case "sampled":
            return {"sampled": False}
        case "change_hands" | "stay_anew":
            return {"tier": tier, "top": bool(data.get("top")), "signed_in": False}
        case "carry_out":
            return {"co_units": list(data.get("co_units") or ()), "lead_unit": str(data.get("lead_unit") or "")}
        case "majority":
            return {"agreed": True}
        case _:
            return {}


def _at(tier: str, tiers: Sequence[str]) -> Mapping[str, Any]:
    return {"tier": tier, "top": tier == tiers[-1], "signed_in": False}
