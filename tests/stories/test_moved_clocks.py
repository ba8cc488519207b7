"""Clocks of a case that stand still or get more time, walked through the real diagrams: C10 and C11 of the field."""

from __future__ import annotations

import pytest

from engine import process
from engine.cases import CaseState
from engine.errors import Conflict, NotAllowed
from tests.stories.district import at, on_one
from tests.stories.ladder import (
    COMMUNITY,
    GRID,
    STREET,
    Open,
    begin_handling,
    confirm,
    extension,
    handled,
)


def test_waiting_for_the_petitioner_stops_the_clock_to_the_minute(district: Open) -> None:
    here = district("2025-01-13 10:00")
    case = here.file(GRID, amount_cny=6200)
    assert here.clocks(case)["handle"].due_at == at("2025-01-15 18:00")
    here.until("2025-01-13 10:30")
    here.sign_in(case)
    here.until("2025-01-14 10:30")
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("wait"), material_needed="合同和付款凭证")
    assert here.case(case).state == CaseState.WAITING_PETITIONER
    assert (here.clocks(case)["handle"].state, here.clocks(case)["handle"].rest) == ("paused", 750)
    assert here.open_tasks(case) == []
    here.until("2025-01-20 15:00")
    with here.store.transaction() as session:
        assert process.supply(session, here.world, case, "扫码补传材料", viewer=None, now=here.clock.now())
    clock = here.clocks(case)["handle"]
    assert (clock.due_at, clock.paused_minutes) == (at("2025-01-22 11:30"), 1830)
    assert here.open_elements(case) == ["t_handle"]
    assert here.open_tasks(case)[0].due_at == at("2025-01-22 11:30")


@on_one
def test_a_pause_ends_by_itself(district: Open) -> None:
    here = district("2025-03-03 09:00")
    case = here.file(GRID)
    here.sign_in(case)
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("wait"), material_needed="凭证")
    here.until("2025-03-17 18:00")
    assert here.clocks(case)["handle"].state == "armed"
    assert here.open_elements(case) == ["t_handle"]


def test_one_extension_asked_in_time_moves_both_clocks(district: Open) -> None:
    here = district("2024-12-09 09:00")
    case = here.file(COMMUNITY, people_count=3, departments=3)
    assert here.case(case).tier == "street"
    confirm(here, case)
    here.sign_in(case)
    here.until("2024-12-19 10:00")
    asker = here.person(STREET, "handler")
    ask = lambda: extension(here, case, "10wd", asker)  # noqa: E731
    ask()
    with pytest.raises(Conflict, match="once"):
        ask()
    here.until("2024-12-19 15:00")
    here.do(case, "t_decide_extension", by=here.person(STREET, "leader"), decision="approve", reason="需第三方鉴定")
    assert here.clocks(case)["handle"].due_at == at("2025-01-07 18:00")
    assert here.clocks(case)["case_outer"].due_at == at("2025-01-14 18:00")
    here.until("2025-01-02 10:00")
    with pytest.raises(Conflict, match="once"):
        ask()


@on_one
def test_nobody_grants_their_own_extension_and_silence_refuses(district: Open) -> None:
    here = district("2024-12-09 09:00")
    case = here.file(COMMUNITY, departments=3)
    confirm(here, case)
    here.sign_in(case)
    lead = here.person(STREET, "lead")
    extension(here, case, "5wd", lead)
    with pytest.raises(NotAllowed, match="own request"):
        here.do(case, "t_decide_extension", by=lead, decision="approve", reason="")
    here.until("2024-12-10 18:00")
    assert here.clocks(case)["handle"].due_at == at("2024-12-23 18:00")
    assert here.facts_of(case, "extension.refused")[0]["silent"] is True
