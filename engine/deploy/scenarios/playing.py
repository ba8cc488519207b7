"""Playing scenarios: one function for the designer's page, for publishing, for the command line and for the tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.deploy.releases import LoadedRelease
from engine.deploy.scenarios.model import Differs, Place, Played, Said, Scenario
from engine.deploy.scenarios.read import read_scenario
from engine.deploy.scenarios.stage import Stage

SCENARIO = re.compile(r".+/scenarios/[^/]+\.yaml")


def scenario_paths(files: Mapping[str, bytes]) -> list[str]:
    return sorted(path for path in files if SCENARIO.fullmatch(path))


def play_all(release: LoadedRelease) -> list[Played]:
    """Plays every scenario of a release, in order of their paths."""
    return [play(release, path, release.files[path]) for path in scenario_paths(release.files)]


def play(release: LoadedRelease, path: str, data: bytes) -> Played:
    """Plays one scenario on the real runtime. Never raises: what is wrong with either is in `faults`."""
    try:
        scenario = read_scenario(data)
    except Differs as differs:
        return Played(path, "", differs.faults)
    stage = Stage(release, scenario)
    try:
        unknown = list(_unknown(release, scenario))
        if unknown:
            raise Differs(*unknown)
        stage.run()
    except Differs as differs:
        return Played(path, scenario.name, differs.faults, stage.visited, stage.taken)
    return Played(path, scenario.name, (), stage.visited, stage.taken)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What scenarios reach of one process: counts by id, and the ids that none of them reaches, in diagram order."""

    elements: Mapping[str, int]
    flows: Mapping[str, int]
    untested_elements: tuple[str, ...]
    untested_flows: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of elements and flows together, 0 to 1."""
        untested = len(self.untested_elements) + len(self.untested_flows)
        return 1 - untested / max(len(self.elements) + len(self.flows), 1)


def coverage(release: LoadedRelease, outcomes: Sequence[Played]) -> dict[str, Coverage]:
    """By process. A scenario that failed counts as far as it came."""
    visited: Counter[Place] = Counter()
    taken: Counter[Place] = Counter()
    for each in outcomes:
        visited.update(each.visited)
        taken.update(each.taken)
    return {process_id: _of(release, process_id, visited, taken) for process_id in release.package.processes}


def unvisited(release: LoadedRelease, outcomes: Sequence[Played]) -> dict[str, list[str]]:
    """The elements of each process that no scenario reached, in the order of the diagram; only processes with some."""
    found = coverage(release, outcomes)
    return {process_id: list(each.untested_elements) for process_id, each in found.items() if each.untested_elements}


def _of(release: LoadedRelease, process_id: str, visited: Counter[Place], taken: Counter[Place]) -> Coverage:
    facts = release.package.processes[process_id]
    elements = {id_: visited[process_id, id_] for id_ in facts.elements}
    flows = {id_: taken[process_id, id_] for id_ in facts.flows}
    return Coverage(
        elements,
        flows,
        tuple(id_ for id_, count in elements.items() if not count),
        tuple(id_ for id_, count in flows.items() if not count),
    )


def _unknown(release: LoadedRelease, scenario: Scenario) -> Iterator[Said]:
    """Elements that are nowhere: what expects that one was not reached would always be right."""
    known = {element for facts in release.package.processes.values() for element in facts.elements}
    places: list[tuple[tuple[str | int, ...], Mapping[str, Any]]] = [(("then",), scenario.then)]
    for place, act in enumerate(scenario.acts):
        if act.do in ("complete", "fire") and act.what not in known:
            yield Said(act.line, "element", {"element": act.what})
        places.append((("steps", place, "expect"), act.then))
    for path, then in places:
        for key in ("open", "timers", "deadlines", "path", "not_path"):
            for element in then.get(key) or ():
                if element not in known:
                    yield Said(scenario.lines.get((*path, key), 0), "element", {"element": element})
