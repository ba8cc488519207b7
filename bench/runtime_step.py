"""How long one step of an instance takes: load the state, complete a task, run on, save; beside the library's own way.

    python bench/runtime_step.py

The same ladder runs in both: a tier with reminder, time limit and escalation, around which the case goes up. The
library saves the whole instance as JSON with its specification and its past; the ratio must be at least 5.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import runtime
from engine.vocabulary import WORDS

ROUNDS = 200
LEAST_RATIO = 5.0
DATA = {f"fact_{number}": f"something about the case, number {number}" for number in range(12)}

LADDER = b"""
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:bench">
 <bpmn:escalation id="X" name="X" escalationCode="X"/>
 <bpmn:process id="p" name="p" isExecutable="true">
  <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="init"/>
  <bpmn:scriptTask id="init"><bpmn:script>tier = 0</bpmn:script></bpmn:scriptTask>
  <bpmn:sequenceFlow id="f2" sourceRef="init" targetRef="merge"/>
  <bpmn:exclusiveGateway id="merge"/><bpmn:sequenceFlow id="f3" sourceRef="merge" targetRef="visit"/>
  <bpmn:subProcess id="visit">
   <bpmn:startEvent id="vs"/><bpmn:sequenceFlow id="v1" sourceRef="vs" targetRef="accept"/>
   <bpmn:userTask id="accept"/><bpmn:sequenceFlow id="v2" sourceRef="accept" targetRef="handle"/>
   <bpmn:boundaryEvent id="remind" attachedToRef="accept" cancelActivity="false"><bpmn:timerEventDefinition>
    <bpmn:timeDuration>"P1D"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
   <bpmn:sequenceFlow id="v3" sourceRef="remind" targetRef="note"/>
   <bpmn:scriptTask id="note"><bpmn:script>reminded = True</bpmn:script></bpmn:scriptTask>
   <bpmn:sequenceFlow id="v4" sourceRef="note" targetRef="ve1"/><bpmn:endEvent id="ve1"/>
   <bpmn:userTask id="handle"/><bpmn:sequenceFlow id="v5" sourceRef="handle" targetRef="solved"/>
   <bpmn:exclusiveGateway id="solved" default="v7"/>
   <bpmn:sequenceFlow id="v6" sourceRef="solved" targetRef="ve2">
    <bpmn:conditionExpression>settled == True</bpmn:conditionExpression></bpmn:sequenceFlow>
   <bpmn:sequenceFlow id="v7" sourceRef="solved" targetRef="up"/><bpmn:endEvent id="ve2"/>
   <bpmn:endEvent id="up"><bpmn:escalationEventDefinition escalationRef="X"/></bpmn:endEvent>
  </bpmn:subProcess>
  <bpmn:boundaryEvent id="late" attachedToRef="visit"><bpmn:timerEventDefinition>
   <bpmn:timeDuration>"P7D"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:boundaryEvent id="risen" attachedToRef="visit"><bpmn:escalationEventDefinition escalationRef="X"/>
  </bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f4" sourceRef="late" targetRef="rise"/>
  <bpmn:sequenceFlow id="f5" sourceRef="risen" targetRef="rise"/>
  <bpmn:scriptTask id="rise"><bpmn:script>tier = tier + 1</bpmn:script></bpmn:scriptTask>
  <bpmn:sequenceFlow id="f6" sourceRef="rise" targetRef="merge"/>
  <bpmn:sequenceFlow id="f7" sourceRef="visit" targetRef="reply"/>
  <bpmn:userTask id="reply"/><bpmn:sequenceFlow id="f8" sourceRef="reply" targetRef="e"/><bpmn:endEvent id="e"/>
 </bpmn:process>
</bpmn:definitions>"""


def main() -> int:
    print(f"{'':14}{'ours':>10}{'':10}{'library':>12}{'':12}{'ratio':>7}")
    worst = float("inf")
    for tiers in (0, 1, 5):
        ours, our_size = _ours(tiers)
        theirs, their_size = _theirs(tiers)
        worst = min(worst, theirs / ours)
        print(
            f"{tiers} escalations {ours * 1e6:8.0f} us {our_size:6} B {theirs * 1e6:9.0f} us {their_size:8} B "
            f"{theirs / ours:6.1f}"
        )
    large, size = _ours(50)
    print(f"50 escalations{large * 1e6:8.0f} us {size:6} B")
    print(f"smallest ratio {worst:.1f}, at least {LEAST_RATIO} wanted")
    return 0 if worst >= LEAST_RATIO else 1


def _ours(tiers: int) -> tuple[float, int]:
    package = runtime.compile_package({"ladder.bpmn": LADDER.strip()}, WORDS)
    host = runtime.Host(datetime(2026, 1, 1, tzinfo=UTC), {}, _no_due, _no_call)
    advance = runtime.start(package, "p", DATA, host)
    for _ in range(tiers):
        advance = runtime.complete(package, advance.state, advance.tasks[0].token, {}, host)
        advance = runtime.complete(package, advance.state, advance.tasks[0].token, {"settled": False}, host)
    state, token = advance.state, advance.tasks[0].token
    return _median(lambda: runtime.complete(package, state, token, {}, host)), len(state)


def _theirs(tiers: int) -> tuple[float, int]:
    parser = SpiffBpmnParser()
    parser.add_bpmn_xml(etree.fromstring(LADDER.strip()), "ladder.bpmn")
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
    workflow.task_tree.data.update(DATA)
    workflow.do_engine_steps()

    def step(workflow: BpmnWorkflow, **data: object) -> None:
        (task, *_) = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data.update(data)
        task.run()
        workflow.do_engine_steps()
        workflow.refresh_timers()
        workflow.do_engine_steps()

    for _ in range(tiers):
        step(workflow)
        step(workflow, settled=False)
    state = serializer.serialize_json(workflow)

    def durable() -> None:
        loaded = serializer.deserialize_json(state)
        step(loaded)
        serializer.serialize_json(loaded)

    return _median(durable), len(state)


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _no_due(call: runtime.DueCall) -> runtime.Due:
    raise AssertionError(call)


def _no_call(call: runtime.ServiceCall) -> dict[str, object]:
    raise AssertionError(call)


if __name__ == "__main__":
    sys.exit(main())
