"""A simulated district: equal seeds give equal histories everywhere, and tables equal what the processes wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, select

from engine import history, runtime, simulate
from engine.cases import Case
from engine.config import Config
from engine.deadlines import Deadline
from engine.deploy import Releases
from engine.errors import Invalid
from engine.history import HistoryEntry
from engine.main import read_calendar
from engine.process import Instance
from engine.simulate import Places
from engine.simulate.answers import fill
from engine.simulate.arrivals import arrivals
from engine.simulate.shares import CATEGORIES
from engine.simulate.texts import texts
from engine.store import Store, open_store
from engine.tasks import Choice, Task, Words, read_form
from engine.territory import Tiers
from tests import postgres

RUN: dict[str, Any] = {"days": 20, "cases": 40, "seed": 7}
DIFFERS = {"wall_s", "cpu_s"}


Lived = tuple[dict[str, Any], Store]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    yield from _lived(f"sqlite:///{tmp_path_factory.mktemp('lived') / 'district.db'}")


@pytest.fixture(scope="module")
def on_postgres(postgres_server: postgres.Server) -> Iterator[Lived]:
    with postgres_server.database() as url:
        yield from _lived(url)


def _lived(url: str) -> Iterator[Lived]:
    """One run on either database, kept for all tests that look and do not touch."""
    result = simulate.run(**RUN, database_url=url)
    store = open_store(url)
    yield result.as_json(), store
    store.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def lived(request: pytest.FixtureRequest) -> Lived:
    found: Lived = request.getfixturevalue("on_sqlite" if request.param == "sqlite" else "on_postgres")
    return found


@pytest.fixture(scope="module")
def first(on_sqlite: Lived) -> dict[str, Any]:
    return on_sqlite[0]


@pytest.mark.postgres
def test_equal_seeds_give_equal_histories_on_every_database(on_sqlite: Lived, on_postgres: Lived) -> None:
    first, again = ({k: v for k, v in result.items() if k not in DIFFERS} for result, _ in (on_sqlite, on_postgres))
    assert again == first


def test_another_seed_gives_another_history(first: dict[str, Any]) -> None:
    other = simulate.run(**{**RUN, "cases": 5, "seed": 8}).as_json()
    assert other["history_hash"] != first["history_hash"]
    assert other["filed"] == 5


def test_much_happens_and_nothing_fails(first: dict[str, Any]) -> None:
    assert first["filed"] == 40
    assert first["closed"] + first["open"] == 40
    assert first["closed"] == sum(first["closed_per_tier"].values()) + first["withdrawn"]
    rises = first["escalations_per_tier_and_reason"]
    assert first["escalations"] == sum(count for reasons in rises.values() for count in reasons.values()) > 0
    assert first["closed"] > 20
    assert first["failed"] == 0
    assert first["issued"] > 0


def test_tables_equal_what_the_processes_wait_for(lived: Lived) -> None:
    """Open tasks are the waiting user tasks, live deadlines the waiting timers, in every running process."""
    _, store = lived
    releases = Releases()
    with store.reading() as session:
        running = session.scalars(select(Instance).where(Instance.ended_at.is_(None)).order_by(Instance.id)).all()
        assert running
        for instance in running:
            package = releases.get(session, instance.release_id).package
            waiting = runtime.inspect(package, instance.state)
            opened = session.scalars(
                select(Task.token).where(Task.instance_id == instance.id, Task.state == "open").order_by(Task.token)
            ).all()
            live = session.scalars(
                select(Deadline.token).where(
                    Deadline.instance_id == instance.id, Deadline.state.in_(("armed", "paused"))
                )
            ).all()
            assert sorted(opened) == sorted(task.token for task in waiting.tasks)
            timers = {timer.token for timer in waiting.timers}
            assert timers - set(live) == set()
            paused = session.scalars(
                select(Deadline.token).where(Deadline.instance_id == instance.id, Deadline.state == "paused")
            ).all()
            assert set(live) - timers <= set(paused)


def test_every_history_is_whole(lived: Lived) -> None:
    result, store = lived
    with store.reading() as session:
        heads = {row.id: (row.history_seq, row.history_hash) for row in session.execute(select(Case)).scalars()}
        last: dict[int, tuple[int, str]] = {}
        entries = session.scalars(select(HistoryEntry).order_by(HistoryEntry.case_id, HistoryEntry.seq)).all()
        for entry in entries:
            seq, before = last.get(entry.case_id, (0, ""))
            row = {name: getattr(entry, name) for name in ("case_id", "at", "actor_id", "act", "facts", "after")}
            assert (entry.seq, entry.previous_hash) == (seq + 1, before)
            assert entry.hash == history.digest({**row, "seq": entry.seq, "previous_hash": entry.previous_hash})
            last[entry.case_id] = (entry.seq, entry.hash)
    assert last == heads
    assert len(entries) == result["history_entries"]


def test_a_database_with_data_is_refused_and_left_alone(lived: Lived) -> None:
    result, store = lived
    with pytest.raises(Invalid) as refusal:
        simulate.run(**RUN, database_url=store.engine.url.render_as_string(hide_password=False))
    assert refusal.value.code == "simulate.not_empty"
    with store.reading() as session:
        assert len(session.scalars(select(Case.id)).all()) == result["filed"]


def test_a_refused_database_got_no_tables(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE unit (id TEXT)")
        connection.exec_driver_sql("INSERT INTO unit VALUES ('x')")
    engine.dispose()
    with pytest.raises(Invalid):
        simulate.run(**RUN, database_url=url)


def _places() -> Places:
    units = [("L", "district"), *((f"L.{n:02d}", "street") for n in range(4))]
    units += [(f"L.{n:02d}.{m:02d}", "community") for n in range(4) for m in range(5)]
    units += [(f"{unit}.01", "zone") for unit, tier in list(units) if tier == "community"]
    units += [(f"{unit}.{k:02d}", "grid") for unit, tier in list(units) if tier == "zone" for k in range(10)]
    units += [(f"{unit}.01", "building") for unit, tier in list(units) if tier == "grid"]
    return Places(units, Tiers.of(["building", "grid", "zone", "community", "street", "district"]), 1)


def test_arrivals_have_the_shares_of_the_field() -> None:
    calendar = read_calendar(None, Config())
    drawn = list(arrivals(_places(), calendar, start=date(2025, 1, 6), days=365, cases=6000, seed=3))
    assert len(drawn) == 6000
    instants = [each.filing.received_at for each in drawn]
    assert instants == sorted(instants)
    share = {c: sum(1 for each in drawn if each.filing.category == c) / 6000 for c in CATEGORIES}
    assert all(abs(share[c] - wanted) < 0.025 for c, wanted in CATEGORIES.items())
    assert 0.40 < sum(1 for each in drawn if each.filing.channel == "hotline_12345") / 6000 < 0.44
    festival = sum(1 for at in instants if date(2025, 1, 28) <= at.date() <= date(2025, 2, 4))
    plain = sum(1 for at in instants if date(2025, 3, 4) <= at.date() <= date(2025, 3, 11))
    assert festival < plain / 2
    night = sum(1 for at in instants if at.hour < 6)
    assert night < 300
    grids = sorted(sum(1 for e in drawn if e.filing.place_id.startswith(g)) for g in _places().units["grid"])[::-1]
    busiest = sum(grids[: len(grids) // 5]) / sum(grids)
    assert 0.45 < busiest < 0.80


def test_every_category_has_words_and_every_slot_is_filled() -> None:
    assert set(texts().matters) == set(CATEGORIES)
    drawn = arrivals(_places(), read_calendar(None, Config()), start=date(2025, 1, 6), days=30, cases=800, seed=5)
    for each in drawn:
        filing = each.filing
        for text in (filing.title, filing.description, filing.demand or "", *(p.name for p in filing.parties)):
            assert text
            assert "{" not in text
            assert "|" not in text


def test_answers_are_found_for_every_form_that_ships() -> None:
    offered = [Choice(str(n), Words("单位", "unit")) for n in range(3)]
    paths = sorted(simulate.PROCESSES.rglob("*.form"))
    assert len(paths) > 10
    for path in paths:
        if path.stem == "file_case":
            continue
        form = read_form(path.name, path.read_bytes())
        for turn in range(20):
            answers = fill(
                form,
                {},
                choices=dict.fromkeys(
                    ("community_units", "competent_units", "mediation_organisations", "mediators", "parties"), offered
                ),
                now=datetime(2026, 3, 2, 1, tzinfo=UTC),
                zone=ZoneInfo("Asia/Shanghai"),
                chance=Random(turn),
            )
            assert answers
