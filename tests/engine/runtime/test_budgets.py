"""Diagrams that pass the check and still run wild: each is stopped quickly, by name, and leaves nothing behind."""
# ruff: noqa: E501 - a case of the table reads best on one line

import time

import pytest
from diagrams import (
    boundary,
    call,
    definitions,
    end,
    fork,
    instances,
    process,
    script,
    start,
    sub,
    timer,
    user,
    when,
    xor,
)
from play import Play

from engine.errors import Invalid
from engine.runtime import compile_expression, compile_template
from engine.runtime.state import LARGEST_STATE

HUNDRED_LINES = "\n".join(f"v{n} = [n, n + 1, n * 2]" for n in range(100))
WIDE = "\n".join(f"l{n} = [" + ", ".join(["t"] * 60) + "]" for n in range(30))
INNER = (start("s2"), user("b", instances(count="1000")), end("e2"), "s2 -> b -> e2")
WILD = [
    ("instance.endless", (start(), xor("g"), script("x", "n = 1"), end(), "start -> g -> x", "x ->{n == 1} g", "x -> end *")),
    ("instance.endless", (start(), xor("g"), script("x", HUNDRED_LINES), end(), "start -> g -> x", "x ->{n < 5} g", "x -> end *")),
    ("instance.endless", (start(), fork("f"), call("one", "p"), call("two", "p"), fork("j"), end(), "start -> f -> one -> j", "f -> two -> j -> end")),
    ("instance.too_deep", (start(), call("again", "p"), end(), "start -> again -> end")),
    ("instance.endless", (start(), xor("g"), fork("f"), user("a"), end(), "start -> g -> f -> g", "f -> a -> end")),
    ("instance.too_many_tokens", (start(), sub("o", *INNER, body=instances(count="1000")), end(), "start -> o -> end")),
    ("instance.rounds", (start(), user("a", instances(count="10000")), end(), "start -> a -> end")),
    ("instance.rounds", (start(), user("a", instances(count="n * 10000")), end(), "start -> a -> end")),
    ("instance.too_large", (start(), xor("g"), script("y", "t = t + t\nn = n + 1"), script("z", WIDE), user("a"), end(), "start -> g -> y", "y ->{n < 9} g", "y -> z * -> a -> end")),
    ("instance.too_large", (start(), *(script(f"x{n}", "\n".join(f"v{n}_{m} = 1" for m in range(100))) for n in range(11)), end(), "start -> " + " -> ".join(f"x{n}" for n in range(11)) + " -> end")),
    ("instance.expression", (start(), xor("g"), script("y", "t = t + t"), end(), "start -> g -> y", "y ->{n == 1} g", "y -> end *")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "parts"), WILD, ids=[f"{n}:{code}" for n, (code, _) in enumerate(WILD)])
def test_a_wild_diagram_is_stopped_by_name_and_at_once(code, parts):
    diagram = definitions(process("p", *parts))
    began = time.process_time()
    with pytest.raises(Invalid) as stopped:
        Play(diagram, data={"n": 1, "t": "much too much "})
    assert stopped.value.code == code
    assert time.process_time() - began < 2


def test_what_grows_from_push_to_push_is_stopped_too():
    every_hour = boundary("b", "a", timer("R/PT1H", "timeCycle"), interrupting=False)
    played = Play(
        definitions(
            process(
                "p",
                start(),
                user("a"),
                every_hour,
                user("more", instances(count="900")),
                end(),
                "start -> a -> end",
                "b -> more -> end",
            )
        )
    )
    for _ in range(5):
        played.fire("b")
    with pytest.raises(Invalid) as stopped:
        played.fire("b")
    assert stopped.value.code == "instance.too_many_tokens"
    assert len(played.ready) == 4_501  # the state from before the push that went too far
    assert len(played.advance.state) < LARGEST_STATE


def test_many_conditions_waiting_at_once_are_looked_at_within_bounds():
    watcher = boundary("b", "a", when("n == 2"))
    diagram = definitions(
        process(
            "p",
            start(),
            fork("f"),
            user("a", instances(count="1000")),
            watcher,
            xor("g"),
            script("x", "n = 1"),
            end(),
            "start -> f -> a -> end",
            "b -> end",
            "f -> g -> x",
            "x ->{n == 1} g",
            "x -> end *",
        )
    )
    began = time.process_time()
    with pytest.raises(Invalid, match="push"):
        Play(diagram, data={"n": 1})
    assert time.process_time() - began < 3


def test_a_text_put_together_from_many_pieces_has_an_end():
    template = compile_template("${t}" * 2_000)
    with pytest.raises(Invalid) as stopped:
        template.evaluate({"t": "x" * 9_000}, {})
    assert stopped.value.code == "expression.large"
    with pytest.raises(Invalid) as refused:
        compile_template("x" * 10_001)
    assert refused.value.code == "expression.refused"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 400 + "1" + ")" * 400,
        "-" * 900 + "1",
        "not " * 200 + "x",
        "[" * 200 + "]" * 200,
        "x" + "[0]" * 300,
        "1" + "+1" * 400,
    ],
)
def test_a_deep_expression_is_refused_when_it_is_written(text):
    with pytest.raises(Invalid) as refused:
        compile_expression(text)
    assert refused.value.code in ("expression.refused", "expression.syntax")
