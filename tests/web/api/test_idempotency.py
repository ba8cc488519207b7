"""An `Idempotency-Key` acts once, whoever asks how often, at whatever moment; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from engine.cases import Case
from engine.clock import ManualClock
from engine.web.idempotency import KEPT_FOR, KeptAnswer
from tests.web.api.caller import MATTER, Caller
from tests.web.api.conftest import Call, callers
from tests.web.district import District

AT_ONCE = 8


@pytest.fixture
def each_call(each_app: Flask, each_district: District, clock: ManualClock) -> Call:
    return callers(each_app, each_district, clock)


def together(acts: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Does all at the same instant."""
    gate = threading.Barrier(len(acts))
    answers: list[TestResponse | None] = [None] * len(acts)

    def run(number: int) -> None:
        gate.wait(timeout=20)
        answers[number] = acts[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [answer for answer in answers if answer is not None]


def count(district: District, what: Any) -> int:
    with district.store.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_requests_at_once_with_one_key_act_once_and_get_one_answer(each_call: Call, each_district: District) -> None:
    caller = each_call("grid")
    answers = together([lambda: caller.post("/api/v1/cases", MATTER, check=False, Idempotency_Key="once")] * AT_ONCE)
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "-") for answer in answers) == ["-"] + ["true"] * (
        AT_ONCE - 1
    )
    assert count(each_district, Case) == 1


def test_requests_at_once_with_a_key_each_have_one_winner(each_call: Call) -> None:
    caller = each_call("grid")
    number = caller.file()
    task = _task_of(caller, number)
    answers = together(
        [
            lambda key=key: caller.post(  # type: ignore[misc]
                f"/api/v1/tasks/{task}/completion", {"answers": {"action": "sign"}}, check=False, Idempotency_Key=key
            )
            for key in map(str, range(AT_ONCE))
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"task.done"}


def test_a_repeat_gives_the_first_answer_even_when_the_world_moved_on(each_call: Call, clock: ManualClock) -> None:
    caller = each_call("grid")
    task = _task_of(caller, caller.file())
    where, body = f"/api/v1/tasks/{task}/completion", {"answers": {"action": "sign"}}
    first = caller.post(where, body, Idempotency_Key="k1")
    clock.advance(timedelta(hours=24))
    again = caller.post(where, {"answers": {"action": "sign"}}, Idempotency_Key="k1")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    without = caller.post(where, body)
    assert (without.status_code, without.json["code"]) == (409, "task.done")


def test_a_key_with_another_body_is_refused(each_call: Call, each_district: District) -> None:
    caller = each_call("grid")
    caller.post("/api/v1/cases", MATTER, Idempotency_Key="k1")
    reused = caller.post("/api/v1/cases", {**MATTER, "title": "别的事"}, Idempotency_Key="k1")
    assert (reused.status_code, reused.json["code"]) == (422, "idempotency.reused")
    assert count(each_district, Case) == 1


def test_a_key_belongs_to_its_person_and_its_address(each_call: Call, each_district: District) -> None:
    first = each_call("grid").post("/api/v1/cases", MATTER, Idempotency_Key="k1").json["number"]
    other = each_call("grid_b").post("/api/v1/cases", MATTER, Idempotency_Key="k1").json["number"]
    assert first != other
    for number in (first, other):
        answer = each_call("grid").post(f"/api/v1/cases/{number}/comments", {"text": "看过"}, Idempotency_Key="k1")
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer.headers
    assert count(each_district, KeptAnswer) == 4


def test_a_refused_act_leaves_its_key_free(each_call: Call, each_district: District) -> None:
    caller = each_call("grid")
    refused = caller.post("/api/v1/cases", {**MATTER, "place_id": "LHQ.NO"}, Idempotency_Key="k1")
    assert refused.status_code == 422
    assert count(each_district, KeptAnswer) == 0
    taken = caller.post("/api/v1/cases", MATTER, Idempotency_Key="k1")
    assert taken.status_code == 201
    assert "Idempotency-Replayed" not in taken.headers


def test_answers_are_swept_away_after_two_days(each_call: Call, each_district: District, clock: ManualClock) -> None:
    caller = each_call("grid")
    for number in range(3):
        caller.post("/api/v1/cases", MATTER, Idempotency_Key=f"old{number}")
    clock.advance(KEPT_FOR)
    caller.post("/api/v1/cases", MATTER, Idempotency_Key="young")
    assert count(each_district, KeptAnswer) == 4
    clock.advance(timedelta(minutes=1))
    caller.post("/api/v1/cases", MATTER, Idempotency_Key="younger")
    assert count(each_district, KeptAnswer) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "钥匙".encode().decode("latin-1")])
def test_what_is_no_key_is_refused(key: str, call: Call, district: District) -> None:
    answer = call("grid").post("/api/v1/cases", MATTER, Idempotency_Key=key)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency.key")
    assert count(district, Case) == 0


def test_the_same_number_of_a_channel_gives_the_first_case(call: Call, clock: ManualClock, district: District) -> None:
    """Without any key: the sender's own number is one."""
    first = call("grid").post("/api/v1/cases", {**MATTER, "external_no": "12345-77"})
    clock.advance(timedelta(minutes=5))
    again = call("grid").post("/api/v1/cases", {**MATTER, "external_no": "12345-77"})
    foreign = call("grid_gl").post("/api/v1/cases", {**MATTER, "external_no": "12345-77"})
    assert (first.status_code, again.status_code, foreign.status_code) == (201, 200, 200)
    assert again.json["number"] == first.json["number"]
    assert (again.json["repeated"], foreign.json["case"]) == (True, None)
    assert count(district, Case) == 1


def _task_of(caller: Caller, number: str) -> int:
    return next(each["id"] for each in caller.get("/api/v1/tasks").json["items"] if each["case"] == number)
