"""A form as a list of parts: what is not touched stays to the byte, and what is made can be shown to handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import design
from engine.design import change_part, move_part, options_of, part_at, parts_in, read_form_parts, remove_part, said_of
from engine.errors import Invalid, NotFound
from engine.tasks import TYPES, read_form

BPMN = Path(__file__).parents[3] / "bpmn"
OURS = sorted(BPMN.rglob("*.form"))
GROUPED: dict[str, Any] = {
    "components": [
        {"type": "textfield", "key": "a", "label": "甲", "conditional": {"hide": '=b = "x"'}},
        {"type": "group", "label": "组", "components": [{"type": "number", "key": "b", "label": "乙", "odd": [1]}]},
        {
            "type": "select",
            "key": "c",
            "label": "丙",
            "values": [{"value": "x", "label": "叉", "label_en": "X", "own": 1}],
        },
    ],
    "type": "default",
}


def keys(document: Any) -> list[str]:
    return [part.key or part.type for part in parts_in(document)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_saying_again_what_is_said_changes_nothing(path: Path) -> None:
    data = path.read_bytes()
    document = read_form_parts(path.name, data)
    for part in parts_in(document):
        document = change_part(document, part.place, said_of(part), options_of(part))
    assert design.write_form_parts(document) == data.rstrip(b"\n")


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_new_part_can_be_shown_at_once(kind: str) -> None:
    document, place = design.add_part(GROUPED, kind, after=(0,), fresh="1234567")
    assert place == (1,)
    form = read_form("f.form", design.write_form_parts(document))
    assert {field for field, _code, _sentence in form.findings()} <= {"a", "b", "c"}
    assert part_at(document, place).type == kind


def test_parts_are_added_behind_within_and_at_the_end() -> None:
    assert keys(design.add_part(GROUPED, "text", after=(), fresh="x")[0]) == ["a", "group", "b", "c", "text"]
    assert keys(design.add_part(GROUPED, "text", after=(1,), fresh="x")[0]) == ["a", "group", "text", "b", "c"]
    assert keys(design.add_part(GROUPED, "text", after=(1, 0), fresh="x")[0]) == ["a", "group", "b", "text", "c"]
    with pytest.raises(Invalid):
        design.add_part(GROUPED, "html", after=(), fresh="x")


def test_parts_move_among_their_neighbours() -> None:
    moved, place = move_part(GROUPED, (0,), 1)
    assert (keys(moved), place) == (["group", "b", "a", "c"], (1,))
    assert move_part(GROUPED, (0,), -1) == (GROUPED, (0,))
    assert move_part(GROUPED, (1, 0), 1) == (GROUPED, (1, 0))
    assert keys(remove_part(GROUPED, (1,))) == ["a", "c"]
    for place in ((7,), (0, 0), (1, 3)):
        with pytest.raises(NotFound):
            move_part(GROUPED, place, 1)


def test_settings_are_written_where_form_js_keeps_them() -> None:
    said = {"label": "甲二", "label_en": "A2", "required": "true", "maxLength": "20", "columns": "8", "hide": "b = 2"}
    changed = change_part(GROUPED, (0,), said | {"unknown": "x", "min": "3"}, ())["components"][0]
    assert changed == {
        "type": "textfield",
        "key": "a",
        "label": "甲二",
        "properties": {"label_en": "A2"},
        "validate": {"required": True, "maxLength": 20},
        "layout": {"columns": 8},
        "conditional": {"hide": "=b = 2"},
    }
    emptied = {"label_en": "", "required": "", "maxLength": "", "columns": "16", "hide": ""}
    again = change_part({"components": [changed]}, (0,), emptied, ())["components"][0]
    assert again == {"type": "textfield", "key": "a", "label": "甲二", "layout": {"columns": None}}
    assert change_part({"components": [changed]}, (0,), {"columns": "9" * 5_000}, ())["components"][0]["layout"] == {
        "columns": None
    }


def test_options_keep_what_else_they_say() -> None:
    options = [("x", "叉叉", ""), ("y", "歪", "Y"), ("", "", "")]
    changed = change_part(GROUPED, (2,), {}, options)["components"][2]
    assert changed["values"] == [
        {"value": "x", "label": "叉叉", "own": 1},
        {"label": "歪", "value": "y", "label_en": "Y"},
    ]
    found = change_part(GROUPED, (2,), {"valuesKey": "parties"}, options)["components"][2]
    assert "values" not in found
    assert found["valuesKey"] == "parties"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"components": {}}', b'{"components": [1]}', b'{"components": [{"validate": 3}]}', b"\xff",
     b"[" * 9000, b'{"components": [{"components": "x"}]}', b'{"components": []}' + b" " * 600_000],
)  # fmt: skip
def test_what_has_no_parts_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="no form"):
        read_form_parts("f.form", data)


def test_a_text_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be stored"):
        change_part(GROUPED, (2,), {"label": "a\0b"}, [])


STORABLE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(("add", "up", "down", "remove", "set")), st.integers(0, 20), STORABLE),
        max_size=12,
    ),
    path=st.sampled_from(OURS),
)
def test_whatever_is_done_it_stays_a_list_of_parts(steps: list[tuple[str, int, str]], path: Path) -> None:
    document = read_form_parts(path.name, path.read_bytes())
    for act, number, text in steps:
        parts = parts_in(document)
        place = parts[number % len(parts)].place if parts else ()
        if act == "add" or not parts:
            document, _place = design.add_part(document, "radio", after=place, fresh="x")
        elif act in ("up", "down"):
            document, _place = move_part(document, place, -1 if act == "up" else 1)
        elif act == "remove":
            document = remove_part(document, place)
        else:
            said = dict.fromkeys(("label", "key", "min", "maxLength", "hide", "columns", "decimalDigits"), text)
            document = change_part(document, place, said, [(text, text, text)])
        document = read_form_parts(path.name, design.write_form_parts(document))
