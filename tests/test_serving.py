"""The server as an operator starts and stops it: a process of its own, real HTTP, a real signal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "only-for-this-test-0123456789-abcdefghij"


@contextmanager
def started(folder: Path, verb: str, *args: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running command and the first line it says on standard error."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from engine.cli import main; main()", verb, *args],
        cwd=folder, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        yield process, process.stderr.readline()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_it_serves_tells_its_health_and_stops_when_told(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--port", "0", MAPLEBRIDGE_SERVER__SECRET_KEY=SECRET) as (process, line):
        address = re.search(r"http://\S+", line)
        assert address, line
        with urllib.request.urlopen(f"{address.group()}healthz", timeout=10) as answer:
            assert json.load(answer)["database"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_it_does_not_serve_real_cases_with_the_secret_that_ships(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--port", "0") as (process, line):
        assert process.wait(timeout=20) == 1
        assert "MAPLEBRIDGE_SERVER__SECRET_KEY" in line


def test_a_worker_stops_when_told(tmp_path: Path) -> None:
    with started(tmp_path, "work", MAPLEBRIDGE_SERVER__SECRET_KEY=SECRET) as (process, line):
        assert "works as" in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_a_wrong_configuration_is_told_at_once_and_whole(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("databse: {}\nscheduler: {tick_seconds: soon}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", "work"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "databse" in done.stderr
    assert "did you mean" in done.stderr
    assert "scheduler.tick_seconds" in done.stderr
    assert "Traceback" not in done.stderr
