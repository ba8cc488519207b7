"""The examples of docs/api.md, run by a shell against the server that the product ships with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine.clock import ManualClock
from engine.people import scopes, services, viewer_of
from engine.people.services import Service
from tests.serving import served
from tests.web.district import District

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str, str]]:
    """Each command with what the page says comes back, and what kind of text that is."""
    blocks = [(hit[1], hit[2]) for hit in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
    for (kind, command), (answer, said) in zip(blocks[::2], blocks[1::2], strict=True):
        assert (kind, answer in ("json", "text")) == ("sh", True), command
        yield command, answer, said


def test_the_examples_of_the_page_do_what_it_says(
    app: Flask, district: District, clock: ManualClock, tmp_path: Path
) -> None:
    shell = shutil.which("bash")
    if shell is None or shutil.which("curl") is None:
        pytest.skip("bash or curl is absent")
    with district.store.transaction() as session:
        operator = viewer_of(session, district.people["operator"])
        wanted = Service("hotline", "热线平台", "Hotline", "LHQ.MZ.01", ["clerk"], list(scopes.SCOPES))
        made = services.open_service(session, wanted, viewer=operator, now=clock.now())
        token = services.issue_token(session, made.person_id, "example", ends_at=None, viewer=operator, now=clock.now())
    with served(app) as base:
        for command, kind, said in examples():
            done = subprocess.run(
                [shell, "-eu", "-c", command],
                env={**os.environ, "BASE": base, "TOKEN": token, "no_proxy": "127.0.0.1"},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            if kind == "json":
                assert_says(json.loads(done.stdout), json.loads(said), command)
            else:
                assert [line.strip() for line in done.stdout.splitlines()] == said.splitlines(), command


def assert_says(answer: Any, said: Any, command: str) -> None:
    """The answer holds all that the page shows of it, and may hold more."""
    if isinstance(said, dict):
        assert isinstance(answer, dict), command
        for key, value in said.items():
            assert key in answer, (command, key, answer)
            assert_says(answer[key], value, command)
    elif isinstance(said, list):
        assert len(answer) == len(said), (command, answer)
        for one, other in zip(answer, said, strict=True):
            assert_says(one, other, command)
    else:
        assert answer == said, (command, answer)
