"""What the check says of sound diagrams, of each event in each place, of a release as a whole, and how soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.runtime.check import check
from engine.runtime.support import EXECUTED_EVENTS, POSITIONS, TRIGGERS, support_matrix
from engine.vocabulary import WORDS
from tests.engine.runtime.smallest import (
    ASKED,
    INSIDE,
    LINK,
    PLAIN,
    USER,
    around,
    event_subprocess,
    file,
    flows,
    found,
    gateway,
    many,
    process,
    service,
    timer,
    timing,
)

ROOT = Path(__file__).parents[3]


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
