"""What a person is told when the diagram is at fault: nothing typed is lost, and the case waits for an operator."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import deploy
from engine.clock import ManualClock
from engine.process import Instance
from tests.engine.test_poison import LOOP
from tests.web import district as town
from tests.web.district import BPMN, District
from tests.web.test_tasks import HANDLED, entries, handling
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
GO_ON = 'sourceRef="gw_open" targetRef="t_handle" />'
MUTE = {
    GO_ON: """sourceRef="gw_open" targetRef="asks" />
      <bpmn:businessRuleTask id="asks" name="问 / Ask" camunda:decisionRef="d_mute" camunda:resultVariable="said" />
      <bpmn:sequenceFlow id="f_asks__t_handle" sourceRef="asks" targetRef="t_handle" />"""
}
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="mute" name="Mute" namespace="mute">
  <decision id="d_mute" name="Mute"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="e" typeRef="string"><text>outcome</text></inputExpression></input>
    <output id="o" name="said" typeRef="string" />
    <rule id="r"><inputEntry id="ri"><text>"never"</text></inputEntry>
      <outputEntry id="ro"><text>"x"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


@pytest.mark.parametrize(("changes", "said"), [(LOOP, "10000 steps"), (MUTE, '"d_mute" gives no answer')])
def test_a_task_that_runs_into_a_fault_sets_the_case_aside(
    visit: Visit, district: District, clock: ManualClock, changes: dict[str, str], said: str
) -> None:
    """A loop of the diagram, and a table without an answer."""
    files = {**deploy.read_folder(BPMN), "small/mute.dmn": TABLE}
    text = files["small/small.bpmn"].decode()
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    with district.store.transaction() as session:
        wild = {**files, "small/small.bpmn": text.encode()}
        deploy.store_release(session, wild, reason="poison", actor_id=None, now=clock.now())
    case_id = town.file_case(district, clock)
    handler = visit("grid")
    task = handling(handler, district, case_id)
    answer = handler.post(f"/tasks/{task.id}/completion", {**HANDLED, "outcome": "continue"})
    assert answer.status_code == 503
    assert "故障" in words(answer)
    assert HANDLED["findings"] in answer.text, "what was typed is still there"
    (incident,) = entries(district, case_id, "incident.opened")
    assert said in incident["said"]
    with district.store.reading() as session:
        instance = session.get(Instance, task.instance_id)
        assert instance is not None
        assert instance.trouble == incident["said"]
    assert entries(district, case_id, "task.completed")[-1]["element"] != "t_handle"
    assert said in words(visit("operator").get("/operations"))
