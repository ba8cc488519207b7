"""Running cases are taken to another release, stay where they cannot go, and come back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from engine import deploy, people, process, tasks, verify
from engine.cases import Party
from engine.deadlines import Deadline
from engine.errors import Conflict, Invalid, NotAllowed, Unavailable
from engine.people import Viewer
from engine.process import Instance, MigrationCase, MigrationFigures
from engine.tasks import Task
from tests.stories.district import ROOT, District, at, on_one
from tests.stories.ladder import GRID

Open = Callable[[str], District]
SMALL = "small/small.bpmn"


def changed(*changes: tuple[str, str, str]) -> dict[str, bytes]:
    """The product's own files with (path, before, after) replaced everywhere."""
    files = deploy.read_folder(ROOT / "bpmn")
    for path, before, after in changes:
        text = files[path].decode()
        assert before in text, before
        files[path] = text.replace(before, after).encode()
    return files


SIGN = 'name="签收 / Sign in" camunda:formKey="sign_in" camunda:candidateGroups="lead,deputy,handler"'
NEWER = changed(
    (SMALL, SIGN, SIGN.replace("签收 / Sign in", "接收 / Sign in").replace("lead,deputy,handler", "lead,handler")),
    ("small/limits.yaml", "grid: 2wd", "grid: 5wd"),
)


def publish(here: District, files: dict[str, bytes]) -> None:
    """Puts files in force as they are: what the check and the scenarios say of them is not the matter here."""
    with here.store.transaction() as session:
        deploy.store_release(session, files, reason="test", actor_id=None, now=here.clock.now())


def operator(here: District) -> Viewer:
    with here.store.reading() as session:
        found = people.members(session, "LHQ", ["operator"]) or people.members(session, "LHQ", ["leader"])
        viewer = people.viewer_of(session, found[0].id)
    return Viewer(viewer.person_id, viewer.name_zh, viewer.name_en, None, (("LHQ", "operator"),))


def migrate(here: District, *, start: bool = True, process_id: str | None = None) -> int:
    """From the release before the newest to the newest."""
    viewer = operator(here)
    with here.store.transaction() as session:
        newest = deploy.recent_releases(session)
        migration_id = process.begin_migration(
            session, here.world, from_id=newest[1].id, to_id=newest[0].id, process_id=process_id, viewer=viewer,
            now=here.clock.now(),
        ).id  # fmt: skip
    here.application.scheduler.move_cases()
    if start:
        with here.store.transaction() as session:
            process.start_migration(
                session, migration_id, reason="The office was renamed", viewer=viewer, now=here.clock.now()
            )
        here.application.scheduler.move_cases()
    return migration_id


def undo(here: District, migration_id: int) -> None:
    with here.store.transaction() as session:
        process.undo_migration(session, migration_id, reason="Too early", viewer=operator(here), now=here.clock.now())
    here.application.scheduler.move_cases()


def figures(here: District, migration_id: int) -> MigrationFigures:
    with here.store.reading() as session:
        return process.migration_figures(session, process.get_migration(session, migration_id))


def instance(here: District, case_id: int) -> Instance:
    with here.store.reading() as session:
        return session.scalars(select(Instance).where(Instance.case_id == case_id).order_by(Instance.id)).one()


def sound(here: District) -> None:
    assert verify.check(here.store, here.world, now=here.clock.now()) == []


def claim(here: District, case_id: int) -> Task:
    (task,) = here.open_tasks(case_id)
    with here.store.transaction() as session:
        viewer = people.viewer_of(session, people.members(session, task.unit_id, task.role_names)[0].id)
        return tasks.claim(session, task.id, viewer=viewer, now=here.clock.now())


def test_a_case_goes_over_with_its_clocks_its_claim_and_its_draft(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id, other = here.file(GRID), here.file(GRID)
    task = claim(here, case_id)
    with here.store.transaction() as session:
        tasks.save_draft(session, task.claimed_by or 0, tasks.about_task(task.id), {"action": "sign"}, seen=None,
                         now=here.clock.now(), task_id=task.id)  # fmt: skip
    before = {step: (clock.id, clock.due_at, clock.token) for step, clock in here.clocks(case_id).items()}
    publish(here, NEWER)
    migration_id = migrate(here)
    assert figures(here, migration_id).by_outcome == {"moved": 2}
    (moved,) = here.open_tasks(case_id)
    assert (moved.id, moved.claimed_by, moved.name_zh, moved.roles) == (
        task.id,
        task.claimed_by,
        "接收",
        "|lead|handler|",
    )
    assert {step: (clock.id, clock.due_at, clock.token) for step, clock in here.clocks(case_id).items()} == before
    assert (instance(here, case_id).release_id, instance(here, other).release_id) == (2, 2)
    assert here.facts_of(case_id, "case.migrated") == [
        {"process": "p_case", "from": 1, "to": 2, "migration": migration_id}
    ]
    sound(here)
    here.until("2024-11-20 18:00")
    assert here.case(case_id).tier == "zone"  # the clock of this tier kept its two days
    here.sign_in(case_id)
    sound(here)


def test_it_comes_back_unless_it_has_gone_on(district: Open) -> None:
    here = district("2024-11-18 10:00")
    stands, moves = here.file(GRID), here.file(GRID)
    state = instance(here, stands).state
    publish(here, NEWER)
    migration_id = migrate(here)
    here.sign_in(moves)
    undo(here, migration_id)
    assert figures(here, migration_id).by_outcome == {"undone": 1, "kept": 1}
    assert [each.code for each in figures(here, migration_id).staying] == ["moved.since"]
    back = instance(here, stands)
    assert (back.release_id, back.state, instance(here, moves).release_id) == (1, state, 2)
    assert [task.name_zh for task in here.open_tasks(stands)] == ["签收"]
    assert here.facts_of(stands, "case.migrated")[1]["undone"] is True
    sound(here)
    here.until("2024-11-21 10:00")
    sound(here)


@on_one
def test_who_cannot_go_stays_and_is_told_by_reason(district: Open) -> None:
    here = district("2024-11-18 10:00")
    signing, contacting = here.file(GRID), here.file(GRID)
    here.sign_in(contacting)
    publish(here, changed((SMALL, "t_first_contact", "t_call")))
    migration_id = migrate(here)
    found = figures(here, migration_id)
    assert found.by_outcome == {"moved": 1, "cannot": 1}
    (staying,) = found.staying
    assert (staying.code, staying.element, staying.count) == ("element.gone", "t_first_contact", 1)
    assert (instance(here, signing).release_id, instance(here, contacting).release_id) == (2, 1)
    with here.store.reading() as session:
        by = operator(here)
        (named,), following = process.migration_cases(session, migration_id, "cannot", viewer=by)
        assert (named.number, following) == (here.case(contacting).number, None)
        designer = Viewer(1, "许", "Xu", None, (("LHQ", "designer"),))
        with pytest.raises(NotAllowed):
            process.migration_cases(session, migration_id, "cannot", viewer=designer)
    sound(here)
    with here.store.transaction() as session:  # an operator who is complained about neither reads nor counts that case
        session.add(Party(case_id=contacting, role="respondent", name="郑子涵", person_id=by.person_id))
        session.flush()
        assert process.migration_cases(session, migration_id, "cannot", viewer=by) == ([], None)
        told = process.migration_figures(session, process.get_migration(session, migration_id), viewer=by)
        assert (told.by_outcome, told.staying) == ({"moved": 1}, [])


@on_one
def test_a_form_somebody_has_begun_on_is_not_changed_under_their_hands(district: Open) -> None:
    here = district("2024-11-18 10:00")
    begun, untouched = here.file(GRID), here.file(GRID)
    claim(here, begun)
    files = changed()
    form = files["forms/sign_in.form"].decode()
    files["small/forms/sign_in_here.form"] = form.replace("签收", "接收").encode()
    files[SMALL] = files[SMALL].replace(b'formKey="sign_in"', b'formKey="sign_in_here"')
    publish(here, files)
    migration_id = migrate(here)
    assert [(each.code, each.count) for each in figures(here, migration_id).staying] == [("form.other", 1)]
    assert here.open_tasks(begun)[0].form == "sign_in"
    assert here.open_tasks(untouched)[0].form == "sign_in_here"
    here.sign_in(untouched)
    sound(here)


def test_a_clock_under_another_name_goes_on_with_its_pause_or_the_case_stays(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    due = {step: (clock.id, clock.due_at) for step, clock in here.clocks(case_id).items()}
    publish(here, changed((SMALL, "be_overdue", "be_tier_over"), (SMALL, "be_ack", "be_sign_late")))
    migration_id = migrate(here)
    clocks = here.clocks(case_id)
    assert {step: (clock.id, clock.due_at) for step, clock in clocks.items()} == due
    assert (clocks["handle"].element, clocks["ack"].attached_to) == ("be_tier_over", "t_sign_in")
    assert here.facts_of(case_id, "case.migrated")[0]["ended"] == ["be_overdue", "be_ack"]
    sound(here)
    undo(here, migration_id)
    assert {step: (clock.id, clock.due_at) for step, clock in here.clocks(case_id).items()} == due
    assert here.clocks(case_id)["handle"].element == "be_overdue"
    sound(here)
    migrate(here)
    here.until("2024-11-20 18:00")
    assert here.case(case_id).tier == "zone"
    sound(here)


def test_a_clock_that_is_gone_ends_and_one_that_is_new_begins_and_both_come_back(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id = here.file(GRID)
    reminder = (
        '<bpmn:boundaryEvent id="be_nudge" name="催 / Nudge" cancelActivity="false" attachedToRef="t_sign_in">'
        "<bpmn:timerEventDefinition><bpmn:timeDuration>PT3H</bpmn:timeDuration></bpmn:timerEventDefinition>"
        "<bpmn:outgoing>f_nudge</bpmn:outgoing></bpmn:boundaryEvent>"
        '<bpmn:endEvent id="end_nudge" name="已催 / Nudged"><bpmn:incoming>f_nudge</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f_nudge" sourceRef="be_nudge" targetRef="end_nudge" />'
    )
    files = changed((SMALL, '<bpmn:boundaryEvent id="be_ack"', reminder + '<bpmn:boundaryEvent id="be_ack"'))
    publish(here, files)
    here.until("2024-11-18 11:00")
    migration_id = migrate(here)
    nudge = here.clocks(case_id)["be_nudge"]
    assert (nudge.due_at, nudge.interrupting) == (at("2024-11-18 14:00"), False)
    sound(here)
    undo(here, migration_id)
    assert set(here.clocks(case_id)) == {"handle", "ack", "case_outer"}
    with here.store.reading() as session:
        assert session.get_one(Deadline, nudge.id).state == "cancelled"
    sound(here)
    here.sign_in(case_id)
    sound(here)


@on_one
def test_a_case_set_aside_goes_to_the_release_that_mends_it(district: Open) -> None:
    here = district("2024-11-18 10:00")
    publish(here, changed((SMALL, '${action == "return"}', "${acton == 1}")))
    case_id = here.file(GRID)
    with pytest.raises(Unavailable) as refused:
        here.sign_in(case_id)
    with here.store.transaction() as session:
        process.set_aside(session, refused.value, now=here.clock.now())
    publish(here, changed())
    migrate(here)
    with here.store.transaction() as session:
        process.retry(session, here.world, instance(here, case_id).id, viewer=operator(here), now=here.clock.now())
    here.sign_in(case_id)
    sound(here)


def test_between_looking_and_moving_people_work_on(district: Open) -> None:
    here = district("2024-11-18 10:00")
    case_id, stays = here.file(GRID), here.file(GRID)
    publish(here, changed((SMALL, "t_first_contact", "t_call")))
    migration_id = migrate(here, start=False)
    assert figures(here, migration_id).by_outcome == {"can": 2}
    here.sign_in(stays)
    with here.store.transaction() as session:
        process.start_migration(session, migration_id, reason="now", viewer=operator(here), now=here.clock.now())
    here.application.scheduler.move_cases()
    assert figures(here, migration_id).by_outcome == {"moved": 1, "stayed": 1}
    assert (instance(here, case_id).release_id, instance(here, stays).release_id) == (2, 1)
    sound(here)


def test_it_is_stopped_between_chunks_and_what_moved_can_come_back(
    district: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = district("2024-11-18 10:00")
    for _ in range(3):
        here.file(GRID)
    publish(here, NEWER)
    monkeypatch.setattr("engine.process.migration.work.MOVED", 2)
    migration_id = migrate(here, start=False)
    viewer, now = operator(here), here.clock.now()
    with here.store.transaction() as session:
        process.start_migration(session, migration_id, reason="now", viewer=viewer, now=now)
    with here.store.transaction() as session:
        assert process.work_on_migration(session, here.world, now=now)
    assert (figures(here, migration_id).done, figures(here, migration_id).of) == (2, 3)
    with here.store.transaction() as session:
        process.stop_migration(session, migration_id, viewer=viewer, now=now)
    assert here.application.scheduler.move_cases() == 0
    assert figures(here, migration_id).by_outcome == {"moved": 2, "can": 1}
    undo(here, migration_id)
    assert figures(here, migration_id).by_outcome == {"undone": 2, "can": 1}
    sound(here)


def test_people_work_while_their_cases_are_moved(district: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = district("2024-11-18 10:00")
    cases = [here.file(GRID) for _ in range(12)]
    publish(here, changed((SMALL, "签收 / Sign in", "接收 / Sign in")))
    monkeypatch.setattr("engine.process.migration.work.MOVED", 3)
    migration_id = migrate(here, start=False)
    with here.store.transaction() as session:
        process.start_migration(session, migration_id, reason="now", viewer=operator(here), now=here.clock.now())
    with ThreadPoolExecutor(3) as people_at_work:
        moving = people_at_work.submit(here.application.scheduler.move_cases)
        signing = [people_at_work.submit(here.sign_in, case_id) for case_id in reversed(cases)]
        assert [each.exception() for each in (*signing, moving)] == [None] * 13
    assert figures(here, migration_id).by_outcome == {"moved": 12}
    assert {element for case_id in cases for element in here.open_elements(case_id)} == {"t_first_contact"}
    sound(here)


@on_one
def test_what_nobody_can_make_sense_of_holds_up_no_other(district: Open) -> None:
    here = district("2024-11-18 10:00")
    broken, other, sensible = here.file(GRID), here.file(GRID), here.file(GRID)
    with here.store.transaction() as session:
        for case_id, state in ((broken, b"{"), (other, None)):
            found = session.scalars(select(Instance).where(Instance.case_id == case_id)).one()
            found.state = state or found.state.replace(b'"t_sign_in"', b'"gw_handle"')
    publish(here, NEWER)
    migration_id = migrate(here)
    found_of = figures(here, migration_id)
    assert found_of.by_outcome == {"moved": 1, "cannot": 2}
    assert {each.code for each in found_of.staying} == {"state.broken", "rows.differ"}
    assert instance(here, sensible).release_id == 2


@on_one
def test_only_who_may_and_only_what_makes_sense(district: Open) -> None:
    here = district("2024-11-18 10:00")
    now, world = here.clock.now(), here.world
    handler = here.person(GRID, "lead")
    with here.store.transaction() as session:
        with pytest.raises(NotAllowed):
            process.begin_migration(session, world, from_id=1, to_id=1, viewer=handler, now=now)
        with pytest.raises(Invalid, match="already"):
            process.begin_migration(session, world, from_id=1, to_id=1, viewer=None, now=now)
    publish(here, NEWER)
    with here.store.transaction() as session, pytest.raises(Invalid, match="No case"):
        process.begin_migration(session, world, from_id=1, to_id=2, viewer=None, now=now)
    here.file(GRID)
    publish(here, changed((SMALL, "签收 / Sign in", "签 / Sign")))
    with here.store.transaction() as session:
        first = process.begin_migration(session, world, from_id=2, to_id=3, viewer=None, now=now).id
        with pytest.raises(Conflict, match="being worked on"):
            process.begin_migration(session, world, from_id=2, to_id=1, viewer=None, now=now)
        with pytest.raises(Conflict):
            process.start_migration(session, first, reason="x", viewer=None, now=now)
        with pytest.raises(Conflict):
            process.undo_migration(session, first, reason="x", viewer=None, now=now)
    here.application.scheduler.move_cases()
    with here.store.transaction() as session, pytest.raises(Invalid, match="reason"):
        process.start_migration(session, first, reason=" ", viewer=None, now=now)


@on_one
def test_a_dry_run_writes_nothing(district: Open) -> None:
    here = district("2024-11-18 10:00")
    here.file(GRID)
    publish(here, changed((SMALL, "t_sign_in", "t_receive")))
    with here.store.reading() as session:
        (judged,) = process.dry_run(session, here.world, from_id=1, to_id=2, process_id=None, now=here.clock.now())
        assert judged.obstacle is not None
        assert (judged.obstacle.code, judged.obstacle.element) == ("element.gone", "t_sign_in")
        assert session.scalars(select(MigrationCase)).all() == []
