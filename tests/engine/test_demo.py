"""The demonstration: a living district up to this moment, made once, and never over anybody's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from engine import people
from engine.cases import Case
from engine.clock import ManualClock
from engine.config import Config
from engine.deadlines import Deadline
from engine.demo import seed_demo
from engine.errors import Conflict
from engine.main import Application, build
from engine.store import Store, migrate, open_store, table_of
from engine.tasks import Task
from engine.territory import Unit

NOW = datetime(2026, 3, 18, 7, 30, tzinfo=UTC)
"""A Wednesday afternoon in Shenzhen."""


def _application(store: Store, url: str) -> Application:
    config = Config()
    config = config.model_copy(update={"database": config.database.model_copy(update={"url": url})})
    return build(config, clock=ManualClock(NOW), store=store)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    store = open_store(url)
    migrate(store)
    application = _application(store, url)
    assert seed_demo(application)
    yield application
    store.dispose()


def test_a_few_hundred_cases_stand_at_every_stage(demo: Application) -> None:
    with demo.store.reading() as session:
        cases = session.scalars(select(Case)).all()
        stands = Counter(case.state for case in cases)
        tiers = Counter(case.tier for case in cases if not case.ended)
        asked = Counter(session.scalars(select(Task.form).where(Task.state == "open")))
    assert 250 <= len(cases) <= 400
    assert set(tiers) == set(demo.world.tiers.names)
    for state in ("assigned", "signed_in", "handling", "joint", "waiting_petitioner", "supervised", "closed"):
        assert stands[state], state
    for form in ("sign_in", "first_contact", "assess", "handle", "co_opinion", "resolve"):
        assert asked[form], form


def test_nothing_is_late_and_something_is_due_soon(demo: Application) -> None:
    with demo.store.reading() as session:
        armed = session.scalars(select(Deadline).where(Deadline.state == "armed")).all()
        raised = session.scalar(select(func.count()).select_from(Deadline).where(Deadline.state == "breached"))
    assert not [clock for clock in armed if clock.due_at <= NOW]
    assert [clock for clock in armed if clock.step == "handle" and clock.due_at <= NOW + timedelta(hours=26)]
    assert [clock for clock in armed if clock.warned_at is not None]
    assert raised


def test_the_offered_people_have_work(demo: Application) -> None:
    with demo.store.reading() as session:
        opened = session.scalars(select(Task).where(Task.state == "open")).all()
        for person, membership in people.demo_people(session):
            viewer = people.viewer_of(session, person.id)
            mine = [task for task in opened if viewer.holds(task.unit_id, task.role_names)]
            works = membership.role not in ("delegate", "instructor")  # they look on, nothing is asked of them
            if membership.role == "lead" or (
                works and demo.world.tiers.tier_of(membership.unit_id) in ("grid", "zone")
            ):
                assert len(mine) >= 3, (membership.unit_id, membership.role)


def test_matters_are_told_in_both_languages(demo: Application) -> None:
    with demo.store.reading() as session:
        titles = session.scalars(select(Case.title)).all()
    assert sum(" / " in title for title in titles) >= 10


def test_a_second_start_finds_it_and_does_nothing(demo: Application) -> None:
    with demo.store.reading() as session:
        before = session.scalar(select(func.count()).select_from(Case))
    assert seed_demo(demo) is False
    with demo.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == before


def test_other_data_are_never_mixed_with_a_demonstration(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.transaction() as session:
        row = {"id": "X", "parent_id": None, "tier": "district", "seq": 1, "name_zh": "某区", "name_en": "Some"}
        session.execute(insert(table_of(Unit)), [row])
    with pytest.raises(Conflict) as refusal:
        seed_demo(_application(store, sqlite_url))
    assert refusal.value.code == "demo.foreign_data"
    with store.reading() as session:
        assert session.scalars(select(Unit.id)).all() == ["X"]
    store.dispose()


def test_matters_file_is_read_whole() -> None:
    from engine.demo import cases
    from engine.strict_yaml import read_yaml

    document = read_yaml(Path(cases.MATTERS).read_text(encoding="utf-8"), "matters.yaml")
    assert document.problems == []
    assert len(document.value) >= 10
