"""What a draft would have done: the release in force gives exactly what happened, and a change only what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.rehearsal import Rehearsed, Replay, figures_of, hash_of
from tests.engine.rehearsal.conftest import Lived

SMALL, LIMITS, HANDLE = "small/small.bpmn", "small/limits.yaml", "forms/handle.form"


def test_the_release_in_force_gives_exactly_what_happened(lived: Lived) -> None:
    """Tolerance zero: every visit with its tier, reason, unit and instants, and the instant of closing."""
    replay = Replay(lived.world, lived.release, lived.habits)
    rises = beside = 0
    for past in lived.pasts:
        course = replay.course(past, lived.release)
        assert course.stays == past.course.stays, past.number
        assert course.ended_at == past.course.ended_at, past.number
        assert course.equals(past.course), past.number
        assert (course.yellow, course.red) == (past.course.yellow, past.course.red), past.number
        assert not any(stop.assumed for stop in course.stops), past.number
        rises += len(past.course.stays) - 1
        beside += past.beside
    assert len(lived.pasts) > 80
    assert rises > 30
    assert beside > 2
    reasons = {stay.reason for past in lived.pasts for stay in past.course.stays}
    assert {"filed", "request", "overdue", "return_down"} <= reasons


def test_equal_input_gives_an_equal_result_in_any_order(lived: Lived) -> None:
    draft = lived.draft((LIMITS, "grid: 2wd", "grid: 1wd"))
    once = lived.rehearse(draft)
    other = replace(lived, pasts=lived.pasts[::-1])
    again = [replace(case, number=len(once) + 1 - case.number) for case in reversed(other.rehearse(draft))]
    assert hash_of(once) == hash_of(again)
    assert hash_of(once) != hash_of(lived.rehearse(lived.release))


def figures(lived: Lived, cases: list[Rehearsed]) -> dict[str, Any]:
    return figures_of(cases, lived.world.tiers.names, day_minutes=lived.world.calendar.minutes_per_day)


def test_less_time_raises_more_cases_and_says_so_per_tier(lived: Lived) -> None:
    found = figures(lived, lived.rehearse(lived.draft((LIMITS, "grid: 2wd", "grid: 1wd"))))
    was, would = found["measures"]["rises_overdue"]
    assert would > was
    by_tier = {row["tier"]: row for row in found["tiers"]}
    assert by_tier["grid"]["overdue"][1] > by_tier["grid"]["overdue"][0]
    assert by_tier["building"]["stays"][0] == by_tier["building"]["stays"][1]
    assert found["differing"] > 0
    assert found["unexplained"] == 0
    assert found["assumed"]["answers"] > 0  # nobody knows what the tier above would have done
    assert sum(found["ended"]["closed"]) > 0
    assert sum(was for was, _ in found["days"].values()) == len(lived.pasts)


TWICE = [(LIMITS, f"{tier}: {n}wd", f"{tier}: {2 * n}wd") for tier, n in (("building", 1), ("grid", 2), ("zone", 3))]


def test_more_time_never_raises_more_and_does_not_invent_answers(lived: Lived) -> None:
    """Who let the time pass is taken to let it pass again; that counts as assumed."""
    cases = lived.rehearse(lived.draft(*TWICE))
    was, would = figures(lived, cases)["measures"]["rises"]
    assert would <= was
    late = [case for case in cases if any(stay[2] == "overdue" for stay in case.before["stays"])]
    assert late
    assert all(case.after["assumed"] > 0 for case in late if case.differs)


def test_a_question_nobody_was_ever_asked_is_answered_and_counted(lived: Lived) -> None:
    asked = '{"type": "radio", "key": "informed", "label": "x", "validate": {"required": true}, "values": '
    asked += '[{"label": "是", "value": "yes"}, {"label": "否", "value": "no"}]},'
    draft = lived.draft(("forms/resolve.form", '"components": [', f'"components": [{asked}'))
    small = [case for case in lived.rehearse(draft) if case.after["assumed"]]
    assert small
    assert all(set(case.assumed_at) <= {"p_small|t_resolve", "p_big|t_resolve", "p_big|t_conclude"} for case in small)
    assert not any(case.differs for case in small)  # an answer that changes nothing is no difference


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('outcome == "up" and not top', 'oucome == "up" and not top', "instance.expression"),
        ("<camunda:inputParameter name=\"reason\">request<", "<camunda:inputParameter name=\"reason\">because<",
         "raise.reason_unknown"),
    ],
)  # fmt: skip
def test_a_draft_at_fault_stops_the_cases_that_reach_it_and_no_other(
    lived: Lived, old: str, new: str, code: str
) -> None:
    cases = lived.rehearse(lived.draft((SMALL, old, new)))
    stopped = [case for case in cases if case.after["ended"] == "stopped"]
    assert 0 < len(stopped) < len(cases)
    assert all(case.after["trouble"].startswith(code) for case in stopped)
    assert figures(lived, cases)["trouble"]


def test_a_draft_in_which_nothing_ever_ends_is_given_up(lived: Lived) -> None:
    endless = [(LIMITS, f"{tier}: {n}wd", f"{tier}: {n}999wd") for tier, n in (("grid", 2), ("zone", 3))]
    never = (SMALL, 'outcome == "resolved" or outcome == "refer"', 'outcome == "never"')
    settled = [
        past
        for past in lived.pasts
        if past.course.ended == "closed"
        and past.course.way == (("grid", "filed"),)
        and {asked.answers.get("outcome") for asked in past.asked if asked.form == "handle"} == {"resolved"}
    ]
    small = replace(lived, pasts=settled[:4])
    cases = small.rehearse(lived.draft(never, *endless))
    assert {case.after["ended"] for case in cases} == {"unfinished"}
    assert all(case.after["overdue"] and case.after["minutes"] is None for case in cases)


def test_what_the_draft_cannot_ask_is_not_an_answer(lived: Lived) -> None:
    """A value that the draft's form does not offer any more is replaced by what most said, and counted."""
    draft = lived.draft((HANDLE, '"value": "joint"', '"value": "together"'))
    cases = lived.rehearse(draft)
    joint = [
        number
        for number, past in enumerate(lived.pasts)
        if any(asked.answers.get("outcome") == "joint" for asked in past.asked)
    ]
    assert joint
    assert all(cases[number].after["assumed"] for number in joint)


def test_who_would_be_refused_says_what_most_say(lived: Lived) -> None:
    """With three minutes to sign in, cases that went back later than that cannot go back any more."""
    returned = [past for past in lived.pasts if any(stay.reason == "return_down" for stay in past.course.stays)]
    assert returned
    few = replace(lived, pasts=returned)
    quick = [(f"{name}/limits.yaml", "default: 4wh", "default: 3wm") for name in ("small", "big")]
    cases = few.rehearse(lived.draft(*quick))
    assert all(not any(stay[2] == "return_down" for stay in case.after["stays"]) for case in cases)
    assert all(case.after["assumed"] and case.after["ended"] == "closed" for case in cases)
