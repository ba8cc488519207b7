"""Whether tokens that were put somewhere by hand can still come to an end: joins complete, nothing is done twice.

A compiled level is walked as a net from where the tokens lie. What can go wrong from its own start as well is the
diagram's own affair (the check warns of it) and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from engine.runtime.elements import CatchEvent, Element, EventGateway, Flow, ScopeSpec, StartEvent, ThrowEvent
from engine.runtime.net import Net

Lying = tuple[Element, str | None]
"""An element with a token, and the flow it came by where a join waits."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Ids of joins that could wait for ever, and of elements that could be done twice."""

    stuck: frozenset[str] = frozenset()
    doubled: frozenset[str] = frozenset()

    def named(self) -> Iterator[tuple[str, str]]:
        """What each is called among the obstacles, and the element, sorted by it."""
        yield from (("tokens.stuck", element_id) for element_id in sorted(self.stuck))
        yield from (("tokens.doubled", element_id) for element_id in sorted(self.doubled))


def worsened(spec: ScopeSpec, tokens: Iterable[Lying], before: Faults) -> Faults:
    """What tokens can come to now that they could not `before`."""
    found = faults_of(spec, tokens)
    return Faults(found.stuck - before.stuck, found.doubled - before.doubled)


def faults_of(spec: ScopeSpec, tokens: Iterable[Lying]) -> Faults:
    """What tokens at these elements can come to that a fresh start could not. Nothing is said of a level too large.

    It is a bound: an event at an edge counts as possible though it may have happened, so look at what has `worsened`.
    """
    level = _level(spec)
    state: dict[int, int] = {}
    for element, via in tokens:
        place = level.place_of(element, via)
        if place is not None:
            state[place] = min(state.get(place, 0) + 1, 2)
    found = level.walked([state])
    twice = {level.net.at[place].id for place, count in state.items() if count > 1 and level.net.works[place]}
    return Faults(found.stuck - level.usual.stuck, (found.doubled | twice) - level.usual.doubled)


def gateway_before(spec: ScopeSpec, event: Element) -> EventGateway | None:
    """The event-based gateway whose race an event belongs to."""
    for element in spec.task_specs.values():
        if isinstance(element, EventGateway) and any(flow.target is event for flow in element.flows):
            return element
    return None


def reachable(spec: ScopeSpec) -> frozenset[str]:
    """The ids of the elements a token of this level can get to from its start."""
    seen: set[str] = set()
    todo: list[Element] = list(spec.starts)
    while todo:
        element = todo.pop()
        if element.bpmn_id not in seen:
            seen.add(element.bpmn_id)
            todo += [flow.target for flow in element.flows] + list(element.boundary)
    return frozenset(seen)


@dataclass(eq=False, slots=True)
class _Way:
    source: _Node
    target: _Node
    condition: object
    default: bool


@dataclass(eq=False, slots=True)
class _Node:
    id: str
    kind: str
    trigger: str
    link: str | None
    interrupting: bool
    incoming: list[_Way] = field(default_factory=list)
    outgoing: list[_Way] = field(default_factory=list)
    boundary: list[_Node] = field(default_factory=list)


class _Level:
    """A compiled level as a net, with what can go wrong on it from its own start."""

    def __init__(self, spec: ScopeSpec) -> None:
        self.spec = spec
        self.nodes = {element.bpmn_id: _node(element) for element in spec.task_specs.values()}
        self.ways: dict[str, _Way] = {}
        for element in spec.task_specs.values():
            node = self.nodes[element.bpmn_id]
            node.boundary = [self.nodes[each.bpmn_id] for each in element.boundary]
            for flow in element.flows if node.link is None or isinstance(element, CatchEvent) else ():
                self._lead(flow, node)
        begun = [way for element in spec.starts if (way := self._begin(element)) is not None]
        self.net: Net[_Node] = Net(list(self.nodes.values()), list(self.ways.values()))
        starts = [dict(self.net.begin(self.nodes[each.bpmn_id])) for each in spec.starts]
        self.usual = self.walked([*starts, *({self.net.places[way]: 1} for way in begun)])

    def place_of(self, element: Element, via: str | None) -> int | None:
        way = self.ways.get(via or "")
        if way is None and (race := gateway_before(self.spec, element)) is not None:
            element = race  # its events stand there together as one token
        node = self.nodes[element.bpmn_id]
        way = way or next(iter(node.incoming), None)
        return None if way is None else self.net.places[way]

    def walked(self, states: Iterable[dict[int, int]]) -> Faults:
        stuck: set[int] = set()
        doubled: set[int] = set()
        self.net.work = 0
        for state in states:
            if not self.net.walk(tuple(sorted(state.items())), stuck, set(), doubled):
                return Faults()
        return Faults(
            frozenset(self.net.nodes[index].id for index in stuck),
            frozenset(self.net.at[place].id for place in doubled),
        )

    def _lead(self, flow: Flow, node: _Node) -> None:
        target = self.nodes[flow.target.bpmn_id]
        way = self.ways[flow.id] = _Way(node, target, flow.condition, flow.default)
        node.outgoing.append(way)
        target.incoming.append(way)

    def _begin(self, element: Element) -> _Way | None:
        """A task that a level begins with has no way in; here it gets one, to lie on."""
        node = self.nodes[element.bpmn_id]
        if isinstance(element, StartEvent) or node.incoming:
            return None
        way = self.ways[f"-> {node.id}"] = _Way(_Node("", "startEvent", "none", None, True), node, None, False)
        way.source.outgoing.append(way)
        node.incoming.append(way)
        return way


@lru_cache(maxsize=256)
def _level(spec: ScopeSpec) -> _Level:
    return _Level(spec)


def _node(element: Element) -> _Node:
    trigger = element.trigger
    links = isinstance(element, ThrowEvent | CatchEvent) and trigger.kind == "link"
    return _Node(element.bpmn_id, element.kind, trigger.kind, trigger.name if links else None, element.interrupting)
