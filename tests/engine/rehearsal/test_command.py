"""`maplebridge rehearse` does the same at once, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from engine.cli import main

BPMN = Path(__file__).resolve().parents[3] / "bpmn"


def run(database: Path, *args: str) -> Result:
    asked = ("rehearse", str(BPMN), "--from", "2025-01-01", "--database", f"sqlite:///{database}", "--json", *args)
    return CliRunner().invoke(main, asked, catch_exceptions=False)


def test_the_command_says_what_the_page_says(district_file: Path) -> None:
    before = district_file.read_bytes()
    result = run(district_file, "--to", "2025-12-31")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["cases"] > 80
    assert told["differing"] == 0
    assert told["measures"]["rises"][0] == told["measures"]["rises"][1] > 30
    assert len(told["hash"]) == 64
    assert district_file.read_bytes() == before


def test_too_few_cases_are_refused(district_file: Path) -> None:
    result = run(district_file, "--to", "2025-01-02", "--area", "LHQ.MZ.01")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["code"] == "rehearsal.size"
