"""A BPMN file as the check sees it: scopes of nodes and flows. Nothing here judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.runtime.support import BPMN, CAMUNDA
from engine.runtime.xml import local_name, namespace

TASKS = frozenset(
    "task userTask manualTask scriptTask serviceTask businessRuleTask sendTask receiveTask".split()  # noqa: SIM905
)
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | CONTAINERS | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS


@dataclass(eq=False, slots=True)
class Flow:
    """A sequence flow whose ends both exist in its scope."""

    id: str
    xml: Any
    source: Node
    target: Node
    condition: str | None

    @property
    def default(self) -> bool:
        return bool(self.id) and self.source.xml.get("default") == self.id


@dataclass(eq=False, slots=True)
class Node:
    id: str
    kind: str
    xml: Any
    scope: Scope
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundary: list[Node] = field(default_factory=list)
    host: Node | None = None
    inside: Scope | None = None
    definitions: list[Any] = field(default_factory=list)
    """Its event definitions, those that are only referred to among them."""

    @property
    def line(self) -> int:
        return int(self.xml.sourceline or 0)

    @property
    def label(self) -> str:
        name = " ".join((self.xml.get("name") or "").split())
        return f'"{self.id}" ({name})' if name and name != self.id else f'"{self.id}"'

    @property
    def trigger(self) -> str:
        """The kind of its first event definition, `none` without one."""
        found = self.definitions
        return local_name(found[0].tag).removesuffix("EventDefinition") if found else "none"

    @property
    def link(self) -> str | None:
        """The name of a link event, None for everything else."""
        if self.kind not in ("intermediateThrowEvent", "intermediateCatchEvent") or self.trigger != "link":
            return None
        return self.definitions[0].get("name") or ""

    @property
    def interrupting(self) -> bool:
        name = "cancelActivity" if self.kind == "boundaryEvent" else "isInterrupting"
        return (self.xml.get(name) or "true") not in ("false", "0")

    @property
    def by_event(self) -> bool:
        return self.kind == "subProcess" and self.xml.get("triggeredByEvent") in ("true", "1")

    @property
    def for_compensation(self) -> bool:
        return self.xml.get("isForCompensation") in ("true", "1")

    def camunda(self, name: str) -> str | None:
        value: str | None = self.xml.get(f"{{{CAMUNDA}}}{name}")
        return value

    def child(self, name: str) -> Any:
        return self.xml.find(f"{{{BPMN}}}{name}")

    def extensions(self, path: str) -> list[Any]:
        """Camunda extension elements by `a/b` path."""
        inside = self.xml.find(f"{{{BPMN}}}extensionElements")
        steps = "/".join(f"{{{CAMUNDA}}}{step}" for step in path.split("/"))
        return [] if inside is None else list(inside.iterfind(steps))


@dataclass(eq=False, slots=True)
class Scope:
    """A process or the inside of a subprocess. `loose` are flows with an end that is not here."""

    id: str
    kind: str
    xml: Any
    owner: Node | None
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    loose: list[Any] = field(default_factory=list)
    nameless: list[Any] = field(default_factory=list)
    links: dict[str, list[Node]] = field(default_factory=dict)
    """Catching links by name."""

    def of_kind(self, kind: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind == kind]

    def walk(self) -> Iterator[Scope]:
        """This scope and all inside it."""
        todo = [self]
        while todo:
            scope = todo.pop()
            yield scope
            todo.extend(node.inside for node in scope.nodes.values() if node.inside is not None)


@dataclass(eq=False, slots=True)
class Diagram:
    """One file. `declared` are messages, errors … by id."""

    file: str
    root: Any
    processes: list[Scope]
    declared: dict[str, Any]

    def scopes(self) -> Iterator[Scope]:
        for process in self.processes:
            yield from process.walk()


def read_diagram(file: str, root: Any) -> Diagram:
    declared = {one.get("id"): one for one in root if isinstance(one.tag, str) and one.get("id")}
    processes = [_scope(one, one.get("id") or "", "process", None) for one in root.iterfind(f"{{{BPMN}}}process")]
    for process in processes:
        for scope in process.walk():
            for node in scope.nodes.values():
                node.definitions = _definitions(node.xml, declared)
                if node.kind == "intermediateCatchEvent" and node.link is not None:
                    scope.links.setdefault(node.link, []).append(node)
    return Diagram(file, root, processes, declared)


def reference(text: str | None) -> str:
    """References are qualified names: `tns:Message_1` means Message_1."""
    return (text or "").strip().rpartition(":")[2]


def _definitions(xml: Any, declared: dict[str, Any]) -> list[Any]:
    found = []
    for one in xml:
        if local_name(one.tag).endswith("EventDefinition"):
            found.append(one)
        elif local_name(one.tag) == "eventDefinitionRef":
            meant = declared.get(reference(one.text))
            if meant is not None and local_name(meant.tag).endswith("EventDefinition"):
                found.append(meant)
    return found


def _scope(xml: Any, name: str, kind: str, owner: Node | None) -> Scope:
    scope = Scope(name, kind, xml, owner)
    for one in xml:
        if namespace(one.tag) != BPMN or local_name(one.tag) not in NODES:
            continue
        name = one.get("id") or ""
        if not name or name in scope.nodes:
            scope.nameless.append(one)
            continue
        node = scope.nodes[name] = Node(name, local_name(one.tag), one, scope)
        if node.kind in CONTAINERS:
            node.inside = _scope(one, name, node.kind, node)
    for one in xml.iterfind(f"{{{BPMN}}}sequenceFlow"):
        source, target = (scope.nodes.get(reference(one.get(end))) for end in ("sourceRef", "targetRef"))
        if source is None or target is None:
            scope.loose.append(one)
            continue
        said = one.find(f"{{{BPMN}}}conditionExpression")
        flow = Flow(one.get("id") or "", one, source, target, None if said is None else said.text or "")
        scope.flows.append(flow)
        source.outgoing.append(flow)
        target.incoming.append(flow)
    for node in scope.of_kind("boundaryEvent"):
        node.host = scope.nodes.get(reference(node.xml.get("attachedToRef")))
        if node.host is not None:
            node.host.boundary.append(node)
    return scope
