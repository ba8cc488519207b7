"""A level of a diagram as a net: what tokens on its flows can do, whatever people decide and clocks bring.

A state is how many tokens lie on each flow. Tasks always end, every choice may fall either way, every boundary event
may happen. The walk is cut at a number of states, beyond which nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from typing import Any, Generic, Protocol, TypeVar

MOST_STATES = 4_000
MOST_WORK = 200_000
"""Tokens looked at, over all states."""
MOST_BRANCHES = 6
_JOINS = ("parallelGateway", "inclusiveGateway")
State = tuple[tuple[int, int], ...]
"""(flow, tokens), sorted; never more than two tokens on one flow are counted."""
Firing = tuple[tuple[int, ...], tuple[int, ...], int]
"""What is taken, what is put, and the join that fired or -1."""


class Flow(Hashable, Protocol):
    """A sequence flow, as the check reads it from a file or as it was compiled."""

    @property
    def source(self) -> Any: ...
    @property
    def target(self) -> Any: ...
    @property
    def condition(self) -> Any: ...
    @property
    def default(self) -> bool: ...


class Node(Hashable, Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def trigger(self) -> str: ...
    @property
    def link(self) -> str | None: ...
    @property
    def interrupting(self) -> bool: ...
    @property
    def incoming(self) -> Sequence[Any]: ...
    @property
    def outgoing(self) -> Sequence[Any]: ...
    @property
    def boundary(self) -> Sequence[Any]: ...


N = TypeVar("N", bound=Node)


def is_join(node: Node) -> bool:
    return node.kind in _JOINS and len(node.incoming) > 1


class Net(Generic[N]):
    """Flows are places. Stretches without any choice are one place, so that long chains cost nothing."""

    def __init__(self, nodes: Sequence[N], order: Sequence[Flow]) -> None:
        """`order` are the flows as they stand in the file."""
        self.nodes = nodes
        self.number = {node: index for index, node in enumerate(self.nodes)}
        self.places: dict[Flow, int] = {}
        self.work = 0
        self.flows: list[Flow] = []
        self.works: list[bool] = []
        """Whether something is done before a token leaves the place."""
        self.links = {
            name: node
            for node in self.nodes
            if node.kind == "intermediateCatchEvent" and (name := node.link) is not None
        }
        self._squeeze(order)
        self.at: list[N] = [flow.target for flow in self.flows]
        self._reach: dict[int, dict[int, set[int]]] = {}

    def begin(self, start: N) -> State:
        return _sorted({self.places[flow]: 1 for flow in start.outgoing})

    def merge_before(self, place: int) -> N | None:
        """The nearest node before `place` where ways come together without being joined."""
        seen: set[N] = set()
        todo: list[N] = [self.flows[place].source]
        while todo:
            node = todo.pop(0)
            if node in seen:
                continue
            seen.add(node)
            if len(node.incoming) > 1 and not is_join(node):
                return node
            todo.extend(flow.source for flow in node.incoming)
        return None

    def walk(self, first: State, stuck: set[int], fired: set[int], doubled: set[int]) -> bool:
        """Whether every state was seen."""
        seen = {first}
        todo = [first]
        while todo:
            if len(seen) > MOST_STATES or self.work > MOST_WORK:
                return False
            state = todo.pop()
            self.work += len(state)
            moved = False
            for taken, put, join in self._firings(dict(state)):
                moved = True
                self.work += len(state) + len(put)
                if self.work > MOST_WORK:
                    return False
                if join >= 0:
                    fired.add(join)
                after = dict(state) if taken != (-1,) else {}
                for place in taken if taken != (-1,) else ():
                    after[place] -= 1
                for place in put:
                    after[place] = after.get(place, 0) + 1
                    if after[place] > 1 and self.works[place]:
                        doubled.add(place)
                    after[place] = min(after[place], 2)
                following = _sorted(after)
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
            if not moved:
                stuck.update(self.number[self.at[place]] for place, _ in state if is_join(self.at[place]))
        return True

    def _squeeze(self, order: Sequence[Flow]) -> None:
        """Give every flow its place; a flow behind a plain step shares the place of the one before it."""
        first = [flow for flow in order if not self._is_plain(flow.source)]
        for flow in first:
            self._place_chain(flow)
        for flow in order:
            if flow not in self.places:
                self._place_chain(flow)

    def _place_chain(self, flow: Flow) -> None:
        chain = [flow]
        while self._is_plain(chain[-1].target):
            following = chain[-1].target.outgoing[0]
            if following in self.places or following in chain:
                break
            chain.append(following)
        place = len(self.flows)
        self.flows.append(chain[-1])
        ends = chain[-1].target.kind == "endEvent"
        self.works.append(not ends or len(chain) > 1 or not flow.source.kind.endswith(("Event", "Gateway")))
        for one in chain:
            self.places[one] = place

    @staticmethod
    def _is_plain(node: Node) -> bool:
        return (
            len(node.incoming) == 1
            and len(node.outgoing) == 1
            and not node.boundary
            and node.kind not in ("startEvent", "endEvent", "boundaryEvent")
        )

    def _firings(self, state: dict[int, int]) -> Iterator[Firing]:
        asked: set[Node] = set()
        for place, count in state.items():
            node = self.at[place]
            if count == 0 or node in asked:
                continue
            if is_join(node):
                asked.add(node)
                yield from self._join(node, state)
            else:
                yield from ((taken, put, -1) for taken, put in self._pass(node, place))

    def _pass(self, node: Node, place: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        if node.kind == "endEvent":
            yield ((-1,), ()) if node.trigger == "terminate" else ((place,), ())
            return
        if node.kind == "intermediateThrowEvent" and node.trigger == "link":
            target = self.links.get(node.link or "")
            yield (place,), self._put(target.outgoing if target else [])
            return
        for taken in self._ways_out(node):
            yield (place,), taken
            for one in node.boundary:
                if not one.interrupting and one.outgoing:
                    yield (place,), tuple(sorted(taken + self._put(one.outgoing)))
        for one in node.boundary:
            if one.interrupting:
                yield (place,), self._put(one.outgoing)

    def _ways_out(self, node: Node) -> Iterator[tuple[int, ...]]:
        outgoing = node.outgoing
        if node.kind in ("exclusiveGateway", "eventBasedGateway"):
            for flow in outgoing:
                yield self._put([flow])
            return
        if node.kind == "inclusiveGateway" or any(flow.condition is not None or flow.default for flow in outgoing):
            always = [f for f in outgoing if f.condition is None and not f.default and node.kind != "inclusiveGateway"]
            chosen = [flow for flow in outgoing if flow not in always and not flow.default]
            sizes = range(len(chosen) + 1) if len(chosen) <= MOST_BRANCHES else (1, len(chosen))
            for size in sizes:
                for some in combinations(chosen, size):
                    taken = [*always, *some] or [flow for flow in outgoing if flow.default]
                    if taken:
                        yield self._put(taken)
            return
        yield self._put(outgoing)

    def _put(self, flows: Sequence[Flow]) -> tuple[int, ...]:
        return tuple(sorted(self.places[flow] for flow in flows))

    def _join(self, node: N, state: dict[int, int]) -> Iterator[Firing]:
        ways = sorted({self.places[flow] for flow in node.incoming})
        here = [place for place in ways if state.get(place)]
        if node.kind == "parallelGateway":
            if len(here) < len(ways):
                return
        elif not self._nobody_else_comes(node, state, ways, here):
            return
        for put in self._ways_out(node):
            yield tuple(here), put, self.number[node]

    def _nobody_else_comes(self, node: N, state: dict[int, int], ways: list[int], here: list[int]) -> bool:
        """BPMN 2.0.2, 13.4.2: no token elsewhere can reach an empty way in, other than through a full one."""
        empty = [place for place in ways if place not in here]
        self.work += len(state) * len(ways) // 10
        for place, count in state.items():
            if not count or place in ways:
                continue
            if self.work > MOST_WORK:  # the walk is about to end, and claims nothing
                return True
            reach = self._reached(node, place)
            if any(way in reach for way in empty) and not any(way in reach for way in here):
                return False
        return True

    def _reached(self, join: N, place: int) -> set[int]:
        known = self._reach.setdefault(self.number[join], {})
        if place not in known:
            seen = {place}
            todo = [place]
            while todo:
                node = self.at[todo.pop()]
                if node is join:
                    continue
                for one in (node, *node.boundary):
                    self.work += len(one.outgoing) // 10
                    for flow in one.outgoing:
                        other = self.places[flow]
                        if other not in seen:
                            seen.add(other)
                            todo.append(other)
            known[place] = seen
            self.work += len(seen)
        return known[place]


def _sorted(state: dict[int, int]) -> State:
    return tuple(sorted((place, count) for place, count in state.items() if count))
