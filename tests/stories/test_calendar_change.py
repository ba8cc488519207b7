"""Next year's table arrives while clocks run into it."""

from __future__ import annotations

from collections.abc import Callable

from engine import process
from tests.stories.district import District, at
from tests.stories.ladder import begin_handling

TABLE_2027 = """
year: 2027
source: invented for this test
holidays: [2027-01-01, 2027-01-04, 2027-01-05]
makeup_workdays: [2027-01-02]
"""


def test_clocks_into_an_unloaded_year_are_provisional_until_its_table_is_there(
    district: Callable[[str], District],
) -> None:
    here = district("2026-12-30 10:00")
    case = here.file("LHQ.MZ.01.01.01")
    here.sign_in(case)
    begin_handling(here, case)
    before = here.clocks(case)["handle"]
    assert (before.due_at, before.provisional) == (at("2027-01-01 18:00"), True)
    with here.store.reading() as session:
        _, planned = process.plan_year(session, here.world, TABLE_2027, now=here.clock.now())
    assert here.clocks(case)["handle"].due_at == before.due_at
    with here.store.transaction() as session:
        here.world.calendar, moved = process.load_year(
            session, here.world, TABLE_2027, viewer=None, now=here.clock.now()
        )
    assert moved == planned
    after = here.clocks(case)["handle"]
    assert (after.due_at, after.provisional) == (at("2027-01-02 18:00"), False)
    assert here.open_tasks(case)[0].due_at == after.due_at
    assert {facts["step"] for facts in here.facts_of(case, "clock.recounted")} == {"handle", "case_outer"}
    here.until("2027-01-02 18:00")
    assert here.case(case).tier == "zone"
