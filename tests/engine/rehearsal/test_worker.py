"""The background work: leased, in portions, called off, taken up again, always with the same result; and anonymous."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import deploy, rehearsal, simulate
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.config import Config
from engine.errors import Conflict, Invalid, NotFound
from engine.main import read_calendar
from engine.people import Person
from engine.process import World
from engine.rehearsal import Rehearsal, RehearsedCase, Worker, hash_of, rehearsed
from engine.scheduler import Scheduler
from engine.store import Store, open_store
from engine.territory import ancestors

LIMITS = "small/limits.yaml"
FIRST, LAST = date(2025, 1, 1), date(2025, 3, 31)


@dataclass
class Shop:
    store: Store
    world: World
    clock: ManualClock
    designer: int
    files: dict[str, bytes]

    def ask(self, unit_id: str = "LHQ", until: date = LAST, since: date = FIRST) -> int:
        with self.store.transaction() as session:
            return rehearsal.ask(
                session,
                self.world,
                self.files,
                since=since,
                until=until,
                unit_id=unit_id,
                release_id=1,
                asked_by=self.designer,
                now=self.clock.now(),
            ).id

    def worker(self, name: str) -> Worker:
        return Worker(self.store, self.world, self.clock, name=name)

    def row(self, number: int) -> Rehearsal:
        with self.store.reading() as session:
            return rehearsal.get(session, number)

    def finish(self, worker: Worker, number: int) -> Rehearsal:
        while worker.work():
            pass
        return self.row(number)


@contextmanager
def opened(url: str, clock: ManualClock) -> Iterator[Shop]:
    store, config = open_store(url), Config()
    with store.reading() as session:
        world = World(config, read_calendar(session, config))
        designer = session.scalars(select(Person.id)).first()
        files = deploy.files_in_force(session)
    assert designer is not None
    files[LIMITS] = files[LIMITS].replace(b"grid: 2wd", b"grid: 1wd").replace(b"building: 1wd", b"building: 4wh")
    yield Shop(store, world, clock, designer, files)
    store.dispose()


@pytest.fixture
def shop(district_file: Path, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(rehearsal.worker, "PORTION", 20)
    copied = tmp_path / "district.sqlite"
    shutil.copyfile(district_file, copied)
    with opened(f"sqlite:///{copied}", clock) as shop:
        yield shop


@pytest.fixture
def on_postgres(empty_postgres_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(rehearsal.worker, "PORTION", 5)
    simulate.run(days=40, cases=24, seed=11, database_url=empty_postgres_url)
    with opened(empty_postgres_url, clock) as shop:
        yield shop


@pytest.mark.parametrize("kind", ["shop", pytest.param("on_postgres", marks=pytest.mark.postgres)])
def test_a_node_that_dies_loses_a_portion_and_another_comes_to_the_same_result(
    kind: str, request: pytest.FixtureRequest
) -> None:
    shop: Shop = request.getfixturevalue(kind)
    alone = shop.finish(shop.worker("one"), shop.ask())
    assert alone.state == "done"
    assert alone.done == alone.total > 15
    assert alone.result is not None
    assert alone.result["differing"] > 0

    number, dying, living = shop.ask(), shop.worker("dying"), shop.worker("living")
    assert dying.work()
    assert dying.work()
    assert 0 < shop.row(number).done < alone.total
    assert not living.work(), "the lease still holds"
    shop.clock.advance(timedelta(minutes=2))
    taken = shop.finish(living, number)
    assert (taken.state, taken.result_hash) == ("done", alone.result_hash)
    assert taken.result == alone.result
    with shop.store.reading() as session:
        assert hash_of(rehearsed(session, number)) == alone.result_hash
        cases = session.scalars(select(RehearsedCase).where(RehearsedCase.rehearsal_id == number)).all()
        assert sorted(case.number for case in cases) == list(range(1, alone.total + 1))
        assert all((case.trace is not None) == case.differs for case in cases)
        _tells_nobody_which_case_it_was(session, cases)
    dying.work()
    assert shop.row(number).result_hash == alone.result_hash


def _tells_nobody_which_case_it_was(session: Session, cases: Sequence[RehearsedCase]) -> None:
    said = json.dumps([[c.category, c.before, c.after, c.assumed_at, c.trace] for c in cases], ensure_ascii=False)
    secrets = {party.name for party in session.scalars(select(Party))}
    for case in session.scalars(select(Case)):
        secrets |= {case.number, case.title, case.description, case.description[:20], case.address_text or ""}
        secrets |= {case.received_at.date().isoformat(), *(u for u in ancestors(case.place_id) if u.count(".") > 2)}
    assert len(secrets) > 50
    assert {secret for secret in secrets if secret and secret in said} == set()


def test_calling_off_is_felt_at_the_next_portion_and_forgets_everything(shop: Shop) -> None:
    number, worker = shop.ask(), shop.worker("one")
    worker.work()
    with pytest.raises(Conflict, match="under way"):
        shop.ask()
    with shop.store.transaction() as session:
        rehearsal.cancel(session, number, now=shop.clock.now())
        rehearsal.cancel(session, number, now=shop.clock.now())  # twice is once
    assert shop.finish(worker, number).state == "cancelled"
    with shop.store.reading() as session:
        assert session.scalars(select(RehearsedCase)).all() == []
        with pytest.raises(NotFound):
            rehearsal.traced(session, number, 1)
    shop.ask()  # another may be asked for


def test_what_cannot_be_rehearsed_is_refused_with_its_field(shop: Shop) -> None:
    today = shop.clock.now().date()
    cases = [
        ({"since": LAST, "until": FIRST}, "since"),
        ({"until": today}, "until"),
        ({"unit_id": "LHQ.MZ.01.01"}, "unit"),
        ({"unit_id": "NOWHERE"}, "unit"),
        ({"since": FIRST, "until": FIRST}, "since"),  # fewer than five cases would show who they are
    ]
    for given, field in cases:
        with pytest.raises(Invalid) as refused:
            shop.ask(**given)  # type: ignore[arg-type]
        assert set(refused.value.facts["fields"]) == {field}, given
    shop.files["small/small.bpmn"] = b"<nothing/>"
    with pytest.raises(Invalid) as refused:
        shop.ask()
    assert refused.value.code == "rehearsal.cannot_run"


def test_confidential_cases_are_left_out(shop: Shop) -> None:
    with shop.store.transaction() as session:
        ids = session.scalars(select(Case.id).where(Case.closed_at.is_not(None)).order_by(Case.id)).all()
        session.execute(update(Case).where(Case.id == ids[0]).values(confidential=True))
    row = shop.finish(shop.worker("one"), shop.ask())
    assert row.done == len(ids) - 1


def test_the_scheduler_works_it_off_and_looks_again_while_it_does(shop: Shop) -> None:
    number = shop.ask()
    scheduler = Scheduler(shop.store, shop.world, shop.clock, name="node")
    with scheduler._rehearsing:
        assert scheduler.rehearse() == 0
    assert scheduler.rehearse() > 2
    assert shop.row(number).state == "done"
    assert scheduler.rehearse() == 0


def test_a_fault_in_the_work_ends_the_rehearsal_and_not_the_node(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number, worker = shop.ask(), shop.worker("one")

    def broken(*_: object, **__: object) -> None:
        raise NotFound("form.missing", "There is no such form.")

    monkeypatch.setattr(rehearsal.compare.Rehearsing, "compare", broken)
    row = shop.finish(worker, number)
    assert (row.state, row.trouble) == ("failed", "form.missing")
    assert not worker.work()
