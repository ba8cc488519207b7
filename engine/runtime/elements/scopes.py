"""A process, or the inside of a subprocess."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine.runtime.elements.base import Element
from engine.runtime.elements.events import EventSubProcess, StartEvent


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process or the inside of a subprocess, without Spiff's own `Start`, `End` and `EndJoin`, so that an element may
    have any id."""

    def __init__(self, name: str, description: str | None, filename: str | None) -> None:
        super().__init__(name=name, description=description, filename=filename)
        self.task_specs.clear()
        self.start = self.end = None
        self.listeners: tuple[EventSubProcess, ...] = ()
        self.starts: tuple[Element, ...] = ()
        """Start events, or without any the elements no flow leads to."""
        self._reach: dict[tuple[str, str], frozenset[str]] = {}

    def entry(self, start: str | None) -> tuple[Element, ...]:
        """Where a token begins."""
        if start is not None:
            return tuple(element for element in self.starts if element.bpmn_id == start)
        plain = tuple(element for element in self.starts if element.trigger.kind == "none")
        if plain and isinstance(plain[0], StartEvent):
            return plain[:1]
        return plain or self.starts[:1]

    def reach(self, origin: Element, join: Element) -> frozenset[str]:
        """The ids of the flows a token at `origin` may still take without passing `join`."""
        known = self._reach.get((origin.name, join.name))
        if known is None:
            flows: set[str] = set()
            todo: list[Element] = [origin]
            seen = {origin.name, join.name}
            while todo:
                element = todo.pop()
                for one in (element, *element.boundary):
                    for flow in one.flows:
                        flows.add(flow.id)
                        if flow.target.name not in seen:
                            seen.add(flow.target.name)
                            todo.append(flow.target)
            known = self._reach[origin.name, join.name] = frozenset(flows)
        return known
