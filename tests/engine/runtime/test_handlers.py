"""Event subprocesses: interrupting and beside, by every kind of start."""

import pytest
from diagrams import (
    declared,
    definitions,
    end,
    handler,
    message,
    on,
    process,
    start,
    sub,
    timer,
    user,
    when,
)
from play import Play

from engine.runtime import driver as pushes

HANDLERS = {
    "message": (on("message", "M"), lambda play: play.send("M", x=1)),
    "timer": (timer("P5D"), lambda play: play.fire("h")),
    "signal": (on("signal", "S"), lambda play: play.signal("S")),
    "condition": (when("x == 7"), lambda play: play.do("u", x=7)),
}


def _handled(event, interrupting):
    inner = sub("s", start("s1"), user("u"), user("v"), end("e1"), "s1 -> u -> v -> e1",
                handler("h", start("hs", event, isInterrupting=str(interrupting).lower()), user("hu"), end("he"),
                "hs -> hu -> he"))  # fmt: skip
    return definitions(
        message("M"), declared("signal", "S"), process("p", start(), inner, user("b"), end(), "start -> s -> b -> end")
    )


@pytest.mark.parametrize("kind", HANDLERS)
def test_interrupting_handler_replaces_what_ran(kind):
    event, trigger = HANDLERS[kind]
    play = trigger(Play(_handled(event, True)))
    assert (play.ready, play.timers, play.messages) == (["hu"], [], [])
    assert play.do("hu").ready == ["b"]


@pytest.mark.parametrize("kind", HANDLERS)
def test_non_interrupting_handler_runs_beside(kind):
    event, trigger = HANDLERS[kind]
    play = trigger(Play(_handled(event, False)))
    assert sorted(play.ready) == sorted(["hu", "v" if kind == "condition" else "u"])
    for element in ("u", "v"):
        if element in play.ready:
            play.do(element)
    assert play.ready == ["hu"]
    assert play.do("hu").ready == ["b"]


def test_a_handler_that_is_never_called_does_not_keep_the_instance_open():
    play = Play(_handled(on("message", "M"), False)).do("u").do("v").do("b")
    assert play.ended


def test_a_handler_starts_only_by_its_event_and_once_for_each():
    play = Play(_handled(on("message", "M"), False))
    assert play.ready == ["u"]
    assert play.send("M").send("M").ready == ["u", "hu", "hu"]


@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_handler_of_an_error_or_escalation(kind):
    inner = sub("s", start("s1"), user("u"), end("up", on(kind, "X")), "s1 -> u -> up",
                handler("h", start("hs", on(kind, "X")), user("hu"), end("he"), "hs -> hu -> he"))  # fmt: skip
    diagram = definitions(declared(kind, "X"), process("p", start(), inner, user("b"), end(), "start -> s -> b -> end"))
    play = Play(diagram)
    assert play.ready == ["u"]
    assert play.do("u").ready == ["hu"]
    assert play.do("hu").ready == ["b"]


def test_cancel_ends_everything_and_twice_is_harmless():
    play = Play(_handled(timer("P5D"), True))
    once = pushes.cancel(play.package, play.advance.state, play.host)
    assert (once.ended, once.tasks, once.timers) == (True, (), ())
    assert pushes.cancel(play.package, once.state, play.host).state == once.state
