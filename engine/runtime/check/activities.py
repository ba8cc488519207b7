"""Tasks, calls and repetition: what each must say, in words of the vocabulary."""

from __future__ import annotations

import re
from typing import Any

from engine.errors import Invalid
from engine.runtime.check.diagram import ACTIVITIES, Diagram, Node, Scope
from engine.runtime.check.events import check_message
from engine.runtime.check.report import Report
from engine.runtime.expressions import compile_expression
from engine.runtime.letters import letter_calls
from engine.runtime.support import BPMN, CAMUNDA
from engine.runtime.xml import local_name

_LINE = re.compile(r"(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+)")
_SCRIPTS = ("", "python", "maplebridge")
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"[^\W\d]\w*")
_KEYWORDS = frozenset({"true", "false", "null", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"})
_WITHOUT_INPUT = frozenset({"task", "scriptTask", "businessRuleTask"})


def check_activities(scope: Scope, diagram: Diagram, report: Report) -> None:
    for node in scope.nodes.values():
        _check_parameters(node, report)
        if node.kind not in ACTIVITIES:
            continue
        _check_repetition(node, report)
        _check_parameters_used(node, report)
        if node.kind in ("userTask", "manualTask"):
            _check_person(node, report)
        elif node.kind == "scriptTask":
            _check_script(node, report)
        elif node.kind == "serviceTask" or (node.kind == "sendTask" and node.camunda("type") is not None):
            _check_service(node, report)
        elif node.kind in ("sendTask", "receiveTask"):
            _check_sender(node, diagram, report)
        elif node.kind == "businessRuleTask":
            _check_decision(node, report)
        elif node.kind == "callActivity":
            _check_call(node, report)


def _check_parameters(node: Node, report: Report) -> None:
    for way in ("input", "output"):
        seen: set[str] = set()
        for one in node.extensions(f"inputOutput/{way}Parameter"):
            name = one.get("name") or ""
            if not _VARIABLE.fullmatch(name):
                report.error(one, "camunda.parameter", f'{node.label}: "{name}" is no name for a parameter.')
            elif name in seen:
                report.error(one, "camunda.parameter", f'{node.label}: the {way} parameter "{name}" is given twice.')
            seen.add(name)
            if len(one):
                message = f'{node.label}: the parameter "{name}" is not a plain text.'
                report.error(one, "camunda.parameter", message, "Write one text or ${expression}.")
            else:
                report.template(one, (one.text or "").strip(), f'The parameter "{name}" of {node.label}')


def _check_parameters_used(node: Node, report: Report) -> None:
    given = node.extensions("inputOutput/inputParameter")
    if given and node.kind in _WITHOUT_INPUT:
        message = f"{node.label}: input parameters have no effect on a {node.kind}."
        report.error(given[0], "camunda.parameter_unused", message, "Set the variable in a script task before it.")


def _check_person(node: Node, report: Report) -> None:
    vocabulary = report.vocabulary
    roles = [role.strip() for role in (node.camunda("candidateGroups") or "").split(",") if role.strip()]
    for role in roles:
        if "${" in role or "#{" in role:
            report.template(node.xml, role, f"The roles of {node.label}", ())
        elif vocabulary.roles and role not in vocabulary.roles:
            message = f'{node.label} is for "{role}", which is not a role of the vocabulary.'
            report.error(node.xml, "vocabulary.role", message, f"Known: {', '.join(sorted(vocabulary.roles))}.")
    if not roles and node.kind == "userTask":
        message = f"{node.label} names no role, so nobody in particular is asked."
        report.warning(node.xml, "bpmn.task_without_role", message, "Write roles into Candidate groups.")
    form = node.camunda("formKey") or node.camunda("formRef")
    if form is None and node.kind == "userTask":
        message = f"{node.label} has no form; it can only be marked as done."
        report.warning(node.xml, "bpmn.task_without_form", message, "Name a form in Form key.")
    elif form is not None and not _FORM.fullmatch(form):
        message = f'{node.label}: the form "{form}" is not a plain name.'
        report.error(node.xml, "bpmn.form_key", message, "Write the file's name without folder and ending.")
    for one in node.xml.iter():
        if local_name(one.tag) == "property" and not one.tag.startswith(f"{{{BPMN}}}"):
            name = one.get("name") or ""
            if name not in vocabulary.task_properties:
                message = f'{node.label}: the property "{name}" is not in the vocabulary and has no effect.'
                known = ", ".join(sorted(vocabulary.task_properties)) or "none"
                report.warning(one, "vocabulary.property", message, f"Known: {known}.")
            elif name in ("letter", "delivers"):
                _check_letters(node, report, one, name)
            report.template(one, one.get("value") or "", f'The property "{name}" of {node.label}', ())


def _check_letters(node: Node, report: Report, one: Any, name: str) -> None:
    """Letters exist, and conditions can be read; which variables they name is checked where the forms are known."""
    written = one.get("value") or ""
    try:
        kinds = [call.kind for call in letter_calls(written)] if name == "letter" else [written.strip()]
    except Invalid as refusal:
        report.error(one, "letter.call", f'{node.label}: the property "letter" cannot be read. {refusal}')
        return
    for kind in kinds:
        if kind not in report.vocabulary.letters:
            message = f'{node.label}: "{kind}" is no letter.'
            report.error(one, "vocabulary.letter", message, f"Known: {', '.join(report.vocabulary.letters)}.")


def _check_script(node: Node, report: Report) -> None:
    language = (node.xml.get("scriptFormat") or "").strip()
    if language.lower() not in _SCRIPTS:
        message = f'{node.label}: a script in "{language}" is not executed.'
        report.error(
            node.xml, "script.language", message, "Leave the format empty and write lines of name = expression."
        )
        return
    script = node.child("script")
    text = (script.text or "") if script is not None else ""
    said = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().rstrip(";").strip()
        if not line or line.startswith("#"):
            continue
        said += 1
        match = _LINE.fullmatch(line)
        if match is None or match["name"] in _KEYWORDS:
            message = f'{node.label}, script line {number}: "{line[:60]}" is not of the form name = expression.'
            report.error(
                node.xml, "script.line", message, "A script only sets variables; other work is a service task."
            )
        else:
            report.expression(node.xml, match["value"], f"{node.label}, script line {number}")
    if not said:
        report.error(node.xml, "script.empty", f"The script of {node.label} is empty.", "Write name = expression.")
    elif said > 100:
        report.error(node.xml, "script.length", f"The script of {node.label} has more than 100 lines.")


def _check_service(node: Node, report: Report) -> None:
    services = report.vocabulary.services
    topic = node.camunda("topic") or ""
    if node.camunda("type") != "external" or not topic:
        message = f"{node.label} does not say which service it wants."
        report.error(
            node.xml, "bpmn.service_without_topic", message, "Set Type = External and a topic of the vocabulary."
        )
        return
    service = services.get(topic)
    if service is None:
        known = ", ".join(sorted(services)) or "none"
        message = f'{node.label} asks for "{topic}", which is not a service of the vocabulary.'
        report.error(node.xml, "vocabulary.service", message, f"Known: {known}.")
        return
    given = {one.get("name") or "" for one in node.extensions("inputOutput/inputParameter")}
    for name in sorted(given - set(service.params)):
        known = ", ".join(sorted(service.params)) or "none"
        message = f'{node.label}: the service "{topic}" takes no parameter "{name}".'
        report.error(node.xml, "vocabulary.parameter", message, f"It takes: {known}.")
    for name, required in service.params.items():
        if required and name not in given:
            message = f'{node.label}: the service "{topic}" needs the parameter "{name}".'
            report.error(node.xml, "vocabulary.parameter", message, "Add it under Inputs.")


def _check_sender(node: Node, diagram: Diagram, report: Report) -> None:
    if not node.xml.get("messageRef"):
        message = f"{node.label} names no message."
        report.error(node.xml, "bpmn.task_without_message", message, "Choose the message it sends or waits for.")
    else:
        check_message(node, node.xml, diagram, report)


def _check_decision(node: Node, report: Report) -> None:
    if not node.camunda("decisionRef"):
        message = f"{node.label} names no decision."
        report.error(node.xml, "bpmn.rule_without_decision", message, "Set Implementation = DMN and the decision's id.")
    result = node.camunda("resultVariable")
    if result is not None and not _VARIABLE.fullmatch(result):
        report.error(node.xml, "bpmn.result_variable", f'{node.label}: "{result}" is no name for a variable.')
    mapping = node.camunda("mapDecisionResult")
    if mapping in ("singleResult", "resultList"):
        message = f'{node.label}: the mapping "{mapping}" would put a structure into one variable.'
        report.warning(node.xml, "bpmn.decision_mapping", message, "Use singleEntry or collectEntries.")


def _check_call(node: Node, report: Report) -> None:
    if not node.xml.get("calledElement"):
        message = f"{node.label} calls nothing."
        report.error(node.xml, "bpmn.call_nothing", message, "Write the id of the process it calls.")
    elif "${" in (node.xml.get("calledElement") or ""):
        message = f"{node.label} computes which process it calls."
        report.error(node.xml, "bpmn.call_computed", message, "Name the process; choose with an exclusive gateway.")
    for way in ("in", "out"):
        for one in node.extensions(way):
            if one.get("variables") is not None or one.get("businessKey") is not None:
                if one.get("variables") not in (None, "all"):
                    report.error(one, "camunda.mapping", f'{node.label}: variables may only be "all".')
                continue
            source = one.get("source") or one.get("sourceExpression")
            if not source or not one.get("target"):
                report.error(one, "camunda.mapping", f"{node.label}: a mapping needs a source and a target.")
            elif one.get("source"):
                if not _VARIABLE.fullmatch(source):
                    report.error(
                        one, "camunda.mapping", f'{node.label}: "{source}" is no variable.', "Use an expression."
                    )
            else:
                report.expression(one, source, f"A mapping of {node.label}")


def _check_repetition(node: Node, report: Report) -> None:
    many = node.child("multiInstanceLoopCharacteristics")
    loop = node.child("standardLoopCharacteristics")
    if many is not None and loop is not None:
        report.error(many, "bpmn.two_loops", f"{node.label} is repeated in two ways.", "Keep one.")
    if many is not None:
        _check_instances(node, many, report)
    if loop is not None:
        _check_loop(node, loop, report)


def _check_instances(node: Node, many: Any, report: Report) -> None:
    collection = many.get(f"{{{CAMUNDA}}}collection") or (many.findtext(f"{{{BPMN}}}loopDataInputRef") or "").strip()
    count = many.find(f"{{{BPMN}}}loopCardinality")
    if collection and count is not None:
        message = f"{node.label} has both a collection and a number of instances."
        report.error(many, "bpmn.instances_two_numbers", message, "Keep one of them.")
    elif not collection and count is None:
        message = f"{node.label} does not say for how many it is done."
        report.error(many, "bpmn.instances_without_number", message, "Name a collection or a number of instances.")
    if collection:
        report.expression(many, collection, f"The collection of {node.label}")
    if count is not None:
        _check_count(node, count, report)
    until = many.find(f"{{{BPMN}}}completionCondition")
    if until is not None:
        report.expression(until, until.text, f"The completion condition of {node.label}")
    item = many.get(f"{{{CAMUNDA}}}elementVariable")
    if item is not None and not _VARIABLE.fullmatch(item):
        report.error(many, "bpmn.instances_item", f'{node.label}: "{item}" is no name for a variable.')
    elif item is not None and not collection:
        report.warning(many, "bpmn.instances_item", f"{node.label} names an item but has no collection.", "Name one.")
    outputs = many.find(f"{{{BPMN}}}loopDataOutputRef"), many.find(f"{{{BPMN}}}outputDataItem")
    if (outputs[0] is None) != (outputs[1] is None):
        message = f"{node.label} collects results, but names only one of list and item."
        report.error(many, "bpmn.instances_output", message, "Name both, or neither.")


def _check_count(node: Node, count: Any, report: Report) -> None:
    what = f"The number of instances of {node.label}"
    expression = report.expression(count, count.text, what)
    if expression is None or expression.names or expression.calls:
        return
    try:
        value = expression.evaluate({}, {})
    except Invalid as fault:
        report.refusal(count, what, fault)
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000:
        report.error(count, "bpmn.instances_number", f"{what} is {value!r}.", "A whole number up to 1,000.")


def _check_loop(node: Node, loop: Any, report: Report) -> None:
    condition = loop.find(f"{{{BPMN}}}loopCondition")
    most = loop.get("loopMaximum")
    if condition is None and most is None:
        report.error(loop, "bpmn.loop_without_end", f"The loop of {node.label} never ends.", "Give it a condition.")
    if condition is not None:
        expression = report.expression(condition, condition.text, f"The loop condition of {node.label}")
        if expression is not None and most is None and _always(expression.text):
            report.error(loop, "bpmn.loop_without_end", f"The loop of {node.label} never ends.", "Give it a maximum.")
    if most is not None and not (most.isdecimal() and int(most) > 0):
        report.error(loop, "bpmn.loop_maximum", f'{node.label}: "{most}" is not a number of rounds.')


def _always(text: str) -> bool:
    expression = compile_expression(text)
    if expression.names or expression.calls:
        return False
    try:
        return bool(expression.evaluate({}, {}))
    except Invalid:
        return False
