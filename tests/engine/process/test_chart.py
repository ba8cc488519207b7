"""The diagrams of a case: which there are, how one leads to the other, and where the case stands in each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engine import people, process, tasks
from engine.clock import ManualClock
from engine.errors import NotFound
from engine.process import Chart
from engine.scheduler import Scheduler
from engine.store import Store
from tests.web import district as town
from tests.web.district import District


@pytest.fixture
def district(store: Store, clock: ManualClock) -> District:
    return town.settle(store, now=clock.now())


def chart(district: District, session: Session, case_id: int, clock: ManualClock, wanted: str | None = None) -> Chart:
    viewer = people.viewer_of(session, district.people["district"])
    case = tasks.see_case(session, viewer, case_id)
    story = process.tell(session, district.world, case, viewer=viewer, now=clock.now())
    found = process.chart_of(session, district.world, story, wanted, now=clock.now())
    assert found is not None
    return found


def states(found: Chart) -> dict[str, tuple[str, ...]]:
    return {stop.element: stop.states for stop in found.stops}


def test_the_process_at_work_comes_first_and_its_callers_lead_to_it(district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    with district.store.reading() as session:
        small = chart(district, session, case_id, clock)
        assert [name for name, _ in small.trail] == ["p_case", "p_small"]
        assert small.at_work
        assert states(small)["t_sign_in"] == ("active",)
        assert states(small)["be_overdue"] == ("waiting",)
        case = chart(district, session, case_id, clock, "p_case")
        called = {stop.element: stop for stop in case.stops if stop.calls}
        assert [stop.calls for stop in called.values()] == ["p_small"]
        assert [stop.states for stop in called.values()] == [("active",)]
        with pytest.raises(NotFound):
            chart(district, session, case_id, clock, "p_big")


def test_what_ran_out_and_what_is_late(district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    clock.advance(timedelta(days=3))
    with district.store.reading() as session:
        late = states(chart(district, session, case_id, clock))
        assert late["t_sign_in"] == ("overdue",)
        assert late["be_overdue"] == ("overdue",)
    Scheduler(district.store, district.world, clock, name="test").fire_due()
    with district.store.reading() as session:
        risen = chart(district, session, case_id, clock)
        assert states(risen)["be_overdue"] == ("waiting",)
        (overdue,) = [stop for stop in risen.stops if stop.element == "be_overdue"]
        assert [clock_row.state for clock_row in overdue.timers] == ["breached", "armed"]
        (sign_in,) = [stop for stop in risen.stops if stop.element == "t_sign_in"]
        assert [task.unit_id for task in sign_in.tasks] == ["LHQ.MZ.01.01.01", "LHQ.MZ.01.01"]


def test_a_step_that_was_completed_is_done(district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    task = town.open_task(district, case_id, "sign_in")
    with district.store.transaction() as session:
        viewer = people.viewer_of(session, district.people["grid"])
        process.complete_task(session, district.world, task.id, {"action": "sign"}, viewer=viewer, now=clock.now())
    with district.store.reading() as session:
        found = states(chart(district, session, case_id, clock))
        assert found["t_sign_in"] == ("done",)
        assert ("active",) in found.values()


def test_what_several_processes_may_call_is_shown_in_the_one_that_did(district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    for form, answers in (
        ("sign_in", {"action": "sign"}),
        ("first_contact", {"method": "phone", "reached": "yes"}),
        ("handle", {"action_type": "talk", "outcome": "mediate"}),
    ):
        task = town.open_task(district, case_id, form)
        with district.store.transaction() as session:
            viewer = people.viewer_of(session, district.people["grid"])
            process.complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())
    with district.store.reading() as session:
        found = chart(district, session, case_id, clock)
    assert [name for name, _ in found.trail] == ["p_case", "p_small", "p_mediation"]
    assert "p_big" not in [name for name, _ in found.others]
