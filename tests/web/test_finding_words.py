"""Whatever the check says to a designer is said in Chinese too."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.web.design.finding_words import in_chinese, sentences

ENGINE = Path(__file__).parents[2] / "engine"
SOURCES = [
    *(ENGINE / "runtime" / "check").glob("*.py"),
    *(ENGINE / "runtime" / "support").glob("words.py"),
    *(ENGINE / "runtime" / "decisions").glob("*.py"),
    *(
        ENGINE / name
        for name in (
            "runtime/expressions.py",
            "runtime/timers.py",
            "runtime/xml.py",
            "deploy/check.py",
            "deploy/clocks.py",
            "deploy/keywords.py",
            "tasks/form_files.py",
            "tasks/forms.py",
            "tasks/conditions.py",
            "deadlines/limits.py",
            "deadlines/lengths.py",
            "strict_yaml.py",
        )
    ),
]
WHILE_RUNNING = re.compile(
    r'The decision "\{\}" (expects|failed|gave|gives|has|needs)|The decisions cannot be used|There is no decision "'
    r'|"\{\}" gives \{\}|\{\} has no step|\{\}: step \{\} has no length|The form (has no such|\{\} (has no|is not))'
    r"|The \{\} list and |(cannot be aggregated|no rule matches)"
)
"""Told to somebody who acts on a case."""
PUT_TOGETHER = {"{} in this file {}: it cannot be drawn.", "The flow's {} {}.", "{} is {}."}
"""The dictionary has what comes of them."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(path: Path) -> Iterator[str]:
    """Every text of a source, with `{}` for what is put in; docstrings are passed over."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in passed | inside:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def is_sentence(text: str) -> bool:
    return bool(re.match(r"[A-Z{\"\[]", text) and text.endswith(".") and " " in text and re.search("[a-z]{2}", text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_sentence_of_the_check_is_said_in_chinese(path: Path) -> None:
    said = {text for text in texts(path) if is_sentence(text) and not WHILE_RUNNING.search(text)}
    said -= PUT_TOGETHER
    silent = {text for text in said if not CHINESE.search(in_chinese(text.replace("{}", "x1")))}
    assert silent == set()


def test_every_reason_of_a_refused_word_is_said_in_chinese() -> None:
    from engine.runtime.support import ATTRIBUTES, CAMUNDA_WORDS, ELEMENTS, SPIFF_WORDS

    for table in (ELEMENTS, ATTRIBUTES, CAMUNDA_WORDS, SPIFF_WORDS):
        for word in table.values():
            if word.verdict in ("noted", "refused"):
                assert CHINESE.search(in_chinese(f"x{':' if word.verdict == 'refused' else ''} {word.says}.")), (
                    word.says
                )
                assert not word.hint or CHINESE.search(in_chinese(word.hint)), word.hint


def test_the_dictionary_keeps_what_is_put_in() -> None:
    for text, chinese in sentences().items():
        holes = len(re.findall(r"\{#?\}", text))
        assert sorted(set(re.findall(r"\{(\d)\}", chinese))) == [str(n + 1) for n in range(holes)], text
        assert CHINESE.search(chinese) or not re.search("[a-z]{3}", re.sub(r"\{#?\}", "", text)), text


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ('"t_a" (签收 / Sign in) is for "boss", which is not a role of the vocabulary.',
         '"t_a" (签收 / Sign in) 交给“boss”，这不是词汇表中的角色。'),
        ('The condition of "f", column 3: "a ==" cannot be read: invalid syntax.',
         '"f" 的条件，第 3 列：“a ==”无法读取：invalid syntax。'),
        ("No rule matches when people = 3, kind = any other text. Rule 2 comes nearest.",
         "当 people = 3, kind = any other text 时没有规则命中。第 2 条最接近。"),
        ("bpmn:adHocSubProcess: an ad-hoc subprocess is not executed.", "bpmn:adHocSubProcess：自由子流程不会执行。"),
        ("small/small.bpmn cannot be read: it is not well-formed XML: mismatched tag, line 4.",
         "small/small.bpmn 无法读取：不是格式正确的 XML：mismatched tag 第 4 行。"),
        ("'soon' is not a length of time: write a whole number from 1 to 99999 and one of wd, h, for example 5wd.",
         "'soon' 不是时长：请写 1 至 99999 的整数加单位（wd, h），例如 5wd。"),
        ('Rule 2, column "人数 People": "many" is not of the type integer.',
         '第 2 条规则，“人数 People”列："many" 不是 integer 类型。'),
        ("签收", "签收"),
        ("", ""),
    ],
)  # fmt: skip
def test_names_and_numbers_stay(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


@pytest.mark.parametrize("text", ["a: " * 700, "x" * 5_000, "{}" * 500, "Nothing follows " * 100, '"{}": ' * 300])
def test_a_hostile_name_costs_little(text: str) -> None:
    began = time.process_time()
    assert in_chinese.__wrapped__(text)
    assert time.process_time() - began < 1
