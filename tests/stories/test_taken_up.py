"""A matter that a reception or a campaign handles: the process of the case waits, and goes on by what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import citizen, process, rehearsal, verify
from engine.cases import Case
from engine.people import members, viewer_of
from engine.rehearsal import Learner, Replay
from tests.stories.district import District, on_one

STREET = "LHQ.MZ"
Open = Callable[[str], District]


def begin(here: District, case_id: int, name: str) -> None:
    """The process of a register, beside a case."""
    with here.store.transaction() as session:
        leaders = [f"LHQ#{each.id}" for each in members(session, "LHQ", ["leader", "petition_officer", "quality"])]
        data = {"to_unit": STREET, "office": "LHQ", "leader": leaders[0]}
        if name == "p_backlog_item":
            data = {"lead_official": leaders[0], "task_force": STREET, "panel": leaders[:3]}
        case = session.get_one(Case, case_id)
        process.begin(session, here.world, case, name, actor_id=None, now=here.clock.now(), data=data)


def do(here: District, case: int, element: str, **answers: Any) -> None:
    """As whoever was named for it, else as the last of those it is offered to."""
    task = next(each for each in here.open_tasks(case) if each.element == element)
    with here.store.reading() as session:
        by = None if task.claimed_by is None else viewer_of(session, task.claimed_by)
    here.do(case, element, by=by, **answers)


def reply(here: District, case: int, solved: str) -> None:
    do(here, case, "t_reply", reply_state="done", steps_taken="已办。")
    do(here, case, "t_feedback", solved=solved, asked_petitioner="satisfied", report="已报。")
    do(here, case, "t_close_loop", verdict="accept")


def strike_off(here: District, case: int, settled_as: str) -> None:
    do(here, case, "t_take_ownership", roster="三人。")
    do(here, case, "t_plan", measures="分期。", legal_view="合法。")
    do(here, case, "t_plan_review", agree="yes")
    do(here, case, "t_plan_review", agree="yes")
    do(here, case, "t_plan_review", agree="yes")
    do(here, case, "t_progress", progress="settled", done_so_far="已谈妥。")
    do(here, case, "t_settle", settled_as=settled_as, result_text="已签。")
    for _ in range(3):
        do(here, case, "t_acceptance", documents="yes", return_visit="yes", petitioner_view="yes", reason="属实。")


def told(here: District, case: int) -> citizen.Progress:
    with here.store.reading() as session:
        vouched = citizen.vouched(session.get_one(Case, case))
        return citizen.follow(session, here.world, vouched, now=here.clock.now())


def clean(here: District) -> None:
    assert [str(each) for each in verify.check(here.store, here.world, now=here.clock.now())] == []


def rehearsed(here: District, case: int) -> None:
    """The release in force gives exactly what happened."""
    with here.store.reading() as session:
        (past,) = rehearsal.read(session, here.world, [case])
        release = here.world.releases.current(session)
    learner = Learner(here.world.calendar)
    learner.take([past])
    course = Replay(here.world, release, learner.habits()).course(past, release)
    assert course.stays == past.course.stays
    assert course.ended_at == past.course.ended_at
    assert course.equals(past.course)


def test_no_clock_of_the_case_strikes_while_a_reception_handles_it(district: Open) -> None:
    here = district("2024-08-15 09:00")
    case = here.file(STREET, kind="help", channel="leader_reception")
    here.until("2024-08-15 11:00")
    begin(here, case, "p_reception")
    assert here.open_elements(case) == ["t_reply"]
    outer = here.clocks(case)["case_outer"]
    assert (outer.state, outer.pause_reason) == ("paused", "with_register")
    assert sorted(here.clocks(case)) == ["case_outer", "reception_reply"]
    assert told(here, case).due_at is None, "nobody is promised an answer by a clock that stands still"
    here.until("2024-10-30 09:00")
    assert here.case(case).overdue_at is None
    assert len(here.visits(case)) == 1, "the ladder's clock has not struck"
    clean(here)
    reply(here, case, "unsolved")
    assert here.open_elements(case) == ["t_sign_in"]
    assert told(here, case).due_at == here.clocks(case)["case_outer"].due_at
    last = here.visits(case)[-1]
    assert (last.reason, last.entered_at, last.unit_id) == ("handed_back", here.clock.now(), here.case(case).holder_id)
    clocks = here.clocks(case)
    assert clocks["handle"].started_at == here.clock.now()
    assert clocks["case_outer"].due_at > here.clock.now(), "it runs on with the rest that it had"
    clean(here)
    here.do(case, "t_sign_in", action="sign")
    here.do(case, "t_first_contact", reached="yes", method="phone")
    here.do(case, "t_handle", action_type="talk", outcome="resolved")
    here.do(case, "t_resolve", result_code="explained", substantive="no")
    assert (here.case(case).state, here.case(case).overdue_at) == ("closed", None)
    clean(here)
    rehearsed(here, case)


@on_one
@pytest.mark.parametrize(
    ("settled_as", "result", "substantive"),
    [("substantively_resolved", "substantively_resolved", True), ("procedurally_closed", "procedurally_closed", False)],
)
def test_an_item_that_is_struck_off_closes_its_case(
    district: Open, settled_as: str, result: str, substantive: bool
) -> None:
    here = district("2024-07-01 09:00")
    case = here.file(STREET, people_count=40)
    here.do(case, "t_confirm_triage", verdict="agree")
    here.until("2024-07-01 10:00")
    here.do(case, "t_sign_in", action="sign")
    here.until("2024-07-01 11:00")
    begin(here, case, "p_backlog_item")
    assert here.open_elements(case) == ["t_plan", "t_take_ownership"]
    here.until("2024-07-04 09:00")
    strike_off(here, case, settled_as)
    row = here.case(case)
    assert (row.state, row.result, row.substantive, row.overdue_at) == ("closed", result, substantive, None)
    clean(here)
    rehearsed(here, case)


@on_one
def test_what_was_filed_elsewhere_goes_on_while_a_leader_waits_for_a_reply(district: Open) -> None:
    here = district("2024-08-15 09:00")
    case = here.file(STREET)
    begin(here, case, "p_reception")
    assert here.open_elements(case) == ["t_reply", "t_sign_in"]
    reply(here, case, "solved")
    assert here.open_elements(case) == ["t_sign_in"]
    clean(here)


@on_one
def test_a_petition_keeps_the_time_limits_of_the_law(district: Open) -> None:
    here = district("2024-08-01 09:00")
    case = here.file(STREET, kind="petition", channel="petition_letter")
    begin(here, case, "p_backlog_item")
    assert "t_register" in here.open_elements(case)
    strike_off(here, case, "substantively_resolved")
    assert "t_register" in here.open_elements(case)
    clean(here)


@on_one
def test_the_last_of_several_hands_back(district: Open) -> None:
    here = district("2024-08-15 09:00")
    case = here.file(STREET, kind="help", channel="leader_reception")
    begin(here, case, "p_reception")
    begin(here, case, "p_backlog_item")
    reply(here, case, "solved")
    assert here.case(case).state == "handling"
    strike_off(here, case, "procedurally_closed")
    assert here.case(case).result == "procedurally_closed"
    clean(here)


@on_one
def test_a_case_that_is_opened_again_waits_for_its_item(district: Open) -> None:
    here = district("2024-07-01 09:00")
    case = here.file(STREET)
    here.do(case, "t_sign_in", action="sign")
    here.do(case, "t_first_contact", reached="yes", method="phone")
    here.do(case, "t_handle", action_type="talk", outcome="resolved")
    here.do(case, "t_resolve", result_code="explained", substantive="no")
    begin(here, case, "p_backlog_item")
    with here.store.transaction() as session:
        row = session.get_one(Case, case)
        process.reopen(session, here.world, row, actor_id=None, now=here.clock.now())
    assert "t_sign_in" not in here.open_elements(case)
    strike_off(here, case, "substantively_resolved")
    assert here.case(case).state == "closed"
    clean(here)


@on_one
def test_withdrawn_while_a_reception_handles_it(district: Open) -> None:
    here = district("2024-08-15 09:00")
    case = here.file(STREET, kind="help", channel="leader_reception")
    begin(here, case, "p_reception")
    with here.store.transaction() as session:
        process.withdraw(session, here.world, case, "不再反映。", viewer=None, now=here.clock.now())
    assert here.case(case).state == "withdrawn"
    reply(here, case, "unsolved")
    assert here.case(case).state == "withdrawn"
    clean(here)
