"""Escalations, errors, signals, links, conditions and cancels: thrown, and caught by the right one."""

import pytest
from diagrams import (
    boundary,
    call,
    catch,
    declared,
    definitions,
    element,
    end,
    fork,
    instances,
    link,
    message,
    on,
    process,
    service,
    start,
    sub,
    throw,
    timer,
    user,
    when,
    xor,
)
from play import Play

from engine.errors import Conflict, Invalid, NotFound
from engine.runtime import BusinessError


def _escalating(kind, *, interrupting=True, called=False):
    inside = (
        start("s1"),
        user("u"),
        xor("g"),
        end("ok"),
        end("up", on(kind, "X")),
        "s1 -> u -> g ->{not solved} up",
        "g -> ok *",
    )
    host = call("s", "q") if called else sub("s", *inside)
    outer = process("p", start(), host, boundary("bx", "s", on(kind, "X"), interrupting), user("esc"), user("b"),
    end(), end("e2"),
                    "start -> s -> b -> end", "bx -> esc -> e2")  # fmt: skip
    return definitions(declared(kind, "X"), outer, *([process("q", *inside)] if called else []))


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize(
    ("kind", "interrupting", "ready"),
    [("escalation", True, ["esc"]), ("escalation", False, ["esc", "b"]), ("error", True, ["esc"])],
)
def test_escalations_and_errors_rise_to_the_boundary_with_the_data(kind, interrupting, ready, called):
    play = Play(_escalating(kind, interrupting=interrupting, called=called)).do("u", solved=False)
    assert (play.ready, play.data["solved"], play.thrown) == (ready, False, [])


def test_an_escalation_nobody_catches_leaves_the_instance_and_the_token_goes_on():
    diagram = definitions(
        declared("escalation", "X"),
        process("p", start(), throw("t", on("escalation", "X")), user("a"), end(), "start -> t -> a -> end"),
    )
    play = Play(diagram)
    assert (play.ready, play.thrown) == (["a"], [("escalation", "X")])


def test_an_error_nobody_catches_ends_the_instance():
    diagram = definitions(
        declared("error", "X"),
        process(
            "p",
            start(),
            fork("f"),
            user("a"),
            user("b"),
            end("x", on("error", "X")),
            end(),
            "start -> f -> a -> x",
            "f -> b -> end",
        ),
    )
    play = Play(diagram).do("a")
    assert (play.ended, play.thrown) == (True, [("error", "X")])


def test_the_exact_code_wins_over_a_catcher_of_everything():
    inner = sub("s", start("s1"), user("u"), end("up", on("escalation", "X")), "s1 -> u -> up")
    diagram = definitions(
        declared("escalation", "X"),
        process("p", start(), inner, boundary("all", "s", on("escalation")), boundary("bx", "s", on("escalation", "X")),
                user("any"), user("exact"), end(), "start -> s -> end", "all -> any -> end", "bx -> exact -> end"),
    )  # fmt: skip
    assert Play(diagram).do("u").ready == ["exact"]


def test_a_refusal_in_business_terms_is_an_error_event():
    diagram = definitions(
        declared("error", "closed"),
        process("p", start(), service("s", "raise"), boundary("b", "s", on("error", "closed")), user("sorry"), end(),
                "start -> s -> end", "b -> sorry -> end"),
    )  # fmt: skip

    def refuses(code):
        def call(asked):
            raise BusinessError(code, why="night")

        return call

    play = Play(diagram, call=refuses("closed"))
    assert (play.ready, play.data) == (["sorry"], {"why": "night"})
    with pytest.raises(Invalid) as caught:
        Play(diagram, call=refuses("other"))
    assert caught.value.code == "instance.error_uncaught"


def test_a_refusal_of_a_service_reaches_the_caller_unchanged():
    diagram = definitions(process("p", start(), user("a"), service("s", "raise"), end(), "start -> a -> s -> end"))
    refusal = Conflict("case.closed", "The case is closed.")

    def call(asked):
        raise refusal

    play = Play(diagram, call=call)
    with pytest.raises(Conflict) as caught:
        play.do("a")
    assert caught.value is refusal


def test_a_signal_reaches_all_who_wait_inside():
    inner = sub("s", start("s1"), catch("c1", on("signal", "S")), end("e1"), "s1 -> c1 -> e1")
    diagram = definitions(
        declared("signal", "S"),
        process("p", start(), fork("f"), inner, catch("c2", on("signal", "S")), user("a"), throw("t", on("signal",
        "S")), fork("j"), end(),
                "start -> f -> s -> j -> end", "f -> c2 -> j", "f -> a -> t -> j"),
    )  # fmt: skip
    assert Play(diagram).do("a").ended
    assert Play(diagram).signal("S").ready == ["a"]


def test_a_signal_end_event_is_thrown():
    diagram = definitions(declared("signal", "S"), process("p", start(), end("x", on("signal", "S")), "start -> x"))
    assert Play(diagram).thrown == [("signal", "S")]


def test_a_link_leads_from_throw_to_catch():
    diagram = definitions(
        process(
            "p", start(), throw("t", link("L")), catch("c", link("L")), user("a"), end(), "start -> t", "c -> a -> end"
        )
    )
    assert Play(diagram).ready == ["a"]


def test_a_condition_at_a_boundary_fires_when_another_branch_makes_it_true():
    diagram = definitions(
        process("p", start(), fork("f"), user("a"), boundary("c", "a", when("x > 5")), user("b"), user("esc"),
        fork("j"), end(), end("e2"),
                "start -> f -> a -> j -> end", "f -> b -> j", "c -> esc -> e2")
    )  # fmt: skip
    assert Play(diagram, data={"x": 0}).do("b", x=10).ready == ["esc"]
    assert sorted(Play(diagram, data={"x": 9}).ready) == ["b", "esc"]
    assert Play(diagram).ready == ["a", "b"], "a name nobody has set yet is not true"


def test_cancelling_a_transaction_leaves_it_by_its_cancel_boundary():
    inner = sub(
        "tx",
        start("s1"),
        fork("f"),
        user("u"),
        user("v"),
        end("ec", on("cancel")),
        end("e1"),
        "s1 -> f -> u -> ec",
        "f -> v -> e1",
        tag="transaction",
    )
    diagram = definitions(
        process(
            "p",
            start(),
            inner,
            boundary("bc", "tx", on("cancel")),
            user("undo"),
            user("b"),
            end(),
            end("e2"),
            "start -> tx -> b -> end",
            "bc -> undo -> e2",
        )
    )
    assert Play(diagram).do("u").ready == ["undo"]


def test_start_at_a_chosen_start_event():
    diagram = definitions(
        message("M"),
        process(
            "p",
            start(),
            start("other", on("message", "M")),
            user("a"),
            user("b"),
            end(),
            "start -> a -> end",
            "other -> b -> end",
        ),
    )
    assert Play(diagram).ready == ["a"]
    assert Play(diagram, at="other").ready == ["b"]


@pytest.mark.parametrize(("parallel", "after_one"), [("false", ["got"]), ("true", [])])
def test_a_multiple_event_waits_for_one_or_for_all(parallel, after_one):
    both = element("intermediateCatchEvent", "c", on("message", "m") + on("signal", "S"), parallelMultiple=parallel)
    diagram = definitions(
        message("m"),
        declared("signal", "S"),
        process("p", start(), both, user("got"), end(), "start -> c -> got -> end"),
    )
    play = Play(diagram).send("m", x=1)
    assert play.ready == after_one
    if not after_one:
        assert play.send("m").ready == [], "the same one again is not all"
        assert play.signal("S").ready == ["got"]


def test_a_receiving_task_waits_with_its_boundary_and_as_an_instance():
    receive = element("receiveTask", "r", messageRef="m")
    diagram = definitions(
        message("m"),
        process("p", start(), receive, boundary("t", "r", timer("P1D")), user("late"), end(), "start -> r -> end",
                "t -> late -> end"),
    )  # fmt: skip
    assert Play(diagram).send("m", x=1).ended
    assert Play(diagram).fire("t").ready == ["late"]
    many = element("receiveTask", "r", instances(count="2"), messageRef="m")
    diagram = definitions(message("m"), process("p", start(), many, end(), "start -> r -> end"))
    play = Play(diagram)
    assert play.messages == ["r", "r"]
    assert play.send("m").send("m").ended


def test_a_process_may_begin_with_receiving():
    receive = element("receiveTask", "r", messageRef="m", instantiate="true")
    diagram = definitions(message("m"), process("p", receive, user("a"), end(), "r -> a -> end"))
    assert Play(diagram, at="r").ready == ["a"]
    with pytest.raises(NotFound):
        Play(diagram, at="a")


def test_quantities_of_tokens():
    diagram = definitions(
        process("p", start(), element("task", "one", completionQuantity="3"), user("a"),
                element("task", "two", startQuantity="3"), user("b"), end(), "start -> one -> a -> two -> b -> end"),
    )  # fmt: skip
    play = Play(diagram)
    assert play.ready == ["a", "a", "a"]
    assert play.do("a").do("a").ready == ["a"]
    assert play.do("a").ready == ["b"]
    assert play.do("b").ended


def test_shared_event_definitions_are_looked_up():
    body = "<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>"
    diagram = definitions(
        declared("error", "X"),
        '<bpmn:errorEventDefinition id="shared" errorRef="X"/>',
        process("p", start(), end("e", body), "start -> e"),
    )
    assert Play(diagram).thrown == [("error", "X")]
