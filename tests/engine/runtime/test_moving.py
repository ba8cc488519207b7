"""A token is moved by hand, or cannot be, and why."""

from __future__ import annotations

import pytest
from diagrams import boundary, call, catch, definitions, end, fork, handler, instances, message, on, process

from diagrams import race, service, start, sub, timer, user  # isort: skip
from play import Play

from engine.errors import Conflict, Invalid
from engine.runtime import Movable, movable, move

CALLED = process("q", start("s_q"), user("check"), end("e_q"), "s_q -> check -> e_q")
DRAWN = definitions(
    message("m"),
    process(
        "p",
        start(),
        user("first"),
        sub("visit", start("s"), user("sign"), boundary("d", "sign", timer("P1D")), user("do"), end("e"),
            "s -> sign -> do -> e", "d -> do"),
        fork("f"),
        user("left"),
        user("right"),
        fork("j"),
        race("g"),
        catch("answer", on("message", "m")),
        catch("silence", timer("P3D")),
        user("each", instances(count="2")),
        service("act", "topic"),
        call("below", "q"),
        end(),
        handler("h", start("s_h", on("message", "m"), isInterrupting="false"), user("heard"), end("e_h"),
                "s_h -> heard -> e_h"),
        "start -> first -> visit -> f",
        "f -> left -> j",
        "f -> right -> j",
        "j -> g -> answer -> each -> act -> below -> end",
        "g -> silence -> end",
    ),
    CALLED,
)  # fmt: skip


def standing(play: Play) -> dict[str, Movable]:
    return {each.element: each for each in movable(play.package, play.advance.state)}


def sound(token: Movable) -> list[str]:
    return [each.element for each in token.targets if each.obstacle is None]


def unsound(token: Movable) -> dict[str, str]:
    return {each.element: each.obstacle.code for each in token.targets if each.obstacle is not None}


def test_a_token_alone_may_go_wherever_somebody_waits_but_into_half_a_fork() -> None:
    (token,) = standing(Play(DRAWN)).values()
    assert sound(token) == ["visit", "g", "each", "below"]
    assert unsound(token) == {"left": "tokens.stuck", "right": "tokens.stuck"}


def test_what_is_inside_goes_within_its_level_or_as_a_whole() -> None:
    play = Play(DRAWN).do("first")
    found = standing(play)
    assert sound(found["sign"]) == ["do"]
    assert found["sign"].inside == ("visit",)
    moved = move(play.package, play.advance.state, found["sign"].token, "do", play.host)
    assert [task.element for task in moved.tasks] == ["do"]
    assert moved.timers == ()
    assert [f"{step.kind} {step.element}" for step in moved.steps] == ["cancelled sign", "entered do"]
    whole = move(play.package, play.advance.state, found["visit"].token, "below", play.host)
    assert [(task.element, task.process) for task in whole.tasks] == [("check", "q")]


def test_one_way_of_a_fork_is_never_left_waiting_for_the_other() -> None:
    play = Play(DRAWN).do("first").do("sign").do("do")
    left = standing(play)["left"]
    assert sound(left) == []
    assert unsound(left) == dict.fromkeys(["first", "visit", "right", "g", "each", "below"], "tokens.stuck")
    with pytest.raises(Invalid, match="could not come to its end") as refused:
        move(play.package, play.advance.state, left.token, "each", play.host)
    assert refused.value.code == "move.unsound"


def test_events_that_race_are_one_and_go_together() -> None:
    play = Play(DRAWN).do("first").do("sign").do("do").do("left").do("right")
    (token,) = standing(play).values()
    assert token.element == "g"
    moved = move(play.package, play.advance.state, token.token, "first", play.host)
    assert [task.element for task in moved.tasks] == ["first"]
    assert moved.timers == ()


def test_all_rounds_go_with_their_body() -> None:
    play = Play(DRAWN)
    (token,) = standing(play).values()
    rounds = move(play.package, play.advance.state, token.token, "each", play.host)
    assert [task.element for task in rounds.tasks] == ["each", "each"]
    (body,) = movable(play.package, rounds.state)
    assert body.element == "each"
    back = move(play.package, rounds.state, body.token, "first", play.host)
    assert [task.element for task in back.tasks] == ["first"]


@pytest.mark.parametrize(
    ("target", "code"),
    [("act", "move.target"), ("end", "move.target"), ("sign", "move.target"), ("first", "move.target")],
)
def test_nothing_is_begun_by_hand_that_nobody_waits_at(target: str, code: str) -> None:
    play = Play(DRAWN)
    (token,) = standing(play).values()
    with pytest.raises(Invalid) as refused:
        move(play.package, play.advance.state, token.token, target, play.host)
    assert refused.value.code == code


def test_a_token_that_has_gone_on_is_told() -> None:
    play = Play(DRAWN)
    (token,) = standing(play).values()
    play.do("first")
    with pytest.raises(Conflict) as refused:
        move(play.package, play.advance.state, token.token, "below", play.host)
    assert refused.value.code == "move.gone"
