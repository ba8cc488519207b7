"""One case, told through the API alone: filed, claimed, completed, overdue, risen, read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine.clock import ManualClock
from engine.scheduler import Scheduler
from tests.web.api.conftest import Call


def test_a_case_is_filed_worked_on_and_rises_when_it_is_overdue(
    call: Call, clock: ManualClock, scheduler: Scheduler
) -> None:
    grid, zone = call("grid"), call("zone")
    filed = grid.post("/api/v1/cases", _matter())
    assert filed.status_code == 201
    number = filed.json["number"]
    assert filed.headers["Location"] == f"/api/v1/cases/{number}"
    assert filed.json["case"]["tier"] == "grid"

    waiting = grid.get("/api/v1/tasks").json["items"]
    task = next(each for each in waiting if each["case"] == number)
    claimed = grid.put(f"/api/v1/tasks/{task['id']}/claim")
    assert claimed.status_code == 200
    assert claimed.json["may"][:2] == ["give_back", "complete"]
    action = next(part for part in claimed.json["form"]["parts"] if part.get("key") == "action")
    assert action["required"]
    assert {"value": "sign", "label": {"zh": "签收", "en": "Sign in"}} in action["options"]

    done = grid.post(f"/api/v1/tasks/{task['id']}/completion", {"answers": {"action": "sign"}})
    assert done.status_code == 200
    assert done.json["case"] == number
    assert done.json["opened"]

    case = grid.get(f"/api/v1/cases/{number}").json
    assert case["state"] == "signed_in"
    assert case["visits"][0]["signed_in_at"] is not None
    foreseen = case["forecast"]
    assert (foreseen["tier"], foreseen["unit"]["id"]) == ("zone", "LHQ.MZ.01.01")
    assert case["tier_clock"]["due_at"] == foreseen["at"]
    assert [each["id"] for each in case["open_tasks"]] == done.json["opened"]

    clock.set(datetime.fromisoformat(foreseen["at"]) + timedelta(minutes=1))
    assert scheduler.tick().fired >= 1
    risen = grid.get(f"/api/v1/cases/{number}").json
    assert risen["tier"] == "zone"
    assert [(each["tier"], each["left_reason"]) for each in risen["visits"]] == [("grid", "overdue"), ("zone", None)]
    gone = grid.post(f"/api/v1/tasks/{done.json['opened'][0]}/completion", {"answers": {}})
    assert (gone.status_code, gone.json["code"]) == (409, "task.gone")
    assert number in {each["case"] for each in zone.get("/api/v1/tasks").json["items"]}


def _matter() -> dict[str, Any]:
    from tests.web.api.caller import MATTER

    return MATTER
