"""A closed case becomes an anonymous scenario for designers: shown first, told in its history, nothing personal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import deadlines, deploy, design, process
from engine.cases import Case
from engine.clock import ManualClock
from engine.deploy import scenarios
from engine.history import HistoryEntry
from engine.people import viewer_of
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
SECRETS = ("谢女士", "许某", "13800138000", "楼上", "LHQ", "LHQ.MZ.01.01.01", "2026", "你们协商")


@pytest.fixture
def closed(district: District, clock: ManualClock) -> int:
    """Filed, overdue at the grid, handled jointly and settled at the zone; one text, many choices."""
    case_id = town.file_case(district, clock)
    do(district, clock, case_id, "grid", "sign_in", action="sign", note="你们协商")
    clock.advance(timedelta(days=5))
    with district.store.transaction() as session:
        case = session.get_one(Case, case_id)
        due = next(d for d in deadlines.live_of_case(session, case_id) if d.step == "handle" and d.instance_id)
        process.fire_deadline(session, district.world, case, due, now=clock.now())
    do(district, clock, case_id, "zone", "sign_in", action="sign")
    do(district, clock, case_id, "zone", "first_contact", method="phone", reached="yes", summary="你们协商")
    do(district, clock, case_id, "zone", "handle", action_type="talk", outcome="resolved", note="你们协商")
    do(district, clock, case_id, "zone", "resolve", result_code="fulfilled", substantive="yes", reply_text="你们协商")
    return case_id


def do(district: District, clock: ManualClock, case_id: int, who: str, form: str, **answers: Any) -> None:
    clock.advance(timedelta(hours=1))
    task = town.open_task(district, case_id, form)
    with district.store.transaction() as session:
        viewer = viewer_of(session, district.people[who], now=clock.now())
        process.complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())


def test_exactly_what_is_shown_leaves_once_and_the_history_says_so(
    visit: Visit, district: District, clock: ManualClock, closed: int
) -> None:
    visitor = visit("district")
    assert f"/cases/{closed}/sample" in visitor.get(f"/cases/{closed}").text
    page = visitor.get(f"/cases/{closed}/sample")
    assert "不含姓名" in words(page)
    done = visitor.post(f"/cases/{closed}/sample")
    assert done.headers["Location"].endswith(f"/cases/{closed}")
    assert "已作为匿名样本提供给流程设计员" in words(visitor.get(f"/cases/{closed}"))
    assert "已提供过样本" in words(visitor.get(f"/cases/{closed}/sample"))
    assert visitor.post(f"/cases/{closed}/sample").status_code == 409

    with district.store.reading() as session:
        (sample,) = deploy.waiting_samples(session)
        content = sample.content.decode()
        told = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "case.sampled")).one()
        assert told.actor_id == district.people["district"]
    assert [secret for secret in SECRETS if secret in content] == []
    for each in ("fire: be_overdue", "raise_tier: [{tier: zone", "outcome: resolved", "ended: true"):
        assert each in content, each
    release = deploy.load(0, deploy.read_folder(town.BPMN))
    assert scenarios.play(release, "x", sample.content).said == ""


def test_a_designer_takes_it_into_a_proposal_or_lays_it_aside(
    visit: Visit, district: District, clock: ManualClock, closed: int
) -> None:
    with district.store.transaction() as session:
        viewer = viewer_of(session, district.people["district"], now=clock.now())
        first = process.give_sample(session, district.world, closed, viewer=viewer, now=clock.now()).id
        second = deploy.put_sample(session, "p_case", 1, deploy.files_of(session, 1)["case/scenarios/merged.yaml"]).id
        number = design.begin_proposal(session, "试", author_id=viewer.person_id, now=clock.now()).id
    visitor = visit("designer")
    assert "真实案件样本" in words(visitor.get(f"/proposals/{number}/scenarios?process=p_case"))
    assert visitor.post(f"/proposals/{number}/samples/{first}", {"file": "merged"}).status_code == 422
    done = visitor.post(f"/proposals/{number}/samples/{first}", {"file": "real"})
    assert done.headers["Location"].endswith("/scenarios/case/scenarios/real.yaml")
    assert "通过" in words(visitor.get(done.headers["Location"]))
    assert visitor.post(f"/proposals/{number}/samples/{first}", {"file": "again"}).status_code == 404
    assert visitor.post(f"/proposals/{number}/samples/{second}/dropping").status_code == 302
    with district.store.reading() as session:
        assert deploy.waiting_samples(session) == []


def test_only_closed_cases_that_are_not_confidential_and_only_by_who_may(
    visit: Visit, district: District, clock: ManualClock, closed: int
) -> None:
    running = town.file_case(district, clock)
    assert "只有已办结" in words(visit("district").get(f"/cases/{running}/sample"))
    for who in ("zone", "designer", "operator"):
        assert visit(who).get(f"/cases/{closed}/sample").status_code == 403
    with district.store.transaction() as session:
        session.get_one(Case, closed).confidential = True
    assert visit("district").get(f"/cases/{closed}/sample").status_code == 404


def test_what_does_not_go_as_it_went_is_not_given(
    visit: Visit, district: District, clock: ManualClock, closed: int
) -> None:
    """As when an operator has moved it by hand."""
    with district.store.transaction() as session:
        task = session.scalars(select(Task).where(Task.case_id == closed, Task.form == "handle")).one()
        task.answers = {**(task.answers or {}), "outcome": "up"}
    visitor = visit("district")
    assert "不足以如实再现" in words(visitor.get(f"/cases/{closed}/sample"))
    assert visitor.post(f"/cases/{closed}/sample").status_code == 409
