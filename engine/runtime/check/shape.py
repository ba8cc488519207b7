"""How one level is connected: where it starts and ends, and what cannot be reached or left."""

from __future__ import annotations

from engine.runtime.check.diagram import ACTIVITIES, Node, Scope
from engine.runtime.check.report import Report
from engine.runtime.support import SWITCHES


def check_shape(scope: Scope, report: Report) -> None:
    _check_starts(scope, report)
    for node in scope.nodes.values():
        _check_sides(node, report)
    _check_ends(scope, report)
    _check_reached(scope, report)


def entries(scope: Scope) -> list[Node]:
    """Where tokens begin besides boundary events."""
    starts = scope.of_kind("startEvent")
    if starts or not SWITCHES["process without a start event"]:
        return starts
    return [node for node in scope.nodes.values() if not node.incoming and _may_begin(node)]


def successors(node: Node) -> list[Node]:
    """Where a token at `node` can get to in one step: along flows, over its boundary, through a link."""
    found = [flow.target for flow in node.outgoing] + node.boundary
    if node.kind == "intermediateThrowEvent" and node.link is not None:
        found += node.scope.links.get(node.link, [])
    return found


def reached_from(nodes: list[Node]) -> set[Node]:
    seen = set(nodes)
    todo = list(nodes)
    while todo:
        for other in successors(todo.pop()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def on_circles(scope: Scope) -> set[Node]:
    """All nodes a token can come back to. Tarjan's strong components, without recursion."""
    found: set[Node] = set()
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    waiting: set[Node] = set()
    for root in scope.nodes.values():
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        waiting.add(root)
        work = [(root, iter(successors(root)))]
        while work:
            node, following = work[-1]
            other = next(following, None)
            if other is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = [stack.pop()]
                    while component[-1] is not node:
                        component.append(stack.pop())
                    waiting.difference_update(component)
                    if len(component) > 1 or node in successors(node):
                        found.update(component)
            elif other not in index:
                index[other] = low[other] = len(index)
                stack.append(other)
                waiting.add(other)
                work.append((other, iter(successors(other))))
            elif other in waiting:
                low[node] = min(low[node], index[other])
    return found


def _may_begin(node: Node) -> bool:
    return node.kind != "boundaryEvent" and not node.by_event and not node.for_compensation


def _check_starts(scope: Scope, report: Report) -> None:
    starts = scope.of_kind("startEvent")
    where = f'The {"process" if scope.owner is None else "subprocess"} "{scope.id}"'
    if not scope.nodes:
        report.error(scope.xml, "bpmn.empty", f"{where} is empty.", "Draw a start event, a task and an end event.")
    elif not starts and not SWITCHES["process without a start event"]:
        report.error(scope.xml, "bpmn.no_start", f"{where} has no start event.", "Begin with a start event.")
    plain = [start for start in starts if start.trigger == "none"]
    if len(plain) > 1:
        names = ", ".join(start.label for start in plain)
        message = f"{where} has several plain start events: {names}."
        report.error(plain[1].xml, "bpmn.two_starts", message, "Keep one; only one of them would ever begin.")
    elif len(starts) > 1 and scope.owner is not None:
        message = f"{where} has several start events."
        report.error(starts[1].xml, "bpmn.two_starts", message, "A subprocess begins in one place.")


def _check_sides(node: Node, report: Report) -> None:
    name = node.label
    if node.kind == "startEvent":
        if node.incoming:
            report.error(
                node.xml, "bpmn.start_incoming", f"A flow leads into the start event {name}.", "Start events begin."
            )
        if not node.outgoing:
            report.error(node.xml, "bpmn.dead_end", f"Nothing follows the start event {name}.", "Draw a flow from it.")
    elif node.kind == "endEvent":
        if node.outgoing:
            report.error(node.xml, "bpmn.end_outgoing", f"A flow leaves the end event {name}.", "End events end.")
    elif node.kind == "boundaryEvent":
        if node.incoming:
            report.error(node.xml, "bpmn.boundary_incoming", f"A flow leads into the boundary event {name}.")
        if node.host is None:
            told = node.xml.get("attachedToRef") or "nothing"
            message = f'The boundary event {name} is attached to "{told}", which is not on this level.'
            report.error(node.xml, "bpmn.boundary_host", message, "Attach it to a task or subprocess beside it.")
        elif node.host.kind not in ACTIVITIES:
            report.error(
                node.xml, "bpmn.boundary_host", f"{name} is attached to {node.host.label}, a {node.host.kind}."
            )
        if not node.outgoing:
            message = f"Nothing follows the boundary event {name}: the case would stand still."
            report.error(node.xml, "bpmn.dead_end", message, "Draw where it leads.")
    elif node.by_event:
        if node.incoming or node.outgoing:
            report.error(node.xml, "bpmn.event_subprocess_flow", f"The event subprocess {name} may have no flows.")
    elif node.link is not None:
        if node.kind == "intermediateThrowEvent" and node.outgoing:
            report.error(
                node.xml, "bpmn.link_flow", f"A flow leaves the throwing link {name}.", "The link itself leads on."
            )
        if node.kind == "intermediateCatchEvent" and node.incoming:
            report.error(node.xml, "bpmn.link_flow", f"A flow leads into the catching link {name}.")


def _check_ends(scope: Scope, report: Report) -> None:
    if not scope.nodes:
        return
    ends = scope.of_kind("endEvent")
    if not ends:
        message = f'"{scope.id}" has no end event.'
        report.error(scope.xml, "bpmn.no_end", message, "Let every path lead to an end event.")
    for node in scope.nodes.values():
        if node.outgoing or node.kind in ("startEvent", "endEvent", "boundaryEvent") or not _may_begin(node):
            continue
        if node.link is not None and node.kind == "intermediateThrowEvent":
            continue
        message = f"Nothing follows {node.label}."
        report.error(node.xml, "bpmn.dead_end", message, "Draw a flow to what comes next, or to an end event.")


def _check_reached(scope: Scope, report: Report) -> None:
    begins = entries(scope)
    if not begins:
        return
    reached = reached_from(begins + [node for node in scope.nodes.values() if node.by_event or node.for_compensation])
    for node in scope.nodes.values():
        if node in reached or (node.kind == "boundaryEvent" and (node.host is None or node.host not in reached)):
            continue
        if node.kind not in ("boundaryEvent",):
            message = f"No path from the start leads to {node.label}."
            report.error(node.xml, "bpmn.unreachable", message, "Draw a flow to it, or delete it.")
