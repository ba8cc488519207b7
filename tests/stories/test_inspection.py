"""Sample case C29: a check begun with one tap, a blocked stairway made a case, and looked at again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from engine import citizen, inspections, people, verify
from engine.cases import Case
from engine.documents import Document
from engine.inspections import Check, Finding
from tests.stories.district import District, at
from tests.web.visitor import Visitor, words

COMMUNITY = "LHQ.MZ.01"
BUILDING = "LHQ.MZ.01.01.01.01"
LATER = "X-Sent-Later"


def come(here: District, app: Any, unit: str, role: str) -> Visitor:
    with here.store.transaction() as session:
        (who, *_) = people.members(session, unit, [role])
        secret = people.sign_in(session, who.id, now=here.clock.now(), lasts=timedelta(hours=12))
    visitor = Visitor(app)
    visitor.client.set_cookie("sign-in", secret)
    return visitor


def photo() -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(made, "JPEG")
    made.seek(0)
    return made, "楼梯.jpg"


def hand_in(visitor: Visitor, where: str, fields: Mapping[str, Any], sent_at: str | None = None) -> Any:
    """As the page does it, or as the phone does it later."""
    data = {**fields, "csrf_token": visitor.token}
    headers = {LATER: at(sent_at).isoformat()} if sent_at else {}
    return visitor.client.post(where, data=data, headers=headers, content_type="multipart/form-data")


def complete(here: District, visitor: Visitor, case: int, element: str, **answers: Any) -> None:
    (task,) = [each for each in here.open_tasks(case) if each.element == element]
    visitor.get(f"/tasks/{task.id}")
    answer = visitor.post(f"/tasks/{task.id}/completion", answers)
    assert answer.status_code == 302, words(answer)


def test_c29_a_check_finds_a_blocked_stairway(
    district: Callable[[str], District], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # photos lie below
    here = district("2024-11-21 15:50")
    app = here.application.web()
    planner = come(here, app, COMMUNITY, "lead")
    planner.get("/inspections/plans/new")
    plan = {
        "name": "每月楼栋安全排查", "checklist": "building_safety", "area": COMMUNITY, "tier": "building",
        "every": "month", "turns": "1", "starts_on": "2024-11-01", "ends_on": "",
    }  # fmt: skip
    made = planner.post("/inspections/plans", plan)
    assert made.status_code == 302, words(made)

    # It waits on the phone of the building's lead, and one tap opens the list; so does the building's own code.
    lead = come(here, app, BUILDING, "lead")
    home = lead.get("/").text
    assert "2 处待检查" in home  # who leads here leads the house next door too
    (start,) = re.findall(r'href="(/inspections/checks/new\?[^"]+)"', home)
    with here.store.reading() as session:
        code = citizen.code_of(session, here.world, BUILDING)
    assert f"/inspections/checks/new?place={BUILDING}" in lead.get(f"/q/{code}").text
    page = lead.get(start.replace("&amp;", "&"))
    assert page.text.count('class="check-item"') == 12
    fields: dict[str, Any] = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.text))
    items = [
        item.id for item in inspections.catalogue(here.world.config.inspections).checklists["building_safety"].items
    ]
    fields |= {f"answer-{item}": "ok" for item in items}
    blocked = items[0]
    fields |= {f"answer-{blocked}": "fail", f"then-{blocked}": "case", f"who-{blocked}": "二房东钟某"}
    fields |= {f"note-{blocked}": "电动车堵塞疏散楼梯。", f"recheck-{blocked}": "2024-11-22"}

    # Without a photo it is not taken. Then the stairwell has no network: the phone sends it later, twice.
    here.until("2024-11-21 16:00")
    assert "不合格项须拍照" in words(hand_in(lead, "/inspections/checks", fields))
    here.until("2024-11-21 16:02")
    for _ in range(2):
        answer = hand_in(lead, "/inspections/checks", {**fields, f"photo-{blocked}": photo()}, "2024-11-21 16:01")
        assert answer.status_code == 302, words(answer)
    with here.store.reading() as session:
        check, finding, case = (session.scalars(select(each)).one() for each in (Check, Finding, Case))
        assert session.scalars(select(Document.name)).all() == ["楼梯.jpg"]
    assert (check.done_at, check.received_at) == (at("2024-11-21 16:01"), at("2024-11-21 16:02"))
    assert (case.channel, case.track, case.severity, case.size, case.tier, case.urgent) == (
        "inspection", "proactive", 1, "small", "building", False,
    )  # fmt: skip
    assert case.received_at == at("2024-11-21 16:01")
    assert {reason["rule"] for reason in case.reasons if reason["decision"] == "d_severity"} == {"R01_base"}
    assert here.clocks(case.id)["handle"].due_at == at("2024-11-22 18:00")
    assert "inspection.found" in here.acts(case.id)
    assert "1 处待检查" in lead.get("/").text
    assert "100 %" not in planner.get("/inspections/plans/1").text

    # The day after: cleared, looked at again, and closed by the building itself.
    here.until("2024-11-22 10:00")
    lead = come(here, app, BUILDING, "lead")
    assert "1 项待复查" in lead.get("/").text
    assert f"/inspections/findings/{finding.id}" in lead.get(f"/cases/{case.id}").text
    complete(here, lead, case.id, "t_sign_in", action="sign")
    if "t_first_contact" in here.open_elements(case.id):
        complete(here, lead, case.id, "t_first_contact", contacted_at="2024-11-22T10:05", method="visit",
                 reached="yes", summary="当面告知")  # fmt: skip
    complete(here, lead, case.id, "t_handle", action_type="visit", happened_at="2024-11-22T10:10", findings="已清理",
             outcome="resolved")  # fmt: skip
    (task,) = [each for each in here.open_tasks(case.id) if each.element == "t_resolve"]
    lead.get(f"/tasks/{task.id}")
    early = lead.post(f"/tasks/{task.id}/completion", {
        "result_code": "fulfilled", "substantive": "yes", "summary": "已清理", "reply_text": "已清理",
        "evidence": "照片",
    })  # fmt: skip
    assert early.status_code == 409
    assert "须复查合格" in words(early)
    lead.get(f"/inspections/findings/{finding.id}")
    answer = hand_in(lead, f"/inspections/findings/{finding.id}/rechecks", {"passed": "yes", "note": "已清理"})
    assert answer.status_code == 302, words(answer)
    again = hand_in(lead, f"/inspections/findings/{finding.id}/rechecks", {"passed": "no", "photo": photo()})
    assert again.status_code == 409
    assert here.acts(case.id)[-1] == "recheck.passed"
    complete(here, lead, case.id, "t_resolve", result_code="fulfilled", substantive="yes", summary="已清理",
             reply_text="已清理", evidence="复查照片")  # fmt: skip
    if "t_quality_check" in here.open_elements(case.id):
        here.do(case.id, "t_quality_check", checks=["contacted"], verdict="pass")
    closed = here.case(case.id)
    assert (closed.state, closed.result, closed.tier, closed.substantive) == ("closed", "fulfilled", "building", True)
    assert "复查合格" in words(lead.get(f"/cases/{case.id}"))
    assert [str(each) for each in verify.check(here.store, here.world, now=here.clock.now())] == []
