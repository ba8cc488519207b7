"""The `maplebridge` command as people and machines use it: exit codes, JSON, sentences."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

ROOT = Path(__file__).resolve().parents[1]
REPORT = {
    "channel": "qr",
    "kind": "complaint",
    "category": "neighbour.leak",
    "title": "楼上漏水",
    "description": "卫生间顶部漏水半个月。",
    "place_id": "LHQ.MZ.01.01.01",
    "parties": [{"role": "applicant", "name": "陈某"}],
}


@pytest.fixture
def empty(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new.sqlite'}"


def run(*args: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, args, input=stdin, catch_exceptions=False)


def told(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.mark.parametrize("verb", main.commands)
def test_every_verb_explains_itself(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


def test_every_verb_is_shown_with_its_whole_sentence() -> None:
    shown = run("--help").stdout
    assert [line.split()[0] for line in shown.splitlines() if re.match(r"  [a-z]", line)][1:] == list(main.commands)
    assert "..." not in shown.partition("Options:")[2]


def test_wrong_use_is_exit_code_2() -> None:
    assert run("serve", "--nonsense").exit_code == 2
    assert run("check").exit_code == 2
    assert run("nonsense").exit_code == 2
    assert run("simulate", "--days", "0").exit_code == 2


def test_our_own_processes_are_clean() -> None:
    result = run("check", str(ROOT / "bpmn"), "--json")
    assert (result.exit_code, told(result)) == (0, [])


def test_one_process_is_checked_and_played_with_its_neighbours() -> None:
    assert told(run("check", str(ROOT / "bpmn" / "small"), "--json")) == []
    document = told(run("play", str(ROOT / "bpmn" / "small"), "--json"))
    assert {each["name"].split("/")[0] for each in document["scenarios"]} == {"small"}


def test_one_process_is_published_over_what_is_in_force(published: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bpmn", tmp_path / "bpmn")
    limits = tmp_path / "bpmn" / "small" / "limits.yaml"
    limits.write_text(limits.read_text(encoding="utf-8").replace("grid: 2wd", "grid: 1wd"), encoding="utf-8")
    (tmp_path / "bpmn" / "big" / "limits.yaml").unlink()
    result = run("publish", str(limits.parent), "--reason", "quicker", "--database", published, "--json")
    assert (result.exit_code, told(result)["release"], told(result)["changed"]) == (0, 2, "small")


def test_with_four_eyes_the_command_line_proposes(empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "bpmn", tmp_path / "bpmn")
    monkeypatch.setenv("MAPLEBRIDGE_PUBLISHING__FOUR_EYES", "true")
    give = ("publish", str(tmp_path / "bpmn"), "--database", empty, "--json", "--reason")
    assert told(run(*give, "the first needs no other eyes"))["release"] == 1
    (tmp_path / "units.csv").write_text("id,name_zh,name_en\nLHQ,龙华区,Longhua\n", encoding="utf-8")
    run("units", str(tmp_path / "units.csv"), "--database", empty)
    for name, role in (("xu", "designer"), ("zheng", "operator")):
        person = ("account", name, "--name-zh", "某", "--name-en", name, "--role", role, "--unit", "LHQ")
        assert run(*person, "--database", empty).exit_code == 0
    limits = tmp_path / "bpmn" / "small" / "limits.yaml"
    limits.write_text(limits.read_text(encoding="utf-8").replace("grid: 2wd", "grid: 1wd"), encoding="utf-8")
    for by, code in (([], "publish.four_eyes"), (["zheng"], "act.not_yours"), (["nobody"], "person.unknown")):
        refused = run(*give, "quicker", *(("--by", by[0]) if by else ()))
        assert (refused.exit_code, told(refused)["code"]) == (1, code)
    assert told(run(*give, "quicker", "--by", "xu")) == {"proposal": 1}
    monkeypatch.setenv("MAPLEBRIDGE_PUBLISHING__FOUR_EYES", "false")
    assert told(run(*give, "quicker", "--by", "xu"))["release"] == 2


def test_every_scenario_passes_and_every_element_is_visited() -> None:
    result = run("play", str(ROOT / "bpmn"), "--json")
    document = told(result)
    assert result.exit_code == 0
    assert len(document["scenarios"]) > 60
    assert all(each["passed"] for each in document["scenarios"])
    assert document["unvisited"] == {}


def test_a_foreign_file_is_checked_and_each_finding_says_what_and_where(tmp_path: Path) -> None:
    broken = tmp_path / "foreign.bpmn"
    broken.write_text(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">\n'
        '<process id="p" isExecutable="true"><startEvent id="s"/>\n<complexGateway id="g"/>\n'
        '<sequenceFlow id="f" sourceRef="s" targetRef="g"/></process></definitions>',
        encoding="utf-8",
    )
    result = run("check", "--json", str(broken))
    findings = told(result)
    assert result.exit_code == 1
    assert {"file", "element", "line", "code", "severity", "message"} <= set(findings[0])
    assert any(each["element"] == "g" and each["line"] == 3 and each["severity"] == "error" for each in findings)


@pytest.mark.parametrize("content", [b"", b"<not xml", b"\x00\x01", b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>'])
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.bpmn"
    path.write_bytes(content)
    result = run("check", "--json", str(path))
    assert result.exit_code == 1
    assert [each["severity"] for each in told(result)] == ["error"]


def test_a_database_lives_from_migration_to_verification(empty: str, tmp_path: Path) -> None:
    assert told(run("migrate", "--database", empty, "--json"))["from"] is None
    assert (
        told(run("migrate", "--database", empty, "--json"))["from"]
        == told(run("migrate", "--database", empty, "--json"))["to"]
    )
    refused = run("file", "--database", empty, "--json", stdin=json.dumps(REPORT))
    assert (refused.exit_code, told(refused)["code"]) == (1, "filing.invalid")
    organise(empty)
    unpublished = run("file", "--database", empty, "--json", stdin=json.dumps(REPORT))
    assert told(unpublished)["code"] == "release.none"
    published = run("publish", str(ROOT / "bpmn"), "--reason", "first", "--database", empty, "--json")
    assert told(published)["release"] == 1
    filed = told(run("file", "--database", empty, "--json", stdin=json.dumps(REPORT)))
    assert (filed["tier"], filed["holder"], filed["severity"]) == ("grid", "LHQ.MZ.01.01.01", 1)
    verified = run("verify", "--database", empty, "--json")
    assert (verified.exit_code, told(verified)) == (0, {"ok": True, "violations": []})


def test_an_installation_begins_with_units_and_an_operator(empty: str, tmp_path: Path) -> None:
    run("migrate", "--database", empty)
    table = tmp_path / "units.csv"
    table.write_text("id,name_zh,name_en\nLHQ,龙华区,Longhua\nLHQ.MZ,民治街道,Minzhi\n", encoding="gb18030")
    person = ("account", "admin", "--name-zh", "管理员", "--name-en", "Admin", "--database", empty, "--json")
    too_early = run(*person, "--role", "operator", "--unit", "LHQ")
    assert (too_early.exit_code, told(too_early)["code"]) == (1, "unit.none")
    for dry in (["--dry-run"], []):
        assert told(run("units", str(table), *dry, "--database", empty, "--json"))["added"] == 2
    assert told(run("units", str(table), "--database", empty, "--json"))["same"] == 2
    register = tmp_path / "organisations.csv"
    register.write_text("seat,kind,name_zh,name_en,areas\nLHQ,industry,物业调委会,Property,LHQ\n", encoding="utf-8")
    for dry in (["--dry-run"], []):
        assert told(run("mediation", str(register), *dry, "--database", empty, "--json"))["added"] == 1
    register.write_text("organisation,name_zh,name_en\nLHQ.o1,包某,Bao\n", encoding="utf-8")
    assert told(run("mediation", str(register), "--database", empty, "--json"))["what"] == "mediators"
    half = run(*person, "--role", "operator")
    assert (half.exit_code, told(half)["code"]) == (1, "role.half")
    nowhere = run(*person, "--role", "operator", "--unit", "LHQ.NO")
    assert (nowhere.exit_code, told(nowhere)["code"]) == (1, "unit.unknown")
    assert len(told(run(*person, "--role", "operator", "--unit", "LHQ"))["password"]) == 19
    assert told(run(*person))["code"] == "person.invalid"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place_id": "LHQ.XX.99"}, "place_id"),
        ({"title": ""}, "title"),
        ({"channel": "pigeon"}, "channel"),
        ({"facts": {"people_count": "many"}}, "people_count"),
        ({"facts": {"colour": 1}}, "colour"),
        ({"tier": "district"}, "tier"),
        ({"received_at": "2999-01-01T00:00:00+08:00"}, "received_at"),
        ({"parties": [{"role": "applicant"}]}, "parties.0.name"),
    ],
)
def test_a_report_that_cannot_be_taken_names_the_field(published: str, change: Mapping[str, Any], field: str) -> None:
    result = run("file", "--database", published, "--json", stdin=json.dumps({**REPORT, **change}))
    assert result.exit_code == 1
    assert field in told(result)["facts"]["fields"]


def test_running_cases_are_looked_at_moved_and_taken_back(published: str, tmp_path: Path) -> None:
    filed = told(run("file", "--database", published, "--json", stdin=json.dumps(REPORT)))
    folder = tmp_path / "bpmn"
    shutil.copytree(ROOT / "bpmn", folder)
    diagram = folder / "small" / "small.bpmn"
    diagram.write_text(diagram.read_text().replace("签收 / Sign in", "接收 / Sign in"))
    assert told(run("publish", str(folder), "--database", published, "--reason", "words", "--json"))["release"] == 2
    asked = ("migrate-cases", "--database", published, "--json")
    looked = told(run(*asked, "--from", "1", "--dry-run"))
    assert looked["cases"] == [{"case": filed["number"], "process": "p_case", "goes": True}]
    moved = told(run(*asked, "--from", "1", "--reason", "words"))
    assert moved == {"migration": 1, "outcomes": {"moved": 1}, "staying": []}
    assert told(run(*asked, "--from", "1", "--dry-run"))["cases"] == []
    assert told(run(*asked, "--undo", "1", "--reason", "early"))["outcomes"] == {"undone": 1}
    assert told(run("verify", "--database", published, "--json"))["ok"]
    again = run(*asked, "--undo", "1", "--reason", "early")
    assert (again.exit_code, told(again)["code"]) == (1, "migration.not_done")
    assert run(*asked).exit_code == 2


def test_an_unmigrated_database_is_refused_with_the_command_to_run(empty_postgres_url: str) -> None:
    result = run("verify", "--database", empty_postgres_url)
    assert result.exit_code == 1
    assert "maplebridge migrate" in result.stderr


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("migrate", "--database", f"sqlite:///{tmp_path}/file/new.db")
    assert result.exit_code == 1
    assert "cannot be made" in result.stderr


def test_a_database_that_is_not_there_is_not_made_to_be_verified(tmp_path: Path) -> None:
    result = run("verify", "--database", f"sqlite:///{tmp_path}/mistyped.db")
    assert result.exit_code == 1
    assert "There is no database" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.fixture
def published(empty: str) -> str:
    run("migrate", "--database", empty)
    organise(empty)
    assert run("publish", str(ROOT / "bpmn"), "--reason", "first", "--database", empty).exit_code == 0
    return empty


def organise(url: str) -> None:
    """Just the line of units the report needs."""
    from engine.store import open_store
    from engine.territory import Unit

    store = open_store(url)
    line = [
        ("LHQ", "district"),
        ("LHQ.MZ", "street"),
        ("LHQ.MZ.01", "community"),
        ("LHQ.MZ.01.01", "zone"),
        ("LHQ.MZ.01.01.01", "grid"),
    ]
    with store.transaction() as session:
        for unit_id, tier in line:
            parent = unit_id.rpartition(".")[0] or None
            session.add(Unit(id=unit_id, parent_id=parent, tier=tier, seq=1, name_zh=tier, name_en=tier))
            session.flush()
    store.dispose()


def test_documents_names_what_no_case_names_and_removes_it_when_told(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A young file is left alone: its case may be about to be filed."""
    folder = tmp_path / "documents"
    monkeypatch.setenv("MAPLEBRIDGE_DEMO", "true")
    monkeypatch.setenv("MAPLEBRIDGE_DOCUMENTS__FOLDER", str(folder))
    run("migrate", "--database", empty)
    old, young = folder / "ab" / ("ab" + "0" * 62), folder / "cd" / ("cd" + "0" * 62)
    for path in (old, young):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    found = run("documents", "--json", "--database", empty)
    assert (found.exit_code, told(found)) == (0, {"orphans": [str(old)], "missing": [], "damaged": []})
    assert "1 orphan(s) removed" in run("documents", "--remove-orphans", "--database", empty).stdout
    assert (old.exists(), young.exists()) == (False, True)


def test_templates_are_printed_for_the_modeler_with_what_one_process_has() -> None:
    everywhere = told(run("templates", "--language", "en"))
    here = told(run("templates", str(ROOT / "bpmn" / "small")))
    assert {each["id"] for each in everywhere} == {each["id"] for each in here}
    assert "first_contact" in json.dumps(here)
    assert "first_contact" not in json.dumps(everywhere)
