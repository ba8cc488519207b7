"""`maplebridge import`: the same file twice files its rows once."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from bench import ground
from engine.cli import main
from engine.store import migrate, open_store

FILE = """工单编号,登记时间,网格,内容,电话
A1,2026/2/1,D.S.1.1.1,楼上卫生间漏水三个月没有人来维修,13900000001
A2,2026/2/2,D.S.1.1.2,工地夜里打桩吵得孩子睡不着觉,138
"""


def test_a_file_is_checked_then_filed_and_never_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'import.sqlite'}"
    store = open_store(url)
    migrate(store)
    ground.settle_in(store)
    store.dispose()
    table, errors = tmp_path / "table.csv", tmp_path / "errors.csv"
    table.write_bytes(FILE.encode("gb18030"))
    folder = {"MAPLEBRIDGE_DOCUMENTS__FOLDER": str(tmp_path / "documents")}

    def run(*more: str) -> dict[str, object]:
        asked = ["import", str(table), "--unit", "D", "--database", url, "--json", *more]
        result = CliRunner().invoke(main, asked, env=folder)
        assert result.exit_code == 1, result.output
        found: dict[str, object] = json.loads(result.stdout)
        return found

    tried = run("--dry-run", "--errors", str(errors))
    assert (tried["rows"], tried["fine"], tried["wrong"], tried.get("filed")) == (2, 1, 1, None)
    assert "这不像电话号码" not in errors.read_text("utf-8-sig")
    assert "This does not look like a telephone number." in errors.read_text("utf-8-sig")
    assert run()["filed"] == 1
    again = run()
    assert (again.get("filed", 0), again["twice"]) == (0, 1)
