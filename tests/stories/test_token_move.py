"""An operator puts a case somewhere else on its diagram: seen beforehand, sound, with a reason, told to the holder."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from engine import process
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.history import HistoryEntry
from engine.notify import Notice
from engine.people import OperatorEntry
from engine.process import CaseStanding, Moved
from engine.runtime import Movable
from tests.stories.district import District, at
from tests.stories.ladder import GRID, RESULT, finish_check, handled
from tests.stories.test_migration import operator, sound

Open = Callable[[str], District]


def standing(here: District, case_id: int) -> CaseStanding:
    with here.store.reading() as session:
        return process.case_standing(session, here.world, here.case(case_id).number, viewer=operator(here))


def token_at(here: District, case_id: int, element: str) -> Movable:
    (run,) = standing(here, case_id).processes
    return next(each for each in run.tokens if each.element == element)


def move(here: District, case_id: int, element: str, target: str, reason: str = "Wrong answer in the field") -> Moved:
    (run,) = standing(here, case_id).processes
    with here.store.transaction() as session:
        return process.move_token(
            session, here.world, run.instance_id, token_at(here, case_id, element).token, target, seen=run.revision,
            reason=reason, viewer=operator(here), now=here.clock.now(),
        )  # fmt: skip


def test_it_is_seen_first_then_done_recorded_and_told(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    here.sign_in(case_id)
    (run,) = standing(here, case_id).processes
    token = token_at(here, case_id, "t_first_contact")
    assert [each.split(" / ")[0] for each in token.inside] == ["办理", "小事联合办理", "本级办理"]
    assert "t_handle" in [each.element for each in token.targets if each.obstacle is None]
    acts = here.acts(case_id)
    with here.store.transaction() as session:
        seen = process.preview_move(
            session, here.world, run.instance_id, token.token, "t_handle", seen=run.revision, viewer=operator(here),
            now=here.clock.now(),
        )  # fmt: skip
    assert (here.acts(case_id), here.open_elements(case_id)) == (acts, ["t_first_contact"])
    assert seen == move(here, case_id, "t_first_contact", "t_handle")
    assert [row[1] for row in seen.ended_tasks] == ["First contact"]
    assert [row[1:] for row in seen.new_tasks] == [("Handle", GRID)]
    assert "contact" in seen.ended_clocks
    assert seen.acts == ["case.token_moved"]
    assert here.open_elements(case_id) == ["t_handle"]
    assert here.facts_of(case_id, "case.token_moved") == [
        {
            "process": "p_small",
            "element": "t_first_contact",
            "to": "t_handle",
            "names": ["首次联系 / First contact", "办理 / Handle"],
            "reason": "Wrong answer in the field",
        }
    ]
    here.application.scheduler.send_outbox()
    with here.store.reading() as session:
        told = session.scalars(select(Notice.unit_id).where(Notice.what == "case.token_moved")).all()
        assert told == [GRID]
        entry = session.scalars(select(OperatorEntry).where(OperatorEntry.act == "case.token_moved")).one()
        assert (entry.subject, entry.reason) == (f"case:{here.case(case_id).number}", "Wrong answer in the field")
    sound(here)
    here.until("2024-11-20 18:00")
    assert here.case(case_id).tier == "zone"
    sound(here)


def test_a_whole_subprocess_goes_with_all_its_clocks_and_the_visit_keeps_its_time(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    due = here.clocks(case_id)["handle"].due_at
    move(here, case_id, "tier_visit", "t_quality_check")
    assert here.open_elements(case_id) == ["t_quality_check"]
    assert "handle" not in here.clocks(case_id)
    sound(here)
    move(here, case_id, "t_quality_check", "tier_visit")
    assert here.clocks(case_id)["handle"].due_at == due
    sound(here)


def test_what_is_not_sound_not_there_or_not_theirs_changes_nothing(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    with pytest.raises(Invalid, match="Nobody can wait"):
        move(here, case_id, "t_sign_in", "end_return")
    with pytest.raises(Invalid, match="reason"):
        move(here, case_id, "t_sign_in", "t_handle", reason=" ")
    (run,) = standing(here, case_id).processes
    token = token_at(here, case_id, "t_sign_in").token
    now, viewer, world = here.clock.now(), operator(here), here.world
    here.sign_in(case_id)
    with here.store.transaction() as session, pytest.raises(Conflict, match="gone on"):
        process.move_token(
            session, world, run.instance_id, token, "t_handle", seen=run.revision, reason="x", viewer=viewer, now=now
        )
    handler = here.person(GRID, "lead")
    with here.store.transaction() as session:
        with pytest.raises(NotAllowed):
            process.move_token(
                session, world, run.instance_id, token, "t_handle", seen=9, reason="x", viewer=handler, now=now
            )
        with pytest.raises(NotAllowed):
            process.case_standing(session, world, here.case(case_id).number, viewer=handler)
        with pytest.raises(NotFound):
            process.case_standing(session, world, "LHQ-1", viewer=viewer)
        assert session.scalars(select(HistoryEntry).where(HistoryEntry.act == "case.token_moved")).all() == []
    sound(here)


def test_a_clock_that_stood_still_where_the_case_waited_runs_on_elsewhere(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    here.sign_in(case_id)
    here.do(case_id, "t_first_contact", method="phone", reached="yes", summary="已联系")
    here.do(case_id, "t_handle", **handled("wait"), material_needed="凭证")
    assert here.clocks(case_id)["handle"].state == "paused"
    here.until("2024-11-18 17:00")
    seen = move(here, case_id, "gw_wait", "t_handle")
    assert seen.acts == ["case.token_moved", "clock.resumed"]
    clock = here.clocks(case_id)["handle"]
    assert (clock.state, clock.due_at > at("2024-11-20 18:00")) == ("armed", True)
    assert (here.case(case_id).state, here.open_elements(case_id)) == ("handling", ["t_handle"])
    assert here.open_tasks(case_id)[0].due_at == clock.due_at
    sound(here)


def test_what_was_done_once_can_be_done_again(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    here.sign_in(case_id)
    move(here, case_id, "t_first_contact", "t_sign_in")
    here.sign_in(case_id)
    here.do(case_id, "t_first_contact", method="phone", reached="yes", summary="已联系")
    move(here, case_id, "t_handle", "t_resolve")
    here.do(case_id, "t_resolve", **RESULT)
    finish_check(here, case_id)
    assert here.case(case_id).ended
    sound(here)
