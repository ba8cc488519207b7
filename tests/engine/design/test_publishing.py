"""What is proposed is put in force by somebody who saw it, at once or at its time, and can be taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy, design
from engine.clock import ManualClock
from engine.design import DesignAct
from engine.errors import Conflict, Invalid, NotAllowed, Refusal
from engine.people import Person
from engine.store import Store
from tests.stories.district import ROOT

FILES = deploy.read_folder(ROOT / "bpmn")
LIMITS = "small/limits.yaml"
XU, LUO = 1, 2


@pytest.fixture
def workshop(each_store: Store, clock: ManualClock) -> Workshop:
    with each_store.transaction() as session:
        session.add_all(
            [
                Person(id=number, username=name, name_zh=name, name_en=name)
                for number, name in ((XU, "xu"), (LUO, "luo"))
            ]
        )
        session.flush()
        deploy.store_release(session, FILES, reason="first", actor_id=None, now=clock.now())
    return Workshop(each_store, clock)


class Workshop:
    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock

    def do(self, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with self.store.transaction() as session:
            return verb(session, *args, now=self.clock.now(), **more)

    def ask(self, question: Callable[[Session], Any]) -> Any:
        with self.store.reading() as session:
            return question(session)

    def propose(self, limit: str = "1wd", author: int = XU, *, path: str = LIMITS, content: bytes | None = None) -> int:
        number = self.do(design.begin_proposal, "shorter", author_id=author).id
        content = content or FILES[LIMITS].replace(b"grid: 2wd", f"grid: {limit}".encode())
        self.do(design.save_file, number, path, content, seen=0, actor_id=author)
        return int(number)

    def mark(self, number: int) -> str:
        return str(self.ask(lambda db: deploy.fingerprint(design.files_of(db, design.get_proposal(db, number)))))

    def publish(self, number: int, who: int = LUO, **more: Any) -> Any:
        kept = {"seen": self.mark(number), "reason": "too slow", "four_eyes": False, **more}
        return self.do(design.publish_proposal, number, actor_id=who, **kept)

    def state(self, number: int) -> tuple[str, int | None]:
        found = self.ask(lambda db: design.get_proposal(db, number))
        return found.state, found.release_id

    def in_force(self) -> dict[str, bytes]:
        return dict(self.ask(deploy.files_in_force))

    def acts(self) -> list[tuple[str, int | None]]:
        return [
            (each.act, each.actor_id)
            for each in self.ask(lambda db: db.scalars(select(DesignAct).order_by(DesignAct.id)).all())
        ]


def test_a_proposal_becomes_the_release_that_new_cases_start_on(workshop: Workshop) -> None:
    number = workshop.propose()
    release = workshop.publish(number)
    assert workshop.state(number) == ("published", release.id)
    assert workshop.in_force()[LIMITS] != FILES[LIMITS]
    assert (release.reason, release.published_by, release.changed) == ("too slow", LUO, "small")
    assert workshop.acts() == [("begun", XU), ("published", LUO)]
    with pytest.raises(Conflict, match="cannot be changed"):
        workshop.publish(number)


def test_with_four_eyes_no_author_publishes_even_one_whose_words_are_gone(workshop: Workshop) -> None:
    number = workshop.propose()
    workshop.do(
        design.save_file, number, LIMITS, FILES[LIMITS].replace(b"grid: 2wd", b"grid: 5wh"), seen=1, actor_id=LUO
    )
    for who in (XU, LUO):
        with pytest.raises(NotAllowed) as refused:
            workshop.publish(number, who, four_eyes=True)
        assert refused.value.code == "publish.four_eyes"
    other = workshop.propose(author=XU)
    assert workshop.publish(other, LUO, four_eyes=True).id == 2


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        (LIMITS, b"handle: soon\n", "publish.refused"),
        (
            "small/scenarios/settled.yaml",
            FILES["small/scenarios/settled.yaml"].replace(b"ended: true", b"ended: false"),
            "publish.scenario_failed",
        ),
        (LIMITS, FILES[LIMITS], "proposal.empty"),
    ],
)
def test_what_does_not_pass_is_not_published_and_not_planned(
    workshop: Workshop, path: str, content: bytes, code: str
) -> None:
    number = workshop.propose(path=path, content=content)
    for at in (None, workshop.clock.now() + timedelta(days=3)):
        with pytest.raises(Invalid) as refused:
            workshop.publish(number, effective_at=at)
        assert refused.value.code == code
    assert (workshop.state(number), workshop.in_force()) == (("open", None), FILES)


def test_a_day_that_is_over_is_refused_and_the_one_that_runs_means_at_once(workshop: Workshop) -> None:
    number, today = workshop.propose(), workshop.clock.now().replace(hour=0)
    with pytest.raises(Invalid) as refused:
        workshop.publish(number, effective_at=today - timedelta(days=1))
    assert (refused.value.code, *refused.value.facts["fields"]) == ("publish.passed", "on")
    assert workshop.publish(number, effective_at=today).id == 2


def test_a_reason_is_needed_and_nobody_publishes_what_they_did_not_see(workshop: Workshop) -> None:
    number = workshop.propose()
    with pytest.raises(Invalid) as refused:
        workshop.publish(number, reason="  ")
    assert "reason" in refused.value.facts["fields"]
    with pytest.raises(Conflict) as changed:
        workshop.publish(number, seen=deploy.fingerprint(FILES))
    assert changed.value.code == "proposal.changed"


def test_who_stands_on_an_older_release_adopts_the_newer_first(workshop: Workshop) -> None:
    first, second = workshop.propose("1wd"), workshop.propose("5wh")
    workshop.publish(first)
    with pytest.raises(Conflict) as stale:
        workshop.publish(second)
    assert stale.value.code == "proposal.stale"
    workshop.do(design.adopt_release, second, keep_mine=[LIMITS], actor_id=XU)
    assert workshop.publish(second).id == 3
    assert ("adopted", XU) in workshop.acts()


def test_a_planned_proposal_waits_for_its_time_and_is_published_once(workshop: Workshop) -> None:
    number = workshop.propose()
    at = workshop.clock.now() + timedelta(days=2)
    assert workshop.publish(number, effective_at=at) is None
    assert workshop.state(number) == ("planned", None)
    with pytest.raises(Conflict) as kept:
        workshop.do(design.save_file, number, LIMITS, b"x", seen=1, actor_id=XU)
    assert kept.value.code == "proposal.planned"
    workshop.do(design.publish_planned, number)
    assert workshop.in_force() == FILES
    workshop.clock.set(at)
    assert workshop.ask(lambda db: design.due(db, now=at)) == [number]
    workshop.do(design.publish_planned, number)
    workshop.do(design.publish_planned, number)
    assert workshop.state(number) == ("published", 2)
    assert workshop.ask(lambda db: design.due(db, now=at)) == []
    assert workshop.acts()[-1] == ("published", LUO)


def test_a_plan_can_be_recalled_and_gives_way_to_what_came_before_it(workshop: Workshop) -> None:
    number, other = workshop.propose(), workshop.propose("5wh")
    at = workshop.clock.now() + timedelta(days=2)
    workshop.publish(number, effective_at=at)
    workshop.do(design.recall, number, actor_id=XU)
    workshop.do(design.recall, number, actor_id=XU)
    assert workshop.state(number) == ("open", None)
    workshop.publish(number, effective_at=at)
    workshop.publish(other)
    workshop.clock.set(at)
    with pytest.raises(Conflict) as refused:
        workshop.do(design.publish_planned, number)
    workshop.do(design.put_back, number, refused.value)
    found = workshop.ask(lambda db: design.get_proposal(db, number))
    assert (found.state, found.publish_at, bool(found.trouble)) == ("open", None, True)
    assert [act for act, _ in workshop.acts()].count("recalled") == 1
    assert workshop.acts()[-1] == ("refused", None)


def test_rolling_back_is_one_act_and_a_new_release(workshop: Workshop) -> None:
    workshop.publish(workshop.propose())
    release = workshop.do(design.roll_back, 1, reason="worse", actor_id=XU, expected=2)
    assert (release.id, workshop.in_force()) == (3, FILES)
    assert workshop.acts()[-1] == ("rolled_back", XU)
    with pytest.raises(Invalid):
        workshop.do(design.roll_back, 1, reason="again", actor_id=XU, expected=3)
    with pytest.raises(Conflict):
        workshop.do(design.roll_back, 2, reason="late", actor_id=XU, expected=2)


def test_of_two_publishers_at_once_one_wins(workshop: Workshop) -> None:
    numbers = [workshop.propose("1wd"), workshop.propose("5wh", LUO)]
    for number in numbers:  # judged before, as the pages do it
        workshop.ask(lambda db, n=number: deploy.judge(design.files_of(db, design.get_proposal(db, n))))
    said: list[str] = []
    gate = threading.Barrier(2)

    def act(number: int) -> None:
        gate.wait(10)
        try:
            workshop.publish(number)
            said.append("published")
        except Refusal as refusal:
            said.append(refusal.code)

    threads = [threading.Thread(target=act, args=(number,)) for number in numbers]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert "published" in said
    assert set(said) - {"published"} <= {"proposal.stale", "release.moved_on"}
    assert len(said) == 2
    assert sorted(workshop.state(number)[0] for number in numbers) == ["open", "published"]


def test_from_the_command_line_the_account_is_named(workshop: Workshop) -> None:
    files = {**FILES, LIMITS: FILES[LIMITS].replace(b"grid: 2wd", b"grid: 1wd")}
    workshop.do(design.publish_files, files, reason="r", actor_id=None, by="root")
    workshop.do(design.publish_files, files, reason="r", actor_id=None, by="root")
    rows = workshop.ask(lambda db: db.scalars(select(DesignAct)).all())
    assert [(each.act, each.facts["by"], each.release_id) for each in rows] == [("published", "root", 2)]
    without = {path: data for path, data in FILES.items() if path != "small/scenarios/settled.yaml"}
    proposal = workshop.do(design.propose_files, without, title="t", author_id=XU)
    assert workshop.ask(lambda db: design.files_of(db, design.get_proposal(db, proposal.id))) == without
