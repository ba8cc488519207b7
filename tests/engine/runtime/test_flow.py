"""Gateways, loops, subprocesses and calls. Every step is played twice and compared: see `play`."""

import pytest
from diagrams import (
    call,
    definitions,
    end,
    fork,
    inclusive,
    on,
    process,
    script,
    start,
    sub,
    user,
    xor,
)
from diagrams import element as bpmn
from play import Play

from engine.errors import Invalid


def test_exclusive_gateway_takes_the_first_flow_that_holds_else_the_default():
    diagram = definitions(
        process(
            "p", start(), xor("g"), user("a"), user("b"), user("c"), end(),
            "start -> g ->{x > 1} a -> end", "g ->{x > 0} b -> end", "g -> c * -> end",
        )
    )  # fmt: skip
    assert [Play(diagram, data={"x": x}).ready for x in (2, 1, 0)] == [["a"], ["b"], ["c"]]


def test_exclusive_gateway_without_a_way_out_is_refused_by_name():
    diagram = definitions(process("p", start(), xor("g"), user("a"), end(), "start -> g ->{x == 1} a -> end"))
    with pytest.raises(Invalid, match='"g"') as caught:
        Play(diagram, data={"x": 2})
    assert caught.value.code == "instance.no_path"


def test_a_condition_behind_a_task_counts():
    diagram = definitions(process("p", start(), user("a"), user("b"), end(), "start -> a ->{go} b -> end"))
    assert Play(diagram).do("a", go=True).ready == ["b"]
    with pytest.raises(Invalid, match='behind "a"'):
        Play(diagram).do("a", go=False)


def test_a_default_behind_a_task_is_taken_beside_what_has_no_condition():
    diagram = definitions(
        process("p", start(), user("a"), user("b"), user("c"), user("d"), end(),
                "start -> a -> b -> end", "a ->{x == 1} c -> end", "a -> d * -> end")
    )  # fmt: skip
    assert Play(diagram).do("a", x=1).ready == ["b", "c"]
    assert sorted(Play(diagram).do("a", x=2).ready) == ["b", "d"]


def test_parallel_branches_see_each_others_data_and_none_is_lost_at_the_join():
    diagram = definitions(
        process("p", start(), script("i", "log = ['i']"), fork("f"), user("a"), user("b"), fork("j"), user("c"), end(),
                "start -> i -> f -> a -> j -> c -> end", "f -> b -> j")
    )  # fmt: skip
    play = Play(diagram).do("a", log=["i", "A"], xa=1)
    (waiting,) = play.advance.tasks
    assert waiting.data["log"] == ["i", "A"]
    play.do("b", log=[*waiting.data["log"], "B"], xb=1)
    assert play.ready == ["c"]
    assert play.data == {"log": ["i", "A", "B"], "xa": 1, "xb": 1}


def test_parallel_join_waits_for_every_branch_in_every_round_of_a_loop():
    diagram = definitions(
        process("p", start(), xor("m"), fork("f"), user("a"), user("b"), fork("j"), xor("g"), end(),
                "start -> m -> f -> a -> j -> g ->{again} m", "f -> b -> j", "g -> end *")
    )  # fmt: skip
    play = Play(diagram)
    for again in (True, True, False):
        play.do("a", again=again)
        assert play.ready == ["b"]
        play.do("b", again=again)
        assert play.ready == (["a", "b"] if again else [])
    assert play.ended


def test_inclusive_gateway_waits_for_what_was_taken_and_nothing_else():
    diagram = definitions(
        process("p", start(), inclusive("f"), user("a"), user("b"), user("c"), inclusive("j"), user("z"), end(),
                "start -> f ->{x == 1} a -> j -> z -> end", "f ->{y == 1} b -> j", "f ->{x == 2} c -> j")
    )  # fmt: skip
    play = Play(diagram, data={"x": 1, "y": 1})
    assert play.ready == ["a", "b"]
    assert play.do("a").ready == ["b"]
    assert play.do("b").ready == ["z"]
    assert play.do("z").ended


def test_inclusive_join_in_a_loop_waits_in_the_second_round_too():
    diagram = definitions(
        process("p", start(), xor("m"), inclusive("f"), user("a"), user("b"), inclusive("j"), xor("g"), end(),
                "start -> m -> f ->{x > 0} a -> j -> g ->{again} m", "f ->{x > 1} b -> j", "g -> end *")
    )  # fmt: skip
    play = Play(diagram, data={"x": 2})
    play.do("a", again=True)
    assert play.ready == ["b"]
    play.do("b", again=True)
    assert play.ready == ["a", "b"]
    play.do("b")
    assert play.ready == ["a"]
    assert play.do("a", again=False).ended


def test_two_tokens_without_a_join_run_the_rest_twice():
    diagram = definitions(
        process(
            "p",
            start(),
            fork("f"),
            user("a"),
            user("b"),
            user("z"),
            end(),
            "start -> f -> a -> z -> end",
            "f -> b -> z",
        )
    )
    play = Play(diagram).do("a").do("z")
    assert not play.ended
    assert play.do("b").do("z").ended


def test_a_join_that_can_never_be_complete_is_refused_as_stuck():
    diagram = definitions(
        process("p", start(), xor("x"), user("a"), user("b"), fork("j"), end(),
                "start -> x ->{go} a -> j -> end", "x -> b * -> j")
    )  # fmt: skip
    play = Play(diagram, data={"go": True})
    with pytest.raises(Invalid, match="waits at j") as caught:
        play.do("a")
    assert caught.value.code == "instance.stuck"


def test_an_endless_loop_of_machine_steps_is_refused():
    diagram = definitions(
        process("p", start(), script("s", "x = 1"), xor("g"), end(), "start -> s -> g ->{x == 1} s", "g -> end *")
    )
    with pytest.raises(Invalid) as caught:
        Play(diagram)
    assert caught.value.code == "instance.endless"


def test_a_thousand_rounds_of_a_loop_leave_the_state_as_it_was():
    diagram = definitions(
        process("p", start(), user("a"), xor("g"), end(), "start -> a -> g ->{again} a", "g -> end *")
    )
    play = Play(diagram)
    play.do("a", again=True)
    size = len(play.advance.state)
    for _ in range(1000):
        play.do("a", again=True)
    assert len(play.advance.state) <= size + 8
    assert play.do("a", again=False).ended


def test_subprocess_shares_the_data_of_its_process():
    diagram = definitions(
        process(
            "p",
            start(),
            sub("s", start("s1"), user("u"), end("e1"), "s1 -> u -> e1"),
            user("b"),
            end(),
            "start -> s -> b -> end",
        )
    )
    play = Play(diagram, data={"x": 1}).do("u", x=2)
    assert (play.ready, play.data) == (["b"], {"x": 2})


def test_subprocess_needs_neither_start_nor_end_events():
    diagram = definitions(
        process("p", start(), sub("s", user("u"), user("v"), "u -> v"), user("b"), end(), "start -> s -> b -> end")
    )
    assert Play(diagram).do("u").do("v").ready == ["b"]


@pytest.mark.parametrize(
    ("mapping", "inside", "after"),
    [
        ("", {"x": 1, "y": 2}, {"x": 9, "y": 2, "new": 3}),
        ('<camunda:in source="x" target="z"/><camunda:out source="new" target="got"/>', {"z": 1}, {"x": 1, "y": 2,
        "got": 3}),
        ('<camunda:in sourceExpression="${x + y}" target="sum"/>', {"sum": 3}, {"x": 9, "y": 2, "new": 3, "sum": 3}),
    ],
)  # fmt: skip
def test_call_activity_hands_data_in_and_out(mapping, inside, after):
    body = f"<bpmn:extensionElements>{mapping}</bpmn:extensionElements>" if mapping else ""
    diagram = definitions(
        process("p", start(), call("c", "q", body), user("b"), end(), "start -> c -> b -> end"),
        process("q", start("s1"), user("u"), end("e1"), "s1 -> u -> e1"),
    )
    play = Play(diagram, data={"x": 1, "y": 2})
    assert (play.advance.tasks[0].process, play.data) == ("q", inside)
    play.do("u", x=9, new=3)
    assert (play.ready, play.data) == (["b"], after)


def test_a_call_activity_may_call_its_own_process():
    diagram = definitions(
        process(
            "p", start(), user("a"), xor("g"), call("c", "p"), end(), "start -> a -> g ->{n > 0} c -> end", "g -> end *"
        )
    )
    play = Play(diagram).do("a", n=2).do("a", n=1)
    assert play.do("a", n=0).ended


def test_calling_without_end_is_refused():
    diagram = definitions(process("p", start(), call("c", "p"), end(), "start -> c -> end"))
    with pytest.raises(Invalid) as caught:
        Play(diagram)
    assert caught.value.code == "instance.too_deep"


def test_terminate_ends_its_own_scope_only():
    inner = sub(
        "s",
        start("s1"),
        fork("f"),
        user("u"),
        user("v"),
        end("t", on("terminate")),
        end("e1"),
        "s1 -> f -> u -> t",
        "f -> v -> e1",
    )
    diagram = definitions(process("p", start(), inner, user("b"), end(), "start -> s -> b -> end"))
    play = Play(diagram).do("u")
    assert play.ready == ["b"]
    top = process(
        "p",
        start(),
        fork("f"),
        user("a"),
        user("b"),
        end("t", on("terminate")),
        end(),
        "start -> f -> a -> t",
        "f -> b -> end",
    )
    assert Play(definitions(top)).do("a").ended


def test_ids_that_the_library_uses_itself_are_free():
    diagram = definitions(
        process("p", start("Start"), user("Root"), user("p.EndJoin"), end("End"), "Start -> Root -> p.EndJoin -> End")
    )
    assert Play(diagram).do("Root").do("p.EndJoin").ended


def test_a_flow_without_id_leads_on():
    diagram = definitions(process("p", start(), user("a"), end(), "start -> a -> end"))
    bare = diagram.replace(b' id="f_start_a_1"', b"").replace(b' id="f_a_end_2"', b"")
    assert bare != diagram
    assert Play(bare).do("a").ended


def test_a_plain_task_asks_nobody_and_a_manual_task_does():
    diagram = definitions(
        process("p", start(), bpmn("task", "t"), bpmn("manualTask", "m"), end(), "start -> t -> m -> end")
    )
    play = Play(diagram)
    assert play.ready == ["m"]
    assert play.do("m").ended


def test_a_chain_of_a_thousand_elements_runs():
    names = [f"s{n}" for n in range(1000)]
    diagram = definitions(
        process(
            "p",
            start(),
            *(script(name, f"x = {n}") for n, name in enumerate(names)),
            end(),
            " -> ".join(["start", *names, "end"]),
        )
    )
    play = Play(diagram)
    assert (play.ended, play.data) == (True, {"x": 999})
