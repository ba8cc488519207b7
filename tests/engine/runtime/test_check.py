"""Every rule of the check, each with the smallest diagram that breaks it and nothing else."""

# ruff: noqa: E501 - a case of the table reads best on one line
from __future__ import annotations

import re

import pytest

from tests.engine.runtime.smallest import (
    INSIDE,
    LINK,
    PLAIN,
    USER,
    WAIT,
    around,
    catching,
    event_subprocess,
    flows,
    found,
    gateway,
    listener,
    many,
    service,
    subprocess,
    timer,
    timing,
)

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


def test_a_syntax_error_is_placed_in_the_text_as_it_was_written() -> None:
    for text, column in (("a == ", 4), ("${a &amp;&amp;b == }", 10), ("${a &amp;&amp;b = c}", 10), ("a || || b", 6)):
        (one,) = [
            one for one in found(around(USER).replace(flows("a>e"), flows(f"a>e?{text}"))) if one.severity == "error"
        ]
        assert one.code == "expression.syntax"
        said = re.search(r"column (\d+)", one.message)
        assert said is not None
        assert abs(int(said[1]) - column) <= 1, one.message
