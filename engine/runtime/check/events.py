"""Events: which kind may stand where, and what each must say."""

from __future__ import annotations

from typing import Any

from engine.errors import Invalid
from engine.runtime.check.diagram import Diagram, Node, Scope, reference
from engine.runtime.check.report import Report, article
from engine.runtime.support import BPMN, CAMUNDA, EXECUTED_EVENTS, POSITIONS, TOGETHER, TRIGGERS, WHY_NOT
from engine.runtime.timers import TimerKind, compile_timer, parse_cycle, parse_instant, parse_length
from engine.runtime.xml import local_name

_TIMES: dict[str, TimerKind] = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}
SHORTEST_ENDLESS_CYCLE_S = 60
LONGEST_DAYS = 3_653
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
_TIMER_HINT = (
    'Write a length such as P7D or PT12H, an instant such as 2026-03-01T12:00:00+08:00, or due("handle", tier).'
)


def check_events(scope: Scope, diagram: Diagram, report: Report) -> None:
    for node in scope.nodes.values():
        position = position_of(node)
        if position is not None:
            _check_place(node, position, report)
        for definition in node.definitions:
            _check_definition(node, definition, diagram, report)
        if node.by_event:
            _check_event_subprocess(node, report)
        _check_deadlines(node, report)
    _check_links(scope, report)


def position_of(node: Node) -> str | None:
    """The row of the support table that speaks about this event."""
    if node.kind == "startEvent":
        owner = node.scope.owner
        if owner is None:
            return "start"
        if not owner.by_event:
            return "inner_start"
        return "event_subprocess" if node.interrupting else "event_subprocess_beside"
    if node.kind == "boundaryEvent":
        return "boundary" if node.interrupting else "boundary_beside"
    return {"intermediateCatchEvent": "catch", "intermediateThrowEvent": "throw", "endEvent": "end"}.get(node.kind)


def _check_place(node: Node, position: str, report: Report) -> None:
    kinds = [local_name(one.tag).removesuffix("EventDefinition") for one in node.definitions]
    if len(kinds) > 1 and not TOGETHER.issuperset(kinds):
        message = f"{node.label} has several event definitions: {', '.join(kinds)}."
        report.error(
            node.xml, "bpmn.event_multiple", message, f"Only these may be together: {', '.join(sorted(TOGETHER))}."
        )
        return
    for one in node.xml.iterfind(f"{{{BPMN}}}eventDefinitionRef"):
        if reference(one.text) not in {definition.get("id") for definition in node.definitions}:
            message = f'{node.label} refers to the event definition "{reference(one.text)}", which is not in this file.'
            report.error(one, "bpmn.dangling", message)
            return
    for trigger in kinds or ["none"]:
        _check_trigger(node, position, trigger, report)


def _check_trigger(node: Node, position: str, trigger: str, report: Report) -> None:
    if trigger not in EXECUTED_EVENTS[position] and trigger in TRIGGERS and trigger != "compensate":
        what = article("plain" if trigger == "none" else trigger)
        message = f"{node.label}: {what} event is not executed as {POSITIONS[position]}."
        report.error(node.xml, "bpmn.event_place", message, WHY_NOT.get((position, trigger), "See the support matrix."))
    if trigger == "cancel":
        inside = node.host.kind if node.host is not None else node.scope.kind
        if inside != "transaction":
            message = f"{node.label}: a cancel event belongs to a transaction."
            report.error(node.xml, "bpmn.cancel_outside", message, "Make the subprocess a transaction.")


def _check_definition(node: Node, definition: Any, diagram: Diagram, report: Report) -> None:
    kind = local_name(definition.tag).removesuffix("EventDefinition")
    if kind == "timer":
        _check_timer(node, definition, report)
    elif kind == "conditional":
        condition = definition.find(f"{{{BPMN}}}condition")
        if condition is None:
            report.error(definition, "bpmn.no_condition", f"{node.label} has no condition.", "Write one.")
        else:
            report.expression(condition, condition.text, f"The condition of {node.label}")
    elif kind in ("error", "escalation"):
        _check_coded(node, definition, kind, diagram, report)
    elif kind == "message":
        if definition.get(f"{{{CAMUNDA}}}topic") or definition.get(f"{{{CAMUNDA}}}type"):
            message = f"{node.label} sends its message by a service, which is not executed."
            report.error(definition, "camunda.message_service", message, "Use a send task or a service task.")
        check_message(node, definition, diagram, report)


def check_message(node: Node, holder: Any, diagram: Diagram, report: Report) -> None:
    """The message that `holder` refers to must be a word of the vocabulary."""
    declared = diagram.declared.get(reference(holder.get("messageRef")))
    name = (declared.get("name") or "").strip() if declared is not None else ""
    words = report.vocabulary.messages
    if not name or name in words:
        return
    message = f'{node.label}: the message "{name}" is not in the vocabulary.'
    if words:
        report.error(holder, "vocabulary.message", message, f"Known: {', '.join(sorted(words))}.")
    else:
        report.warning(holder, "vocabulary.message", message, "The vocabulary knows no messages at all.")


def _check_coded(node: Node, definition: Any, kind: str, diagram: Diagram, report: Report) -> None:
    declared = diagram.declared.get(reference(definition.get(f"{kind}Ref")))
    throws = node.kind in ("endEvent", "intermediateThrowEvent")
    if declared is not None and not (declared.get(f"{kind}Code") or "").strip():
        message = f'The {kind} "{declared.get("id")}" has no {kind}Code.'
        report.warning(declared, "bpmn.no_code", message, "Its id is taken instead; give it a code.")
    if throws and definition.get(f"{kind}Ref") is None:
        message = f"{node.label} throws {article(kind)} without a code."
        report.warning(node.xml, "bpmn.event_without_name", message, f"Only events that catch every {kind} see it.")
    if declared is not None:
        _check_payload(node, declared, diagram, report)


def _check_payload(node: Node, declared: Any, diagram: Diagram, report: Report) -> None:
    """BPMN 2.0.2, table 10.87: the one data input of a throwing event is of the type its event declares."""
    wanted = reference(declared.get("structureRef"))
    inputs = list(node.xml.iterfind(f"{{{BPMN}}}dataInput"))
    if wanted and len(inputs) == 1 and wanted in diagram.declared:
        given = reference(inputs[0].get("itemSubjectRef"))
        if given and given != wanted:
            message = (
                f'{node.label} sends data of the type "{given}", but "{declared.get("id")}" is of type "{wanted}".'
            )
            report.error(node.xml, "bpmn.payload_type", message, "Use the same item definition.")


def _check_timer(node: Node, definition: Any, report: Report) -> None:
    said = [one for one in definition if local_name(one.tag) in _TIMES]
    if len(said) != 1:
        message = f"The timer of {node.label} says {'nothing' if not said else 'several things'}."
        report.error(definition, "timer.empty", message, _TIMER_HINT)
        return
    kind, text = _TIMES[local_name(said[0].tag)], (said[0].text or "").strip()
    what = f"The timer of {node.label}"
    try:
        timer = compile_timer(kind, text, report.timer_functions)
    except Invalid as fault:
        if fault.code.startswith("expression."):
            report.expression(said[0], text, what, report.timer_functions)
        else:
            report.refusal(said[0], what, fault, _TIMER_HINT)
        return
    if timer.expression is not None:
        report.expression(said[0], text, what, report.timer_functions)
    elif kind == "cycle":
        _check_cycle(node, said[0], timer.text, report)
    elif kind == "duration":
        length = parse_length(timer.text)
        if not length.months and not length.span:
            report.warning(said[0], "timer.zero", f"{what} is over at once.", _TIMER_HINT)
        elif length.months * 30 + length.span.days > LONGEST_DAYS:
            report.error(said[0], "timer.never", f"{what} takes more than ten years.", _TIMER_HINT)
    elif not EARLIEST_YEAR <= parse_instant(timer.text).year <= LATEST_YEAR:
        message = f"{what} is before {EARLIEST_YEAR} or after {LATEST_YEAR}: it comes at once, or never."
        report.error(said[0], "timer.never", message, _TIMER_HINT)


def _check_cycle(node: Node, element: Any, text: str, report: Report) -> None:
    cycle = parse_cycle(text)
    interrupts = node.kind == "boundaryEvent" and node.interrupting
    if node.kind == "intermediateCatchEvent" or interrupts:
        message = f"{node.label} repeats, but it can fire only once there."
        report.warning(
            element, "timer.cycle_once", message, "Use a length, or a boundary event that does not interrupt."
        )
    seconds = cycle.length.span.total_seconds()
    if cycle.count is None and not cycle.length.months and seconds < SHORTEST_ENDLESS_CYCLE_S:
        message = f"The timer of {node.label} repeats for ever, every {seconds:g} seconds."
        report.error(element, "timer.flood", message, "Repeat at most once a minute, or a fixed number of times.")


def _check_event_subprocess(node: Node, report: Report) -> None:
    starts = node.inside.of_kind("startEvent") if node.inside is not None else []
    if len(starts) != 1 or starts[0].trigger == "none":
        message = f"The event subprocess {node.label} needs exactly one start event that waits for something."
        report.error(
            node.xml, "bpmn.event_subprocess_start", message, "Give its start event a message, timer or escalation."
        )
    if node.boundary:
        message = f"The event subprocess {node.label} has boundary events."
        report.error(node.boundary[0].xml, "bpmn.event_subprocess_flow", message, "Put them inside it.")
    if any(child.tag.endswith("LoopCharacteristics") for child in node.xml):
        report.error(node.xml, "bpmn.event_subprocess_loop", f"The event subprocess {node.label} cannot be repeated.")


def _check_deadlines(node: Node, report: Report) -> None:
    deadlines = [one for one in node.boundary if one.trigger == "timer" and one.interrupting]
    if len(deadlines) > 1:
        names = " and ".join(one.label for one in deadlines)
        message = f"{node.label} has several deadlines that interrupt it: {names}. The earlier one wins."
        report.warning(node.xml, "bpmn.two_deadlines", message, "Keep one, or let the others not interrupt.")
    caught: dict[tuple[str, str], Node] = {}
    for one in node.boundary:
        if one.trigger not in ("message", "signal", "error", "escalation"):
            continue
        name = reference(one.definitions[0].get(f"{one.trigger}Ref"))
        if (one.trigger, name) in caught:
            message = f"{one.label} and {caught[one.trigger, name].label} on {node.label} catch the same {one.trigger}."
            report.warning(one.xml, "bpmn.caught_twice", message, "Keep one of them.")
        caught[one.trigger, name] = one


def _check_links(scope: Scope, report: Report) -> None:
    catching: dict[str, Node] = {}
    for node in scope.of_kind("intermediateCatchEvent"):
        name = node.link
        if name is None:
            continue
        if not name:
            report.error(node.xml, "bpmn.link_name", f"The link {node.label} has no name.", "Links are paired by name.")
        elif name in catching:
            message = f'{catching[name].label} and {node.label} both catch the link "{name}".'
            report.error(node.xml, "bpmn.link_twice", message, "A link leads to one place.")
        catching[name] = node
    throwing = {node.link: node for node in scope.of_kind("intermediateThrowEvent") if node.link is not None}
    for name, node in throwing.items():
        if not name:
            report.error(node.xml, "bpmn.link_name", f"The link {node.label} has no name.", "Links are paired by name.")
        elif name not in catching:
            message = f'{node.label} leads to the link "{name}", which nothing on this level catches.'
            report.error(node.xml, "bpmn.link_target", message, "Draw the catching link.")
    for name, node in catching.items():
        if name and name not in throwing:
            message = f'Nothing leads to the link "{name}" of {node.label}.'
            report.error(node.xml, "bpmn.link_source", message, "Draw the throwing link, or delete this one.")
