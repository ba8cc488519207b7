"""docs/operators/access.md says who may use which address, and says what the code does."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from tests.web.access_table import table

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "access.md"


def test_the_page_says_what_the_code_does(app: Flask) -> None:
    wanted = table(app)
    if os.environ.get("MAPLEBRIDGE_WRITE_DOCS"):
        PAGE.write_text(wanted, encoding="utf-8")
    said = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    missing = sorted(set(wanted.splitlines()) - set(said.splitlines()))
    gone = sorted(set(said.splitlines()) - set(wanted.splitlines()))
    assert said == wanted, "\n".join(
        ["docs/operators/access.md is out of step; run this test with MAPLEBRIDGE_WRITE_DOCS=1.", *missing, *gone]
    )
