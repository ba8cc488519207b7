"""The ways of their own, on the dates of the field's sample cases C20-C25, C31-C33."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine import process, verify
from engine.errors import Conflict, Invalid
from tests.stories.district import District, at

STREET = "LHQ.MZ"
COMMUNITY = "LHQ.MZ.01"
GRID = "LHQ.MZ.01.01.01"
NOW = "2024-08-01 09:00"

REGISTERED: Mapping[str, Any] = {"petition_class": "own", "routing": "forward", "responsible": "district"}


def clean(here: District) -> None:
    assert [str(each) for each in verify.check(here.store, here.world, now=here.clock.now())] == []


def due(here: District, case: int, step: str) -> str:
    return here.clocks(case)[step].due_at.astimezone(here.world.calendar.tz).isoformat(timespec="seconds")


def petition(here: District, **facts: Any) -> int:
    return here.file(STREET, kind="petition", channel="petition_letter", **facts)


def opinion(here: District, case: int, conclusion: str = "not_support") -> None:
    here.do(case, "t_investigate", heard_petitioner="yes", next_step="opinion")
    here.do(case, "t_opinion", conclusion=conclusion)
    here.do(case, "t_approve", decision="approve")
    here.do(case, "t_deliver", method="post")


def ask_review(here: District, case: int) -> None:
    with here.store.transaction() as session:
        process.apply_review(session, here.world, case, "认定面积有误。", viewer=None, now=here.clock.now())


def test_petition_goes_through_review_and_re_review(district: Callable[[str], District]) -> None:
    here = district("2024-08-01 09:00")
    case = petition(here)
    assert (here.case(case).track, here.case(case).tier) == ("petition", "district")
    assert due(here, case, "petition_route") == "2024-08-16T23:59:59+08:00"
    here.until("2024-08-01 09:30")
    here.do(case, "t_register", **REGISTERED)
    here.until("2024-08-09 16:00")
    here.do(case, "t_accept", decision="accept", notice_no="1")
    assert due(here, case, "handle") == "2024-10-08T23:59:59+08:00"
    here.until("2024-09-30 16:00")
    opinion(here, case)
    assert due(here, case, "petition_review_apply") == "2024-10-30T23:59:59+08:00"
    here.until("2024-10-20 10:00")
    ask_review(here, case)
    assert due(here, case, "petition_review") == "2024-11-19T23:59:59+08:00"
    here.until("2024-11-15 16:00")
    here.do(case, "t_review", result="uphold")
    assert due(here, case, "petition_review_apply") == "2024-12-16T23:59:59+08:00"
    here.until("2024-12-05 10:00")
    ask_review(here, case)
    assert due(here, case, "petition_rereview") == "2025-01-06T23:59:59+08:00"
    here.until("2024-12-30 16:00")
    here.do(case, "t_rereview", result="uphold")
    assert (here.case(case).state, here.case(case).result) == ("closed", "terminated")
    clean(here)


def test_an_opinion_takes_effect_when_no_review_is_asked_in_time(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = petition(here)
    here.do(case, "t_register", **REGISTERED)
    with pytest.raises(Conflict, match="does not wait"):
        ask_review(here, case)
    here.do(case, "t_accept", decision="accept", notice_no="1")
    opinion(here, case, "support")
    here.until("2024-09-10 09:00")
    assert (here.case(case).state, here.case(case).result, here.case(case).substantive) == ("closed", "fulfilled", True)
    clean(here)


def test_what_belongs_before_a_court_is_refused_in_writing(district: Callable[[str], District]) -> None:
    here = district("2024-10-28 10:00")
    case = petition(here, legal_route_pending=True)
    assert here.case(case).track == "legal_referral"
    assert due(here, case, "petition_route") == "2024-11-12T23:59:59+08:00"
    here.do(case, "t_register", petition_class="legal")
    here.do(case, "t_refuse", right_route="court", reason="已在法院审理", legal_basis="条例第三十一条", notice_no="1")
    assert (here.case(case).state, here.case(case).result) == ("closed", "referred")
    clean(here)


def test_more_time_for_a_petition_is_thirty_days_and_a_hearing_is_not_counted(
    district: Callable[[str], District],
) -> None:
    here = district("2024-09-02 09:00")
    case = petition(here, people_count=8, risk="legacy_issue")
    assert due(here, case, "petition_route") == "2024-09-18T23:59:59+08:00"
    here.until("2024-09-10 16:00")
    here.do(case, "t_register", **REGISTERED)
    here.do(case, "t_accept", decision="accept", notice_no="1")
    assert due(here, case, "handle") == "2024-11-11T23:59:59+08:00"
    here.until("2024-10-30 09:00")
    asker, decider = here.person("LHQ", "handler"), here.person("LHQ", "leader")
    with here.store.transaction() as session, pytest.raises(Invalid, match="at most 30cd"):
        process.ask_extension(session, here.world, case, "31", "复杂", viewer=asker, now=here.clock.now())
    with here.store.transaction() as session:
        process.ask_extension(session, here.world, case, "30", "复杂", viewer=asker, now=here.clock.now())
    here.until("2024-10-30 10:00")
    here.do(case, "t_decide_extension", by=decider, decision="approve", reason="情况复杂")
    assert due(here, case, "handle") == "2024-12-09T23:59:59+08:00"
    here.until("2024-11-20 09:00")
    here.do(case, "t_investigate", heard_petitioner="yes", next_step="hearing")
    assert (here.case(case).state, here.clocks(case)["handle"].state) == ("suspended", "paused")
    here.until("2024-11-22 18:00")
    here.do(case, "t_hearing")
    assert here.clocks(case)["handle"].due_at > at("2024-12-09 23:59")
    opinion(here, case, "part")
    assert here.case(case).result == "partly_fulfilled"
    clean(here)


def test_an_overdue_petition_goes_on_and_is_supervised(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = petition(here)
    here.do(case, "t_register", **REGISTERED)
    here.do(case, "t_accept", decision="accept", notice_no="1")
    here.until("2024-10-08 09:00")
    assert "supervision.opened" in here.acts(case)
    assert {"t_investigate", "t_issue"} <= set(here.open_elements(case)), "the law knows no rise: the unit goes on"
    clean(here)


def test_the_simple_procedure(district: Callable[[str], District]) -> None:
    here = district("2024-11-06 09:00")
    case = petition(here, simple_ok=True)
    assert due(here, case, "simple_accept") == "2024-11-11T18:00:00+08:00"
    here.until("2024-11-07 10:00")
    here.do(case, "t_accept_simple", decision="accept")
    assert due(here, case, "handle") == "2024-11-21T18:00:00+08:00"
    here.until("2024-11-15 10:00")
    here.do(case, "t_answer_simple", conclusion="support", disputed=False)
    assert (here.case(case).state, here.case(case).result) == ("closed", "fulfilled")
    clean(here)


def test_a_question_before_the_spring_festival(district: Callable[[str], District]) -> None:
    here = district("2025-01-27 11:00")
    case = here.file(COMMUNITY, kind="consult", channel="hotline_12345")
    assert due(here, case, "handle") == due(here, case, "case_outer") == "2025-02-06T18:00:00+08:00"
    here.until("2025-01-27 11:05")
    here.do(case, "t_answer", answered_from="knowledge")
    assert (here.case(case).state, here.case(case).result) == ("closed", "answered")
    clean(here)


def test_an_unanswered_question_rises(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = here.file(COMMUNITY, kind="consult", channel="hotline_12345")
    here.until("2024-08-05 18:01")
    assert (here.case(case).tier, here.open_elements(case)) == ("street", ["t_answer"])
    clean(here)


def consent(here: District, case: int) -> None:
    parties = [task.item for task in here.open_tasks(case) if task.element == "t_consent"]
    for _ in parties:
        here.do(case, "t_consent", consent="yes", method="in_person")


def to_mediation(here: District) -> int:
    case = here.file(COMMUNITY)
    here.sign_in(case)
    if "t_first_contact" in here.open_elements(case):
        here.do(case, "t_first_contact", method="phone", reached="yes")
    here.do(case, "t_handle", action_type="talk", outcome="mediate")
    return case


def test_mediated_confirmed_and_performed(district: Callable[[str], District]) -> None:
    here = district("2024-10-09 10:00")
    case = to_mediation(here)
    assert (here.case(case).state, here.clocks(case)["handle"].state) == ("mediating", "paused")
    here.do(case, "t_choose_org", organisation="holder", participants=["1", "2"])
    here.until("2024-10-10 09:00")
    here.do(case, "t_org_accept", decision="accept")
    assert [task.item for task in here.open_tasks(case) if task.element == "t_consent"] == ["1", "2"]
    consent(here, case)
    here.do(case, "t_inform_rights", told=["voluntary"])
    assert due(here, case, "mediation") == "2024-11-11T23:59:59+08:00"
    here.until("2024-10-25 15:00")
    here.do(case, "t_session", session_result="agreed")
    here.do(case, "t_agreement", agreement_form="written", signers=["1"])
    here.do(case, "t_sign", signed="yes", method="signature")
    here.do(case, "t_seal")
    assert due(here, case, "judicial_confirmation") == "2024-11-25T23:59:59+08:00"
    assert here.clocks(case)["handle"].state == "armed"
    here.do(case, "t_resolve", result_code="agreement_written", substantive="yes")
    here.until("2024-11-08 10:00")
    here.do(case, "t_apply_confirmation", applied="yes")
    here.do(case, "t_court", court_result="confirmed")
    assert {"what": "agreement_confirmed"} in here.facts_of(case, "case.noted")
    here.do(case, "t_check_performance", performed="yes", checked_how="proof")
    assert {"what": "agreement_performed"} in here.facts_of(case, "case.noted")
    clean(here)


def test_mediation_fails_when_one_party_does_not_want_it(district: Callable[[str], District]) -> None:
    here = district("2024-11-13 11:00")
    case = to_mediation(here)
    here.do(case, "t_choose_org", organisation="holder", participants=["1", "2"])
    here.do(case, "t_org_accept", decision="accept")
    here.do(case, "t_consent", consent="no", method="phone")
    assert here.open_elements(case) == ["t_terminate"]
    here.do(case, "t_terminate", why="no_consent", ways_told=["court", "legal_aid"])
    assert (here.open_elements(case), here.case(case).state) == (["t_handle"], "handling")
    assert here.clocks(case)["handle"].state == "armed"
    clean(here)


def test_an_emergency_is_handed_over_first_and_then_goes_the_usual_way(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = here.file(GRID, kind="emergency", channel="hotline_12345")
    assert here.open_elements(case) == ["t_transfer"]
    here.do(case, "t_transfer", called=["110"])
    assert here.open_elements(case) == ["t_sign_in"]
    clean(here)


def test_a_report_of_misconduct_is_the_confidential_clerks_alone(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = here.file(STREET, kind="misconduct", channel="petition_letter")
    (task,) = here.open_tasks(case)
    assert (task.element, task.role_names) == ("t_transfer", ("confidential_clerk",))
    assert here.case(case).confidential
    here.do(case, "t_transfer", organ="区纪委", receipt_no="1")
    assert (here.case(case).state, here.case(case).result) == ("closed", "transferred")
    clean(here)


def test_a_petition_that_gets_worse_goes_on_where_it_is(district: Callable[[str], District]) -> None:
    here = district(NOW)
    case = petition(here)
    here.do(case, "t_register", **REGISTERED)
    with here.store.transaction() as session:
        officer = here.person("LHQ", "petition_officer")
        facts, now = {"people_count": 120}, here.clock.now()
        assert not process.report_risk(session, here.world, case, facts, "多人聚集", viewer=officer, now=now)
    assert (here.case(case).severity, here.open_elements(case)) == (4, ["t_accept"])
    clean(here)
