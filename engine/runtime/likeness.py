"""Whether what an instance stands at in one package is the same in another: element by element, then as a whole.

Rows are those of a saved state (`state.py`): `[number, holder, element, state, more]`, in the order of birth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.runtime.elements import CallActivity, Element, EventSubProcess, ScopeSpec, Trigger
from engine.runtime.foresight import Need, Sources, Stands, needs
from engine.runtime.package import Package, elements_of
from engine.runtime.soundness import Lying, faults_of, gateway_before, worsened
from engine.runtime.timers import DUE

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an instance cannot go over: a code of `OBSTACLES`, and the element of its diagram it stands at."""

    code: str
    element: str = ""
    name: str = ""


OBSTACLES: Mapping[str, str] = {
    "process.gone": "the new release has no such process",
    "element.gone": "the element it waits at is gone",
    "element.elsewhere": "the element it waits at lies in another subprocess",
    "element.other_kind": "the element it waits at is of another kind",
    "message.other": "it waits for a message that nobody awaits there any more",
    "event.other": "it waits for an event that is another one there",
    "rounds.changed": "it is repeated in another way",
    "call.changed": "another process is called there",
    "fact.unknown": "the new release asks for something this case does not know and will not learn",
    "flow.gone": "the way on which it came to a join is gone",
    "race.changed": "the events it waits for together are others",
    "clock.other_step": "its running clock would count another step",
    "clock.past": "a new clock would have run out already",
    "clock.unknown": "a new clock cannot be started",
    "target.unreachable": "no way leads there",
    "tokens.stuck": "a join would wait for ever",
    "tokens.doubled": "something would be done twice",
    "state.broken": "its saved state cannot be read",
}


@dataclass(slots=True)
class Verdict:
    """What holds for every state of one shape. Numbers are those of its rows, -1 is the process itself."""

    obstacles: dict[Obstacle, None] = field(default_factory=dict)
    withdrawn: dict[int, str] = field(default_factory=dict)
    added: list[tuple[int, str, bool]] = field(default_factory=list)
    """Row, element, and whether it listens for the whole inside of that row."""
    needs: list[Need] = field(default_factory=list)
    """Facts the instance must know already."""


def judge(old: Package, new: Package, process: str, rows: list[Row], sources: Sources | None = None) -> Verdict:
    """What stands in the way of a state with these rows, which watchers end and begin, and what it must know."""
    verdict = Verdict()
    if process not in new.specs:
        facts = old.processes.get(process)
        verdict.obstacles[Obstacle("process.gone", process, facts.name if facts else "")] = None
    elif process not in old.specs:
        verdict.obstacles[Obstacle("state.broken", process)] = None
    else:
        looked = _Judge(old.specs[process], new, new.specs[process], verdict)
        looked.look(rows)
        if not verdict.obstacles and sources is not None:
            verdict.needs = needs(old, new, looked.standing(), sources)
    return verdict


@dataclass(slots=True)
class _Place:
    """A level the instance is in, as both packages have it, with the tokens that lie on it."""

    old: ScopeSpec
    new: ScopeSpec | None
    lay: list[Lying] = field(default_factory=list)
    lying: list[Lying] = field(default_factory=list)
    stands: list[Stands] = field(default_factory=list)


class _Judge:
    """Looks at each row once: a holder comes before its inside, a host before its watchers."""

    def __init__(self, old: ScopeSpec, package: Package, new: ScopeSpec, verdict: Verdict) -> None:
        self.package = package
        self.verdict = verdict
        self.places: dict[int, _Place] = {0: _Place(old, new)}
        self.elements: dict[int, tuple[Element, Element | None]] = {}
        self.races: set[str] = set()
        self.rows: dict[int, int] = {0: -1}

    def look(self, rows: list[Row]) -> None:
        for index, (token, holder, element_id, letter, *more) in enumerate(rows):
            self.rows[token] = index
            place, said = self.places[holder], more[0] if more else {}
            was = place.old.task_specs.get(element_id)
            if was is None:
                self.verdict.obstacles[Obstacle("state.broken", element_id)] = None
                return
            becomes = None if place.new is None else place.new.task_specs.get(element_id)
            if "h" in said or "l" in said:
                self._watcher(index, place, said, was, becomes)
                continue
            if becomes is None or place.new is None:
                if place.new is not None:
                    self._hinder(self._lost(was), was)
                self.elements[token] = was, None
                if "i" in said:
                    self.places[token] = _Place(was.inside, None)
                continue
            alike = self._token(place, was, becomes, letter, said)
            self.elements[token] = was, becomes
            place.stands.append((place.new, becomes, "i" in said))
            if "i" in said:
                self.places[token] = _Place(was.inside, becomes.inside if alike else None)
        self._begin_watching(rows)
        if not self.verdict.obstacles:
            self._weigh()

    def standing(self) -> list[Stands]:
        """Everything that has a token in the new package, but what only watches."""
        return [each for place in self.places.values() for each in place.stands]

    def _lost(self, was: Element) -> str:
        spec = self.package.specs.get(was.process)
        known = () if spec is None else {each.bpmn_id for each in elements_of(spec)}
        return "element.elsewhere" if was.bpmn_id in known else "element.gone"

    def _hinder(self, code: str, at: Element) -> None:
        self.verdict.obstacles[Obstacle(code, at.bpmn_id, at.bpmn_name or "")] = None

    def _watcher(
        self, index: int, place: _Place, said: Mapping[str, Any], was: Element, becomes: Element | None
    ) -> None:
        if "l" in said:
            around = () if place.new is None else place.new.listeners
        else:
            host = self.elements[said["h"]][1]
            around = () if host is None else host.boundary
        if becomes is None or becomes not in around or not _same_watch(was.trigger, becomes.trigger):
            self.verdict.withdrawn[index] = was.bpmn_id
        elif _step(was.trigger) != _step(becomes.trigger):
            self._hinder("clock.other_step", was)

    def _token(self, place: _Place, was: Element, becomes: Element, letter: str, said: Mapping[str, Any]) -> bool:
        assert place.new is not None
        for code in _differences(was, becomes, letter, said):
            self._hinder(code, was)
            return False
        if "b" in said or isinstance(becomes, EventSubProcess):
            return True  # a round belongs to its body; the handler of an event stands beside the flows
        if "e" in said:
            if said["e"] in self.races:
                return True
            self.races.add(said["e"])
            if _racers(place.old, was) != _racers(place.new, becomes):
                self._hinder("race.changed", was)
                return False
        via = said.get("v")
        place.lay.append((was, via if was.joins else None))
        place.lying.append((becomes, via if becomes.joins else None))
        return True

    def _begin_watching(self, rows: list[Row]) -> None:
        """What watches in the new diagram and did not in the old; what did and is not there has fired already."""
        replaced = set()
        for index, element_id in self.verdict.withdrawn.items():
            token, holder, _element, _letter, said = rows[index]
            replaced.add((said.get("h", holder), element_id))
        for token, (was, becomes) in self.elements.items():
            said = rows[self.rows[token]][4] if len(rows[self.rows[token]]) > 4 else {}
            gathers = becomes is not None and becomes.start_quantity > 1 and rows[self.rows[token]][3] == "w"
            if becomes is None or "b" in said or gathers:
                continue
            before = {each.bpmn_id for each in was.boundary}
            for each in becomes.boundary:
                if each.bpmn_id not in before or (token, each.bpmn_id) in replaced:
                    self.verdict.added.append((self.rows[token], each.bpmn_id, False))
        for token, place in self.places.items():
            before = {each.bpmn_id for each in place.old.listeners}
            for each in () if place.new is None else place.new.listeners:
                if each.bpmn_id not in before or (token, each.bpmn_id) in replaced:
                    self.verdict.added.append((self.rows[token], each.bpmn_id, True))

    def _weigh(self) -> None:
        for place in self.places.values():
            assert place.new is not None
            faults = worsened(place.new, place.lying, faults_of(place.old, place.lay))
            for code, element_id in faults.named():
                self._hinder(code, place.new.task_specs[element_id])


def _differences(was: Element, becomes: Element, letter: str, said: Mapping[str, Any]) -> Iterator[str]:
    if was.kind != becomes.kind or type(was) is not type(becomes):
        yield "element.other_kind"
    if was.rounds is not None or becomes.rounds is not None:
        ways = [None if each.rounds is None else (each.rounds.kind, each.rounds.item) for each in (was, becomes)]
        if ways[0] != ways[1]:
            yield "rounds.changed"
    if was.start_quantity != becomes.start_quantity:
        yield "rounds.changed"
    if isinstance(was, CallActivity) and was.spec != becomes.spec:
        yield "call.changed"
    if letter == "w" and was.joins and said.get("v") is not None and said["v"] not in becomes.incoming:
        yield "flow.gone"
    if letter == "w" and not was.joins and "i" not in said:
        old, new = was.trigger, becomes.trigger
        if not _same_watch(old, new) or _names(old) != _names(new):
            yield "message.other" if old.kind == "message" else "event.other"
        elif _step(old) != _step(new):
            yield "clock.other_step"


def _same_watch(old: Trigger, new: Trigger) -> bool:
    return old.kind == new.kind and old.parallel == new.parallel and len(old.parts) == len(new.parts)


def _names(trigger: Trigger) -> tuple[Any, ...]:
    return tuple((part.kind, part.name) for part in trigger.parts or (trigger,) if part.kind in ("message", "signal"))


def _step(trigger: Trigger) -> str | None:
    """The step of the limits a timer asks for."""
    found = None if trigger.timer is None else DUE.search(trigger.timer.text)
    return None if found is None else found[1]


def _racers(spec: ScopeSpec, event: Element) -> tuple[str, frozenset[str]] | None:
    gateway = gateway_before(spec, event)
    return None if gateway is None else (gateway.bpmn_id, frozenset(flow.target.bpmn_id for flow in gateway.flows))
