"""The field's sample cases from filing to end, over HTTP, on the manual clock."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from engine import verify
from engine.clock import ManualClock
from engine.config import load_config
from engine.main import build
from engine.store import open_store
from tests.stories.district import District, at
from tests.stories.walk import Office, Walk

SAMPLES = yaml.safe_load((Path(__file__).parent / "samples.yaml").read_text(encoding="utf-8"))
BEGINS = "2024-06-30 09:00"
DRAWN = {"MAPLEBRIDGE_POLICY__RETURN_VISIT_SHARE": "1", "MAPLEBRIDGE_POLICY__QUALITY_SAMPLE_SHARE": "0"}
"""Every closed case has its return visit; a repeated matter is checked, and no other."""


@pytest.fixture(scope="module")
def walks(_sqlite_district: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walk]:
    """All of them at once, in one district: what one does must not change another."""
    path = tmp_path_factory.mktemp("samples") / "district.sqlite"
    shutil.copyfile(_sqlite_district, path)
    clock = ManualClock(at(BEGINS))
    store = open_store(f"sqlite:///{path}", durable=False)
    here = District(build(load_config(None, DRAWN), clock=clock, store=store), clock)
    here.publish()
    walked = Office(here, here.application.web(), clock).walk(SAMPLES)
    assert [str(each) for each in verify.check(here.store, here.world, now=clock.now())] == []
    store.dispose()
    return {walk.sample["id"]: walk for walk in walked}


@pytest.mark.parametrize("sample", [sample["id"] for sample in SAMPLES])
def test_a_sample_case_goes_as_it_is_told(walks: dict[str, Walk], sample: str) -> None:
    assert walks[sample].broken == ""
