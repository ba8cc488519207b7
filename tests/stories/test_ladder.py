"""The cases of the field, walked through the real diagrams on the manual clock: C06, C07, C08, C12, C35."""

from __future__ import annotations

import pytest

from engine import process
from engine.cases import CaseState
from engine.errors import Conflict
from tests.stories.district import at, on_one
from tests.stories.ladder import (
    AGREEMENT,
    COMMUNITY,
    GRID,
    RESULT,
    ZONE,
    Open,
    ask_for_a_rise,
    begin_handling,
    confirm,
    finish_check,
    handled,
    settle_alone,
)


def test_an_overdue_case_rises_by_itself_over_the_national_day(district: Open) -> None:
    here = district("2024-09-27 16:00")
    case = here.file(GRID)
    assert here.clocks(case)["handle"].due_at == at("2024-09-30 18:00")
    assert here.clocks(case)["handle"].warn_at == at("2024-09-30 14:48")
    assert here.clocks(case)["case_outer"].due_at == at("2024-10-23 18:00")
    here.until("2024-09-27 16:30")
    here.sign_in(case)
    here.until("2024-09-30 17:59")
    assert here.case(case).tier == "grid"
    here.until("2024-09-30 18:00")
    assert (here.case(case).tier, here.case(case).holder_id) == ("zone", ZONE)
    assert here.clocks(case)["handle"].due_at == at("2024-10-10 18:00")
    here.until("2024-09-30 18:30")
    here.sign_in(case)
    here.until("2024-10-09 10:00")
    settle_alone(here, case)
    assert here.case(case).state == CaseState.CLOSED
    assert [(visit.tier, visit.reason) for visit in here.visits(case)] == [("grid", "filed"), ("zone", "overdue")]
    assert "clock.warned" in here.acts(case)


def test_grid_to_street_by_overdue_request_and_overdue(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case = here.file(GRID, people_count=3, amount_cny=48000)
    assert here.clocks(case)["handle"].due_at == at("2024-11-20 18:00")
    here.until("2024-11-18 11:00")
    here.sign_in(case)
    here.until("2024-11-21 09:00")
    assert here.clocks(case)["handle"].due_at == at("2024-11-25 18:00")
    here.sign_in(case)
    here.until("2024-11-21 09:30")
    ask_for_a_rise(here, case)
    assert here.case(case).state == CaseState.UPGRADE_PENDING
    assert here.case(case).tier == "zone"
    here.until("2024-11-21 14:00")
    here.do(case, "t_decide_upgrade", decision="accept", answer="同意提级")
    assert here.case(case).tier == "community"
    assert here.clocks(case)["handle"].due_at == at("2024-11-28 18:00")
    here.sign_in(case)
    here.until("2024-11-28 18:00")
    assert (here.case(case).tier, here.case(case).size) == ("street", "big")
    assert here.clocks(case)["handle"].due_at == at("2024-12-12 18:00")
    assert [visit.reason for visit in here.visits(case)] == ["filed", "overdue", "request", "overdue"]


@on_one
def test_silence_upon_a_request_is_consent(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case = here.file(GRID)
    here.sign_in(case)
    ask_for_a_rise(here, case)
    assert here.clocks(case)["upgrade_decision"].due_at == at("2024-11-18 16:00")
    here.until("2024-11-18 16:00")
    assert here.case(case).tier == "zone"


@on_one
def test_a_refused_request_goes_back_and_the_clock_runs_on(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case = here.file(GRID)
    here.sign_in(case)
    here.until("2024-11-18 11:00")
    ask_for_a_rise(here, case)
    assert "handle" not in here.clocks(case)
    here.until("2024-11-18 15:00")
    here.do(case, "t_decide_upgrade", decision="refuse", answer="请先联系当事人")
    assert here.case(case).tier == "grid"
    assert here.clocks(case)["handle"].due_at == at("2024-11-20 18:00")
    assert "t_sign_in" not in here.open_elements(case)
    assert len(here.visits(case)) == 1


@on_one
def test_a_street_returns_a_case_only_within_the_window(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = here.file(ZONE, people_count=6, departments=2, kind="help")
    assert here.case(case).tier == "community"
    assert here.clocks(case)["case_outer"].due_at == at("2024-12-09 18:00")
    here.until("2024-11-25 09:20")
    confirm(here, case)
    assert here.clocks(case)["handle"].due_at == at("2024-12-02 18:00")
    here.until("2024-11-25 10:00")
    here.sign_in(case)
    ask_for_a_rise(here, case)
    here.do(case, "t_decide_upgrade", decision="accept", answer="同意")
    assert here.case(case).tier == "street"
    assert here.clocks(case)["ack"].due_at == at("2024-11-25 16:00")
    here.until("2024-11-25 15:00")
    here.do(case, "t_sign_in", action="return", reason_code="can_settle_below", note="属社区初核职责")
    assert (here.case(case).tier, here.case(case).holder_id) == ("community", COMMUNITY)
    assert here.visits(case)[-1].reason == "return_down"
    here.sign_in(case)
    ask_for_a_rise(here, case)
    here.do(case, "t_decide_upgrade", decision="accept", answer="同意")
    here.until("2024-11-26 18:00")
    with pytest.raises(Conflict, match="before the time to sign in"):
        here.do(case, "t_sign_in", action="return", reason_code="not_ours", note="")
    assert here.case(case).tier == "street"


@on_one
def test_what_did_not_rise_is_returned_by_decision_of_the_tier_above(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = here.file(GRID)
    here.do(case, "t_sign_in", action="return", reason_code="not_ours", note="")
    assert here.open_elements(case) == ["t_sign_in", "t_statement"]
    assert (here.case(case).holder_id, len(here.visits(case))) == (GRID, 1)


def test_cards_and_the_ceiling_of_a_case_nobody_settles(district: Open) -> None:
    here = district("2024-11-04 09:00")
    case = here.file(COMMUNITY, departments=2)
    confirm(here, case)
    here.sign_in(case)
    here.until("2024-11-11 18:00")
    assert (here.case(case).tier, here.facts_of(case, "card.given")[0]["colour"]) == ("street", "yellow")
    here.until("2024-11-25 18:00")
    assert (here.case(case).tier, here.facts_of(case, "card.given")[1]["colour"]) == ("district", "red")
    here.until("2024-12-16 18:00")
    assert here.case(case).tier == "district"
    assert "supervision.opened" in here.acts(case)
    assert here.open_elements(case) == ["t_ceiling", "t_issue"]
    here.do(case, "t_ceiling", lead_official="副区长王某", plan="专班办理")
    assert here.case(case).lead_official == "副区长王某"
    here.do(case, "t_issue", issue_reason="ceiling", demand="五个工作日内反馈")
    here.do(case, "t_conclude", **RESULT)
    assert here.case(case).state == CaseState.CLOSED
    assert "t_supervision_reply" in here.open_elements(case)
    due = here.clocks(case)["supervision_reply"].due_at
    here.until("2024-12-24 09:00")
    assert due < here.clock.now()
    assert "t_circular" in here.open_elements(case)


@on_one
def test_a_matter_that_proves_complex_is_the_districts(district: Open) -> None:
    here = district("2024-12-12 14:00")
    case = here.file(GRID, departments=2)
    assert (here.case(case).size, here.case(case).tier) == ("big", "community")
    lead = here.person(COMMUNITY, "lead")
    with here.store.transaction() as session:
        assert process.report_risk(
            session, here.world, case, {"complex": True}, "久拖", viewer=lead, now=here.clock.now()
        )
    row = here.case(case)
    assert (row.tier, row.size, row.severity, row.facts["complex"]) == ("district", "big", 2, True)
    with here.store.transaction() as session:
        leader = here.person("LHQ", "leader")
        assert not process.report_risk(
            session, here.world, case, {"complex": True}, "同前", viewer=leader, now=here.clock.now()
        )


def test_a_jump_in_severity_goes_straight_up_and_comes_down_again(district: Open) -> None:
    here = district("2024-12-12 14:00")
    case = here.file(GRID, people_count=2)
    here.sign_in(case)
    with here.store.transaction() as session:
        jumped = process.report_risk(
            session, here.world, case, {"risk": "extreme_act"}, "对方扬言持刀",
            viewer=here.person(GRID, "lead"), now=here.clock.now(),
        )  # fmt: skip
    assert jumped
    found = here.case(case)
    assert (found.severity, found.tier, found.holder_id, found.urgent) == (4, "district", "LHQ", True)
    assert here.clocks(case)["handle"].due_at == at("2025-01-03 18:00")
    here.sign_in(case)
    here.until("2024-12-13 10:00")
    with here.store.transaction() as session:
        process.downgrade(
            session, here.world, case, "community", "风险解除",
            viewer=here.person("LHQ", "dispatcher"), now=here.clock.now(),
        )  # fmt: skip
    assert (here.case(case).tier, here.case(case).holder_id) == ("community", COMMUNITY)
    assert [visit.reason for visit in here.visits(case)] == ["filed", "severity_jump", "downgrade"]


@on_one
def test_nobody_signs_in_and_the_deputy_is_told(district: Open) -> None:
    here = district("2024-10-12 09:00")
    case = here.file(GRID)
    assert here.clocks(case)["ack"].due_at == at("2024-10-12 15:00")
    assert here.clocks(case)["handle"].due_at == at("2024-10-15 18:00")
    here.until("2024-10-12 15:00")
    assert here.facts_of(case, "case.told")[0]["what"] == "ack_overdue"
    here.until("2024-10-12 16:00")
    here.do(case, "t_sign_in", by=here.person(GRID, "deputy"), action="sign")
    assert here.case(case).state == CaseState.SIGNED_IN


def test_several_units_answer_in_parallel_and_sign_one_result(district: Open) -> None:
    here = district("2024-09-24 09:00")
    case = here.file(GRID, people_count=3)
    here.sign_in(case)
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("joint"))
    invited = ["LHQ.MZ.01", "LHQ.MZ.01.01", "LHQ.MZ.01.01.02"]
    here.do(case, "t_invite_joint", co_units=invited, question="如何限时限音量？")
    assert here.case(case).state == CaseState.JOINT
    opinions = here.open_tasks(case)
    assert sorted(task.unit_id for task in opinions) == invited
    for _ in invited:
        here.do(case, "t_co_opinion", position="agree", opinion="同意")
    here.do(case, "t_conclusion", summary="21:30前结束", agreed="yes")
    parties = [str(n) for n in range(1, 3)]
    here.do(case, "t_agreement", **AGREEMENT, signers=parties)
    for _ in parties:
        here.do(case, "t_sign", signed="yes", method="signature")
    here.do(case, "t_resolve", **RESULT)
    finish_check(here, case)
    assert here.case(case).state == CaseState.CLOSED
    assert here.case(case).tier == "grid"


@on_one
def test_who_does_not_answer_in_time_is_recorded_as_absent(district: Open) -> None:
    here = district("2024-09-23 09:00")
    case = here.file(COMMUNITY, people_count=6)
    confirm(here, case)
    here.sign_in(case)
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("joint"))
    here.do(case, "t_invite_joint", co_units=["LHQ.MZ.01.01", "LHQ.MZ.01.02"], question="?")
    here.do(case, "t_co_opinion", position="agree", opinion="同意")
    here.until("2024-09-25 18:00")
    assert here.open_elements(case) == ["t_conclusion"]
    assert here.facts_of(case, "joint.absent")[0]["units"] == ["LHQ.MZ.01.02"]


@on_one
def test_a_withdrawn_matter_ends_with_everything_on_it(district: Open) -> None:
    here = district("2024-09-24 09:00")
    case = here.file(GRID)
    here.sign_in(case)
    with here.store.transaction() as session:
        process.withdraw(
            session, here.world, case, "双方已和好", viewer=here.person(GRID, "lead"), now=here.clock.now()
        )
    assert here.case(case).state == CaseState.WITHDRAWN
    assert (here.open_tasks(case), here.clocks(case)) == ([], {})


def test_after_three_days_of_outage_each_case_rises_one_tier_and_gets_its_full_time(district: Open) -> None:
    here = district("2024-11-18 10:00")
    cases = [here.file(GRID) for _ in range(5)]
    here.clock.set(at("2024-11-25 09:00"))
    here.application.scheduler.tick()
    for case in cases:
        assert here.case(case).tier == "zone"
        assert here.clocks(case)["handle"].due_at == at("2024-11-28 18:00")
        assert here.facts_of(case, "clock.breached")[-1]["late_s"] > 4 * 86400
