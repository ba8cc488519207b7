from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.deadlines.year_tables import load_year_tables, packaged_year_tables, read_year_table
from engine.errors import Invalid

GOOD = """\
year: 2027
source: a test
holidays:
  - 2027-01-01
  - 2027-01-02  # a Saturday: fine
makeup_workdays: [2027-01-03]
"""


def test_a_table_is_read() -> None:
    table = read_year_table(GOOD)
    assert table.year == 2027
    assert table.holidays == {date(2027, 1, 1), date(2027, 1, 2)}
    assert table.makeup_workdays == {date(2027, 1, 3)}
    assert table.source == "a test"


def test_the_tables_that_ship_are_whole() -> None:
    tables = load_year_tables(packaged_year_tables())
    assert [table.year for table in tables] == [2023, 2024, 2025, 2026]
    assert all(table.source for table in tables)
    assert [len(table.makeup_workdays) for table in tables] == [7, 8, 5, 6]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("year: 2027", "year: twenty", 1, "year", "'twenty' is not a year"),
        ("year: 2027", "year: '2027'", 1, "year", "'2027' is not a year"),
        ("source: a test", "source:", 2, "source", "where the table comes from"),
        ("source: a test", "sauce: a test", 2, "sauce", "no such key"),
        ("source: a test\n", "", 1, "source", "missing"),
        ("source: a test", "source: a test\nyear: 2027", 3, "year", "given twice, first on line 1"),
        ("  - 2027-01-01", "  - 2027-1-1", 4, "holidays", "'2027-1-1' is not a day"),
        ("  - 2027-01-01", "  - 2027-02-30", 4, "holidays", "'2027-02-30' is not a day"),
        ("  - 2027-01-01", "  - 2026-12-31", 4, "holidays", "2026-12-31 does not lie in 2027"),
        ("  - 2027-01-01", "  - 2027-01-02", 5, "holidays", "2027-01-02 is listed twice"),
        ("  - 2027-01-01", "  - 2027-01-03", 6, "makeup_workdays", "2027-01-03 is listed as a holiday too"),
        ("[2027-01-03]", "[2027-01-04]", 6, "makeup_workdays", "an ordinary working day of the week"),
        ("[2027-01-03]", "2027-01-03", 6, "makeup_workdays", "a list of days is needed"),
        ("[2027-01-03]", "", 6, "makeup_workdays", "write [] for none"),
        ("[2027-01-03]", "!!python/tuple [2027-01-03]", 6, "makeup_workdays", "tags are not used"),
    ],
)
def test_a_fault_is_told_by_line_and_key(old: str, new: str, line: int, key: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_year_table(GOOD.replace(old, new, 1), "2027.yaml")
    assert refused.value.code == "year_table.invalid"
    found = [(each["line"], each["key"]) for each in refused.value.facts["problems"] if words in each["problem"]]
    assert found == [(line, key)]
    assert "2027.yaml" in refused.value.sentence


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_year_table("year: 2027\nholidays: [x, 2026-01-01]\nmakeup_workdays: [2027-01-04]\n")
    assert [each["key"] for each in refused.value.facts["problems"]] == [
        "source",
        "holidays",
        "holidays",
        "makeup_workdays",
    ]


@pytest.mark.parametrize("text", ["", "[]", "just words", "- 2027-01-01"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="must consist of the keys"):
        read_year_table(text)


def test_broken_yaml_is_told_by_line() -> None:
    with pytest.raises(Invalid) as refused:
        read_year_table("year: 2027\nholidays: [\n", "2027.yaml")
    assert refused.value.code == "yaml.broken"
    assert "2027.yaml, line 3" in refused.value.sentence


def test_two_files_cannot_claim_one_year(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        load_year_tables(tmp_path.glob("*.yaml"))
    assert refused.value.code == "year_table.twice"
    assert "a.yaml" in refused.value.sentence
    assert "b.yaml" in refused.value.sentence
