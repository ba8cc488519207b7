"""Gateways and the conditions on flows."""

from __future__ import annotations

from engine.runtime.check.diagram import Flow, Node, Scope
from engine.runtime.check.report import Report
from engine.runtime.check.shape import on_circles
from engine.runtime.support import SWITCHES

_SPLITS_BY_CONDITION = ("exclusiveGateway", "inclusiveGateway")


def check_gateways(scope: Scope, report: Report) -> None:
    for flow in scope.flows:
        _check_flow(flow, report)
    circles = on_circles(scope)
    for node in scope.nodes.values():
        if node.kind in _SPLITS_BY_CONDITION:
            _check_conditions(node, report)
        elif node.kind == "eventBasedGateway":
            _check_events_behind(node, report)
        if node.kind in ("inclusiveGateway", "parallelGateway") and len(node.incoming) > 1 and node in circles:
            _check_loop(node, report)
        single = len(node.incoming) == len(node.outgoing) == 1
        if single and node.kind in (*_SPLITS_BY_CONDITION, "parallelGateway"):
            report.warning(node.xml, "bpmn.idle_gateway", f"{node.label} neither splits nor joins.", "Delete it.")


def _check_flow(flow: Flow, report: Report) -> None:
    if flow.condition is None:
        return
    if flow.default:
        report.warning(
            flow.xml,
            "bpmn.default_condition",
            "The default flow has a condition, which is never looked at.",
            "Delete it.",
        )
    report.expression(flow.xml, flow.condition, "The condition")
    kind = flow.source.kind
    if kind in ("parallelGateway", "eventBasedGateway") or kind in ("startEvent", "boundaryEvent"):
        message = f"The flow out of {flow.source.label} cannot have a condition."
        report.error(flow.xml, "bpmn.condition_misplaced", message, "Put an exclusive gateway before it.")
    elif kind not in _SPLITS_BY_CONDITION:
        _check_condition_of_task(flow, report)


def _check_condition_of_task(flow: Flow, report: Report) -> None:
    source = flow.source
    if not SWITCHES["flow condition behind a task"]:
        message = f"The flow out of {source.label} has a condition, which is not executed."
        report.error(flow.xml, "bpmn.condition_of_task", message, "Put an exclusive gateway behind the task.")
    elif all(other.condition is not None and not other.default for other in source.outgoing):
        message = f"Every flow out of {source.label} has a condition; when none holds, the case stops."
        report.warning(source.xml, "bpmn.no_default", message, "Mark one flow as default.")


def _check_conditions(node: Node, report: Report) -> None:
    if len(node.outgoing) < 2:
        for flow in node.outgoing:
            if flow.condition is not None and not flow.default:
                message = f"{node.label} has one way out, and it has a condition."
                report.warning(node.xml, "bpmn.no_default", message, "Delete the condition or draw another way.")
        return
    has_default = False
    for flow in node.outgoing:
        has_default = has_default or flow.default
        if flow.condition is None and not flow.default:
            message = f"The flow from {node.label} to {flow.target.label} has no condition."
            report.error(flow.xml, "bpmn.no_condition", message, "Write a condition, or mark it as default flow.")
    if not has_default and not _is_complete(node):
        message = f"{node.label} has no default flow; when no condition holds, the case stops."
        report.warning(node.xml, "bpmn.no_default", message, "Mark one flow as default.")


def _is_complete(node: Node) -> bool:
    """Two conditions of which one is the other's plain negation, or one that is always true."""
    said = ["".join((flow.condition or "").split()).removeprefix("${").removesuffix("}") for flow in node.outgoing]
    if "true" in [text.lower() for text in said]:
        return True
    if len(said) != 2:
        return False
    first, second = said
    return any(
        one in (f"!{other}", f"not({other})", f"!({other})", f"not{other}", f"{other}==false")
        or one.replace("==", "!=", 1) == other
        or one.replace("==true", "==false") == other != one
        for one, other in ((first, second), (second, first))
    )


def _check_events_behind(node: Node, report: Report) -> None:
    if len(node.outgoing) < 2:
        report.error(node.xml, "bpmn.event_gateway", f"{node.label} needs at least two events behind it.")
    timers = 0
    messages: set[str] = set()
    for flow in node.outgoing:
        target = flow.target
        waits = target.kind == "receiveTask" or (
            target.kind == "intermediateCatchEvent" and target.trigger in ("message", "timer", "signal", "conditional")
        )
        if not waits:
            message = f"{node.label} leads to {target.label}, a {target.kind} that waits for no event."
            report.error(
                target.xml, "bpmn.event_gateway_target", message, "Only catching events and receive tasks may follow."
            )
        elif len(target.incoming) > 1:
            message = f"{target.label} behind {node.label} has another way in."
            report.error(target.xml, "bpmn.event_gateway_target", message, "Only the gateway may lead to it.")
        if target.kind == "receiveTask" and target.boundary:
            message = f"{target.label} behind {node.label} has boundary events."
            report.error(target.xml, "bpmn.event_gateway_target", message, "Put the event behind the gateway instead.")
        timers += target.trigger == "timer"
        named = target.xml.get("messageRef") or (
            target.definitions[0].get("messageRef") if target.definitions else None
        )
        if named and named in messages:
            message = f"Two events behind {node.label} wait for the same message."
            report.error(target.xml, "bpmn.event_gateway", message, "Keep one of them.")
        messages.add(named or "")
    if timers > 1 and not SWITCHES["several timers behind one event-based gateway"]:
        report.error(node.xml, "bpmn.event_gateway_timers", f"{node.label} has {timers} timers.", "Keep the earliest.")


def _check_loop(node: Node, report: Report) -> None:
    kind = "inclusive" if node.kind == "inclusiveGateway" else "parallel"
    if not SWITCHES[f"{kind} join in a loop"]:
        message = f"The {kind} join {node.label} stands in a loop: what it waits for is not defined."
        report.error(
            node.xml, f"bpmn.{kind}_join_in_loop", message, "Put fork and join into a subprocess of their own."
        )
