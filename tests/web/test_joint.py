"""Handling together: invited in two taps, seen arriving, absences told, the conclusion begun; signed on the phone."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import process
from engine.cases import Case, Recusal, parties_of
from engine.clock import ManualClock
from engine.documents import Document
from engine.people import viewer_of
from engine.scheduler import Scheduler
from engine.store import canonical_json
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
CONTACTED = {"contacted_at": "2026-03-02T09:05:00+08:00", "method": "phone", "reached": "yes", "summary": "联系过"}
HANDLED = {"action_type": "visit", "happened_at": "2026-03-02T09:30:00+08:00", "findings": "看过现场"}
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def complete(
    district: District, clock: ManualClock, case_id: int, form: str, who: str, answers: dict[str, Any], item: str = ""
) -> None:
    with district.store.transaction() as session:
        wanted = select(Task).where(Task.case_id == case_id, Task.form == form, Task.state == "open")
        task = session.scalars(wanted.where(Task.item == item) if item else wanted.order_by(Task.id)).first()
        assert task is not None
        viewer = viewer_of(session, district.people[who], now=clock.now())
        process.complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())


@pytest.fixture
def inviting(district: District, clock: ManualClock) -> int:
    """A case whose grid is about to invite others."""
    case_id = town.file_case(district, clock)
    complete(district, clock, case_id, "sign_in", "grid", {"action": "sign"})
    complete(district, clock, case_id, "first_contact", "grid", CONTACTED)
    complete(district, clock, case_id, "handle", "grid", {**HANDLED, "outcome": "joint"})
    return case_id


def invite(district: District, clock: ManualClock, case_id: int, *invited: str) -> None:
    complete(district, clock, case_id, "invite_joint", "grid", {"co_units": [*invited], "question": "请提出意见"})


def test_those_who_come_to_mind_stand_first_and_the_question_is_written(
    district: District, clock: ManualClock, visit: Visit, inviting: int
) -> None:
    visitor = visit("grid")
    page = visitor.get(f"/tasks/{town.open_task(district, inviting).id}").text
    offered = re.findall(r'name="co_units" value="([^"]+)"', page)
    community, zone = district.people["community"], district.people["zone"]
    assert offered[:4] == ["LHQ.MZ.01.01", "LHQ.MZ.01", "LHQ.MZ.01.01.01.01", "LHQ.MZ.01.01.01.02"]
    assert f"LHQ.MZ.01#{community}" in offered
    assert f"LHQ.MZ.01.01#{zone}" in offered
    assert len(offered) == len(set(offered))
    assert "LHQ.MZ.01.01.01" not in offered  # the asking unit itself
    assert "提出意见，并说明可以采取的措施" in page
    assert "第1片区第2网格" in page  # other zones have a second grid too
    answer = visitor.post(
        f"/tasks/{town.open_task(district, inviting).id}/completion",
        {"co_units": ["LHQ.MZ.01.02"], "question": "请提出意见"},
    )
    assert answer.status_code == 302

    again = town.file_case(district, clock, title="另一件")
    complete(district, clock, again, "sign_in", "grid", {"action": "sign"})
    complete(district, clock, again, "first_contact", "grid", CONTACTED)
    complete(district, clock, again, "handle", "grid", {**HANDLED, "outcome": "joint"})
    page = visitor.get(f"/tasks/{town.open_task(district, again).id}").text
    assert re.findall(r'name="co_units" value="([^"]+)"', page)[0] == "LHQ.MZ.01.02"
    assert "最近邀请过" in page


def test_a_person_who_is_invited_has_the_task_and_others_of_the_unit_do_not(
    district: District, clock: ManualClock, visit: Visit, inviting: int
) -> None:
    person = district.people["community"]
    invite(district, clock, inviting, f"LHQ.MZ.01#{person}", "LHQ.MZ.01.01")
    with district.store.reading() as session:
        asked = {
            (task.unit_id, task.claimed_by)
            for task in session.scalars(select(Task).where(Task.case_id == inviting, Task.form == "co_opinion"))
        }
    assert asked == {("LHQ.MZ.01", person), ("LHQ.MZ.01.01", None)}
    assert "协办意见" in words(visit("community").get("/"))
    assert "张淑芬" in words(visit("grid").get(f"/cases/{inviting}"))


def test_answers_are_seen_arriving_and_absence_is_told(
    district: District, clock: ManualClock, visit: Visit, inviting: int
) -> None:
    invite(district, clock, inviting, "LHQ.MZ.01", "LHQ.MZ.01.01", "LHQ.MZ.01.01.02")
    said = {"position": "agree", "opinion": "同意联办", "measures": "三日内维修", "commit_date": "2026-03-05"}
    complete(district, clock, inviting, "co_opinion", "zone", said, "LHQ.MZ.01.01")
    lead = visit("grid")
    seen = words(lead.get(f"/cases/{inviting}"))
    assert "3 个单位中已有 1 个答复" in seen
    assert "同意联办" in seen
    assert seen.count("等待答复，期限") == 2
    assert "第1片区第2网格 等待答复" in seen  # every zone has a second grid
    page = words(visit("community").get(f"/tasks/{town.open_task(district, inviting, 'co_opinion').id}"))
    assert page.index("第1片区第1网格请您答复此事。 请提出意见") < page.index("具体意见")
    assert "受邀协办" in words(visit("community").get("/"))
    with district.store.reading() as session:
        awaited = (Task.case_id == inviting, Task.form == "co_opinion", Task.state == "open")
        due = session.scalars(select(Task.due_at).where(*awaited)).first()
    assert due is not None
    clock.set(due + timedelta(minutes=1))
    Scheduler(district.store, district.world, clock, name="test", post=lambda *_: None).tick()
    seen = words(visit("grid").get(f"/cases/{inviting}"))
    assert seen.count("缺席：截至") == 2


def test_the_conclusion_begins_with_what_the_units_said(
    district: District, clock: ManualClock, visit: Visit, inviting: int
) -> None:
    invite(district, clock, inviting, "LHQ.MZ.01", "LHQ.MZ.01.01")
    said = {"position": "agree", "opinion": "同意联办", "measures": "三日内维修", "commit_date": "2026-03-05"}
    complete(district, clock, inviting, "co_opinion", "zone", said, "LHQ.MZ.01.01")
    disagrees = {"position": "disagree", "opinion": "费用由物业承担"}
    complete(district, clock, inviting, "co_opinion", "community", disagrees, "LHQ.MZ.01")
    task = town.open_task(district, inviting, "joint_conclusion")
    page = visit("grid").get(f"/tasks/{task.id}").text
    measures = re.search(r'name="measures"[^>]*>([^<]*)<', page)
    dissent = re.search(r'name="dissent"[^>]*>([^<]*)<', page)
    assert measures
    assert dissent
    assert measures.group(1) == "第1片区: 三日内维修 (2026-03-05)"
    assert dissent.group(1) == "和悦社区: 不同意 — 费用由物业承担"


@pytest.fixture
def signing(district: District, clock: ManualClock, inviting: int) -> int:
    """A written agreement that both parties are to sign."""
    invite(district, clock, inviting, "LHQ.MZ.01.01")
    complete(district, clock, inviting, "co_opinion", "zone", {"position": "agree", "opinion": "同意"})
    concluded = {"summary": "一致同意", "measures": "维修", "agreed": "yes"}
    complete(district, clock, inviting, "joint_conclusion", "grid", concluded)
    with district.store.reading() as session:
        signers = [str(party.id) for party in parties_of(session, inviting)]
    complete(district, clock, inviting, "agreement", "grid", {**AGREED, "signers": signers})
    return inviting


AGREED = {
    "agreement_form": "written",
    "facts": "漏水属实",
    "disputed": "费用",
    "duties": "楼上维修",
    "terms": "一、十日内修好",
    "performance_way": "上门",
    "performance_place": "本楼",
    "performance_due": "2026-03-12",
}


def test_no_step_of_handling_together_asks_the_database_much(
    district: District, clock: ManualClock, visit: Visit
) -> None:
    """Also where somebody is shut out of the case, and whoever looks has just been asked."""
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        session.add(Recusal(person_id=district.people["grid_b"], case_id=case_id, reason="亲属", at=clock.now()))
        session.get_one(Case, case_id).walled = True
        signers = [str(party.id) for party in parties_of(session, case_id)]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("sign_in", "grid", {"action": "sign"}),
        ("first_contact", "grid", CONTACTED),
        ("handle", "grid", {**HANDLED, "outcome": "joint"}),
        ("invite_joint", "grid", {"co_units": ["LHQ.MZ.01.01"], "question": "请提出意见"}),
        ("co_opinion", "zone", {"position": "agree", "opinion": "同意"}),
        ("joint_conclusion", "grid", {"summary": "一致同意", "measures": "维修", "agreed": "yes"}),
        ("agreement", "grid", {**AGREED, "signers": signers}),
        ("sign", "grid", {"signed": "no", "refusal_reason": "要再想想"}),
    ]
    for form, who, answers in steps:
        visitor, task = visit(who), town.open_task(district, case_id, form)
        visitor.get("/")
        assert statements(district, visitor, f"/tasks/{task.id}") <= 15, form
        complete(district, clock, case_id, form, who, answers)


def test_a_signature_stands_under_the_text_that_was_agreed(
    district: District, visit: Visit, signing: int, clock: ManualClock
) -> None:
    lead = visit("grid")
    task = town.open_task(district, signing, "sign")
    assert task.why != "invited"  # the lead takes the signatures
    page = lead.get(f"/tasks/{task.id}").text
    assert "一、十日内修好" in page  # what is signed stands above the pad
    drawn = {"signature": (io.BytesIO(DOT), "signature.png")}
    signed = {"signed": "yes", "method": "signature", "signed_at": "2026-03-02T09:00", **drawn}
    answer = lead.post(f"/tasks/{task.id}/completion", signed)
    assert answer.status_code == 302, words(answer)
    following = town.open_task(district, signing, "sign")
    assert answer.headers["Location"] == f"/tasks/{following.id}"  # the phone goes to the next party
    with district.store.reading() as session:
        (paper,) = session.scalars(select(Document)).all()
        agreed = session.scalars(select(Task).where(Task.case_id == signing, Task.form == "agreement")).one()
        assert session.get_one(Task, task.id).answers["signature"] == [str(paper.id)]
    assert paper.signs == hashlib.sha256(canonical_json(agreed.answers).encode()).hexdigest()
    lead.get(f"/tasks/{following.id}")
    refused = {"signed": "no", "refusal_reason": "要再想想"}
    assert lead.post(f"/tasks/{following.id}/completion", refused).status_code == 302
    seen = words(lead.get(f"/cases/{signing}/agreement"))
    assert "签署于本文本" in seen
    assert "要再想想" in seen
    assert paper.signs in seen
    assert lead.get(f"/documents/{paper.id}/removal").status_code == 403

    with district.store.transaction() as session:  # somebody changes the text behind the engine's back
        forged = session.scalars(select(Task).where(Task.case_id == signing, Task.form == "agreement")).one()
        forged.answers = {**AGREED, "terms": "一、一年内修好"}
    assert "签署的是另一文本" in words(lead.get(f"/cases/{signing}/agreement"))


def test_a_signature_goes_only_where_it_is_asked(district: District, visit: Visit, signing: int) -> None:
    lead = visit("grid")
    task = town.open_task(district, signing, "sign")
    lead.get(f"/tasks/{task.id}")
    other = {"signed": "yes", "method": "seal", "signed_at": "2026-03-02T09:00", "typed_name": "谢女士"}
    assert lead.post(f"/tasks/{task.id}/completion", other).status_code == 302
    with district.store.reading() as session:
        answers = session.get_one(Task, task.id).answers
    assert answers
    assert "signature" not in answers
    assert answers["typed_name"] == "谢女士"


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_a_party_signs_with_the_finger(
    page: Any,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Any],
    serve: Callable[[Any], str],
    app: Flask,
    district: District,
    signing: int,
) -> None:
    address = serve(app)
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="林晓东").click()
    page.wait_for_url(f"{address}/")
    task = town.open_task(district, signing, "sign")
    page.goto(f"{address}/tasks/{task.id}")
    page.locator('.field[data-key="signed"] input[value="yes"]').check()
    pad = page.locator(".pad canvas")
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    frame = pad.bounding_box()
    page.mouse.move(frame["x"] + 40, frame["y"] + 120)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(frame["x"] + 40 + step * 20, frame["y"] + (60 if step % 2 else 130))
    page.mouse.up()
    page.locator(".pad.drawn").wait_for()
    assert barriers(page) == []
    screenshot("signature")
    with page.expect_navigation():
        page.locator(".task-form .send button.main").click()
    with district.store.reading() as session:
        (paper,) = session.scalars(select(Document)).all()
    assert (paper.kind, paper.use, len(paper.signs or "")) == ("png", "signature", 64)
    page.goto(f"{address}/cases/{signing}/agreement")
    assert barriers(page) == []
    screenshot("agreement")
