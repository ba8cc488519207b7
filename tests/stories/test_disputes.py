"""Who handles it, and does the answer hold: arbitration, return visits, broken agreements (C09, C18, C26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import people, process, verify
from engine.cases import Card, Case
from engine.errors import Conflict, NotAllowed
from engine.people import Viewer
from engine.process import Arbitration
from tests.stories.district import District, at, on_one

COMMUNITY = "LHQ.MZ.01"
BESIDE = "LHQ.MZ.02"
STREET = "LHQ.MZ"

Open = Callable[[str], District]


def clean(here: District) -> None:
    assert [str(each) for each in verify.check(here.store, here.world, now=here.clock.now())] == []


def community_case(here: District) -> int:
    case = here.file(COMMUNITY, people_count=6, departments=2)
    if "t_confirm_triage" in here.open_elements(case):
        here.do(case, "t_confirm_triage", verdict="agree")
    assert here.case(case).holder_id == COMMUNITY
    return case


def dispute(here: District, case: int, **more: Any) -> None:
    here.do(case, "t_sign_in", action="dispute", reason_code="wrong_place", note="在界线另一侧", **more)


def state(here: District, case: int) -> None:
    while "t_statement" in here.open_elements(case):
        here.do(case, "t_statement", position="not_ours", statement="界线以河为准")


def decide(here: District, case: int, lead: str, *co_units: str) -> None:
    here.do(case, "t_arbitrate", lead_unit=lead, co_units=list(co_units), reason="占地在其辖区")


def arbitration(here: District, case: int) -> Arbitration:
    with here.store.reading() as session:
        return session.scalars(select(Arbitration).where(Arbitration.case_id == case).order_by(Arbitration.id)).all()[
            -1
        ]


def test_waste_on_a_border_is_given_to_one_street_and_the_other_joins(district: Open) -> None:
    here = district("2024-12-02 09:30")
    case = here.file("LHQ.DL", channel="qr", streets_spanned=2, communities_spanned=2)
    if "t_confirm_triage" in here.open_elements(case):
        here.do(case, "t_confirm_triage", verdict="agree")
    assert (here.case(case).tier, here.case(case).severity) == ("district", 3)
    assert here.clocks(case)["handle"].due_at == at("2024-12-23 18:00")
    here.until("2024-12-02 10:00")
    dispute(here, case, proper_unit="LHQ.DL")
    assert [task.unit_id for task in here.open_tasks(case) if task.element == "t_statement"] == ["LHQ", "LHQ.DL"]
    here.until("2024-12-02 14:00")
    state(here, case)
    assert here.clocks(case)["arbitration"].due_at == at("2024-12-03 18:00")
    assert here.open_elements(case) == ["t_arbitrate", "t_assess"], "act first, argue later"
    assert here.visits(case)[-1].signed_in_at == at("2024-12-02 10:00")
    here.until("2024-12-03 09:30")
    decide(here, case, "LHQ.DL", "LHQ.LH")
    row = here.case(case)
    assert (row.holder_id, row.tier, here.visits(case)[-1].reason) == ("LHQ.DL", "street", "arbitration")
    assert here.clocks(case)["case_outer"].due_at == at("2024-12-23 18:00"), "the case's own clock goes on"
    assert [task.unit_id for task in here.open_tasks(case) if task.element == "t_co_opinion"] == ["LHQ.LH"]
    here.do(case, "t_co_opinion", position="agree", opinion="配合清运", measures="出车两台")
    here.sign_in(case)
    here.do(case, "t_assess", plan="清运")
    here.do(case, "t_handle", action_type="site_check", outcome="resolved")
    here.do(case, "t_resolve", result_code="fulfilled", substantive="yes")
    assert here.acts(case).count("arbitration.decided") == 1
    clean(here)


def test_the_first_receiver_keeps_it_and_a_decision_is_final(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    dispute(here, case, proper_unit=BESIDE)
    due = here.clocks(case)["handle"].due_at
    state(here, case)
    decide(here, case, COMMUNITY, BESIDE)
    assert (here.case(case).holder_id, len(here.visits(case))) == (COMMUNITY, 1)
    assert here.clocks(case)["handle"].due_at == due
    assert (arbitration(here, case).outcome, arbitration(here, case).co_units) == ("stays", [BESIDE])
    other = here.file(COMMUNITY, people_count=6, departments=2)
    here.do(other, "t_confirm_triage", verdict="agree")
    dispute(here, other, proper_unit=BESIDE)
    asked = arbitration(here, other)
    with here.store.reading() as session:
        (known,) = process.precedents(session, asked)
    assert (known.decided.lead_unit_id, known.decided.reason, known.same_kind) == (COMMUNITY, "占地在其辖区", True)
    with here.store.transaction() as session:
        for secret in ("confidential", "walled"):
            session.execute(update(Case).where(Case.id == case).values({secret: True}))
            assert process.precedents(session, asked) == [], "of what not everybody may read, nothing"
            session.execute(update(Case).where(Case.id == case).values({secret: False}))
    clean(here)


@on_one
def test_whoever_holds_a_case_of_another_place_may_act_about_it(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    dispute(here, case, proper_unit=BESIDE)
    state(here, case)
    outsider = here.person(BESIDE, "lead")
    with pytest.raises(NotAllowed), here.store.transaction() as session:
        process.supply(session, here.world, case, "照片", viewer=outsider, now=here.clock.now())
    decide(here, case, BESIDE)
    assert here.case(case).holder_id == BESIDE
    with here.store.transaction() as session:
        process.supply(session, here.world, case, "照片", viewer=outsider, now=here.clock.now())
        process.sort_case(session, case, "environment.waste", viewer=outsider, now=here.clock.now())
    assert here.acts(case).count("material.supplied") == 1
    clean(here)


@on_one
def test_a_decided_unit_cannot_dispute_again(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    dispute(here, case, proper_unit=BESIDE)
    state(here, case)
    decide(here, case, BESIDE)
    assert here.case(case).holder_id == BESIDE
    with pytest.raises(Conflict, match="final"):
        dispute(here, case)
    here.sign_in(case)
    here.until("2024-12-02 18:01")
    assert (here.case(case).holder_id, here.visits(case)[-1].from_unit_id) == (STREET, BESIDE), "it rises from there"
    clean(here)


@on_one
def test_nobody_decides_so_the_first_receiver_keeps_it_and_the_leader_is_told(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    dispute(here, case, proper_unit=BESIDE)
    here.until("2024-11-27 08:00")
    assert arbitration(here, case).outcome == "lapsed"
    assert here.case(case).holder_id == COMMUNITY
    leader = here.person(STREET, "leader")
    assert here.facts_of(case, "arbitration.decided")[0]["people"] == [leader.person_id]
    assert "t_arbitrate" not in here.open_elements(case)
    clean(here)


@on_one
def test_a_case_that_moves_on_leaves_nothing_to_decide(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    dispute(here, case, proper_unit=BESIDE)
    here.do(case, "t_assess", plan="")
    here.do(case, "t_handle", action_type="talk", outcome="up", upgrade_reason="beyond_power")
    here.do(case, "t_decide_upgrade", decision="accept")
    assert (here.case(case).tier, arbitration(here, case).outcome) == ("street", "dropped")
    assert here.open_elements(case) == ["t_sign_in"]
    clean(here)


@on_one
def test_the_third_return_between_two_units_is_decided_above(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    for turn in range(3):
        here.sign_in(case)
        here.do(case, "t_assess", plan="")
        here.do(case, "t_handle", action_type="talk", outcome="up", upgrade_reason="beyond_power")
        here.do(case, "t_decide_upgrade", decision="accept")
        here.do(case, "t_sign_in", action="return", reason_code="can_settle_below")
        assert here.case(case).tier == ("community" if turn < 2 else "street")
    assert arbitration(here, case).between == [STREET, COMMUNITY]
    state(here, case)
    (task,) = [task for task in here.open_tasks(case) if task.element == "t_arbitrate"]
    assert task.unit_id == "LHQ"
    decide(here, case, COMMUNITY)
    assert here.case(case).holder_id == COMMUNITY
    clean(here)


@on_one
def test_a_return_request_is_asked_once(district: Open) -> None:
    here = district("2024-11-25 09:00")
    case = community_case(here)
    here.do(case, "t_sign_in", action="return", reason_code="not_ours", proper_unit=BESIDE)
    here.do(case, "t_sign_in", action="return", reason_code="not_ours", proper_unit=BESIDE)
    assert here.acts(case).count("arbitration.opened") == 1
    here.sign_in(case)
    here.until("2024-11-25 15:00")
    decide(here, case, BESIDE)
    assert here.case(case).holder_id == BESIDE
    clean(here)


def settle(here: District, case: int) -> None:
    for element, answers in (
        ("t_sign_in", {"action": "sign"}),
        ("t_assess", {"plan": ""}),
        ("t_first_contact", {"method": "phone", "reached": "yes"}),
        ("t_handle", {"action_type": "talk", "outcome": "resolved"}),
        ("t_resolve", {"result_code": "fulfilled", "substantive": "yes"}),
        ("t_quality_check", {"verdict": "pass"}),
    ):
        if element in here.open_elements(case):
            here.do(case, element, **answers)


def visit(here: District, case: int, *, by: Viewer | None = None, **said: Any) -> None:
    given = {"reached": "yes", "really_solved": "yes", "satisfied": "5", "performed": "none", **said}
    here.do(case, "t_return_visit", by=by, method="phone", **given)


@pytest.fixture
def asked(district: Open) -> tuple[District, int]:
    """A closed case whose petitioner is to be asked."""
    here = district("2024-11-25 09:00")
    here.world.config.policy.__dict__["return_visit_share"] = 1.0
    case = community_case(here)
    settle(here, case)
    assert here.case(case).state == "closed"
    return here, case


def test_not_solved_is_done_again_once_and_then_supervised(asked: tuple[District, int]) -> None:
    here, case = asked
    assert here.clocks(case)["return_visit"].due_at == at("2024-12-02 23:59:59")
    visit(here, case, really_solved="no", satisfied="2")
    assert (here.case(case).state, here.visits(case)[-1].reason) == ("reopened", "redo")
    settle(here, case)
    assert here.open_elements(case) == ["t_return_visit"], "after a second answer everybody is asked"
    visit(here, case, really_solved="no", satisfied="1")
    assert here.case(case).state == "closed"
    assert here.open_elements(case) == ["t_issue"]
    assert here.facts_of(case, "supervision.opened") == [{"reason": "return_visit"}]
    clean(here)


@on_one
def test_who_handled_it_never_asks(asked: tuple[District, int]) -> None:
    here, case = asked
    (task,) = here.open_tasks(case)
    assert (task.unit_id, task.role_names) == ("LHQ", ("quality", "clerk"))
    with here.store.reading() as session:
        handled = people.members(session, COMMUNITY, ("lead", "deputy", "handler"))[-1]
        handler = people.viewer_of(session, handled.id)
    both = replace(handler, memberships=(*handler.memberships, ("LHQ", "quality")))
    with pytest.raises(NotAllowed, match="check your own work"):
        visit(here, case, by=both)
    visit(here, case)
    assert here.facts_of(case, "return_visit.made") == [
        {"reached": True, "method": "phone", "stars": 5, "solved": "yes"}
    ]
    clean(here)


@on_one
def test_who_cannot_be_reached_is_tried_three_times(asked: tuple[District, int]) -> None:
    here, case = asked
    for day in ("2024-11-26", "2024-11-27"):
        here.do(case, "t_return_visit", method="phone", reached="no")
        assert here.open_elements(case) == []
        here.until(f"{day} 18:01")
    here.do(case, "t_return_visit", method="phone", reached="no")
    assert {"what": "return_visit_unreachable"} in here.facts_of(case, "case.noted")
    clean(here)


@on_one
def test_a_broken_agreement_opens_the_same_case_again(district: Open) -> None:
    here = district("2024-12-02 10:00")
    case = community_case(here)
    here.sign_in(case)
    here.do(case, "t_assess", plan="")
    here.do(case, "t_handle", action_type="talk", outcome="joint")
    here.do(case, "t_invite_joint", co_units=[BESIDE], question="如何退费")
    here.do(case, "t_co_opinion", position="agree")
    here.do(case, "t_conclusion", agreed="yes", summary="退费五千元")
    here.do(case, "t_agreement", agreement_form="written", signers=["1"], performance_due="2024-12-11")
    here.do(case, "t_sign", signed="yes", method="signature")
    assert here.clocks(case)["performance"].due_at == at("2024-12-11 23:59:59"), "the date that the agreement names"
    here.do(case, "t_resolve", result_code="agreement_written", substantive="yes")
    if "t_quality_check" in here.open_elements(case):
        here.do(case, "t_quality_check", checks=["facts"], verdict="pass")
    assert here.case(case).state == "closed"
    number = here.case(case).number
    here.until("2024-12-12 10:00")
    here.do(case, "t_check_performance", performed="no", checked_how="phone")
    assert (here.case(case).state, here.case(case).number) == ("reopened", number)
    assert here.facts_of(case, "case.reopened")[0]["why"] == "not_performed"
    settle(here, case)
    assert here.case(case).state == "closed"
    clean(here)


def test_a_dark_road_yellow_red_supervised_late_and_circulated(district: Open) -> None:
    here = district("2024-11-04 09:00")
    case = here.file("LHQ.DL.01", departments=2)
    here.do(case, "t_confirm_triage", verdict="agree")
    here.sign_in(case)
    here.until("2024-11-11 18:00")
    assert (here.case(case).tier, here.facts_of(case, "card.given")[-1]["colour"]) == ("street", "yellow")
    here.until("2024-11-25 18:00")
    assert (here.case(case).tier, here.facts_of(case, "card.given")[-1]["colour"]) == ("district", "red")
    assert here.facts_of(case, "supervision.opened") == [{"reason": "red_card"}]
    here.until("2024-11-26 09:00")
    here.do(case, "t_issue", issue_reason="overdue", demand="五个工作日内反馈")
    (reply,) = [task for task in here.open_tasks(case) if task.element == "t_supervision_reply"]
    assert (reply.unit_id, reply.due_at) == ("LHQ.DL", at("2024-12-03 18:00")), "who got the card replies"
    here.until("2024-12-04 09:00")
    here.do(case, "t_circular", title="通报", text="逾期未反馈")
    here.do(case, "t_supervision_reply", measures="已移交管养", result="已修复")
    here.do(case, "t_review", verdict="accept")
    with here.store.transaction() as session:
        (yellow, red) = session.scalars(select(Card).where(Card.case_id == case).order_by(Card.id))
        leader = here.person("LHQ", "leader")
        process.void_card(session, yellow.id, "产权单位不明，非承办单位之过", viewer=leader, now=here.clock.now())
        with pytest.raises(NotAllowed):
            process.void_card(session, red.id, "同上", viewer=here.person("LHQ.DL", "leader"), now=here.clock.now())
    clean(here)
