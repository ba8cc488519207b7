"""A process or the inside of a subprocess: its elements, and the flows between them."""

from __future__ import annotations

from lxml import etree
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser

from engine.runtime.elements import (
    BoundaryEvent,
    CatchEvent,
    Element,
    EventSubProcess,
    Flow,
    ReceiveTask,
    ScopeSpec,
    StartEvent,
    ThrowEvent,
)
from engine.runtime.parser.files import FileParser
from engine.runtime.parser.nodes import BPMN, local

_NODES = ("Task", "Event", "Gateway", "SubProcess", "Activity", "Choreography", "transaction")


class ScopeParser(ProcessParser):  # type: ignore[misc]
    """Reads a process or a subprocess into a ScopeSpec."""

    parser: FileParser

    def _parse(self) -> None:
        self.spec = ScopeSpec(self.bpmn_id, self.get_name(), self.filename)
        elements: dict[str, Element] = {}
        for node in self.node:
            if local(node).endswith(_NODES) and self.parser._get_parser_class(node.tag)[0] is None:
                self.parser.findings.add(node, "element.unknown", f"A {local(node)} cannot run.")
            elif isinstance(node.tag, str) and self.parser._get_parser_class(node.tag)[0] is not None:
                if not node.get("id") or node.get("id") in elements:
                    self.parser.findings.add(node, "id", "The element needs an id of its own.")
                    continue
                elements[node.get("id")] = self.parse_node(node)
        self._connect(elements)
        self._attach(elements)
        self._open(elements)

    def _connect(self, elements: dict[str, Element]) -> None:
        outgoing: dict[str, list[Flow]] = {name: [] for name in elements}
        incoming: dict[str, list[str]] = {name: [] for name in elements}
        for number, node in enumerate(self.node.iterfind(f"{BPMN}sequenceFlow"), 1):
            source, target = node.get("sourceRef", ""), node.get("targetRef", "")
            if source not in elements or target not in elements:
                missing = source if source not in elements else target
                self.parser.findings.add(
                    node, "flow.ends", f'The flow leads to or from "{missing}", which is not here.'
                )
                continue
            flow_id = node.get("id") or f"{source}->{target}#{number}"
            flow = self._flow(node, flow_id, elements[source], elements[target])
            outgoing[source].append(flow)
            incoming[target].append(flow_id)
        for name, element in elements.items():
            element.flows = tuple(outgoing[name])
            element.incoming = tuple(incoming[name])
        self._link(elements)

    def _flow(self, node: etree._Element, flow_id: str, source: Element, target: Element) -> Flow:
        default = node.get("id") is not None and source.default_flow == node.get("id")
        condition = node.find(f"{BPMN}conditionExpression")
        compiled = None
        if condition is not None and not default:
            compiled = self.parser.expression(condition, condition.text)
        return Flow(flow_id, target, compiled, default, node.get("name") or "")

    def _link(self, elements: dict[str, Element]) -> None:
        catching = {
            e.trigger.name: e for e in elements.values() if isinstance(e, CatchEvent) and e.trigger.kind == "link"
        }
        for element in elements.values():
            if isinstance(element, ThrowEvent) and element.trigger.kind == "link":
                target = catching.get(element.trigger.name)
                if target is None:
                    self.parser.findings.add(
                        self.get_node_by_id(element.bpmn_id),
                        "link.target",
                        f'No link "{element.trigger.name}" catches here.',
                    )
                    continue
                flow_id = f"{element.bpmn_id}->{target.bpmn_id}"
                element.flows = (Flow(flow_id, target, None, False),)
                target.incoming = (*target.incoming, flow_id)

    def _attach(self, elements: dict[str, Element]) -> None:
        for element in elements.values():
            if isinstance(element, BoundaryEvent):
                host = elements.get(element.attached_to)
                if host is None:
                    node = self.get_node_by_id(element.bpmn_id)
                    self.parser.findings.add(
                        node, "boundary.host", f'It is attached to "{element.attached_to}", which is not here.'
                    )
                else:
                    host.boundary = (*host.boundary, element)

    def _open(self, elements: dict[str, Element]) -> None:
        self.spec.listeners = tuple(e for e in elements.values() if isinstance(e, EventSubProcess))
        starts: tuple[Element, ...] = tuple(e for e in elements.values() if isinstance(e, StartEvent))
        first = tuple(
            e
            for e in elements.values()
            if not e.incoming
            and not isinstance(e, BoundaryEvent | EventSubProcess | StartEvent)
            and not e.for_compensation
        )
        for element in first if starts else ():
            if not (isinstance(element, ReceiveTask) and element.instantiates):
                node = self.get_node_by_id(element.bpmn_id)
                self.parser.findings.add(node, "element.unreachable", "No flow leads here.")
        starts = starts or first
        if not starts:
            self.parser.findings.add(self.node, "process.start", "There is nothing to start with.")
        self.spec.starts = starts
