"""Multi-instance activities and loops, and what a state keeps of an instance."""

import json
import random
import threading
from datetime import timedelta

import pytest
from diagrams import (
    boundary,
    call,
    declared,
    definitions,
    end,
    extension,
    fork,
    instances,
    message,
    on,
    process,
    script,
    service,
    start,
    sub,
    timer,
    user,
    xor,
)
from play import FUNCTIONS, NOON, WORDS, Play

from engine.errors import Conflict, Invalid, NotFound
from engine.runtime import Due, Host, compile_package, driver
from engine.runtime.state import load, save

ORGS = ["mediation", "police", "housing"]

WALK = definitions(
    message("m_withdraw"),
    message("m_jump"),
    declared("escalation", "X"),
    process("p", start(), xor("m"), call("tier", "q"), boundary("late", "tier", timer('due("handle", tier)')),
            boundary("up", "tier", on("escalation", "X")), boundary("jump", "tier", on("message", "m_jump"), False),
            script("note", "jumped = true"), boundary("w", "tier", on("message", "m_withdraw")), script("rise",
            "tier = tier + 1"),
            xor("top"), end(), end("e2"), end("e3"),
            "start -> m -> tier -> end", "late -> rise", "up -> rise -> top ->{tier < 6} m", "top -> e3 *", "w -> end",
            "jump -> note -> e2"),
    process("q", start("qs"), fork("f"), user("ask", instances("orgs", "org", collect=("opinions", "opinion"))),
    fork("j"),
            sub("s", start("ss"), user("handle"), boundary("r", "handle", timer("R2/P1D", "timeCycle"), False),
            end("re"), end("se"),
                "ss -> handle -> se", "r -> re"),
            xor("g"), end("ok"), end("no", on("escalation", "X")),
            "qs -> f -> ask -> j -> g ->{settled} ok", "f -> s -> j", "g -> no *"),
)  # fmt: skip


def _asked(characteristics, *, tag_sub=False):
    one = (
        sub("a", start("s1"), user("u"), end("e1"), "s1 -> u -> e1", body=characteristics)
        if tag_sub
        else user("a", characteristics)
    )
    return definitions(process("p", start(), one, user("b"), end(), "start -> a -> b -> end"))


def test_parallel_instances_wait_side_by_side_each_with_its_item():
    play = Play(_asked(instances("orgs", "org")), data={"orgs": ORGS})
    assert [task.item for task in play.advance.tasks] == ORGS
    assert [task.data["org"] for task in play.advance.tasks] == ORGS
    for org in reversed(ORGS):
        play.do("a", org)
    assert (play.ready, "org" in play.data, "loopCounter" in play.data) == (["b"], False, False)


def test_instances_do_not_see_each_other_and_their_answers_are_collected_in_order_of_completion():
    play = Play(
        _asked(instances("orgs", "org", collect=("opinions", "opinion")), tag_sub=True), data={"orgs": ORGS[:2]}
    )
    _, second = play.advance.tasks
    play.do("u", opinion="no")
    assert [task.token for task in play.advance.tasks] == [second.token]
    play.do("u", opinion="yes")
    assert play.data["opinions"] == ["no", "yes"]


def test_input_parameters_are_seen_inside_and_for_each_instance_anew():
    given = '<camunda:inputParameter name="whom">${org}</camunda:inputParameter>'
    body = extension(f"<camunda:inputOutput>{given}</camunda:inputOutput>") + instances("orgs", "org")
    play = Play(_asked(body), data={"orgs": ORGS})
    assert [task.data["whom"] for task in play.advance.tasks] == ORGS
    play.do("a", "police", opinion="yes").do("a").do("a")
    assert (play.ready, dict(play.data)) == (["b"], {"orgs": ORGS, "opinion": "yes"})
    one = definitions(process("p", start(), user("a", body[: body.index("<bpmn:multi")]), end(), "start -> a -> end"))
    play = Play(one, data={"org": "police"})
    assert play.advance.tasks[0].data == {"org": "police", "whom": "police"}
    assert play.do("a", opinion="no").data == {"org": "police", "opinion": "no"}


@pytest.mark.parametrize("seed", range(20))
def test_any_walk_keeps_every_token_its_own_and_something_always_waits(seed):
    choice = random.Random(seed)
    play = Play(WALK, data={"orgs": ORGS, "tier": 0, "settled": False})
    owners: dict[str, str] = {}
    for _ in range(40):
        if play.ended:
            break
        ways = [*play.advance.tasks, *play.advance.timers, *play.advance.messages]
        assert ways
        for way in ways:
            assert owners.setdefault(way.token, way.element) == way.element
        way = choice.choice(ways)
        if way in play.advance.tasks:
            play.do(way.element, way.item, settled=choice.random() < 0.3, opinion=choice.choice(["yes", "no"]))
        elif way in play.advance.timers:
            play.fire(way.element)
        else:
            play.send(way.message, way.token, why="facts")
        assert len(play.advance.state) < 4096
    assert "org" not in play.data or not play.ended


def test_sequential_instances_come_one_after_the_other():
    play = Play(_asked(instances("orgs", "org", sequential=True)), data={"orgs": ORGS})
    for org in ORGS:
        assert [task.item for task in play.advance.tasks] == [org]
        play.do("a")
    assert play.ready == ["b"]


def test_enough_instances_end_the_others():
    play = Play(
        _asked(instances("orgs", "org", until="${op == 'yes' or nrOfCompletedInstances >= 2}")), data={"orgs": ORGS}
    )
    assert Play(_asked(instances("orgs", "org", until="op == 'yes'")), data={"orgs": ORGS}).do("a", op="yes").ready == [
        "b"
    ]
    assert play.do("a", op="no").ready == ["a", "a"]
    assert play.do("a", op="no").ready == ["b"]


def test_a_number_of_instances_and_none_at_all():
    assert Play(_asked(instances(count="3"))).ready == ["a", "a", "a"]
    assert Play(_asked(instances(count="${n}")), data={"n": 2}).ready == ["a", "a"]
    assert Play(_asked(instances("orgs", "org")), data={"orgs": []}).ready == ["b"]


@pytest.mark.parametrize("count", [-1, "many", 1.5, True, 10**6])
def test_a_number_of_instances_that_makes_no_sense_is_refused_by_name(count):
    with pytest.raises(Invalid, match='"a"'):
        Play(_asked(instances(count="${n}")), data={"n": count})


def test_a_timer_at_the_boundary_takes_all_instances():
    diagram = definitions(
        process("p", start(), user("a", instances("orgs", "org")), boundary("t", "a", timer("P2D")), user("late"),
        end(), end("e2"),
                "start -> a -> end", "t -> late -> e2"),
    )  # fmt: skip
    play = Play(diagram, data={"orgs": ORGS}).do("a").fire("t")
    assert (play.ready, play.timers) == (["late"], [])


def test_an_escalation_from_one_instance_ends_the_whole_activity():
    one = sub("s", start("s1"), user("u"), xor("g"), end("up", on("escalation", "X")), end("e1"),
    "s1 -> u -> g ->{no} up", "g -> e1 *",
              body=instances("orgs", "org"))  # fmt: skip
    diagram = definitions(
        declared("escalation", "X"),
        process("p", start(), one, boundary("bx", "s", on("escalation", "X")), user("esc"), end(),
        "start -> s -> end", "bx -> esc -> end"),
    )  # fmt: skip
    assert Play(diagram, data={"orgs": ORGS, "no": False}).do("u", no=True).ready == ["esc"]


def test_instances_of_calls_and_of_receiving():
    diagram = definitions(
        message("m"),
        process("p", start(), call("c", "q", instances("orgs", "org")), end(), "start -> c -> end"),
        process("q", start("s1"), user("u"), end("e1"), "s1 -> u -> e1"),
    )  # fmt: skip
    play = Play(diagram, data={"orgs": ORGS})
    assert [task.data["org"] for task in play.advance.tasks] == ORGS
    assert play.do("u").do("u").do("u").ended


@pytest.mark.parametrize(("before", "n", "rounds"), [("true", 0, 2), ("true", 2, 0), ("false", 0, 2), ("false", 2, 1)])
def test_a_loop_asks_before_or_after_each_round(before, n, rounds):
    condition = "<bpmn:loopCondition>n &lt; 2</bpmn:loopCondition>"
    loop = f'<bpmn:standardLoopCharacteristics testBefore="{before}">{condition}</bpmn:standardLoopCharacteristics>'
    inside = sub(
        "s",
        start("s1"),
        script("x", "n = n + 1; rounds = rounds + 1".replace("; ", chr(10))),
        end("e1"),
        "s1 -> x -> e1",
        body=loop,
    )
    diagram = definitions(process("p", start(), inside, end(), "start -> s -> end"))
    assert Play(diagram, data={"n": n, "rounds": 0}).data["rounds"] == rounds


def test_a_service_gets_its_parameters_and_gives_variables():
    diagram = definitions(
        process("p", start(), service("s", "raise_tier", reason="overdue at ${tier}", to="${n + 1}", flag="plain"),
        end(), "start -> s -> end")
    )  # fmt: skip
    seen = []
    play = Play(diagram, data={"tier": "grid", "n": 1}, call=lambda asked: seen.append(asked) or {"tier": "zone"})
    assert (play.data["tier"], seen[0].params) == ("zone", {"reason": "overdue at grid", "to": 2, "flag": "plain"})
    assert (seen[0].name, seen[0].element) == ("raise_tier", "s")


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [{"a": 1}], (1,), float("nan"), float("inf"), NOON, b"x", {1}])
def test_data_that_are_not_flat_are_refused_by_name(value):
    diagram = definitions(process("p", start(), user("a"), service("s", "x"), end(), "start -> a -> s -> end"))
    with pytest.raises(Invalid, match='"x"'):
        Play(diagram, data={"x": value})
    with pytest.raises(Invalid, match='"x" at "a"'):
        Play(diagram).do("a", x=value)
    play = Play(diagram, call=lambda asked: {"x": value})
    with pytest.raises(Invalid, match='"x" at "s"'):
        play.do("a")


def test_a_waiting_task_tells_all_a_worklist_needs():
    properties = ('unit" value="${holder}', 'title_en" value="Accept')
    drawn = "".join(f'<camunda:property name="{one}"/>' for one in properties)
    body = extension(f"<camunda:properties>{drawn}</camunda:properties>")
    diagram = definitions(
        process("p", start(), user("a", body, camunda__formKey="accept", camunda__candidateGroups="lead, ${extra}"),
        end(), "start -> a -> end",
                lanes={"grid": ["a"]}),
    )  # fmt: skip
    (task,) = Play(diagram, data={"holder": "u7", "extra": "deputy"}).advance.tasks
    assert (task.token, task.element, task.process, task.name, task.lane) == ("t2", "a", "p", "a", "grid")
    assert (task.form, task.roles, dict(task.properties)) == (
        "accept",
        ("lead", "deputy"),
        {"unit": "u7", "title_en": "Accept"},
    )


LADDER = definitions(
    declared("escalation", "X"),
    process("p", start(), script("i", "tier = 0"), xor("m"),
            sub("s", start("s1"), user("accept"), boundary("r", "accept", timer("P1D"), False), script("note",
            "reminded = true"), end("e2"),
                user("handle"), xor("g"), end("ok"), end("up", on("escalation", "X")),
                "s1 -> accept -> handle -> g ->{settled} ok", "g -> up *", "r -> note -> e2"),
            boundary("t", "s", timer('due("handle", tier)')), boundary("bx", "s", on("escalation", "X")),
            script("rise", "tier = tier + 1"), user("reply"), end(),
            "start -> i -> m -> s -> reply -> end", "t -> rise -> m", "bx -> rise"),
)  # fmt: skip


def test_fifty_escalations_leave_the_state_as_small_as_one():
    play = Play(LADDER, data={"case": 1})
    sizes = {}
    for count in range(1, 51):
        play = play.fire("r").do("accept").do("handle", settled=False) if count % 2 else play.fire("t")
        sizes[count] = len(play.advance.state)
    assert play.data["tier"] == 50
    assert max(sizes.values()) < 4096
    assert sizes[50] - sizes[2] <= 16, "more than the digits of the counters"


def test_equal_pushes_give_equal_states_and_tokens():
    def run():
        play = Play(LADDER).fire("r").do("accept").do("handle", settled=False).fire("t")
        return play.advance.state, play.trace, [task.token for task in play.advance.tasks]

    assert run() == run()


def test_a_token_is_never_used_twice():
    play = Play(LADDER)
    seen = {}
    for _ in range(10):
        for waiting in (*play.advance.tasks, *play.advance.timers):
            assert seen.setdefault(waiting.token, waiting.element) == waiting.element
        play.fire("t")


def test_a_state_that_cannot_be_read_is_refused_plainly():
    play = Play(LADDER)
    plain = json.loads(play.advance.state)
    for change, code in (
        ({"v": 2}, "state.version"),
        ({"p": "q"}, "state.element"),
        ({"t": [[1, 0, "gone", "r"]]}, "state.element"),
    ):
        with pytest.raises(Invalid) as caught:
            load(play.package, json.dumps({**plain, **change}).encode())
        assert caught.value.code == code
    for broken in (b"", b"{}", b"[]", b"\xff", b"null"):
        with pytest.raises(Invalid) as caught:
            load(play.package, broken)
        assert caught.value.code == "state.broken"


def test_a_state_holds_no_clock_and_survives_as_it_is():
    play = Play(LADDER)
    assert b"2026-01-01T12" not in play.advance.state
    assert save(load(play.package, play.advance.state)) == play.advance.state
    assert driver.inspect(play.package, play.advance.state).state == play.advance.state


def test_only_a_waiting_task_can_be_completed_and_only_a_waiting_timer_fired():
    play = Play(LADDER)
    for token in ("t0", "t1", "t5", "x", "", play.advance.timers[0].token):
        with pytest.raises(Conflict) as caught:
            driver.complete(play.package, play.advance.state, token, {}, play.host)
        assert caught.value.code == "task.gone"
    with pytest.raises(Conflict) as caught:
        driver.fire(play.package, play.advance.state, play.advance.tasks[0].token, play.host)
    assert caught.value.code == "timer.gone"
    with pytest.raises(NotFound):
        driver.start(play.package, "nothing", {}, play.host)


def test_a_push_that_raises_leaves_the_given_state_usable():
    diagram = definitions(
        process("p", start(), user("a"), script("s", "y = x + 1"), user("b"), end(), "start -> a -> s -> b -> end")
    )
    play = Play(diagram)
    before = play.advance.state
    with pytest.raises(Invalid) as caught:
        driver.complete(play.package, before, "t2", {}, play.host)
    assert (caught.value.code, caught.value.facts["element"], caught.value.facts["known"]) == (
        "instance.expression",
        "s",
        [],
    )
    assert driver.complete(play.package, before, "t2", {"x": 1}, play.host).data == {"x": 1, "y": 2}


def test_threads_share_a_package():
    package = compile_package({"p.bpmn": LADDER}, WORDS)

    def host(day):
        now = NOON + timedelta(days=day)
        return Host(now, FUNCTIONS, lambda asked: Due(now + timedelta(days=5), asked.step, "5wd"), lambda asked: {})

    def run(results, index):
        advance = driver.start(package, "p", {"case": index % 2}, host(0))
        for day in range(30):
            advance = driver.fire(package, advance.state, advance.timers[0].token, host(day))
        results[index] = advance.state

    results: dict[int, bytes] = {}
    threads = [threading.Thread(target=run, args=(results, index)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results.values())) == 2
