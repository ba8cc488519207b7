"""The editor of forms: parts are changed without a script, and the form is shown as handlers will see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import deploy, design
from engine.clock import ManualClock
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
HANDLE = "forms/handle.form"


@pytest.fixture
def proposal(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        return design.begin_proposal(session, "表单", author_id=district.people["designer"], now=clock.now()).id


@pytest.fixture
def designer(visit: Visit, proposal: int) -> Visitor:
    visitor = visit("designer")
    assert visitor.get(f"/proposals/{proposal}/forms/{HANDLE}").status_code == 200
    return visitor


@pytest.fixture
def change(designer: Visitor, proposal: int) -> Callable[..., Any]:
    """Sends one change; `seen` is the revision it was made on."""
    return lambda change, part, seen, path=HANDLE, **said: designer.post(
        f"/proposals/{proposal}/forms/{path}", {"change": change, "part": part, "seen": str(seen), **said}
    )


def kept(district: District, proposal: int, path: str = HANDLE) -> dict[str, Any]:
    with district.store.reading() as session:
        data = design.files_of(session, design.get_proposal(session, proposal))[path]
    document: dict[str, Any] = json.loads(data)
    return document


def test_a_part_is_added_set_moved_and_removed(
    change: Callable[..., Any], designer: Visitor, district: District, proposal: int
) -> None:
    before = kept(district, proposal)["components"]
    assert change("add", "0", 0, kind="number").location.endswith("?part=1#part")
    said = {
        "label": "到场人数",
        "label_en": "People there",
        "key": "people",
        "required": "true",
        "ticks": "required",
        "min": "1",
    }
    assert change("set", "1", 1, **said).status_code == 302
    made = kept(district, proposal)["components"][1]
    assert (made["label"], made["key"], made["validate"]) == ("到场人数", "people", {"required": True, "min": 1})
    page = designer.get(f"/proposals/{proposal}/forms/{HANDLE}?part=1")
    assert 'name="people"' in page.text, "handlers will see it so"
    assert "到场人数" in words(page)
    assert "People there" in words(designer.get(f"/proposals/{proposal}/forms/{HANDLE}?preview=en"))
    assert change("up", "1", 2).location.endswith("?part=0#part")
    assert kept(district, proposal)["components"][0]["key"] == "people"
    assert change("remove", "0", 3).status_code == 302
    assert kept(district, proposal)["components"] == before


def test_an_answer_is_no_longer_needed_and_options_change(
    change: Callable[..., Any], district: District, proposal: int
) -> None:
    document = kept(district, proposal)
    place = str([part.get("key", "") for part in document["components"]].index("action_type"))
    options = {"option_value": ["talk", ""], "option_zh": ["谈话", ""], "option_en": ["Talk", ""]}
    assert change("set", place, 0, label="方式", ticks="required", **options).status_code == 302
    made = kept(district, proposal)["components"][int(place)]
    assert made["values"] == [{"label": "谈话", "value": "talk", "label_en": "Talk"}]
    assert "validate" not in made
    assert made["properties"] == {"label_en": "What was done"}, "what was not asked stays"


def test_findings_stand_beside_the_form_and_at_the_part(
    change: Callable[..., Any], designer: Visitor, proposal: int
) -> None:
    assert change("set", "2", 0, label="地点", key="place", hide="nothing = 1").status_code == 302
    page = designer.get(f"/proposals/{proposal}/forms/{HANDLE}")
    assert "有问题" in words(page)
    assert "nothing" in words(page)
    assert change("set", "2", 1, label="地点", key="place", hide="= = =").status_code == 302
    assert "表单暂时无法显示" in words(designer.get(f"/proposals/{proposal}/forms/{HANDLE}"))


def test_who_saved_in_between_is_named_and_what_was_typed_stays(
    change: Callable[..., Any], district: District, proposal: int, clock: ManualClock
) -> None:
    theirs = json.dumps(kept(district, proposal) | {"id": "handle", "theirs": 1}).encode()
    with district.store.transaction() as session:
        design.save_file(
            session, proposal, HANDLE, theirs, seen=0, actor_id=district.people["operator"], now=clock.now()
        )
    refused = change("set", "2", 0, label="我的", key="place")
    assert refused.status_code == 409
    assert "郑子涵" in words(refused)
    assert 'value="我的"' in refused.text
    assert change("set", "2", 1, label="我的", key="place").status_code == 302
    assert kept(district, proposal)["theirs"] == 1
    assert kept(district, proposal)["components"][2]["label"] == "我的"


def test_what_is_not_there_is_refused(
    change: Callable[..., Any], designer: Visitor, district: District, proposal: int, clock: ManualClock
) -> None:
    assert change("set", "99", 0).status_code == 404
    assert change("add", "", 0, kind="html").status_code == 422
    assert change("burn", "0", 0).status_code == 400
    assert designer.get(f"/proposals/{proposal}/forms/forms/none.form").status_code == 404
    assert designer.get(f"/proposals/{proposal}/forms/case/case.bpmn").status_code == 404
    with district.store.transaction() as session:
        design.save_file(session, proposal, HANDLE, b"{", seen=0, actor_id=district.people["designer"], now=clock.now())
    assert "表单暂时无法显示" in words(designer.get(f"/proposals/{proposal}/forms/{HANDLE}?part=4.1"))
    assert change("add", "", 1, kind="text").status_code == 422


def test_a_form_is_added_and_taken_out(
    change: Callable[..., Any], designer: Visitor, district: District, proposal: int
) -> None:
    address = f"/proposals/{proposal}/forms"
    made = designer.post(address, {"folder": "small/forms", "file": "visit"})
    assert made.location == f"{address}/small/forms/visit.form?part=0"
    assert "新问题" in words(designer.get(made.location))
    with district.store.reading() as session:
        files = design.files_of(session, design.get_proposal(session, proposal))
    assert [each for each in deploy.check_release(files) if each.file == "small/forms/visit.form"] == []
    for folder, file in (("small/forms", "visit"), ("small/forms", "two words"), ("../etc", "visit"), ("", "visit")):
        refused = designer.post(address, {"folder": folder, "file": file})
        assert refused.status_code == 422, (folder, file)
    assert change("drop", "", 1, path="small/forms/visit.form").location == f"/proposals/{proposal}"
    assert designer.get(f"{address}/small/forms/visit.form").status_code == 404


@pytest.mark.usefixtures("vendor")
def test_what_is_typed_is_saved_and_shown_at_once(
    app: Flask,
    page: Any,
    serve: Callable[[Any], str],
    district: District,
    proposal: int,
    screenshot: Callable[[str], Path],
    barriers: Callable[[Any], Any],
) -> None:
    site = serve(app)
    page.goto(f"{site}/sign-in")
    page.locator(f'button[name="person"][value="{district.people["designer"]}"]').click()
    page.wait_for_url("**/processes")
    page.goto(f"{site}/proposals/{proposal}/forms/{HANDLE}?part=2")
    page.get_by_label("标签（中文）").fill("在哪里办理")
    page.locator(".preview label", has_text="在哪里办理").wait_for()
    page.get_by_label("何时隐藏").fill('=action_type = "call"')
    page.locator('[role="status"]', has_text="已保存").wait_for()
    place = page.locator('.preview .field[data-key="place"]')
    assert place.is_visible()
    page.locator('.preview select[name="action_type"]').select_option("call")
    place.wait_for(state="hidden")
    assert barriers(page) == []
    screenshot("form-editor")
    page.get_by_label("提示（中文）").fill("门牌号")
    page.get_by_role("link", name="参加人员").click()  # at once: what was typed goes along
    page.wait_for_url("**part=3**")
    assert kept(district, proposal)["components"][2]["description"] == "门牌号"
    made = kept(district, proposal)["components"][2]
    assert (made["label"], made["conditional"]) == ("在哪里办理", {"hide": '=action_type = "call"'})
