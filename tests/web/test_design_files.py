"""Files of a proposal over HTTP: read with a revision, saved against it, checked as they stand, compared."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from engine import design
from engine.clock import ManualClock
from tests.web.district import District
from tests.web.visitor import Visitor

Visit = Callable[[str | None], Visitor]
SMALL = "small/small.bpmn"


@pytest.fixture
def proposal(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        begun = design.begin_proposal(session, "Shorter", author_id=district.people["designer"], now=clock.now())
        return begun.id


@pytest.fixture
def designer(visit: Visit, proposal: int) -> Visitor:
    visitor = visit("designer")
    assert visitor.get(f"/proposals/{proposal}/diagrams/{SMALL}").status_code == 200
    return visitor


def send(visitor: Visitor, method: str, address: str, content: bytes, **headers: str) -> TestResponse:
    headers = {"X-CSRFToken": visitor.token, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return visitor.client.open(address, method=method, data=content, content_type="application/xml", headers=headers)


def test_a_file_is_saved_against_the_revision_that_was_seen(designer: Visitor, proposal: int) -> None:
    address = f"/proposals/{proposal}/files/{SMALL}"
    read = designer.get(address)
    assert read.headers["ETag"] == '"0"'
    changed = read.data.replace(b'value="ack"', b'value="contact"')
    saved = send(designer, "PUT", address, changed, If_Match='"0"')
    assert saved.status_code == 200, saved.text
    assert saved.json is not None
    assert saved.json["revision"] == 1
    again = designer.get(address)
    assert (again.data, again.headers["ETag"]) == (changed, '"1"')
    assert send(designer, "PUT", address, changed, If_Match='"0"').status_code == 200, "the same content again"


def test_who_saved_in_between_is_named(
    designer: Visitor, proposal: int, district: District, clock: ManualClock
) -> None:
    with district.store.transaction() as session:
        design.save_file(
            session, proposal, SMALL, b"<theirs/>", seen=0, actor_id=district.people["grid"], now=clock.now()
        )
    refused = send(designer, "PUT", f"/proposals/{proposal}/files/{SMALL}", b"<mine/>", If_Match='"0"')
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["revision"] == 1
    assert refused.json["who"] == "林晓东"
    assert "09:00" in refused.json["when"]


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        (SMALL, b"<a/>", {}, 422),
        (SMALL, b"<a/>", {"If_Match": '"x"'}, 422),
        (SMALL, b"<a/>", {"If_Match": '"7"'}, 409),
        ("small/evil.py", b"x", {"If_Match": '"0"'}, 422),
        (SMALL, b"x" * (design.MAX_BYTES + 1), {"If_Match": '"0"'}, 422),
        (SMALL, b"x" * design.MAX_BYTES, {"If_Match": '"0"'}, 200),
    ],
)
def test_what_cannot_be_saved_is_told_in_json(
    designer: Visitor, proposal: int, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = send(designer, "PUT", f"/proposals/{proposal}/files/{path}", content, **headers)
    assert answer.status_code == status
    assert answer.is_json
    assert status == 200 or (answer.json is not None and answer.json["said"])


def test_saving_needs_the_token_of_the_page(designer: Visitor, proposal: int) -> None:
    answer = send(designer, "PUT", f"/proposals/{proposal}/files/{SMALL}", b"<a/>", If_Match='"0"', X_CSRFToken="")
    assert answer.status_code == 400


def test_a_draft_is_checked_with_everything_beside_it_and_not_kept(designer: Visitor, proposal: int) -> None:
    address = f"/proposals/{proposal}/findings/{SMALL}"
    kept = designer.get(f"/proposals/{proposal}/files/{SMALL}").data
    clean = send(designer, "POST", address, kept)
    assert clean.json == {"findings": []}
    wrong = kept.replace(b'due("ack", tier)', b'due("nowhere", tier)').replace(b'"sign_in"', b'"no_form"')
    found = send(designer, "POST", address, wrong)
    assert found.json is not None
    told = {(each["element"], each["code"]) for each in found.json["findings"]}
    assert ("be_ack", "timer.limit_missing") in told
    assert ("t_sign_in", "task.form_missing") in told
    said = {each["code"]: each["message"] for each in found.json["findings"]}
    assert "没有表单 'no_form'" in said["task.form_missing"], "in the reader's language"
    assert designer.get(f"/proposals/{proposal}/files/{SMALL}").data == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<nothing",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"<a>" * 5000,
        b"\xff\xfe\x00",
    ],
)
def test_hostile_content_is_a_finding_of_the_file(designer: Visitor, proposal: int, content: bytes) -> None:
    found = send(designer, "POST", f"/proposals/{proposal}/findings/{SMALL}", content)
    assert found.status_code == 200
    assert found.json is not None
    first = found.json["findings"][0]
    assert (first["file"], first["severity"]) == (SMALL, "error")
    assert first["code"].startswith("xml.")


def test_the_difference_to_what_is_kept_is_told_in_words(designer: Visitor, proposal: int) -> None:
    address = f"/proposals/{proposal}/difference/{SMALL}"
    kept = designer.get(f"/proposals/{proposal}/files/{SMALL}").data
    assert send(designer, "POST", address, kept).json == {"changes": []}
    told = send(designer, "POST", address, kept.replace(b"lead,deputy,handler", b"lead", 1)).json
    assert told is not None
    assert "lead,deputy,handler → lead" in " ".join(told["changes"])


def test_templates_come_with_what_is_at_hand_and_without(designer: Visitor, proposal: int) -> None:
    here = designer.get(f"/proposals/{proposal}/templates.json?path={SMALL}")
    assert "first_contact" in here.text
    everywhere = designer.get("/proposals/templates.json")
    assert "first_contact" not in everywhere.text
    assert {each["id"] for each in json.loads(everywhere.text)} == {each["id"] for each in json.loads(here.text)}


def test_only_diagrams_that_are_there_can_be_drawn(designer: Visitor, proposal: int) -> None:
    page = designer.get(f"/proposals/{proposal}/diagrams/{SMALL}")
    policy = page.headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-eval" not in policy
    for address in ("small/none.bpmn", "small/limits.yaml", "../config.bpmn"):
        assert designer.get(f"/proposals/{proposal}/diagrams/{address}").status_code == 404
    assert designer.get(f"/proposals/99/diagrams/{SMALL}").status_code == 404
