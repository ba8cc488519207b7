"""Timers, messages, signals, escalations, errors, conditions, links: caught, thrown, at boundaries and by handlers."""

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
    handler,
    link,
    message,
    on,
    process,
    race,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
    when,
    xor,
)
from play import NOON, Play

from engine.errors import Conflict, Invalid
from engine.runtime import BusinessError
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
