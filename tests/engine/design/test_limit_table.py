"""limits.yaml as a table: cells are changed where they stand, and nothing else of the text moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deadlines import read_limits
from engine.design.limit_table import read_limit_table, write_limits
from engine.errors import Invalid

BPMN = Path(__file__).parents[3] / "bpmn"
OURS = sorted(BPMN.glob("*/limits.yaml"))
TEXT = """# Head.

ack:
  building: 4h       # volunteers
  default: 4wh
contact: 24h         # everybody
handle: {grid: 2wd, default: 5wd}  # per tier
# Foot.
"""


def changed(text: str, **cells: str) -> str:
    """`ack__building="5h"` is the cell of that step and tier."""
    wanted = {}
    for key, length in cells.items():
        step, _, tier = key.partition("__")
        wanted[step, tier or "default"] = length
    return write_limits("limits.yaml", text.encode(), wanted).decode()


@pytest.mark.parametrize(
    ("cells", "old", "new"),
    [
        ({"ack__building": "6h"}, "building: 4h       #", "building: 6h       #"),
        ({"contact": "36h"}, "contact: 24h  ", "contact: 36h  "),
        ({"handle__grid": "3wd"}, "{grid: 2wd, ", "{grid: 3wd, "),
        ({"ack__grid": "2wh"}, "  default: 4wh\n", "  grid: 2wh\n  default: 4wh\n"),
        ({"handle__zone": "3wd"}, "{grid: 2wd, default", "{grid: 2wd, zone: 3wd, default"),
        ({"contact__grid": "8h"}, "contact: 24h  ", "contact: {grid: 8h, default: 24h}  "),
        ({"ack__building": ""}, "  building: 4h       # volunteers\n", ""),
        ({"handle__grid": ""}, "{grid: 2wd, default: 5wd}", "5wd"),
        ({"contact": ""}, "contact: 24h         # everybody\n", ""),
        ({"ack__building": "", "ack": ""}, "ack:\n  building: 4h       # volunteers\n  default: 4wh\n", ""),
        (
            {"ack__building": "", "ack": "", "ack__grid": "1wh"},
            "  building: 4h       # volunteers\n  default: 4wh\n",
            "  grid: 1wh\n",
        ),
        ({"sign": "3wd"}, "# Foot.\n", "# Foot.\nsign: 3wd\n"),
        ({"sign__grid": "3wd"}, "# Foot.\n", "# Foot.\nsign: {grid: 3wd}\n"),
        ({"ack__building": "4h"}, "", ""),
    ],
)  # fmt: skip
def test_only_the_cell_changes(cells: dict[str, str], old: str, new: str) -> None:
    assert old in TEXT
    assert changed(TEXT, **cells) == TEXT.replace(old, new, 1)


def test_an_empty_file_and_an_empty_value_take_cells() -> None:
    assert changed("", contact="1wd") == "contact: 1wd\n"
    assert changed("# only this", contact="1wd") == "# only this\ncontact: 1wd\n"
    assert changed("contact:\n", contact="1wd") == "contact: 1wd\n"
    assert changed("contact:   # how long?\n", contact="1wd") == "contact: 1wd   # how long?\n"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_ours_are_read_as_the_engine_reads_them_and_stay_the_same(path: Path) -> None:
    data = path.read_bytes()
    table = read_limit_table("limits.yaml", data)
    limits = read_limits("limits.yaml", data)
    assert {
        (step, tier): str(length) for step, by in limits.steps.items() for tier, length in by.items()
    } == table.cells
    assert write_limits("limits.yaml", data, table.cells) == data


@pytest.mark.parametrize(
    "text",
    ["- a\n", "a: [1]\n", "a: {}\n", "{a: 1wd}\n", "a: 1wd\na: 2wd\n", "a: {b: 1wd, b: 2wd}\n",
     "a: &x 1wd\nb: *x\n", "a: {b: {c: 1}}\n",
     "a: [\n", "\x00", "a: 'x", "? [a]\n: 1\n", "a: 1wd\n" * 10_000, "[" * 900],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_limit_table("limits.yaml", text.encode())
    assert refused.value.code == "limits.no_table"
    assert refused.value.facts["line"] >= 1


@pytest.mark.parametrize("cell", [("a b", "default"), ("a", "x: y"), ("a\n", "default"), ("", "default")])
def test_new_names_are_words(cell: tuple[str, str]) -> None:
    with pytest.raises(Invalid, match="no name"):
        write_limits("limits.yaml", TEXT.encode(), {cell: "1wd"})
    with pytest.raises(Invalid, match="no length"):
        write_limits("limits.yaml", TEXT.encode(), {("contact", "default"): "1wd\nevil: 2wd"})


STEPS, TIERS = ("ack", "contact", "handle", "sign"), ("building", "grid", "zone", "default")
CELLS = st.dictionaries(
    st.tuples(st.sampled_from(STEPS), st.sampled_from(TIERS)), st.sampled_from(("", "1wd", "30cd", "4wh")), max_size=8
)


@settings(max_examples=50)
@given(first=CELLS, second=CELLS, path=st.sampled_from((None, *OURS)))
def test_what_is_written_is_read_again(
    first: dict[tuple[str, str], str], second: dict[tuple[str, str], str], path: Path | None
) -> None:
    data = TEXT.encode() if path is None else path.read_bytes()
    expected = dict(read_limit_table("limits.yaml", data).cells)
    comments = [line for line in data.decode().splitlines() if line.startswith("#")]
    for wanted in (first, second):
        data = write_limits("limits.yaml", data, wanted)
        expected = {cell: length for cell, length in {**expected, **wanted}.items() if length}
        assert read_limit_table("limits.yaml", data).cells == expected
    assert [line for line in data.decode().splitlines() if line.startswith("#")] == comments
