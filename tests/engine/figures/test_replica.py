"""A small replica of the published half year: whole, and counted twice by different ways, also as of an earlier day.

The full one is counted by `python -m bench.prove.replica`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import figures, reports, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.config import load_config
from engine.demo import Plan, seed_replica
from engine.figures import Wanted
from engine.main import Application, build
from engine.reports import Ask
from engine.store import Store, migrate, open_store
from tests.conftest import import_tables
from tests.engine.figures.naive import Naive, exported

PART = 0.004


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Application, Plan]]:
    import_tables()
    folder: Path = tmp_path_factory.mktemp("replica")
    config = load_config(None, {"MAPLEBRIDGE_DOCUMENTS__FOLDER": str(folder / "documents")})
    store: Store = open_store(f"sqlite:///{folder / 'replica.db'}", durable=False)
    migrate(store)
    plan = Plan.read(PART)
    as_of = seed_replica(store, config, plan)
    yield build(config, store=store, clock=ManualClock(as_of)), plan
    store.dispose()


@pytest.fixture(scope="module")
def rows(replica: tuple[Application, Plan]) -> Any:
    with replica[0].store.reading() as session:
        return exported(session)


def asked(replica: tuple[Application, Plan], as_of: datetime | None = None) -> Ask:
    application, plan = replica
    wanted = Wanted("LHQ", plan.first, plan.last, as_of or application.clock.now())
    return figures.ask_of(application.world, wanted)


def test_it_is_whole(replica: tuple[Application, Plan]) -> None:
    application, _plan = replica
    assert verify.check(application.store, application.world, now=application.clock.now()) == []


@pytest.mark.parametrize("days_ago", [0, 40])
def test_another_way_of_counting_agrees_to_the_last_case(
    replica: tuple[Application, Plan], rows: Any, days_ago: int
) -> None:
    application, _plan = replica
    ask = asked(replica, application.clock.now() - timedelta(days=days_ago))
    naive = Naive(rows, ask.period.start, ask.period.end, ask.as_of).figures()
    told = set()
    with application.store.reading() as session:
        found = reports.measure(session, figures.metrics_of(application.world), ask)
        for metric in figures.metrics_of(application.world):
            above, below = naive.get(metric.id, ([], None if metric.below is None else []))
            ids = reports.ids_behind(session, metric, ask, "above")
            assert ids == above, (metric.id, "above")
            value = found[metric.id].value
            if metric.id != "reception_visitors":
                assert value.above == len(above), metric.id
            if metric.below is not None:
                assert reports.ids_behind(session, metric, ask, "below") == below, (metric.id, "below")
                assert value.below == len(below or ())
            told.add(metric.id)
    assert set(naive) <= told


def test_it_holds_what_the_article_counts(replica: tuple[Application, Plan]) -> None:
    application, plan = replica
    ask, metrics = asked(replica), figures.metrics_of(application.world)
    year = figures.a_year_before
    before = reports.a_year_before(ask, figures.period(application.world, year(plan.first), year(plan.last)))
    with application.store.reading() as session:
        found = reports.measure(session, metrics, ask, before=before)
        scanned = reports.by(session, metrics_by(application)["resolution_rate"], ask, Case.channel)["qr"]
    many = plan.many
    assert (scanned.above, scanned.below) == (
        many("scan_codes", "resolved"),
        many("scan_codes", "resolved") + many("scan_codes", "not_resolved"),
    )
    counted = {name: (each.value.above, each.value.below) for name, each in found.items()}
    first, again = many("petitions", "first_time"), many("petitions", "came_again")
    assert counted["first_petition_one_off_rate"] == (first, first + again)
    assert counted["petition_total"] == (first + 2 * again + many("petitions", "others"), None)
    assert found["petition_total"].before == reports.Value(many("petitions", "of_the_year_before"))
    for name in ("timely_acceptance_rate", "on_time_reply_rate"):
        assert counted[name][0] == counted[name][1] != 0, name
    agreed, not_agreed = many("mediations", "agreed"), many("mediations", "not_agreed")
    assert counted["industry_mediation_success_rate"] == (agreed, agreed + not_agreed)
    substance = many("backlog", "in_substance")
    assert counted["closure_rate"] == (substance, substance + many("backlog", "by_procedure"))
    assert counted["session_count"][0] == many("sessions", "held")
    assert counted["issues_solved"][0] == many("sessions", "answered") + many("sessions", "closed")
    visits = many("receptions", "solved") + many("receptions", "unsolved")
    assert counted["reception_solved"][0] == many("receptions", "solved")
    assert counted["reception_visitors"][0] == visits + min(visits, many("receptions", "people_more"))


def metrics_by(application: Application) -> dict[str, reports.Metric]:
    return {each.id: each for each in figures.metrics_of(application.world)}
