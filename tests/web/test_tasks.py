"""A task's page: drafts that follow their author, delegation, the ways out, and comments that tell somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine import notify
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.notify import Notice
from engine.outbox import OutboxEntry, Parcel
from engine.scheduler import Scheduler
from engine.tasks import Draft, Task
from tests.web import district as town
from tests.web.district import District
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
SIGNED = {"action": "sign"}
CONTACTED = {"contacted_at": "2026-03-02T09:00", "method": "phone", "reached": "yes", "summary": "已联系"}
HANDLED = {"action_type": "talk", "happened_at": "2026-03-02T09:00", "findings": "双方各执一词"}


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock)


@pytest.fixture
def scheduler(district: District, clock: ManualClock) -> Scheduler:
    def post(session: Session, parcels: Sequence[Parcel]) -> int:
        return notify.post(session, parcels, tiers=district.world.tiers)

    return Scheduler(district.store, district.world, clock, name="test", post=post)


def keep(visitor: Visitor, task_id: int, seen: str = "", **typed: str) -> TestResponse:
    """As the script of the page does while somebody types."""
    data = {**typed, "draft_seen": seen, "csrf_token": visitor.token}
    return visitor.client.post(f"/tasks/{task_id}/draft", data=data, headers={"Accept": "application/json"})


def drafts(district: District) -> list[Draft]:
    with district.store.reading() as session:
        return list(session.scalars(select(Draft).order_by(Draft.person_id)))


def entries(district: District, case_id: int, act: str) -> list[dict[str, Any]]:
    with district.store.reading() as session:
        rows = select(HistoryEntry.facts).where(HistoryEntry.case_id == case_id, HistoryEntry.act == act)
        return list(session.scalars(rows))


def handling(visitor: Visitor, district: District, case_id: int) -> Task:
    """Goes on to the task of handling."""
    for form, answers in (
        ("sign_in", SIGNED),
        (
            "first_contact",
            {"contacted_at": "2026-03-02T09:00", "method": "phone", "reached": "yes", "summary": "已联系"},
        ),
    ):
        task = town.open_task(district, case_id, form)
        visitor.get(f"/tasks/{task.id}")
        assert visitor.post(f"/tasks/{task.id}/completion", answers).status_code == 302
    return town.open_task(district, case_id, "handle")


def test_what_was_typed_is_offered_again_on_another_device(visit: Visit, district: District, case_id: int) -> None:
    phone, desk = visit("grid"), visit("grid")
    task = town.open_task(district, case_id)
    phone.get(f"/tasks/{task.id}")
    kept = keep(phone, task.id, note="在楼道里写的")
    assert kept.json["revision"] == 1
    assert "草稿已保存" in kept.json["said"]
    page = desk.get(f"/tasks/{task.id}")
    assert "在楼道里写的" in page.text
    assert "已填入您" in words(page)
    assert "有草稿" in words(desk.get("/"))
    assert "有草稿" not in words(visit("grid_b").get("/"))
    assert "在楼道里写的" not in visit("grid_b").get(f"/tasks/{task.id}").text
    assert desk.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 302
    assert drafts(district) == []
    late = keep(phone, task.id, seen="1", note="")
    assert late.status_code == 200
    assert drafts(district) == []
    keep(phone, task.id, seen="1", note="提交之后在手机上写的")
    assert [each.answers["note"] for each in drafts(district)] == ["提交之后在手机上写的"]


def test_the_newest_words_win_and_the_others_stay_beside(visit: Visit, district: District, case_id: int) -> None:
    phone, desk = visit("grid"), visit("grid")
    task = town.open_task(district, case_id)
    for visitor in (phone, desk):
        visitor.get(f"/tasks/{task.id}")
    keep(phone, task.id, note="手机上写的")
    told = keep(desk, task.id, note="电脑上写的")
    assert "也已保留" in told.json["said"]
    assert told.json["look"] == f"/tasks/{task.id}"
    page = desk.get(f"/tasks/{task.id}")
    assert ">电脑上写的</textarea>" in page.text
    assert "手机上写的" in words(page)
    again = keep(desk, task.id, seen="2", note="电脑上写的，再补充")
    assert again.json["revision"] == 3
    assert again.json["look"] is None


def test_a_draft_is_kept_without_a_script_and_given_up_by_a_button(
    visit: Visit, district: District, case_id: int
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    assert visitor.post(f"/tasks/{task.id}/draft", {"note": "先写一半"}).headers["Location"] == f"/tasks/{task.id}"
    page = visitor.get(f"/tasks/{task.id}")
    assert "草稿已保存" in words(page)
    assert "先写一半" in page.text
    visitor.post(f"/tasks/{task.id}/draft/removal")
    assert "先写一半" not in visitor.get(f"/tasks/{task.id}").text


def test_other_words_from_another_device_are_kept_when_the_task_was_completed_there(
    visit: Visit, district: District, case_id: int
) -> None:
    here, there = visit("grid"), visit("grid")
    task_id = town.open_task(district, case_id).id
    for visitor in (here, there):
        visitor.get(f"/tasks/{task_id}")
    first, again = (there.post(f"/tasks/{task_id}/completion", {"action": "sign", "note": "电脑上写的"}) for _ in "ab")
    assert (first.status_code, again.status_code) == (302, 302)
    late = here.post(f"/tasks/{task_id}/completion", {"action": "sign", "note": "手机上写的别的话"})
    assert late.status_code == 409
    assert "手机上写的别的话" in words(visit("grid").get(f"/tasks/{task_id}"))


@pytest.mark.parametrize(("typed", "status"), [({"tier": "district"}, 422), ({"note": "长" * 70_000}, 422)])
def test_a_draft_takes_only_what_the_form_asks(
    visit: Visit, district: District, case_id: int, typed: dict[str, str], status: int
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    assert keep(visitor, task.id, **typed).status_code == status
    assert drafts(district) == []


def test_the_case_moved_on_and_the_note_was_kept(
    visit: Visit, district: District, case_id: int, clock: ManualClock, scheduler: Scheduler
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    clock.advance(timedelta(days=3))
    scheduler.fire_due()
    visitor = visit("grid")
    visitor.get("/")
    told = keep(visitor, task.id, note="楼上不肯开门")
    assert "案件已转至第1片区" in told.json["said"]
    assert "您写的内容已保留" in words(visitor.get("/"))
    page = words(visitor.get(f"/tasks/{task.id}"))
    assert "楼上不肯开门" in page
    assert "案件已转至第1片区" in page
    assert "楼上不肯开门" not in visit("zone").get(f"/tasks/{task.id}").text
    visitor.post(f"/tasks/{task.id}/draft/removal")
    assert "已保留" not in words(visitor.get("/"))


def test_what_came_too_late_is_kept_with_the_refusal(visit: Visit, district: District, case_id: int) -> None:
    first, second = visit("grid"), visit("grid_b")
    task = town.open_task(district, case_id)
    for visitor in (first, second):
        visitor.get(f"/tasks/{task.id}")
    first.post(f"/tasks/{task.id}/completion", SIGNED)
    answer = second.post(f"/tasks/{task.id}/completion", {**SIGNED, "note": "第二个人的说明"})
    assert answer.status_code == 409
    assert [draft.answers["note"] for draft in drafts(district)] == ["第二个人的说明"]


def test_a_refusal_of_the_diagram_leaves_the_form_filled_in(
    visit: Visit, district: District, case_id: int, clock: ManualClock
) -> None:
    """The time to sign in is over, and with it the time to return it."""
    clock.advance(timedelta(days=3))
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    answer = visitor.post(
        f"/tasks/{task.id}/completion", {"action": "return", "reason_code": "not_ours", "note": "不属本单位"}
    )
    assert answer.status_code == 409
    assert ">不属本单位</textarea>" in answer.text
    assert "没有可退回的下级" in words(answer) or "退" in words(answer)
    assert town.open_task(district, case_id).id == task.id


def test_a_filing_is_kept_while_it_is_written(visit: Visit, district: District) -> None:
    visitor = visit("community")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    data = {"title": "路灯不亮", "place_id": "LHQ.MZ.01.01.01", "csrf_token": visitor.token}
    told = visitor.client.post("/cases/new/draft", data=data, headers={"Accept": "application/json"})
    assert told.json["revision"] == 1
    home = visitor.get("/")
    assert "继续登记：路灯不亮" in words(home).replace(" ：", "：").replace(": ", "：").replace(":", "：")
    assert "路灯不亮" in visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1").text
    visitor.post("/cases/new/draft/removal")
    assert drafts(district) == []


def test_a_delegated_task_is_answered_and_comes_back_to_its_owner(
    visit: Visit, district: District, case_id: int, clock: ManualClock
) -> None:
    owner, colleague = visit("grid"), visit("grid_b")
    task = handling(owner, district, case_id)
    page = owner.get(f"/tasks/{task.id}")
    assert "何静怡" in words(page)
    to = str(district.people["grid_b"])
    asked = owner.post(f"/tasks/{task.id}/delegation", {"to": to, "question": "请上门看看漏点"})
    assert asked.headers["Location"] == "/?tab=waiting"
    assert "办理" in words(owner.get("/?tab=waiting"))
    assert "林晓东请您答复：请上门看看漏点" in words(colleague.get("/"))
    assert owner.post(f"/tasks/{task.id}/completion", {**HANDLED, "outcome": "continue"}).status_code == 409
    page = colleague.get(f"/tasks/{task.id}")
    assert "林晓东请您答复此事" in words(page)
    assert f'action="/tasks/{task.id}/delegation/answer"' in page.text
    assert colleague.post(f"/tasks/{task.id}/completion", {**HANDLED, "outcome": "continue"}).status_code == 409
    back = colleague.post(f"/tasks/{task.id}/delegation/answer", {"findings": "防水层破损", "delegate_note": "已拍照"})
    assert back.status_code == 302
    page = owner.get(f"/tasks/{task.id}")
    assert "何静怡已答复" in words(page)
    assert "已拍照" in words(page)
    assert ">防水层破损</textarea>" in page.text
    assert "何静怡已答复，请您提交" in words(owner.get("/"))
    town.send_notices(district, clock)
    assert "委托已答复，请您提交 · 何静怡" in words(owner.get("/notices"))
    assert owner.post(f"/tasks/{task.id}/completion", {**HANDLED, "outcome": "continue"}).status_code == 302
    assert entries(district, case_id, "task.delegated")[0]["to"] == district.people["grid_b"]
    assert entries(district, case_id, "task.answered")[0]["note"] == "已拍照"
    story = words(owner.get(f"/cases/{case_id}"))
    assert "委托" in story


def test_a_delegated_task_can_be_taken_back_or_given_back(visit: Visit, district: District, case_id: int) -> None:
    owner, colleague = visit("grid"), visit("grid_b")
    task = town.open_task(district, case_id)
    to = str(district.people["grid_b"])
    owner.get(f"/tasks/{task.id}")
    owner.post(f"/tasks/{task.id}/delegation", {"to": to, "question": ""})
    colleague.get(f"/tasks/{task.id}")
    assert colleague.post(f"/tasks/{task.id}/delegation/answer", {}).status_code == 422
    assert colleague.post(f"/tasks/{task.id}/return").status_code == 302
    assert town.open_task(district, case_id).claimed_by == district.people["grid"]
    owner.get(f"/tasks/{task.id}")
    owner.post(f"/tasks/{task.id}/delegation", {"to": to, "question": "还是要您看一下"})
    assert owner.post(f"/tasks/{task.id}/delegation/end").status_code == 302
    late = colleague.post(f"/tasks/{task.id}/delegation/answer", {"delegate_note": "太晚了"})
    assert late.status_code == 409
    assert "太晚了" in late.text
    assert owner.post(f"/tasks/{task.id}/completion", SIGNED).status_code == 302


@pytest.mark.parametrize("who", ["grid", "grid_2", "street_gl", "designer", "nobody"])
def test_only_somebody_who_sees_the_case_is_asked(visit: Visit, district: District, case_id: int, who: str) -> None:
    owner = visit("grid")
    task = town.open_task(district, case_id)
    owner.get(f"/tasks/{task.id}")
    assert owner.post(f"/tasks/{task.id}/delegation", {"to": str(district.people[who])}).status_code == 422


def test_only_the_ways_that_can_succeed_are_shown(
    visit: Visit, district: District, case_id: int, clock: ManualClock, scheduler: Scheduler
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    assert "data-choose" not in visitor.get(f"/tasks/{task.id}").text
    task = handling(visitor, district, case_id)
    page = visitor.get(f"/tasks/{task.id}")
    assert [way for way in ("joint", "up", "wait", "refer") if f'data-value="{way}"' in page.text] == [
        "joint",
        "up",
        "wait",
        "refer",
    ]
    assert "由第1片区决定是否接办" in words(page)
    chosen = visitor.get(f"/tasks/{task.id}?outcome=wait&findings=x&action_type=nonsense")
    assert 'value="wait" checked' in " ".join(chosen.text.split())
    assert ">x</textarea>" not in chosen.text
    clock.advance(timedelta(days=3))
    scheduler.fire_due()
    risen = visit("zone").get(f"/tasks/{town.open_task(district, case_id).id}")
    assert 'data-value="return"' in risen.text
    assert "案件回到第1网格" in words(risen)


def test_a_matter_is_referred_and_the_closing_is_prepared(visit: Visit, district: District, case_id: int) -> None:
    visitor = visit("grid")
    task = handling(visitor, district, case_id)
    visitor.get(f"/tasks/{task.id}")
    referred = {**HANDLED, "outcome": "refer", "refer_to": "court", "refer_note": "可向区法院起诉。"}
    visitor.post(f"/tasks/{task.id}/completion", referred)
    page = visitor.get(f"/tasks/{town.open_task(district, case_id, 'resolve').id}")
    assert 'value="guided" selected' in page.text
    assert "可向区法院起诉。</textarea>" in page.text


def test_more_time_can_be_asked_for_where_it_can_be_had(
    visit: Visit, district: District, case_id: int, clock: ManualClock
) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    assert "申请延期" in words(visitor.get(f"/tasks/{task.id}"))
    asked = visitor.post(f"/cases/{case_id}/extensions", {"length": "1", "reason": "等鉴定"})
    assert asked.status_code == 302
    assert "申请延期" not in words(visitor.get(f"/tasks/{task.id}"))


def test_a_comment_tells_whom_it_names(visit: Visit, district: District, case_id: int, scheduler: Scheduler) -> None:
    visitor = visit("grid")
    task = town.open_task(district, case_id)
    visitor.get(f"/tasks/{task.id}")
    said = visitor.post(
        f"/cases/{case_id}/comments",
        {"text": "@何静怡 请跟进，@第1片区 请知悉", "unit": "LHQ.MZ.01", "back": str(task.id)},
    )
    assert said.headers["Location"] == f"/tasks/{task.id}"
    facts = entries(district, case_id, "comment.made")[0]
    assert facts["people"] == [district.people["grid_b"]]
    assert facts["units"] == ["LHQ.MZ.01", "LHQ.MZ.01.01"]
    with district.store.reading() as session:
        sent = session.scalars(select(OutboxEntry).where(OutboxEntry.topic == "comment.made")).one()
        assert "text" not in sent.facts
    scheduler.send_outbox()
    with district.store.reading() as session:
        told = session.execute(
            select(Notice.unit_id, Notice.person_id).where(Notice.what == "comment.made").order_by(Notice.unit_id)
        ).all()
    assert {tuple(row) for row in told} == {
        ("LHQ.MZ.01", None),
        ("LHQ.MZ.01.01", None),
        (None, district.people["grid_b"]),
    }


@pytest.mark.parametrize(
    "told", [{"unit": "LHQ.GL"}, {"unit": "LHQ.MZ.01.01.02"}, {"person": "99999"}, {"person": "1' or 1=1"}]
)
def test_nobody_is_told_of_a_case_they_may_not_see(
    visit: Visit, district: District, case_id: int, told: dict[str, str]
) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    answer = visitor.post(f"/cases/{case_id}/comments", {"text": "写了一段话", **told})
    if told == {"person": "1' or 1=1"}:
        assert answer.status_code == 302
        assert entries(district, case_id, "comment.made")[0]["people"] == []
    else:
        assert answer.status_code == 422
        assert "写了一段话" in answer.text
        assert entries(district, case_id, "comment.made") == []


def test_the_page_of_a_task_asks_the_database_little(visit: Visit, district: District, case_id: int) -> None:
    """Also when it was delegated and answered, and people have worked on the case."""
    owner, colleague = visit("grid"), visit("grid_b")
    task = handling(owner, district, case_id)
    owner.get(f"/tasks/{task.id}")
    owner.post(f"/tasks/{task.id}/delegation", {"to": str(district.people["grid_b"]), "question": "看一下"})
    colleague.get(f"/tasks/{task.id}")
    colleague.post(f"/tasks/{task.id}/delegation/answer", {"delegate_note": "看过了"})
    assert statements(district, owner, f"/tasks/{task.id}") <= 15
