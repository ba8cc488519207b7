"""Drafts by the API and on the pages are the same ones; a tracking code is given once and replaced."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from engine.web.idempotency import KeptAnswer
from tests.web.api.conftest import Call
from tests.web.district import District
from tests.web.visitor import Visitor


def test_a_draft_is_the_same_here_and_on_the_pages(
    call: Call, visit: Callable[[str | None], Visitor], district: District
) -> None:
    grid, other = call("grid"), call("grid_b")
    number = grid.file()
    task = next(each["id"] for each in grid.get("/api/v1/tasks?tab=unit").json["items"] if each["case"] == number)
    where = f"/api/v1/tasks/{task}/draft"
    assert (grid.get(where).status_code, grid.get(where).json["code"]) == (404, "draft.none")
    kept = grid.send("PUT", where, {"answers": {"action": "sign", "note": "在楼道里写的"}}).json
    assert (kept["revision"], kept["other"]) == (1, None)
    assert "在楼道里写的" in visit("grid").get(f"/tasks/{task}").text
    unseen = grid.send("PUT", where, {"answers": {"note": "在办公室写的"}}).json
    assert unseen["other"] == {"action": "sign", "note": "在楼道里写的"}, "nothing typed is lost"
    assert grid.send("PUT", where, {"answers": {"note": "再改"}, "seen": 2}).json["revision"] == 3
    assert other.get(where).status_code == 404, "a draft is its author's alone"
    wrong = grid.send("PUT", where, {"answers": {"nonsense": 1}})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/answers/nonsense")
    assert grid.delete(where).json["answers"] == {"note": "再改"}
    assert grid.delete(where).status_code == 404
    assert grid.get(f"/api/v1/tasks/{task + 999}/draft").status_code == 404


def test_a_tracking_code_is_told_once_and_replaces_the_one_before(
    call: Call, visit: Callable[[str | None], Visitor], district: District
) -> None:
    grid = call("grid")
    where = f"/api/v1/cases/{grid.file()}/tracking-code"
    key = {"Idempotency_Key": "once"}
    first, second = (grid.send("PUT", where, **key).json["code"] for _ in range(2))
    assert first != second
    citizen = visit(None)
    for code, status in ((first, 422), (second, 302)):
        citizen.get("/t")
        assert citizen.post("/t", {"code": code}).status_code == status
    assert call("grid_gl").send("PUT", where).status_code == 404
    with district.store.reading() as session:
        assert session.scalar(select(func.count(KeptAnswer.id)).where(KeptAnswer.body.contains(second))) == 0
