"""Being away: who may stand in, what is then asked of them, and that it ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine import tasks
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from engine.history import HistoryEntry
from engine.people import Viewer, absences_of, end_absence, fitting_deputies, fitting_deputy, note_absence, viewer_of
from engine.tasks import Tab
from tests.web import district as town
from tests.web.district import District

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("absent", "deputy", "fits"),
    [
        ([("A.B", "lead")], [("A.B", "handler")], True),
        ([("A.B", "lead")], [("A", "leader")], True),
        ([("A", "leader")], [("A.B", "lead")], False),
        ([("A.B", "lead")], [("A.C", "lead")], False),
        ([("A.B", "lead"), ("A.C", "deputy")], [("A.B", "lead")], False),
        ([("A.B", "lead"), ("A.C", "deputy")], [("A", "dispatcher")], True),
        ([("A.B", "lead")], [("A", "operator")], False),
        ([("A.B", "operator")], [("A.B", "operator")], False),
        ([("A.B", "lead")], [("A.BC", "lead")], False),
    ],
)
def test_who_works_beside_or_above_may_stand_in(
    absent: list[tuple[str, str]], deputy: list[tuple[str, str]], fits: bool
) -> None:
    assert fitting_deputy(absent, deputy) is fits


@pytest.fixture
def session(district: District) -> Iterator[Session]:
    with district.store.transaction() as opened:
        yield opened


class Scene:
    """The grid's lead goes away for three days; the zone's lead stands in."""

    def __init__(self, session: Session, district: District, now: datetime) -> None:
        self.session, self.people, self.now = session, district.people, now

    def who(self, name: str, *, later: timedelta = timedelta()) -> Viewer:
        return viewer_of(self.session, self.people[name], now=self.now + later)

    def away(self, who: str = "grid", deputy: str = "zone", *, days: int = 3, by: str | None = None) -> int:
        return note_absence(
            self.session,
            self.people[who],
            self.people[deputy],
            starts_at=self.now,
            ends_at=self.now + days * DAY,
            viewer=self.who(by or who),
            now=self.now,
        ).id


@pytest.fixture
def scene(session: Session, district: District, clock: ManualClock) -> Scene:
    return Scene(session, district, clock.now())


def test_the_nearest_come_first(scene: Scene) -> None:
    found = [(person.username, unit) for person, unit in fitting_deputies(scene.session, scene.people["grid"])]
    assert [who for who, _unit in found] == [
        "grid_b", "zone", "community", "mediator", "liaison", "street", "quality", "district", "petition",
    ]  # fmt: skip
    assert found[:3] == [("grid_b", "LHQ.MZ.01.01.01"), ("zone", "LHQ.MZ.01.01"), ("community", "LHQ.MZ.01")]
    assert fitting_deputies(scene.session, scene.people["operator"]) == []


def test_a_deputy_is_offered_what_is_asked_of_the_absent_until_it_is_over(scene: Scene) -> None:
    case = town.add_case(scene.session, now=scene.now)
    task = town.add_task(scene.session, case, now=scene.now)
    with pytest.raises(NotAllowed):
        tasks.claim(scene.session, task.id, viewer=scene.who("zone"), now=scene.now)
    assert tasks.counts(scene.session, scene.who("zone"), now=scene.now).mine == 0
    scene.away()
    deputy = scene.who("zone")
    assert [each.person_id for each in deputy.stands_in_for] == [scene.people["grid"]]
    assert tasks.counts(scene.session, deputy, now=scene.now).mine == 1
    instead = deputy.in_place_of(task.unit_id, task.role_names, task.claimed_by)
    assert instead is not None
    assert instead.person_id == scene.people["grid"]
    assert instead.until == scene.now + 3 * DAY
    after = scene.who("zone", later=3 * DAY)
    assert after.stands_in_for == ()
    assert tasks.counts(scene.session, after, now=scene.now).mine == 0


def test_what_the_absent_had_claimed_may_be_taken_over_and_the_history_says_for_whom(scene: Scene) -> None:
    case = town.add_case(scene.session, now=scene.now)
    task = town.add_task(scene.session, case, now=scene.now)
    tasks.claim(scene.session, task.id, viewer=scene.who("grid"), now=scene.now)
    scene.session.flush()
    with pytest.raises(Refusal):
        tasks.claim(scene.session, task.id, viewer=scene.who("grid_b"), now=scene.now)
    scene.away(deputy="grid_b")
    tasks.claim(scene.session, task.id, viewer=scene.who("grid_b"), now=scene.now)
    assert task.claimed_by == scene.people["grid_b"]
    scene.session.flush()
    entry = scene.session.query(HistoryEntry).order_by(HistoryEntry.seq.desc()).first()
    assert entry is not None
    assert entry.facts["for"] == scene.people["grid"]


def test_standing_in_shows_the_case_that_asked_and_gives_no_further_right(scene: Scene) -> None:
    """A unit elsewhere may be asked of: its deputy sees that case, and nothing else of that place."""
    other = town.add_case(scene.session, place="LHQ.GL.01.01.01", now=scene.now)
    town.add_task(scene.session, other, unit="LHQ.MZ.01.01.01", now=scene.now)
    scene.session.flush()
    with pytest.raises(NotFound):
        tasks.see_case(scene.session, scene.who("zone"), other.id)
    scene.away()
    assert tasks.see_case(scene.session, scene.who("zone"), other.id).id == other.id
    assert scene.who("zone").memberships == (("LHQ.MZ.01.01", "lead"),)
    assert not scene.who("zone").may("clock.ask_extension", "LHQ.GL.01.01.01")


@pytest.mark.parametrize(
    ("who", "deputy", "kind"),
    [("grid", "grid_2", Invalid), ("grid", "operator", Invalid), ("grid", "grid", Invalid), ("zone", "grid", Invalid)],
)
def test_who_does_not_fit_is_refused(scene: Scene, who: str, deputy: str, kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        scene.away(who, deputy)


def test_nobody_is_asked_through_two_people(scene: Scene) -> None:
    scene.away("grid", "zone")
    for who, deputy, code in (
        ("grid", "grid_b", "absence.twice"),
        ("zone", "community", "absence.stands_in"),
        ("grid_b", "grid", "absence.deputy_away"),
    ):
        with pytest.raises(Conflict) as refusal:
            scene.away(who, deputy)
        assert refusal.value.code == code


def test_an_operator_may_note_it_for_the_sick_and_others_may_not(scene: Scene) -> None:
    with pytest.raises(NotAllowed):
        scene.away(by="zone")
    scene.away(by="operator")
    assert len(scene.who("zone").stands_in_for) == 1


def test_coming_back_early_ends_it_at_once(scene: Scene) -> None:
    absence = scene.away()
    with pytest.raises(NotFound):
        end_absence(scene.session, absence, viewer=scene.who("grid_b"), now=scene.now)
    later = scene.now + timedelta(hours=1)
    end_absence(scene.session, absence, viewer=scene.who("grid"), now=later)
    end_absence(scene.session, absence, viewer=scene.who("grid"), now=later + DAY)
    assert scene.who("zone", later=timedelta(hours=1)).stands_in_for == ()
    assert absences_of(scene.session, scene.people["grid"], now=later) == []


def test_the_absent_ones_list_stays_their_own(scene: Scene) -> None:
    case = town.add_case(scene.session, now=scene.now)
    town.add_task(scene.session, case, now=scene.now)
    scene.away()
    page = tasks.page(scene.session, scene.who("grid"), Tab.MINE, now=scene.now)
    assert len(page.items) == 1
