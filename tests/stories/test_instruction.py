"""A leader's instruction: given, answered, sent back once, closed or supervised, and never holding the case up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import process, verify
from engine.cases import Case
from engine.errors import Conflict, Invalid, NotAllowed
from engine.people import Viewer
from engine.process import Instruction
from tests.stories.district import District

GRID = "LHQ.MZ.01.01.01"
TEXT = "请三日内现场核查,拿出方案。"


def instruct(here: District, case: int, by: Viewer, *, to: str | None = None, urgent: bool = False) -> Instruction:
    with here.store.transaction() as session:
        return process.instruct(
            session, here.world, case, TEXT, to_unit_id=to, urgent=urgent, viewer=by, now=here.clock.now()
        )


def begin(district: Callable[[str], District]) -> tuple[District, int, Viewer]:
    here = district("2024-09-23 09:00")
    case = here.file(GRID)
    return here, case, here.person("LHQ.MZ", "leader")


def test_answered_and_closed(district: Callable[[str], District]) -> None:
    here, case, leader = begin(district)
    instruct(here, case, leader)
    (task,) = [each for each in here.open_tasks(case) if each.process == "p_instruction"]
    assert (task.unit_id, task.why, task.due_step) == (GRID, "instructed", "instruction")
    here.do(case, "t_answer", progress="done", steps_taken="已现场核查。")
    (review,) = [each for each in here.open_tasks(case) if each.process == "p_instruction"]
    assert (review.unit_id, review.why) == ("LHQ.MZ", "decide"), "it comes back to where it was given"
    here.do(case, "t_review", by=leader, verdict="accept")
    assert not [each for each in here.open_tasks(case) if each.process == "p_instruction"]
    assert here.facts_of(case, "case.instructed")[0]["text"] == TEXT
    assert "t_sign_in" in here.open_elements(case), "the case itself goes its own way"


def test_sent_back_once_then_supervised(district: Callable[[str], District]) -> None:
    here, case, leader = begin(district)
    instruct(here, case, leader, to="LHQ.MZ.01")
    here.do(case, "t_answer", progress="cannot", steps_taken="无法落实。")
    here.do(case, "t_review", by=leader, verdict="again", reason="请再核实。")
    here.do(case, "t_answer", progress="cannot", steps_taken="仍无法落实。")
    assert "t_close" in here.open_elements(case), "the second answer cannot be sent back"
    here.do(case, "t_close", by=leader, verdict="supervise", reason="请区里督办。")
    assert [facts["reason"] for facts in here.facts_of(case, "supervision.opened")] == ["instruction_unsatisfied"]
    assert "t_issue" in here.open_elements(case)


def test_an_urgent_one_that_is_overdue_is_supervised_while_the_answer_is_still_due(
    district: Callable[[str], District],
) -> None:
    here, case, leader = begin(district)
    instruct(here, case, leader, urgent=True)
    assert here.clocks(case)["instruction_urgent"].length == "1wd"
    here.until("2024-09-24 18:01")
    assert [facts["reason"] for facts in here.facts_of(case, "supervision.opened")] == ["instruction_overdue"]
    assert {"t_answer", "t_issue"} <= set(here.open_elements(case))


def test_it_outlives_the_case(district: Callable[[str], District]) -> None:
    here, case, leader = begin(district)
    instruct(here, case, leader)
    with here.store.transaction() as session:
        lead = here.person(GRID, "lead")
        process.withdraw(session, here.world, case, "双方和解", viewer=lead, now=here.clock.now())
    assert here.case(case).ended
    assert here.open_elements(case) == ["t_answer"]
    here.do(case, "t_answer", progress="done", steps_taken="当事人已和解。")
    here.do(case, "t_review", by=leader, verdict="accept")
    with pytest.raises(Conflict, match="closed"):
        instruct(here, case, leader)


def test_who_may_instruct_whom(district: Callable[[str], District]) -> None:
    here, case, leader = begin(district)
    with here.store.reading() as session:
        units = process.instructable(session, here.case(case), leader)
        assert list(units) == [GRID, "LHQ.MZ.01.01", "LHQ.MZ.01", "LHQ.MZ"]
        assert process.instructable(session, here.case(case), here.person("LHQ.MZ", "dispatcher")) == []
        other = here.person("LHQ.GL", "leader")
        assert process.instructable(session, here.case(case), other) == []
        row = session.get_one(Case, case)
        row.holder_id = "LHQ.GL.01"  # decided elsewhere: each leader instructs their own
        assert list(process.instructable(session, row, other)) == ["LHQ.GL.01", "LHQ.GL"]
        assert list(process.instructable(session, row, leader)) == [GRID, *("LHQ.MZ.01.01", "LHQ.MZ.01", "LHQ.MZ")]
        session.expunge(row)
    for nobody in (other, here.person(GRID, "lead"), here.person("LHQ.MZ", "dispatcher")):
        with pytest.raises(NotAllowed):
            instruct(here, case, nobody)
    for wrong in ("LHQ", "LHQ.GL", "LHQ.MZ.02"):
        with pytest.raises(Invalid):
            instruct(here, case, leader, to=wrong)


def test_a_late_case_is_known_as_overdue(district: Callable[[str], District]) -> None:
    """A rise has a fresh limit; what nobody above can take over, and a passed limit of the whole case, is overdue."""
    here, case, _leader = begin(district)
    here.until("2024-09-26 09:00")
    assert here.case(case).visit_seq > 1
    assert here.case(case).overdue_at is None
    here.until("2024-10-30 09:00")
    clocks = {"case_outer", "handle"}
    breached = [facts for facts in here.facts_of(case, "clock.breached") if facts["step"] in clocks]
    assert here.case(case).overdue_at is not None
    assert here.case(case).overdue_at.isoformat() in {facts["due_at"] for facts in breached}  # type: ignore[union-attr]


def test_nothing_is_out_of_order_afterwards(district: Callable[[str], District]) -> None:
    here, case, leader = begin(district)
    instruct(here, case, leader)
    here.do(case, "t_answer", progress="done", steps_taken="已办。")
    assert verify.check(here.store, here.world, now=here.clock.now()) == []
