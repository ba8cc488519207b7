"""Logs as programs for process mining read them: the rules of both formats, and nothing about a person in either."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree
from sqlalchemy import select

from engine import event_log, history, simulate
from engine.cases import Case, Party
from engine.cli import main
from engine.config import load_config
from engine.errors import Invalid, NotAllowed
from engine.event_log import Format, Scope, Trace
from engine.people import OperatorEntry, Person, Viewer
from engine.reports import Period, Within
from engine.store import Store, open_store
from engine.tasks import Task
from engine.territory import Tiers, coarse
from tests.web import district as town

TIERS = Tiers(town.TIERS)
ALWAYS = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
XES = "{http://www.xes-standard.org/}"
TOP = ["extension", "global", "classifier", "string", "trace"]
STANDARD = {"schedule", "assign", "start", "complete", "withdraw"}
KINDS = {"string": str, "boolean": bool, "integer": int}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Some weeks of a district."""
    url = f"sqlite:///{tmp_path_factory.mktemp('log')}/district.sqlite"
    simulate.run(days=25, cases=40, seed=3, database_url=url, config=load_config(None, {}))
    store = open_store(url)
    yield store
    store.dispose()


def written(store: Store, format_: Format, *, language: str = "en", process: str | None = None) -> bytes:
    out = io.BytesIO()
    with store.reading() as session:
        scope = Scope(ALWAYS, Within("LHQ"), process)
        count = event_log.export(session, out, scope, format_, tiers=TIERS, language=language, name="A & B")
        assert count == event_log.how_many(session, scope)
    return out.getvalue()


def local(node: Any) -> str:
    return str(etree.QName(node).localname)


def test_xes_follows_the_standard(lived: Store) -> None:
    root = etree.fromstring(written(lived, Format.XES))
    assert root.tag == f"{XES}log"
    assert root.get("xes.version") == "1849-2016"
    order = [TOP.index(local(node)) for node in root]
    assert order == sorted(order)
    prefixes = {node.get("prefix") for node in root.iter(f"{XES}extension")}
    globals_ = {node.get("scope"): {each.get("key") for each in node} for node in root.iter(f"{XES}global")}
    traces = root.findall(f"{XES}trace")
    assert len(traces) > 10
    for trace in traces:
        attributes = [node for node in trace if local(node) != "event"]
        assert {node.get("key") for node in attributes} >= globals_["trace"]
        assert [local(node) for node in trace][-1] == "event"
        instants = []
        for event in trace.iter(f"{XES}event"):
            keys = [node.get("key") for node in event]
            assert len(keys) == len(set(keys))
            assert set(keys) >= globals_["event"]
            assert {key.split(":")[0] for key in keys} <= prefixes | {"maplebridge"}
            said = {node.get("key"): node.get("value") for node in event}
            assert said["lifecycle:transition"] in STANDARD
            instants.append(datetime.fromisoformat(said["time:timestamp"]))
        assert instants == sorted(instants)
        for node in trace.iter(f"{XES}int"):
            int(node.get("value"))
        assert {node.get("value") for node in trace.iter(f"{XES}boolean")} <= {"true", "false"}
    names = [trace.find(f"{XES}string[@key='concept:name']").get("value") for trace in traces]
    assert names == [f"case-{number:07d}" for number in range(1, len(traces) + 1)]


def test_ocel_follows_the_standard(lived: Store) -> None:
    log = json.loads(written(lived, Format.OCEL))
    assert set(log) == {"events", "objects", "objectTypes", "eventTypes"}
    objects = {each["id"]: each for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"]) > 100
    for kind, declared in (("events", "eventTypes"), ("objects", "objectTypes")):
        types = {each["name"]: {a["name"]: a["type"] for a in each["attributes"]} for each in log[declared]}
        assert len(types) == len(log[declared])
        for each in log[kind]:
            for attribute in each.get("attributes", ()):
                wanted = KINDS[types[each["type"]][attribute["name"]]]
                assert type(attribute["value"]) is wanted
                assert kind == "events" or datetime.fromisoformat(attribute["time"])
            assert {link["objectId"] for link in each.get("relationships", ())} <= set(objects)
            assert all(link["qualifier"] for link in each.get("relationships", ()))
    assert {each["type"] for each in log["objects"]} == {"case", "task", "area"}
    assert all(datetime.fromisoformat(each["time"]) for each in log["events"])
    assert all(any(objects[link["objectId"]]["type"] == "case" for link in e["relationships"]) for e in log["events"])


@pytest.mark.parametrize("format_", list(Format))
def test_nothing_tells_a_person_or_which_case_it_was(lived: Store, format_: Format) -> None:
    log = written(lived, format_, language="zh").decode()
    with lived.reading() as session:
        cases = session.scalars(select(Case)).all()
        parties = session.scalars(select(Party)).all()
        worked = select(Person).where(Person.id.in_(select(Task.completed_by)))
        secrets = {each.name_zh for each in session.scalars(worked)} | {each.name for each in parties}
        secrets |= {each.phone for each in parties if each.phone}
        assert len(secrets) > 50
        for case in cases:
            secrets |= {case.number, case.title, case.description, case.demand, case.address_text, case.place_id}
    assert {each for each in secrets if each and each in log and each != coarse(each)} == set()
    assert "办理" in log


def test_one_process_is_told_with_its_cases_only(lived: Store) -> None:
    root = etree.fromstring(written(lived, Format.XES, process="p_big"))
    told = {node.get("value") for node in root.iterfind(f".//{XES}string[@key='maplebridge:process']")}
    assert told == {"p_big"}
    whole = etree.fromstring(written(lived, Format.XES))
    assert 0 < len(root.findall(f"{XES}trace")) < len(whole.findall(f"{XES}trace"))


def test_pages_of_cases_join_without_a_gap(lived: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(lived, Format.XES)
    monkeypatch.setattr("engine.event_log.gather.CHUNK", 3)
    assert written(lived, Format.XES) == whole


def test_the_command_writes_whole_files_and_says_how_many(lived: Store, tmp_path: Path) -> None:
    xes, ocel = tmp_path / "log.xes", tmp_path / "log.json"
    asked = ["export", "--xes", str(xes), "--ocel", str(ocel), "--from", "2020-01-01", "--to", "2030-01-01", "--json"]
    where = ["--database", str(lived.engine.url)]
    told = CliRunner().invoke(main, [*asked, "--reason", "年度复盘", *where], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["cases"] == len(etree.parse(xes).getroot().findall(f"{XES}trace"))
    assert json.loads(ocel.read_text())["events"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log.json", "log.xes"]
    for wrong in (["--reason", " "], ["--reason", "x", "--area", "XYZ"], ["--reason", "x", "--to", "2019-01-01"]):
        assert CliRunner().invoke(main, [*asked, *wrong, *where]).exit_code == 1, wrong


NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEADER = Viewer(1, "吴", "Wu", None, (("LHQ", "leader"),))
STREET = Viewer(2, "黄", "Huang", None, (("LHQ.MZ", "leader"),))


@pytest.fixture
def rows(each_store: Store) -> Store:
    town.settle(each_store, now=NOW)
    closed: dict[str, Any] = {"state": "closed", "result": "resolved", "closed_at": NOW}
    with each_store.transaction() as session:
        case = town.add_case(session, now=NOW, **closed)
        task = town.add_task(session, case, now=NOW)
        task.state, task.completed_at, task.closed_at = "completed", NOW + timedelta(hours=1), NOW + timedelta(hours=1)
        facts = {"task": task.id, "choices": {"action": "sign", "note": "陈某打过电话", "people": 3, "ok": True}}
        history.record(session, case, "task.completed", actor_id=None, now=task.closed_at, facts=facts)
        moved = {"from": {"tier": "grid", "unit": "x"}, "to": {"tier": "zone", "unit": "y"}, "reason": "谢女士说的"}
        history.record(session, case, "case.raised", actor_id=None, now=task.closed_at, facts=moved)
        history.record(session, case, "comment.made", actor_id=None, now=task.closed_at, facts={"text": "秘密"})
        town.add_case(session, now=NOW)
        town.add_case(session, now=NOW, confidential=True, **closed)
        walled = town.add_case(session, now=NOW, walled=True, **closed)
        session.add(Party(case_id=walled.id, role="respondent", name="民治街道", unit_id="LHQ.MZ"))
        town.add_case(session, now=NOW, place="LHQ.GL.01", **{**closed, "closed_at": NOW - timedelta(days=9)})
    return each_store


def told(store: Store, viewer: Viewer | None, unit: str = "LHQ") -> list[Trace]:
    week = Period(NOW - timedelta(days=1), NOW + timedelta(days=1))
    with store.reading() as session:
        return list(event_log.traces(session, Scope(week, Within(unit, viewer)), tiers=TIERS, language="en"))


def test_a_trace_tells_steps_and_acts_in_order_and_no_text(rows: Store) -> None:
    traces = told(rows, STREET, "LHQ.MZ")
    assert len(traces) == 1
    (trace,) = traces
    assert trace.area == "LHQ.MZ.01"
    assert [(each.activity, each.lifecycle) for each in trace.events] == [
        ("case.filed", "complete"),
        ("Sign in", "schedule"),
        ("Sign in", "complete"),
        ("case.raised", "complete"),
    ]
    done, raised = trace.events[2:]
    assert done.attributes == {
        "process": "p_small",
        "element": "t_sign_in",
        "late": False,
        "choice_action": "sign",
        "choice_ok": True,
    }
    assert (done.area, done.tier, done.roles) == ("LHQ.MZ.01", "grid", "lead,deputy")
    assert raised.attributes == {"from_tier": "grid", "to_tier": "zone"}


def test_a_log_holds_what_its_taker_may_see(rows: Store) -> None:
    assert len(told(rows, LEADER)) == 2
    assert len(told(rows, None)) == 2
    assert told(rows, LEADER, "LHQ.GL") == []


def test_who_takes_a_log_is_written_down_with_the_reason(rows: Store) -> None:
    scope = Scope(Period(NOW, NOW), Within("LHQ.MZ", STREET), "p_small")
    with rows.transaction() as session:
        with pytest.raises(Invalid):
            event_log.record(session, scope, Format.XES, 3, viewer=STREET, reason="  ", now=NOW)
        foreign = Scope(Period(NOW, NOW), Within("LHQ", STREET))
        with pytest.raises(NotAllowed):
            event_log.record(session, foreign, Format.XES, 3, viewer=STREET, reason="审计", now=NOW)
        event_log.record(session, scope, Format.OCEL, 3, viewer=STREET, reason="年度复盘", now=NOW)
    with rows.reading() as session:
        (entry,) = session.scalars(select(OperatorEntry)).all()
        assert (entry.act, entry.subject, entry.reason) == ("history.exported", "unit:LHQ.MZ", "年度复盘")
        assert (entry.facts["format"], entry.facts["cases"], entry.facts["process"]) == ("ocel", 3, "p_small")
    with pytest.raises(Invalid, match="20,001"):
        event_log.must_be_few(event_log.MOST_AT_ONCE + 1)


def test_an_empty_log_is_whole(tmp_path: Path, rows: Store) -> None:
    never = Scope(Period(NOW - timedelta(days=900), NOW - timedelta(days=800)), Within("LHQ"))
    with rows.reading() as session:
        xes, ocel = io.BytesIO(), io.BytesIO()
        event_log.export(session, xes, never, Format.XES, tiers=TIERS, language="en", name="none")
        event_log.export(session, ocel, never, Format.OCEL, tiers=TIERS, language="en", name="none")
    assert etree.fromstring(xes.getvalue()).findall(f"{XES}trace") == []
    assert json.loads(ocel.getvalue())["events"] == []
