"""Ids and what refers to them."""

from __future__ import annotations

from typing import Any

from engine.runtime.check.diagram import Diagram, Scope, reference
from engine.runtime.check.report import Report
from engine.runtime.support import BPMN, DRAWING
from engine.runtime.xml import local_name, namespace

_DEFINED = {"messageRef": "message", "signalRef": "signal", "errorRef": "error", "escalationRef": "escalation"}
_NEEDS = {"message": "messageRef", "signal": "signalRef"}


def check_references(diagram: Diagram, report: Report) -> None:
    _check_ids(diagram, report)
    _check_definitions(diagram, report)
    _check_declared(diagram, report)
    for scope in diagram.scopes():
        _check_ends(scope, report)
        _check_listed_flows(scope, report)
        _check_lanes(scope, report)
    for pool in diagram.root.iter(f"{{{BPMN}}}participant"):
        called = reference(pool.get("processRef"))
        if called and called not in {process.id for process in diagram.processes}:
            report.error(
                pool, "bpmn.dangling", f'The pool stands for the process "{called}", which is not in this file.'
            )


def _check_ids(diagram: Diagram, report: Report) -> None:
    seen: dict[str, Any] = {}
    for element in diagram.root.iter():
        if not isinstance(element.tag, str) or namespace(element.tag) in DRAWING or not (name := element.get("id")):
            continue
        if namespace(element.tag) != BPMN:
            continue
        if name in seen:
            message = f'The id "{name}" is already used in line {seen[name].sourceline}.'
            report.error(element, "bpmn.duplicate_id", message, "Every id may occur once in a file.")
        else:
            seen[name] = element
    for element in diagram.root:
        if local_name(element.tag) in _DEFINED.values() and not element.get("id"):
            message = f"A {local_name(element.tag)} has no id."
            report.error(element, "bpmn.no_id", message, "Give it an id of its own.")
    for scope in diagram.scopes():
        if not scope.id:
            report.error(scope.xml, "bpmn.no_id", f"The {local_name(scope.xml.tag)} has no id.")
        for element in scope.nameless:
            if not element.get("id"):
                message = f"A {local_name(element.tag)} has no id."
                report.error(element, "bpmn.no_id", message, "Give it an id of its own.")


def _check_definitions(diagram: Diagram, report: Report) -> None:
    for scope in diagram.scopes():
        for node in scope.nodes.values():
            for holder in (node.xml, *node.definitions):
                _check_reference(holder, diagram, report)
            for definition in node.definitions:
                kind = local_name(definition.tag).removesuffix("EventDefinition")
                needed = _NEEDS.get(kind)
                if needed and not definition.get(needed):
                    message = f"{node.label} does not say which {kind} it means."
                    report.error(definition, "bpmn.event_without_name", message, f"Choose a {kind}.")


def _check_reference(holder: Any, diagram: Diagram, report: Report) -> None:
    for attribute, kind in _DEFINED.items():
        target = reference(holder.get(attribute))
        if not target:
            continue
        found = diagram.declared.get(target)
        if found is None or local_name(found.tag) != kind:
            report.error(holder, "bpmn.dangling", f'{attribute} names "{target}", and there is no such {kind}.')


def _check_declared(diagram: Diagram, report: Report) -> None:
    names: dict[tuple[str, str], str] = {}
    for name, element in diagram.declared.items():
        kind = local_name(element.tag)
        if kind not in ("message", "signal"):
            continue
        said = (element.get("name") or "").strip()
        if not said:
            report.error(element, "bpmn.nameless", f'The {kind} "{name}" has no name.', "Its name is what is sent.")
        elif (kind, said) in names:
            message = f'The {kind} "{said}" is declared twice, as "{names[kind, said]}" and "{name}".'
            report.warning(element, "bpmn.declared_twice", message, "Keep one of them.")
        names.setdefault((kind, said), name)


def _check_ends(scope: Scope, report: Report) -> None:
    for xml in scope.loose:
        for end in ("sourceRef", "targetRef"):
            name = reference(xml.get(end))
            if name not in scope.nodes:
                known = "is missing" if not name else f'names "{name}", which is not on this level'
                report.error(
                    xml, "bpmn.dangling", f"The flow's {end} {known}.", "A flow may not cross a subprocess border."
                )
    pairs: dict[tuple[str, str, str], str] = {}
    for flow in scope.flows:
        key = (flow.source.id, flow.target.id, flow.condition or "")
        if key in pairs and flow.source.kind not in ("exclusiveGateway", "eventBasedGateway"):
            message = f"Two flows lead from {flow.source.label} to {flow.target.label}; both are taken."
            report.warning(flow.xml, "bpmn.flow_twice", message, "Delete one of them.")
        pairs[key] = flow.id
    for node in scope.nodes.values():
        default = node.xml.get("default")
        if default is None:
            continue
        if node.kind in ("parallelGateway", "eventBasedGateway") or node.kind.endswith("Event"):
            report.error(node.xml, "bpmn.default_flow", f"{node.label} cannot have a default flow.")
        elif default not in {flow.id for flow in node.outgoing}:
            message = f'The default flow "{default}" does not leave {node.label}.'
            report.error(node.xml, "bpmn.default_flow", message, "Mark one of its own flows as default.")


def _check_listed_flows(scope: Scope, report: Report) -> None:
    """`incoming` and `outgoing` repeat what the flows say; a list that says otherwise hides a mistake."""
    flows = {one.get("id") for one in scope.xml.iterfind(f"{{{BPMN}}}sequenceFlow")}
    for node in scope.nodes.values():
        for side, real in (("incoming", node.incoming), ("outgoing", node.outgoing)):
            own = {flow.id for flow in real}
            for one in node.xml.iterfind(f"{{{BPMN}}}{side}"):
                listed = reference(one.text)
                if listed not in flows:
                    message = f'{node.label} lists the {side} flow "{listed}", which does not exist.'
                    report.error(one, "bpmn.dangling", message)
                elif listed not in own:
                    message = f'{node.label} lists "{listed}" as {side}, but that flow says otherwise.'
                    report.error(one, "bpmn.flow_mismatch", message)


def _check_lanes(scope: Scope, report: Report) -> None:
    if scope.kind != "process":
        return
    inside = {name for one in scope.walk() for name in one.nodes}
    seen: dict[str, Any] = {}
    for one in scope.xml.iter(f"{{{BPMN}}}flowNodeRef"):
        name, lane = reference(one.text), one.getparent()
        if name not in inside:
            report.error(one, "bpmn.dangling", f'The lane lists "{name}", which is not in this process.')
        elif name in seen and seen[name] not in lane.iterancestors() and lane not in seen[name].iterancestors():
            report.error(one, "bpmn.two_lanes", f'"{name}" is in two lanes.', "An element stands in one lane.")
        seen.setdefault(name, lane)
