"""Timers, messages and event gateways: who waits, who is taken away, and when."""

from datetime import timedelta

import pytest
from diagrams import (
    boundary,
    call,
    catch,
    declared,
    definitions,
    end,
    fork,
    message,
    on,
    process,
    race,
    script,
    start,
    sub,
    throw,
    timer,
    user,
    xor,
)
from play import NOON, Play

from engine.errors import Conflict
from engine.runtime import driver as pushes


def test_interrupting_timer_takes_the_task_away():
    diagram = definitions(
        process("p", start(), user("a"), boundary("t", "a", timer("P7D")), user("late"), user("b"), end(),
                "start -> a -> b -> end", "t -> late -> end")
    )  # fmt: skip
    play = Play(diagram)
    (waiting,) = play.advance.timers
    assert (waiting.element, waiting.attached_to, waiting.due_at) == ("t", "a", NOON + timedelta(days=7))
    assert (waiting.interrupting, waiting.length, waiting.process) == (True, "P7D", "p")
    gone = play.advance.tasks[0].token
    play.fire("t")
    assert (play.ready, play.timers) == (["late"], [])
    with pytest.raises(Conflict, match="No task waits"):
        pushes.complete(play.package, play.advance.state, gone, {}, play.host)
    with pytest.raises(Conflict, match="No timer waits"):
        pushes.fire(play.package, play.advance.state, waiting.token, play.host)
    assert play.do("late").ended


def test_non_interrupting_timer_leaves_the_task_and_fires_once():
    diagram = definitions(
        process("p", start(), user("a"), boundary("t", "a", timer("P3D"), False), user("remind"), end(), end("e2"),
                "start -> a -> end", "t -> remind -> e2")
    )  # fmt: skip
    play = Play(diagram).fire("t")
    assert (play.ready, play.timers) == (["a", "remind"], [])
    assert not play.do("a").ended
    assert play.do("remind").ended


def test_completing_a_task_withdraws_its_timers():
    diagram = definitions(
        process("p", start(), user("a"), boundary("t", "a", timer("P3D"), False), boundary("u", "a", timer("P7D")),
                user("b"), end(), end("e2"), "start -> a -> b -> end", "t -> e2", "u -> e2")
    )  # fmt: skip
    play = Play(diagram)
    assert play.timers == ["t", "u"]
    assert play.do("a").timers == []


def test_timer_on_a_subprocess_takes_everything_inside_away_but_not_what_it_found_out():
    inner = sub(
        "s2",
        start("s3"),
        user("v"),
        boundary("tv", "v", timer("P1D")),
        end("e3"),
        end("e4"),
        "s3 -> v -> e3",
        "tv -> e4",
    )
    outer = sub("s", start("s1"), script("x", "found = 1"), inner, end("e1"), "s1 -> x -> s2 -> e1")
    diagram = definitions(
        process("p", start(), outer, boundary("t", "s", timer("P7D")), user("late"), end(), end("e5"),
                "start -> s -> end", "t -> late -> e5")
    )  # fmt: skip
    play = Play(diagram)
    assert play.timers == ["t", "tv"]
    play.fire("t")
    assert (play.ready, play.timers, play.data) == (["late"], [], {"found": 1})


def test_cancelled_work_does_not_run_on():
    """Without care the inside of a subprocess is drained before the fired event takes it away."""
    inner = sub(
        "s",
        start("s1"),
        throw("up", on("escalation", "X")),
        script("never", "ran = true"),
        end("e1"),
        "s1 -> up -> never -> e1",
    )
    diagram = definitions(
        declared("escalation", "X"),
        process(
            "p",
            start(),
            inner,
            boundary("bx", "s", on("escalation", "X")),
            user("esc"),
            end(),
            "start -> s -> end",
            "bx -> esc -> end",
        ),
    )
    play = Play(diagram)
    assert (play.ready, dict(play.data)) == (["esc"], {})


def test_a_repeating_timer_waits_again_under_a_new_token_exactly_one_length_later():
    diagram = definitions(
        process("p", start(), user("a"), boundary("t", "a", timer("R3/PT1H", "timeCycle"), False), script("s",
        "n = n + 1"),
                end(), end("e2"), "start -> a -> end", "t -> s -> e2")
    )  # fmt: skip
    play = Play(diagram, data={"n": 0})
    seen = []
    while play.timers:
        (waiting,) = play.advance.timers
        seen.append((waiting.token, waiting.due_at))
        play.now = waiting.due_at + timedelta(minutes=20)  # the scheduler is late
        play.fire("t")
    assert [due for _, due in seen] == [NOON + timedelta(hours=n) for n in (1, 2, 3)]
    assert len({token for token, _ in seen}) == 3
    assert (play.data["n"], play.ready) == (3, ["a"])


def test_due_asks_the_host_with_the_step_and_the_tier():
    diagram = definitions(
        process("p", start(), user("a"), boundary("t", "a", timer('${due("handle", tier)}')), end(), end("e2"),
                "start -> a -> end", "t -> e2")
    )  # fmt: skip
    (waiting,) = Play(diagram, data={"tier": "grid"}).advance.timers
    assert (waiting.due_at, waiting.step, waiting.length) == (NOON + timedelta(days=5), "handle", "grid")


def test_a_due_time_is_computed_once():
    diagram = definitions(
        process("p", start(), fork("f"), user("a"), user("b"), boundary("t", "a", timer("P2D")), fork("j"), end(),
        end("e2"),
                "start -> f -> a -> j -> end", "f -> b -> j", "t -> e2")
    )  # fmt: skip
    play = Play(diagram)
    play.now += timedelta(days=1)
    play.do("b")
    assert play.advance.timers[0].due_at == NOON + timedelta(days=2)
    assert pushes.inspect(play.package, play.advance.state).timers == play.advance.timers


def test_a_loop_arms_its_timer_anew_in_every_round():
    diagram = definitions(
        process("p", start(), script("i", "tier = 0"), xor("m"), user("handle"), boundary("t", "handle", timer("P2D")),
                script("up", "tier = tier + 1"), xor("g"), end(),
                "start -> i -> m -> handle -> g ->{not solved} up -> m", "g -> end *", "t -> up")
    )  # fmt: skip
    play = Play(diagram)
    tokens = set()
    for tier in range(5):
        assert play.data["tier"] == tier
        tokens.add(play.advance.timers[0].token)
        play = play.do("handle", solved=False) if tier % 2 else play.fire("t")
    assert len(tokens) == 5
    assert play.do("handle", solved=True).ended


def test_event_gateway_takes_the_first_to_come_and_drops_the_others():
    diagram = definitions(
        message("reply"),
        process("p", start(), race("g"), catch("m", on("message", "reply")), catch("t1", timer("P1D")), catch("t2",
        timer("P2D")),
                user("got"), user("soon"), user("later"), end(),
                "start -> g -> m -> got -> end", "g -> t1 -> soon -> end", "g -> t2 -> later -> end"),
    )  # fmt: skip
    play = Play(diagram)
    assert (play.messages, play.timers) == (["m"], ["t1", "t2"])
    assert (play.send("reply", answer="yes").ready, play.timers) == (["got"], [])
    assert play.data == {"answer": "yes"}
    assert Play(diagram).fire("t1").ready == ["soon"]
    assert Play(diagram).fire("t2").ready == ["later"]


def test_a_message_goes_to_one_and_is_refused_when_nobody_waits():
    diagram = definitions(
        message("m"),
        process("p", start(), fork("f"), catch("a", on("message", "m")), catch("b", on("message", "m")), user("u"),
        fork("j"), end(),
                "start -> f -> a -> j -> end", "f -> b -> j", "f -> u -> j"),
    )  # fmt: skip
    play = Play(diagram)
    assert play.send("m").messages == ["b"]
    assert Play(diagram).send("m", token=play.advance.messages[0].token).messages == ["a"]
    assert play.send("m").messages == []
    with pytest.raises(Conflict) as caught:
        play.send("m")
    assert caught.value.code == "message.not_awaited"


def test_a_message_at_the_boundary_of_a_call_withdraws_the_whole_matter():
    diagram = definitions(
        message("m_withdraw"),
        process("p", start(), call("c", "q"), boundary("w", "c", on("message", "m_withdraw")), user("note"), end(),
        end("e2"),
                "start -> c -> end", "w -> note -> e2"),
        process("q", start("s1"), user("u"), boundary("t", "u", timer("P1D")), end("e1"), end("e3"),
        "s1 -> u -> e1", "t -> e3"),
    )  # fmt: skip
    play = Play(diagram).send("m_withdraw", reason="solved")
    assert (play.ready, play.timers, play.data) == (["note"], [], {"reason": "solved"})


def test_a_non_interrupting_message_is_caught_as_often_as_it_comes():
    diagram = definitions(
        message("m"),
        process("p", start(), user("a"), boundary("b", "a", on("message", "m"), False), script("s", "n = n + 1"),
        end(), end("e2"),
                "start -> a -> end", "b -> s -> e2"),
    )  # fmt: skip
    play = Play(diagram, data={"n": 0}).send("m").send("m").send("m")
    assert (play.data["n"], play.ready) == (3, ["a"])
