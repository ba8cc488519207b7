from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from engine.strict_yaml import read_yaml, show_path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("14:00", "14:00"),
        ("09:00-12:00", "09:00-12:00"),
        ("2024-10-01", "2024-10-01"),
        ("no", "no"),
        ("on", "on"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("8000", 8000),
        ("-1", -1),
        ("0.8", 0.8),
        ("true", True),
        ("null", None),
        ("", None),
        ("'8000'", "8000"),
        ('"true"', "true"),
        ("''", ""),
        ("[1, a]", [1, "a"]),
    ],
)
def test_a_value_is_what_a_person_sees(written: str, meant: Any) -> None:
    value = read_yaml(f"key: {written}\n", "test").value["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_lines_are_known_for_every_path() -> None:
    document = read_yaml("a:\n  b: 1\n  c:\n    - x\n    - y\n", "test")
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "c", 1)) == 5
    assert document.line(("a", "missing")) == 1


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a", "given twice, first on line 1"),
        ("a:\n  b: 1\n  b: 2\n", 3, "a.b", "given twice, first on line 2"),
        ("a: &x [1]\nb: *x\n", 2, "b", "aliases are not used"),
        ("a: !!int '3'\n", 1, "a", "tags are not used"),
        ("a: !!python/object:os.system {}\n", 1, "a", "tags are not used"),
        ("a: 1\n? [b]\n: 2\n", 2, "", "a key must be a plain word"),
    ],
)
def test_what_surprises_is_a_problem(text: str, line: int, path: str, words: str) -> None:
    [(found_line, found_path, found_words)] = read_yaml(text, "test").problems
    assert (found_line, show_path(found_path)) == (line, path)
    assert words in found_words


def test_an_alias_that_holds_itself_ends() -> None:
    assert read_yaml("a: &x\n  b: *x\n", "test").problems


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1\nb: 2\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: 'x\n", 2), ("a: 1\n---\nb: 2\n", 2), ("\x07", None)],
)
def test_what_is_no_yaml_is_told_by_its_line(text: str, line: int | None) -> None:
    with pytest.raises(Invalid) as refused:
        read_yaml(text, "some.yaml")
    assert refused.value.code == "yaml.broken"
    assert refused.value.facts["line"] == line
    assert "some.yaml" in refused.value.sentence


def test_paths_read_as_people_write_them() -> None:
    assert show_path(("tiers", 2, "id")) == "tiers[2].id"
    assert show_path(()) == ""
