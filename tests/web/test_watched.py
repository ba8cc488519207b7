"""Requests are watched: ids that can be followed, lines without anything about a person, figures only for who may."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from flask import Flask

import webhooks
from engine import logs, outbox
from engine.clock import ManualClock
from engine.store import Store
from engine.web.policy import policy
from engine.web.watched import HEADER
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor

Visit = Callable[[str | None], Visitor]
Lines = Callable[[], list[dict[str, object]]]

MARKS = ("玛珂珂", "13800138999", "440300199001011238", "标记路99号", "MARKER-TEXT")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What the process has said since the last look, read as a log collector would."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("json", error_texts=False)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a1b2c3d4-e5f6", True),
        ("x" * 64, True),
        ("short", False),
        ("x" * 65, False),
        ('quote"and{brace', False),
        ("名字名字名字名字", False),
    ],
)
def test_a_sane_request_id_is_kept_and_given_back(given: str, kept: bool, visit: Visit) -> None:
    answer = visit(None).client.get("/sign-in", headers={HEADER: given.encode().decode("latin-1")})
    assert (answer.headers[HEADER] == given) is kept
    assert logs.REQUEST_ID.fullmatch(answer.headers[HEADER])


def test_a_request_is_one_line_with_its_ids_and_no_address(
    visit: Visit, district: District, clock: ManualClock, lines: Lines
) -> None:
    case_id = town.file_case(district, clock)
    visitor = visit("grid")
    lines()
    visitor.get(f"/cases/{case_id}?q=secret", **{HEADER: "follow-me-1"})
    (line,) = [each for each in lines() if each.get("endpoint") == "cases.show"]
    assert (line["request"], line["case"], line["status"], line["level"]) == ("follow-me-1", case_id, 200, "info")
    assert "secret" not in json.dumps(line)


def test_nothing_about_a_person_reaches_the_log(
    app: Flask,
    visit: Visit,
    district: District,
    clock: ManualClock,
    lines: Lines,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Filed, refused and broken: whatever happens to it, what somebody wrote is nowhere in what the process says."""
    name, phone, identity, street, text = MARKS
    visitor = visit("grid")
    visitor.get("/cases/new")
    everything = {"title": text, "description": f"{name} {identity} {street}", "name": name, "phone": phone}
    visitor.post("/cases", everything)
    visitor.post("/sign-in", {"username": name, "password": phone})
    visitor.get(f"/search?q={phone}")
    visitor.get(f"/{street}/{name}")

    @policy("signed_in")
    def broken() -> str:
        raise ValueError(f"{name} {phone} {identity}")

    monkeypatch.setitem(app.view_functions, "worklist.show", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert visitor.get("/").status_code == 500
    said = capsys.readouterr().err
    for mark in MARKS:
        assert mark not in said
    failed = [json.loads(line) for line in said.splitlines() if "request.failed" in line]
    assert [each["error"] for each in failed] == ["ValueError"]
    assert failed[0]["where"][-1].endswith(" broken")


def test_an_operator_who_looks_for_a_fault_sees_its_text_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for texts in (True, False):
        event = logs._ErrorTold(texts)(None, "error", {"event": "x", "exc_info": ValueError("one\ntwo")})
        assert event.get("error_text") == ("one\ntwo" if texts else None)
        assert logs._plain(None, "error", dict(event)).count("\n") == 0


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "10.0.0.9", 404),
        ({}, "no address", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ({"X-Real-Ip": "127.0.0.1"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer 0123456789abcdef01234567"}, "10.0.0.9", 404),
    ],
)
def test_metrics_are_for_whom_they_are_meant(
    headers: dict[str, str], address: str, status: int, app: Flask, district: District
) -> None:
    answer = app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_metrics_tell_what_waits_and_name_nobody(
    app: Flask, visit: Visit, district: District, clock: ManualClock, store: Store
) -> None:
    case_id = town.file_case(district, clock, title=MARKS[4], phone=MARKS[1])
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    with district.store.transaction() as session:
        outbox.hold(session, "test", now=clock.now())
    text = visitor.get("/metrics").text
    figures = {line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1] for line in text.splitlines() if line[:1] != "#"}
    assert float(figures["maplebridge_outbox_waiting"]) >= 1
    assert figures["maplebridge_incidents"] == "0.0"
    assert 'maplebridge_requests_total{family="cases",method="GET",status="200"}' in figures
    assert any(name.startswith('maplebridge_request_seconds_bucket{family="cases"') for name in figures)
    for mark in (*MARKS, "LHQ-", "谢女士"):
        assert mark not in text


def test_a_token_reads_metrics_from_anywhere(store: Store, clock: ManualClock) -> None:
    from engine.web import create_app

    token = "0123456789abcdef01234567"
    there = town.settle(store, now=clock.now(), env={"MAPLEBRIDGE_METRICS__TOKEN": token})
    client = create_app(there.store, there.world, clock, beyond=webhooks.pages()).test_client()
    for sent, status in ((token, 200), (token + "8", 404), ("", 404)):
        answer = client.get(
            "/metrics", headers={"Authorization": f"Bearer {sent}"}, environ_overrides={"REMOTE_ADDR": "10.9.9.9"}
        )
        assert answer.status_code == status
