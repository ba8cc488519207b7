"""What a person is told when the diagram is at fault: nothing typed is lost, and the case waits for an operator."""

from __future__ import annotations

from collections.abc import Callable

from engine import deploy
from engine.clock import ManualClock
from engine.process import Instance
from tests.engine.test_poison import LOOP
from tests.web import district as town
from tests.web.district import BPMN, District
from tests.web.test_tasks import HANDLED, entries, handling
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def test_a_task_that_runs_into_a_loop_sets_the_case_aside(visit: Visit, district: District, clock: ManualClock) -> None:
    files = dict(deploy.read_folder(BPMN))
    text = files["small/small.bpmn"].decode()
    for before, after in LOOP.items():
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
    assert "10000 steps" in incident["said"]
    with district.store.reading() as session:
        instance = session.get(Instance, task.instance_id)
        assert instance is not None
        assert instance.trouble == incident["said"]
    assert entries(district, case_id, "task.completed")[-1]["element"] != "t_handle"
    assert "10000 steps" in words(visit("operator").get("/operations"))
