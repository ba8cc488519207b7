"""Delegation and the lists of work, by API."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.api.caller import Caller
from tests.web.district import District

Call = Callable[[str | None], Caller]


def test_a_task_goes_out_to_a_colleague_and_comes_back(call: Call, district: District) -> None:
    owner, colleague = call("grid"), call("grid_b")
    number = owner.file()
    task = owner.get("/api/v1/tasks").json["items"][0]
    where = f"/api/v1/tasks/{task['id']}"
    seen = owner.get(where).json
    assert "delegate" in seen["may"]
    to = district.people["grid_b"]
    assert to in [each["id"] for each in seen["delegates"]]
    out = owner.send("PUT", f"{where}/delegation", {"to_person_id": to, "question": "请上门看看"})
    assert out.json["delegation"]["question"] == "请上门看看"
    assert out.json["may"] == ["take_back"]
    assert [each["case"] for each in owner.get("/api/v1/tasks?tab=waiting").json["items"]] == [number]
    assert owner.get("/api/v1/tasks").json["items"] == []
    assert "answer" in colleague.get(where).json["may"]
    refused = colleague.post(f"{where}/completion", {"answers": {"action": "sign"}})
    assert (refused.status_code, refused.json["code"]) == (409, "task.delegated")
    unknown = colleague.post(f"{where}/delegation/answer", {"answers": {"tier": "district"}})
    assert unknown.status_code == 422
    back = colleague.post(f"{where}/delegation/answer", {"note": "看过了", "answers": {"note": "已核实"}})
    assert back.json["delegation"] is None
    assert owner.post(f"{where}/completion", {"answers": {"action": "sign"}}).status_code == 200


def test_the_list_can_be_narrowed(call: Call) -> None:
    caller = call("grid")
    number = caller.file()
    for query, found in (("light=green", 1), ("light=red", 0), ("step=t_sign_in", 1), (f"q={number}", 1), ("q=%25", 0)):
        assert len(caller.get(f"/api/v1/tasks?{query}").json["items"]) == found, query
