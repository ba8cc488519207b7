"""Every rule of the check, each with the smallest diagram that breaks it and nothing else."""

# ruff: noqa: E501 - a case of the table reads best on one line
from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from engine.runtime.check import check
from engine.runtime.support import EXECUTED_EVENTS, POSITIONS, TRIGGERS, support_matrix
from engine.runtime.values import Finding
from engine.vocabulary import WORDS

ROOT = Path(__file__).parents[3]
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:x="urn:x" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">'
)
DECLARED = (
    '<message id="M" name="m_withdraw"/><message id="Alien" name="m_alien"/>'
    '<signal id="S" name="s"/><error id="E" errorCode="e"/><escalation id="X" escalationCode="x"/>'
)
ASKED = 'camunda:candidateGroups="lead" camunda:formKey="handle"'
USER = f'<userTask id="a" {ASKED}/>'
PLAIN = '<startEvent id="s"/><endEvent id="e"/>'


def flows(text: str) -> str:
    """`s>a a>e` or `g>a?x == 1`; a flow is called `g_a`."""
    said = []
    for one in text.split("; "):
        ends, _, condition = one.partition("?")
        source, target = ends.split(">")
        inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        said.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'
        )
    return "".join(said)


def process(body: str, *, name: str = "p", executable: str = "true") -> str:
    return f'<process id="{name}" isExecutable="{executable}">{body}</process>'


def file(*parts: str) -> bytes:
    return f"{HEAD}{DECLARED}{''.join(parts)}</definitions>".encode()


def found(body: str) -> list[Finding]:
    """What is said about one process, without what every such diagram is told (it has no shapes)."""
    return [one for one in check({"a.bpmn": file(process(body))}, WORDS) if one.code not in ("bpmn.not_drawn",)]


def around(task: str, name: str = "a") -> str:
    """A start, the task, an end."""
    return PLAIN + task + flows(f"s>{name}; {name}>e")


def catching(body: str) -> str:
    return around(f'<intermediateCatchEvent id="a">{body}</intermediateCatchEvent>')


def timer(kind: str, text: str, *, host: str = USER, attributes: str = "") -> str:
    event = f'<boundaryEvent id="b" attachedToRef="a" {attributes}>{timing(kind, text)}</boundaryEvent>'
    return around(host) + event + '<endEvent id="late"/>' + flows("b>late")


def timing(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def many(inside: str, attributes: str = "") -> str:
    loop = f"<multiInstanceLoopCharacteristics {attributes}>{inside}</multiInstanceLoopCharacteristics>"
    return around(f'<userTask id="a" {ASKED}>{loop}</userTask>')


def service(topic: str, *params: str) -> str:
    given = "".join(f'<camunda:inputParameter name="{name}">"x"</camunda:inputParameter>' for name in params)
    return around(
        f'<serviceTask id="a" camunda:type="external" camunda:topic="{topic}"><extensionElements>'
        f"<camunda:inputOutput>{given}</camunda:inputOutput></extensionElements></serviceTask>"
    )


def listener(inside: str) -> str:
    return around(f'<userTask id="a" {ASKED}><extensionElements>{inside}</extensionElements></userTask>')


def subprocess(inside: str, attributes: str = "", kind: str = "subProcess") -> str:
    return f'<{kind} id="a" {attributes}>{inside}</{kind}>'


def event_subprocess(start: str) -> str:
    inside = f'{start}<endEvent id="ie"/>' + flows("is>ie")
    return around(USER) + f'<subProcess id="h" triggeredByEvent="true">{inside}</subProcess>'


def gateway(kind: str, rest: str, attributes: str = "") -> str:
    return f'{PLAIN}<{kind} id="g" {attributes}/>{USER}<userTask id="b" {ASKED}/>{rest}'


INSIDE = '<startEvent id="is"/><endEvent id="ie"/>' + flows("is>ie")
WAIT = '<intermediateCatchEvent id="{}"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
LINK = '<linkEventDefinition name="{}"/>'

CASES: list[tuple[str, str, str, str]] = [
    # code, severity (e or w), element, process
    # --- allow-list
    ("bpmn.unknown_element", "e", "p", around(USER) + "<magicTask/>"),
    ("bpmn.element_place", "e", "b", around('<task id="a"><task id="b"/></task>')),
    ("bpmn.element_place", "e", "a", around(f'<task id="a">{timing("timeDuration", "P1D")}</task>')),
    ("bpmn.element_place", "e", "a", around('<task id="a"><script>x = 1</script></task>')),
    ("bpmn.unknown_attribute", "e", "a", around('<task id="a" cancelActivty="false"/>')),
    ("bpmn.ad_hoc", "e", "a", around(subprocess(INSIDE, kind="adHocSubProcess"))),
    ("bpmn.complex", "e", "a", around('<complexGateway id="a"/>')),
    ("bpmn.compensation", "e", "t", around(USER) + '<task id="t" isForCompensation="true"/>'),
    ("bpmn.quantity", "e", "a", around('<task id="a" completionQuantity="0"/>')),
    ("bpmn.quantity", "e", "a", around('<receiveTask id="a" messageRef="M" startQuantity="2"/>')),
    ("bpmn.boolean", "e", "b", timer("timeDuration", "P1D", attributes='cancelActivity="0"')),
    ("bpmn.attribute_place", "e", "a", around('<task id="a" triggeredByEvent="true"/>')),
    ("bpmn.attribute_place", "e", "b", timer("timeDuration", "P1D", attributes='isInterrupting="true"')),
    ("bpmn.language", "e", "a_e", around(USER).replace(flows("a>e"), flows("a>e?x").replace("Expression>x", 'Expression language="groovy">x'))),
    ("camunda.message_service", "e", "a", around('<intermediateThrowEvent id="a"><messageEventDefinition messageRef="M" camunda:type="external" camunda:topic="tell"/></intermediateThrowEvent>')),
    ("camunda.parameter_unused", "e", "a", around('<scriptTask id="a"><extensionElements><camunda:inputOutput><camunda:inputParameter name="x">1</camunda:inputParameter></camunda:inputOutput></extensionElements><script>y = x</script></scriptTask>')),
    ("bpmn.instantiate", "e", "a", around('<receiveTask id="a" messageRef="M" instantiate="true"/>')),
    ("bpmn.dangling", "e", "a", catching("<eventDefinitionRef>Q</eventDefinitionRef>")),
    ("bpmn.data_association", "e", "a", around('<task id="a"><dataInputAssociation><targetRef>q</targetRef></dataInputAssociation></task>')),
    ("bpmn.performer", "w", "a", around(USER.replace("/>", "><potentialOwner/></userTask>"))),
    ("bpmn.instances_behaviour", "e", "a", many("<loopCardinality>2</loopCardinality>", 'behavior="One"')),
    ("camunda.java", "e", "a", around('<serviceTask id="a" camunda:class="org.Evil"/>')),
    ("camunda.java", "e", "a", around('<serviceTask id="a" camunda:expression="${bean.run()}"/>')),
    ("camunda.java", "e", "a", around('<serviceTask id="a" camunda:delegateExpression="${bean}"/>')),
    ("camunda.listener", "e", "a", listener('<camunda:executionListener class="X" event="start"/>')),
    ("camunda.listener", "e", "a", listener('<camunda:taskListener class="X" event="create"/>')),
    ("camunda.form_fields", "e", "a", listener("<camunda:formData/>")),
    ("camunda.connector", "e", "a", listener("<camunda:connector/>")),
    ("camunda.retry", "e", "a", listener("<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>")),
    ("camunda.script", "e", "a", listener('<camunda:inputOutput><camunda:inputParameter name="q"><camunda:script>1</camunda:script></camunda:inputParameter></camunda:inputOutput>')),
    ("camunda.unknown", "e", "a", around('<task id="a" camunda:mystery="1"/>')),
    ("camunda.assignee", "w", "a", around(USER.replace("/>", ' camunda:assignee="${starter}"/>'))),
    ("camunda.due_date", "w", "a", around(USER.replace("/>", ' camunda:dueDate="P1D"/>'))),
    ("extension.engine", "e", "a", listener('<zeebe:taskDefinition type="x"/>')),
    ("extension.unknown", "w", "a", listener("<x:thing/>")),
    ("extension.unknown", "w", "a", around('<task id="a" x:thing="1"/>')),
    ("spiff.unsupported", "e", "a", listener("<spiffworkflow:preScript>x = 1</spiffworkflow:preScript>")),
    # --- ids and references
    ("bpmn.duplicate_id", "e", "a", around(USER + '<textAnnotation id="a"/>')),
    ("bpmn.no_id", "e", "p", around(USER) + "<task/>"),
    ("bpmn.dangling", "e", "s_q", PLAIN + flows("s>e; s>q")),
    ("bpmn.dangling", "e", "a", around('<receiveTask id="a" messageRef="Gone"/>')),
    ("bpmn.dangling", "e", "a", around('<task id="a"><incoming>gone</incoming></task>')),
    ("bpmn.flow_mismatch", "e", "a", around('<task id="a"><incoming>a_e</incoming></task>')),
    ("bpmn.dangling", "e", "L", around(USER) + '<laneSet id="ls"><lane id="L"><flowNodeRef>gone</flowNodeRef></lane></laneSet>'),
    ("bpmn.two_lanes", "e", "L2", around(USER) + '<laneSet id="ls"><lane id="L"><flowNodeRef>a</flowNodeRef></lane><lane id="L2"><flowNodeRef>a</flowNodeRef></lane></laneSet>'),
    ("bpmn.event_without_name", "e", "a", catching("<messageEventDefinition/>")),
    ("bpmn.event_without_name", "e", "a", catching("<signalEventDefinition/>")),
    ("bpmn.default_flow", "e", "a", around('<task id="a" default="s_a"/>')),
    ("bpmn.flow_twice", "w", "again", around(USER) + '<sequenceFlow id="again" sourceRef="s" targetRef="a"/>'),
    # --- shape
    ("bpmn.empty", "e", "p", ""),
    ("bpmn.no_start", "e", "p", USER + '<endEvent id="e"/>' + flows("a>e")),
    ("bpmn.two_starts", "e", "s2", around(USER) + '<startEvent id="s2"/>' + flows("s2>a")),
    ("bpmn.no_end", "e", "p", f'<startEvent id="s"/>{USER}' + flows("s>a")),
    ("bpmn.start_incoming", "e", "s", around(USER) + flows("a>s")),
    ("bpmn.end_outgoing", "e", "e", around(USER) + flows("e>a")),
    ("bpmn.dead_end", "e", "b", around(USER) + '<task id="b"/>' + flows("a>b")),
    ("bpmn.dead_end", "e", "s", PLAIN),
    ("bpmn.unreachable", "e", "b", around(USER) + '<task id="b"/>' + flows("b>e")),
    ("bpmn.dead_end", "e", "b", around(USER) + f'<boundaryEvent id="b" attachedToRef="a">{timing("timeDuration", "P1D")}</boundaryEvent>'),
    ("bpmn.boundary_incoming", "e", "b", timer("timeDuration", "P1D") + flows("a>b")),
    ("bpmn.boundary_host", "e", "b", timer("timeDuration", "P1D").replace('attachedToRef="a"', 'attachedToRef="gone"')),
    ("bpmn.boundary_host", "e", "b", timer("timeDuration", "P1D").replace('attachedToRef="a"', 'attachedToRef="s"')),
    # --- gateways
    ("bpmn.no_condition", "e", "g_b", gateway("exclusiveGateway", flows("s>g; g>a?x == 1; g>b; a>e; b>e"))),
    ("bpmn.no_default", "w", "g", gateway("exclusiveGateway", flows("s>g; g>a?x == 1; g>b?x == 2; a>e; b>e"))),
    ("bpmn.no_default", "w", "a", around(USER).replace(flows("a>e"), flows("a>e?x == 1"))),
    ("bpmn.default_condition", "w", "g_b", gateway("exclusiveGateway", flows("s>g; g>a?x == 1; g>b?x == 2; a>e; b>e"), 'default="g_b"')),
    ("bpmn.condition_misplaced", "e", "g_b", gateway("parallelGateway", flows("s>g; g>a; g>b?x == 2; a>e; b>e"))),
    ("bpmn.idle_gateway", "w", "g", PLAIN + '<parallelGateway id="g"/>' + flows("s>g; g>e")),
    ("bpmn.join_never", "e", "j", gateway("exclusiveGateway", '<parallelGateway id="j"/>' + flows("s>g; g>a?x; g>b?not x; a>j; b>j; j>e"))),
    ("bpmn.join_may_wait", "w", "j", gateway("parallelGateway", f'<parallelGateway id="j"/><boundaryEvent id="t" attachedToRef="a">{timing("timeDuration", "P1D")}</boundaryEvent><endEvent id="e2"/>' + flows("s>g; g>a; g>b; a>j; b>j; j>e; t>e2"))),
    ("bpmn.two_tokens", "w", "j", gateway("parallelGateway", '<exclusiveGateway id="j"/><task id="c"/>' + flows("s>g; g>a; g>b; a>j; b>j; j>c; c>e"))),
    ("bpmn.two_tokens", "w", "c", around(USER).replace(flows("a>e"), "") + '<task id="b"/><task id="c"/>' + flows("a>b; a>c; b>c; c>e")),
    ("bpmn.inclusive_join_in_loop", "e", "j", PLAIN + '<inclusiveGateway id="j"/><exclusiveGateway id="g"/>' + flows("s>j; j>g; g>j?x; g>e?not x")),
    ("bpmn.event_gateway_target", "e", "a", gateway("eventBasedGateway", WAIT.format("w") + flows("s>g; g>a; g>w; w>b; a>e; b>e"))),
    ("bpmn.event_gateway", "e", "g", PLAIN + '<eventBasedGateway id="g"/>' + WAIT.format("w") + flows("s>g; g>w; w>e")),
    ("bpmn.event_gateway", "e", "w2", PLAIN + '<eventBasedGateway id="g"/>' + WAIT.format("w") + WAIT.format("w2") + flows("s>g; g>w; w>e; g>w2; w2>e")),
    ("bpmn.event_gateway_parallel", "e", "g", PLAIN + '<eventBasedGateway id="g" eventGatewayType="Parallel"/>' + WAIT.format("w") + flows("s>g; g>w; w>e")),
    # --- events
    ("bpmn.event_multiple", "e", "a", catching(timing("timeDuration", "P1D") + '<signalEventDefinition signalRef="S"/>')),
    ("bpmn.event_place", "e", "a", catching('<escalationEventDefinition escalationRef="X"/>')),
    ("bpmn.event_place", "e", "s", around(USER).replace('<startEvent id="s"/>', f'<startEvent id="s">{timing("timeCycle", "R/P1D")}</startEvent>')),
    ("bpmn.cancel_outside", "e", "e", around(USER).replace('<endEvent id="e"/>', '<endEvent id="e"><cancelEventDefinition/></endEvent>')),
    ("bpmn.event_subprocess_start", "e", "h", event_subprocess('<startEvent id="is"/>')),
    ("bpmn.event_subprocess_flow", "e", "h", event_subprocess('<startEvent id="is"><signalEventDefinition signalRef="S"/></startEvent>') + flows("a>h")),
    ("bpmn.two_deadlines", "w", "a", timer("timeDuration", "P1D") + f'<boundaryEvent id="c" attachedToRef="a">{timing("timeDuration", "P2D")}</boundaryEvent>' + flows("c>late")),
    ("bpmn.caught_twice", "w", "c", around(USER) + "".join(f'<boundaryEvent id="{n}" attachedToRef="a"><messageEventDefinition messageRef="M"/></boundaryEvent>' + flows(f"{n}>e") for n in "bc")),
    ("bpmn.link_target", "e", "t", f'<startEvent id="s"/><intermediateThrowEvent id="t">{LINK.format("L")}</intermediateThrowEvent><endEvent id="e"/>' + flows("s>t")),
    ("bpmn.link_source", "e", "c", around(USER) + f'<intermediateCatchEvent id="c">{LINK.format("L")}</intermediateCatchEvent>' + flows("c>e")),
    ("bpmn.link_name", "e", "c", around(USER) + '<intermediateCatchEvent id="c"><linkEventDefinition/></intermediateCatchEvent>' + flows("c>e")),
    ("bpmn.link_twice", "e", "c", around(USER) + "".join(f'<intermediateCatchEvent id="{n}">{LINK.format("L")}</intermediateCatchEvent>' + flows(f"{n}>e") for n in "bc")),
    ("bpmn.no_condition", "e", "a", catching("<conditionalEventDefinition/>")),
    # --- timers
    ("timer.empty", "e", "b", timer("timeDuration", "").replace("<timeDuration></timeDuration>", "")),
    ("timer.empty", "e", "b", timer("timeDuration", " ")),
    ("timer.length", "e", "b", timer("timeDuration", "-PT1H")),
    ("timer.length", "e", "b", timer("timeDuration", "P")),
    ("expression.syntax", "e", "b", timer("timeDuration", "garbage T5M")),
    ("timer.never", "e", "b", timer("timeDuration", "P9999Y")),
    ("timer.never", "e", "b", timer("timeDate", "0026-03-01T09:00:00Z")),
    ("timer.never", "e", "b", timer("timeDate", "9026-03-01T09:00:00Z")),
    ("bpmn.markup_in_name", "w", "a", around(USER.replace("<userTask", '<userTask name="&lt;img src=x onerror=alert(1)&gt;"'))),
    ("bpmn.markup_in_name", "w", "a", around(USER.replace("<userTask", '<userTask name="pay\u202eyap"'))),
    ("bpmn.too_large", "e", "", "".join(f'<task id="t{n}"/>' for n in range(3_001))),
    ("timer.zero", "w", "b", timer("timeDuration", "PT0S")),
    ("timer.instant", "e", "b", timer("timeDate", "2026-03-01T09:00:00")),
    ("timer.cycle", "e", "b", timer("timeCycle", "R/PT0S")),
    ("timer.flood", "e", "b", timer("timeCycle", "R/PT1S", attributes='cancelActivity="false"')),
    ("timer.cycle_once", "w", "b", timer("timeCycle", "R3/PT1H")),
    ("expression.function", "e", "b", timer("timeDuration", "soon(tier)")),
    ("expression.arguments", "e", "b", timer("timeDuration", 'due("handle", tier, 3)')),
    # --- expressions
    ("expression.syntax", "e", "a_e", around(USER).replace(flows("a>e"), flows("a>e?x == "))),
    ("expression.function", "e", "a_e", around(USER).replace(flows("a>e"), flows("a>e?system(1) == 2"))),
    ("expression.function", "e", "a_e", around(USER).replace(flows("a>e"), flows('a>e?due("handle") == 2'))),
    ("expression.refused", "e", "a_e", around(USER).replace(flows("a>e"), flows("a>e?().__class__ == 2"))),
    ("expression.empty", "e", "a", many("<loopCardinality/>")),
    # --- activities
    ("script.language", "e", "a", around('<scriptTask id="a" scriptFormat="groovy"><script>x = 1</script></scriptTask>')),
    ("script.line", "e", "a", around('<scriptTask id="a"><script>import os</script></scriptTask>')),
    ("script.empty", "e", "a", around('<scriptTask id="a"/>')),
    ("expression.refused", "e", "a", around('<scriptTask id="a"><script>x = [i for i in y]</script></scriptTask>')),
    ("bpmn.service_without_topic", "e", "a", around('<serviceTask id="a"/>')),
    ("vocabulary.service", "e", "a", service("launch_rocket")),
    ("vocabulary.parameter", "e", "a", service("raise_tier")),
    ("vocabulary.parameter", "e", "a", service("raise_tier", "reason", "colour")),
    ("bpmn.task_without_message", "e", "a", around('<sendTask id="a"/>')),
    ("bpmn.task_without_message", "e", "a", around('<receiveTask id="a"/>')),
    ("vocabulary.message", "e", "a", around('<receiveTask id="a" messageRef="Alien"/>')),
    ("vocabulary.role", "e", "a", around(USER.replace('"lead"', '"lead,emperor"'))),
    ("bpmn.task_without_role", "w", "a", around('<userTask id="a" camunda:formKey="handle"/>')),
    ("bpmn.task_without_form", "w", "a", around('<userTask id="a" camunda:candidateGroups="lead"/>')),
    ("bpmn.form_key", "e", "a", around(USER.replace('"handle"', '"embedded:app:forms/x.html"'))),
    ("vocabulary.property", "w", "a", listener('<camunda:properties><camunda:property name="colour" value="x"/></camunda:properties>')),
    ("bpmn.rule_without_decision", "e", "a", around('<businessRuleTask id="a"/>')),
    ("bpmn.decision_unknown", "w", "a", around('<businessRuleTask id="a" camunda:decisionRef="d_gone" camunda:resultVariable="r"/>')),
    ("bpmn.decision_mapping", "w", "a", around('<businessRuleTask id="a" camunda:decisionRef="d" camunda:resultVariable="r" camunda:mapDecisionResult="resultList"/>')),
    ("bpmn.call_nothing", "e", "a", around('<callActivity id="a"/>')),
    ("bpmn.call_computed", "e", "a", around('<callActivity id="a" calledElement="${x}"/>')),
    ("bpmn.call_unknown", "w", "a", around('<callActivity id="a" calledElement="gone"/>')),
    ("bpmn.call_circle", "e", "a", around('<callActivity id="a" calledElement="p"/>')),
    ("camunda.mapping", "e", "a", around('<callActivity id="a" calledElement="q"><extensionElements><camunda:in source="x"/></extensionElements></callActivity>')),
    ("bpmn.instances_without_number", "e", "a", many("")),
    ("bpmn.instances_two_numbers", "e", "a", many("<loopCardinality>2</loopCardinality>", 'camunda:collection="xs"')),
    ("bpmn.instances_number", "e", "a", many("<loopCardinality>100000</loopCardinality>")),
    ("bpmn.instances_output", "e", "a", many("<loopCardinality>2</loopCardinality><loopDataOutputRef>r</loopDataOutputRef>")),
    ("bpmn.loop_without_end", "e", "a", around(USER.replace("/>", "><standardLoopCharacteristics/></userTask>"))),
    ("bpmn.loop_without_end", "e", "a", around(USER.replace("/>", "><standardLoopCharacteristics><loopCondition>true</loopCondition></standardLoopCharacteristics></userTask>"))),
    ("bpmn.loop_maximum", "e", "a", around(USER.replace("/>", '><standardLoopCharacteristics loopMaximum="-1"/></userTask>'))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "severity", "element", "body"), CASES, ids=[f"{c[0]}:{n}" for n, c in enumerate(CASES)]
)
def test_the_rule_is_told_with_element_line_and_code(code: str, severity: str, element: str, body: str) -> None:
    told = {(one.code, one.severity[0], one.element) for one in found(body)}
    assert (code, severity, element) in told
    if severity == "w":
        assert not any(one.severity == "error" for one in found(body)), told


def test_every_finding_reads_as_a_sentence_with_a_line() -> None:
    for _, _, _, body in CASES:
        for one in found(body):
            assert re.fullmatch(r"[^a-z].*\.|[a-z]+:?\w*.*\.", one.message, re.DOTALL), one
            assert one.line >= 1
            assert one.file == "a.bpmn"


SOUND = [
    around(USER),
    around(USER).replace('id="s"', 'id="Start"').replace('"s"', '"Start"').replace("s_a", "Start_a"),
    around("<task id='a'/>"),
    service("raise_tier", "reason"),
    timer("timeDuration", 'due("handle", tier)'),
    timer("timeDuration", '${due("handle", tier)}'),
    timer("timeDuration", "P7D", attributes='cancelActivity="false"'),
    timer("timeCycle", "R/PT1H", attributes='cancelActivity="false"'),
    timer("timeDate", "2026-03-01T12:00:00+08:00"),
    around(USER.replace('"lead"', '"${role},lead"')),
    gateway("exclusiveGateway", flows("s>g; g>a?x == 1; g>b; a>e; b>e"), 'default="g_b"'),
    gateway("exclusiveGateway", flows("s>g; g>a?x; g>b?not x; a>e; b>e")),
    gateway("parallelGateway", '<parallelGateway id="j"/>' + flows("s>g; g>a; g>b; a>j; b>j; j>e")),
    gateway(
        "inclusiveGateway", '<inclusiveGateway id="j"/>' + flows("s>g; g>a?x; g>b; a>j; b>j; j>e"), 'default="g_b"'
    ),
    # a parallel block in a loop
    gateway(
        "parallelGateway",
        '<parallelGateway id="j"/><exclusiveGateway id="o"/><exclusiveGateway id="i"/>'
        + flows("s>i; i>g; g>a; g>b; a>j; b>j; j>o; o>i?x; o>e?not x"),
    ),
    # a race between two timers
    PLAIN
    + '<eventBasedGateway id="g"/>'
    + "".join(
        f'<intermediateCatchEvent id="{n}">{timing("timeDuration", d)}</intermediateCatchEvent>'
        for n, d in (("w", "P1D"), ("v", "P2D"))
    )
    + flows("s>g; g>w; g>v; w>e; v>e"),
    event_subprocess('<startEvent id="is" isInterrupting="false"><signalEventDefinition signalRef="S"/></startEvent>'),
    many(
        "<completionCondition>done</completionCondition>", 'camunda:collection="units" camunda:elementVariable="unit"'
    ),
    around(
        f'<subProcess id="a">{INSIDE}</subProcess>'
        '<boundaryEvent id="b" attachedToRef="a"><escalationEventDefinition escalationRef="X"/></boundaryEvent>'
    )
    + flows("b>e"),
    f'<startEvent id="s"/><intermediateThrowEvent id="t">{LINK.format("L")}</intermediateThrowEvent>'
    f'<intermediateCatchEvent id="c">{LINK.format("L")}</intermediateCatchEvent><endEvent id="e"/>' + flows("s>t; c>e"),
    around(
        USER.replace("/>", ' camunda:asyncBefore="true"><documentation>why</documentation></userTask>')
        + '<textAnnotation id="n"><text>note</text></textAnnotation>'
        '<association id="as" sourceRef="a" targetRef="n"/>'
    ),
]


@pytest.mark.parametrize("body", SOUND)
def test_nothing_is_said_about_a_sound_diagram(body: str) -> None:
    assert found(body) == []


def test_each_event_is_refused_exactly_where_the_table_says() -> None:
    definitions = {
        "none": "",
        "message": '<messageEventDefinition messageRef="M"/>',
        "timer": timing("timeDuration", "P1D"),
        "signal": '<signalEventDefinition signalRef="S"/>',
        "error": '<errorEventDefinition errorRef="E"/>',
        "escalation": '<escalationEventDefinition escalationRef="X"/>',
        "conditional": "<conditionalEventDefinition><condition>x == 1</condition></conditionalEventDefinition>",
        "link": '<linkEventDefinition name="L"/>',
        "cancel": "<cancelEventDefinition/>",
        "terminate": "<terminateEventDefinition/>",
        "compensate": "<compensateEventDefinition/>",
    }
    for position in POSITIONS:
        for trigger in TRIGGERS:
            inside = definitions[trigger]
            match position:
                case "start":
                    body = f'<startEvent id="it">{inside}</startEvent><endEvent id="e"/>' + flows("it>e")
                case "inner_start":
                    body = around(
                        f'<subProcess id="a"><startEvent id="it">{inside}</startEvent><endEvent id="ie"/>'
                        f"{flows('it>ie')}</subProcess>"
                    )
                case "event_subprocess" | "event_subprocess_beside":
                    interrupting = str(position == "event_subprocess").lower()
                    start = f'<startEvent id="it" isInterrupting="{interrupting}">{inside}</startEvent>'
                    body = event_subprocess(start).replace("is_ie", "it_ie").replace('"is"', '"it"')
                case "catch":
                    body = around(f'<intermediateCatchEvent id="it">{inside}</intermediateCatchEvent>', "it")
                case "throw":
                    body = around(f'<intermediateThrowEvent id="it">{inside}</intermediateThrowEvent>', "it")
                case "boundary" | "boundary_beside":
                    owner = "transaction" if trigger == "cancel" else "subProcess"
                    beside = 'cancelActivity="false"' if position == "boundary_beside" else ""
                    body = around(
                        f'<{owner} id="a">{INSIDE}</{owner}>'
                        f'<boundaryEvent id="it" attachedToRef="a" {beside}>{inside}</boundaryEvent>'
                    ) + flows("it>e")
                case _:
                    kind = "transaction" if trigger == "cancel" else "subProcess"
                    end = f'<startEvent id="is"/><endEvent id="it">{inside}</endEvent>' + flows("is>it")
                    body = around(f'<{kind} id="a">{end}</{kind}>')
            refused = {"bpmn.event_place", "bpmn.compensation"} & {
                one.code for one in found(body) if one.element == "it"
            }
            assert bool(refused) is (trigger not in EXECUTED_EVENTS[position]), (position, trigger)


def test_the_support_matrix_is_in_step() -> None:
    page = (ROOT / "docs" / "designers" / "support-matrix.md").read_text(encoding="utf-8")
    assert page == support_matrix(), "write the page anew from support_matrix()"


def test_a_release_is_judged_as_a_whole() -> None:
    caller = process(around('<callActivity id="a" calledElement="q"/>'))
    called = process(around(USER), name="q")
    codes = {one.code for one in check({"a.bpmn": file(caller), "b.bpmn": file(called)}, WORDS)}
    assert not any(code.startswith("bpmn.call") for code in codes)
    findings = check({"a.bpmn": file(caller), "b.bpmn": file(process(around(USER), name="r"))}, WORDS)
    assert [(one.file, one.element, one.severity) for one in findings if one.code == "bpmn.call_unknown"] == [
        ("a.bpmn", "a", "error")
    ]
    findings = check({"a.bpmn": file(caller), "b.bpmn": file(called), "c.bpmn": file(called)}, WORDS)
    assert [(one.file, one.element) for one in findings if one.code == "bpmn.process_twice"] == [("c.bpmn", "q")]


def test_a_release_without_an_executable_process_is_refused() -> None:
    told = {
        (one.code, one.severity) for one in check({"a.bpmn": file(process(around(USER), executable="false"))}, WORDS)
    }
    assert {("bpmn.nothing_executable", "error"), ("bpmn.not_executable", "warning")} <= told


def test_a_message_and_a_signal_need_a_name_and_a_name_is_declared_once() -> None:
    declared = '<message name="x"/><message id="N"/><signal id="T" name="s"/>'
    told = {(one.code, one.element) for one in check({"a.bpmn": file(declared, process(around(USER)))}, WORDS)}
    assert {("bpmn.no_id", ""), ("bpmn.nameless", "N"), ("bpmn.declared_twice", "T")} <= told


def test_what_is_drawn_and_what_is_not() -> None:
    shapes = "".join(f'<s:BPMNShape bpmnElement="{name}"/>' for name in ("s", "a", "e"))
    drawing = f'<s:BPMNDiagram xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI">{shapes}</s:BPMNDiagram>'
    assert check({"a.bpmn": file(process(around(USER)), drawing)}, WORDS) == []
    partly = check({"a.bpmn": file(process(around(USER)), drawing.replace('"a"', '"p"'))}, WORDS)
    assert [(one.code, one.element) for one in partly] == [("bpmn.not_drawn", "a")]


def test_a_syntax_error_is_placed_in_the_text_as_it_was_written() -> None:
    for text, column in (("a == ", 4), ("${a &amp;&amp;b == }", 10), ("${a &amp;&amp;b = c}", 10), ("a || || b", 6)):
        (one,) = [
            one for one in found(around(USER).replace(flows("a>e"), flows(f"a>e?{text}"))) if one.severity == "error"
        ]
        assert one.code == "expression.syntax"
        said = re.search(r"column (\d+)", one.message)
        assert said is not None
        assert abs(int(said[1]) - column) <= 1, one.message


def test_a_chain_of_a_thousand_tasks_and_a_wide_fork_are_checked_at_once() -> None:
    chain = PLAIN + "".join(f'<userTask id="t{n}" {ASKED}/>' for n in range(1_000))
    chain += flows("; ".join(["s>t0", *(f"t{n}>t{n + 1}" for n in range(999)), "t999>e"]))
    assert found(chain) == []
    wide = PLAIN + '<parallelGateway id="g"/><parallelGateway id="j"/>' + flows("s>g; j>e")
    wide += "".join(f'<userTask id="t{n}" {ASKED}/>' + flows(f"g>t{n}; t{n}>j") for n in range(60))
    assert found(wide) == []


def test_thousands_of_entangled_gateways_do_not_hold_the_check_up() -> None:
    for kind in ("parallelGateway", "inclusiveGateway"):
        many = 2_000
        tangle = PLAIN + "".join(f'<{kind} id="g{n}"/>' for n in range(many))
        ways = [f"g{n}>g{(n + step) % many}" for n in range(many) for step in (1, 7)]
        began = time.process_time()
        assert found(tangle + flows("; ".join(["s>g0", "g5>e", *ways])))
        assert time.process_time() - began < 10
