"""An instance goes from one package to another, or says why it cannot."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from diagrams import (
    Node,
    boundary,
    call,
    catch,
    definitions,
    end,
    fork,
    handler,
    instances,
    message,
    on,
    process,
    race,
    script,
    start,
    sub,
    timer,
    user,
    xor,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from play import NOON, WORDS, Play, never

from engine.errors import Invalid, Refusal
from engine.runtime import (
    Advance,
    Due,
    Host,
    Package,
    Sources,
    as_before,
    compile_package,
    complete,
    deliver,
    fire,
    inspect,
    transplant,
)
from engine.runtime import start as begin

RICH = (
    start(),
    xor("again"),
    sub(
        "visit",
        start("s_visit"),
        user("handle"),
        boundary("remind", "handle", timer("PT4H"), interrupting=False),
        user("told"),
        end("e_told"),
        xor("more"),
        end("e_visit"),
        "s_visit -> handle -> more",
        "more ->{again_here} handle",
        "more -> e_visit *",
        "remind -> told -> e_told",
        handler("late", start("s_late", timer("P9D"), isInterrupting="false"), user("lateness"), end("e_late"),
                "s_late -> lateness -> e_late"),
    ),
    boundary("overdue", "visit", timer('${due("handle")}')),
    fork("split"),
    user("left"),
    user("right"),
    fork("join"),
    user("each", instances("units", "unit", collect=("all", "said"))),
    race("first"),
    catch("answer", on("message", "m")),
    catch("silence", timer("P3D")),
    call("below", "q"),
    end(),
    "start -> again -> visit -> split",
    "overdue -> again",
    "split -> left -> join",
    "split -> right -> join",
    "join -> each -> first",
    "first -> answer -> below",
    "first -> silence -> below",
    "below -> end",
)  # fmt: skip
CALLED = process("q", start("s_q"), user("check"), end("e_q"), "s_q -> check -> e_q")


def drawn(*parts: str, beside: str = CALLED) -> Package:
    return compile_package({"test.bpmn": definitions(message("m"), process("p", *parts), beside)}, WORDS)


def other(part: str, before: str, after: str) -> str:
    return type(part)(part.replace(before, after))


OLD = drawn(*RICH)
LIKE = drawn(
    *(other(other(part, 'name="handle"', 'name="办理 / Handle"'), 'name="each"', 'name="意见"') for part in RICH),
    user("aside"),
    end("e_aside"),
    "again ->{nobody} aside -> e_aside",
    beside=CALLED.replace('name="check"', 'name="Check"') + process("r", start("s_r"), end("e_r"), "s_r -> e_r"),
)
"""The same with other names, one more way that nobody takes, and one more process."""


def host(hours: float = 0) -> Host:
    now = NOON + timedelta(hours=hours)
    return Host(now, {}, lambda asked: Due(now + timedelta(days=5), asked.step, "5wd"), never)


Push = Callable[[Package, bytes], Advance]


def stimuli(advance: Advance, hours: float) -> list[Push]:
    """All that could happen next."""
    answers = {"again_here": False, "nobody": False, "units": ["a", "b"], "said": "yes"}
    found: list[Push] = [
        lambda package, state, t=task.token, again=again: complete(
            package, state, t, {**answers, "again_here": again}, host(hours)
        )
        for task in advance.tasks
        for again in (False, True)
    ]
    found += [lambda package, state, t=timer.token: fire(package, state, t, host(hours)) for timer in advance.timers]
    found += [
        lambda package, state, m=each: deliver(package, state, m.message, {}, host(hours), m.token)
        for each in advance.messages
    ]
    return found


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), there=st.lists(st.booleans(), min_size=12, max_size=12))
def test_whoever_is_taken_to_a_diagram_that_differs_in_nothing_that_matters_goes_on_as_before(
    seed: int, there: list[bool]
) -> None:
    chance = random.Random(seed)
    stayed = moved = begin(OLD, "p", {"nobody": False, "units": []}, host())
    here = OLD
    for step, across in enumerate(there):
        if across:
            beyond = LIKE if here is OLD else OLD
            taken = transplant(here, moved.state, beyond, host(step))
            assert taken.obstacles == ()
            assert taken.state == moved.state
            moved, here = inspect(beyond, taken.state), beyond
            before = inspect(OLD, stayed.state)
            assert (moved.timers, moved.messages) == (before.timers, before.messages)
            assert [(t.token, t.element, t.item) for t in moved.tasks] == [
                (t.token, t.element, t.item) for t in before.tasks
            ]
        if stayed.ended:
            break
        push = chance.choice(stimuli(inspect(OLD, stayed.state), step))
        stayed, moved = push(OLD, stayed.state), push(here, moved.state)
        assert (moved.state, moved.steps, moved.ended) == (stayed.state, stayed.steps, stayed.ended)


def test_equal_diagrams_give_the_state_back_byte_by_byte() -> None:
    play = Play(OLD, data={"nobody": False}).do("handle", again_here=False).do("left")
    again = drawn(*RICH)
    assert transplant(OLD, play.advance.state, again, host()).state == play.advance.state


def waiting(*parts: str) -> tuple[Package, bytes]:
    package = drawn(*parts)
    return package, begin(package, "p", {}, host()).state


A, B = user("a"), user("b")
LINE = (start(), A, end(), "start -> a -> end")
CATCHING = (start(), catch("c", on("message", "m")), end(), "start -> c -> end")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        pytest.param(LINE, (start(), B, end(), "start -> b -> end"), ["element.gone a"], id="gone"),
        pytest.param(
            LINE, (start(), call("a", "q"), end(), "start -> a -> end"), ["element.other_kind a"], id="another kind"
        ),
        pytest.param(
            LINE,
            (start(), sub("s", start("t"), A, end("e"), "t -> a -> e"), end(), "start -> s -> end"),
            ["element.elsewhere a"],
            id="nested now",
        ),
        pytest.param(
            (start(), sub("s", start("t"), A, end("e"), "t -> a -> e"), end(), "start -> s -> end"),
            LINE,
            ["element.gone s"],
            id="the holder is told, not what is inside it",
        ),
        pytest.param(
            (start(), call("c", "q"), end(), "start -> c -> end"),
            (start(), call("c", "r"), end(), "start -> c -> end"),
            ["call.changed c"],
            id="another process is called",
        ),
        pytest.param(
            CATCHING,
            (start(), catch("c", on("message", "n")), end(), "start -> c -> end"),
            ["message.other c"],
            id="another message",
        ),
        pytest.param(
            CATCHING, (start(), catch("c", timer("P1D")), end(), "start -> c -> end"), ["message.other c"],
            id="a clock in place of a message",
        ),
        pytest.param(
            (start(), catch("c", timer('${due("ack")}')), end(), "start -> c -> end"),
            (start(), catch("c", timer('${due("contact")}')), end(), "start -> c -> end"),
            ["clock.other_step c"],
            id="another step",
        ),
        pytest.param(
            (start(), A, boundary("d", "a", timer('${due("ack")}')), end(), "start -> a -> end", "d -> end"),
            (start(), A, boundary("d", "a", timer('${due("contact")}')), end(), "start -> a -> end", "d -> end"),
            ["clock.other_step d"],
            id="another step at the edge",
        ),
        pytest.param(
            (start(), user("a", instances(count="2")), end(), "start -> a -> end"),
            (start(), user("a", instances(count="2", sequential=True)), end(), "start -> a -> end"),
            ["rounds.changed a"],
            id="one after the other now",
        ),
        pytest.param(
            (start(), race("g"), catch("c", on("message", "m")), catch("t", timer("P1D")), end(),
             "start -> g -> c -> end", "g -> t -> end"),
            (start(), race("g"), catch("c", on("message", "m")), catch("t", timer("P1D")),
             catch("u", on("message", "n")), end(), "start -> g -> c -> end", "g -> t -> end", "g -> u -> end"),
            ["race.changed c"],
            id="one more event in the race",
        ),
        pytest.param(
            (start(), A, end(), "start -> a -> end"),
            (start(), fork("f"), A, B, fork("j"), end(), "start -> f -> a -> j -> end", "f -> b -> j"),
            ["tokens.stuck j"],
            id="a join whose other way nobody comes",
        ),
        pytest.param(
            (start(), fork("f"), A, B, end(), "start -> f -> a -> end", "f -> b -> end"),
            (start(), A, B, end(), "start -> a -> b -> end"),
            ["tokens.doubled end"],
            id="beside each other before, one after the other now",
        ),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_said_by_element(
    old: tuple[str, ...], new: tuple[str, ...], codes: list[str]
) -> None:
    beside = CALLED + process("r", start("s_r"), user("x"), end("e_r"), "s_r -> x -> e_r")
    package, new_package = (
        compile_package({"t.bpmn": definitions(message("m"), message("n"), process("p", *parts), beside)}, WORDS)
        for parts in (old, new)
    )
    state = begin(package, "p", {}, host()).state
    found = transplant(package, state, new_package, host())
    assert [f"{each.code} {each.element}" for each in found.obstacles] == codes
    assert found.state == b""


def test_a_process_that_is_gone_and_a_state_that_is_none() -> None:
    package, state = waiting(*LINE)
    gone = compile_package({"t.bpmn": definitions(CALLED)}, WORDS)
    assert transplant(package, state, gone, host()).obstacles[0].code == "process.gone"
    for broken in (b"", b"[]", b'{"v":2}', json.dumps({**json.loads(state), "t": [[1, 7, "a", "r"]]}).encode()):
        assert [each.code for each in transplant(package, broken, package, host()).obstacles] == ["state.broken"]


def test_a_join_that_lost_a_way_somebody_came_by() -> None:
    old = (start(), fork("f"), A, B, fork("j"), end(), "start -> f -> a -> j -> end", "f -> b -> j")
    new = (*old[:-2], "start -> f -> a -> j -> end", "f -> b -> end")
    package = drawn(*old)
    half = Play(package).do("b").advance.state
    assert [each.code for each in transplant(package, half, drawn(*new), host()).obstacles] == ["flow.gone"]


WATCHED = (start(), A, boundary("d", "a", timer("P1D"), interrupting=False), B, end(), end("e"),
           "start -> a -> end", "d -> b -> e")  # fmt: skip


def test_a_clock_keeps_its_due_time_whatever_its_new_length() -> None:
    package, state = waiting(*WATCHED)
    longer = drawn(*(other(part, "P1D", "P7D") for part in WATCHED))
    taken = transplant(package, state, longer, host(5))
    assert taken.state == state
    assert inspect(longer, taken.state).timers[0].due_at == NOON + timedelta(days=1)


def test_watchers_follow_the_new_diagram() -> None:
    package, state = waiting(*WATCHED)
    without = drawn(*LINE, B, end("e"), xor("g"), "g -> b -> e", "start -> g")
    taken = transplant(package, state, without, host(5))
    assert (taken.withdrawn, taken.added) == (("d",), ())
    assert [timer.element for timer in inspect(without, taken.state).timers] == []
    back = transplant(without, taken.state, package, host(6))
    assert (back.withdrawn, back.added) == ((), ("d",))
    (clock,) = inspect(package, back.state).timers
    assert (clock.attached_to, clock.due_at) == ("a", NOON + timedelta(days=1, hours=6))
    fired = fire(package, back.state, clock.token, host(40))
    assert [task.element for task in fired.tasks] == ["a", "b"]


def test_a_clock_that_struck_already_does_not_strike_again() -> None:
    package, state = waiting(*WATCHED)
    (clock,) = inspect(package, state).timers
    struck = fire(package, state, clock.token, host(24)).state
    taken = transplant(package, struck, drawn(*WATCHED), host(25))
    assert taken.state == struck
    assert not taken.added


def test_a_new_clock_that_would_have_run_out_is_no_way_to_begin() -> None:
    package, state = waiting(*LINE)
    timed = drawn(start(), A, boundary("d", "a", timer("2026-01-01T00:00:00Z", "timeDate")), end(),
                  "start -> a -> end", "d -> end")  # fmt: skip
    assert [each.code for each in transplant(package, state, timed, host()).obstacles] == ["clock.past"]
    unknown = drawn(start(), A, boundary("d", "a", timer("${when}")), end(), "start -> a -> end", "d -> end")
    assert [each.code for each in transplant(package, state, unknown, host()).obstacles] == ["clock.unknown"]


def test_a_handler_of_events_begins_to_listen() -> None:
    package, state = waiting(*LINE)
    listening = drawn(*LINE, handler("h", start("s_h", on("message", "m")), user("heard"), end("e_h"),
                                     "s_h -> heard -> e_h"))  # fmt: skip
    taken = transplant(package, state, listening, host())
    assert taken.added == ("h",)
    assert [task.element for task in deliver(listening, taken.state, "m", {}, host()).tasks] == ["heard"]


def test_the_way_back_gives_no_number_twice() -> None:
    package, state = waiting(*LINE)
    later = json.dumps({**json.loads(state), "n": 77}, separators=(",", ":")).encode()
    back = as_before(state, later)
    assert json.loads(back) == {**json.loads(state), "n": 77}
    with pytest.raises(Refusal):
        complete(package, back, "t77", {}, host())
    assert complete(package, back, inspect(package, back).tasks[0].token, {}, host()).ended


ASKING = (start(), A, B, xor("g"), user("urgent"), end(), "start -> a -> b -> g", "g ->{grave} urgent -> end",
          "g -> end *")  # fmt: skip


@pytest.mark.parametrize(
    ("at", "gives", "data", "codes"),
    [
        pytest.param("a", {"a": ["grave"]}, {}, [], id="it will be told on the way"),
        pytest.param("b", {"a": ["grave"]}, {}, ["fact.unknown g grave"], id="whoever was to say it has answered"),
        pytest.param("b", {"a": ["grave"]}, {"grave": True}, [], id="it knows"),
        pytest.param("b", {"b": ["grave"]}, {}, [], id="it is told just now"),
        pytest.param("a", {}, {}, ["fact.unknown g grave"], id="nobody says it"),
    ],
)
def test_what_the_new_diagram_will_ask_for_must_be_known_or_still_be_learnt(
    at: str, gives: dict[str, list[str]], data: dict[str, bool], codes: list[str]
) -> None:
    def form(which: str) -> Node:
        return user(which, camunda__formKey=which)

    before = drawn(start(), form("a"), form("b"), end(), "start -> a -> b -> end")
    after = drawn(*(form(part.partition('id="')[2][0]) if part in (A, B) else part for part in ASKING))
    play = Play(before, data=data)
    state = (play if at == "a" else play.do("a")).advance.state
    sources = Sources(lambda _process, key: gives.get(key, ()), lambda _service: ())
    found = transplant(before, state, after, host(), sources=sources)
    assert [f"{each.code} {each.element} {each.name}" for each in found.obstacles] == codes
    again = transplant(after, state, after, host(), sources=sources)
    assert again.obstacles == ()


def test_states_of_one_shape_are_judged_once() -> None:
    package = drawn(*LINE, script("unused", "x = 1"), "a -> unused", "unused -> end")
    verdicts: dict[object, object] = {}
    for number in range(5):
        state = begin(package, "p", {"number": number}, host()).state
        transplant(package, state, package, host(), verdicts)  # type: ignore[arg-type]
    assert len(verdicts) == 1


def test_nothing_is_moved_by_looking() -> None:
    package, state = waiting(*LINE)
    with pytest.raises(Invalid):
        inspect(package, b"{}")
    assert transplant(package, state, package, host()).state is state
