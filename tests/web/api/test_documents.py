"""Documents through the API: the rules of the pages, once for each key, and never more than what was asked for."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from engine import verify
from engine.clock import ManualClock
from tests.web.api.conftest import Call
from tests.web.api.test_access import task_of
from tests.web.district import District
from tests.web.test_documents import photo


@pytest.fixture
def case(call: Call) -> str:
    return f"/api/v1/cases/{call('grid').file()}"


def listed(call: Call, case: str, who: str = "grid") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(who).get(f"{case}/documents").json["items"]
    return found


def test_a_document_goes_in_and_comes_out(call: Call, case: str, district: District, clock: ManualClock) -> None:
    caller = call("grid")
    added = caller.add(f"{case}/documents", b"what was seen", "../x/记录.txt")
    assert (added.status_code, added.json["name"], added.json["kind"]) == (201, "记录.txt", "text")
    assert added.json["sha256"] == hashlib.sha256(b"what was seen").hexdigest()
    content = caller.get(f"{case}/documents/{added.json['id']}/content")
    assert content.data == b"what was seen"
    assert content.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in content.headers["Content-Security-Policy"]
    assert caller.add(f"{case}/documents", b"what was seen").json["id"] == added.json["id"]
    hidden = caller.post(f"{case}/documents/{added.json['id']}/removal", {"reason": "传错了"})
    assert hidden.json["hidden_reason"] == "传错了"
    assert caller.get(f"{case}/documents/{added.json['id']}/content").status_code == 404
    assert [each["hidden_by"]["id"] for each in listed(call, case)] == [district.people["grid"]]
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_a_lost_answer_is_given_again_and_a_key_is_for_one_file(call: Call, case: str) -> None:
    caller = call("grid")
    first, again = (caller.add(f"{case}/documents", photo(), "a.jpg", Idempotency_Key="k") for _ in range(2))
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = caller.add(f"{case}/documents", photo("blue"), "a.jpg", Idempotency_Key="k")
    assert (other.status_code, other.json["code"]) == (422, "idempotency.reused")
    assert len(listed(call, case)) == 1


def test_a_protected_document_is_for_those_who_see_identities(call: Call, case: str) -> None:
    added = call("grid").add(f"{case}/documents", protected="true")
    assert added.json["protected"] is True
    assert [len(listed(call, case, who)) for who in ("grid", "zone")] == [1, 0]
    assert call("zone").get(f"{case}/documents/{added.json['id']}/content").status_code == 404
    assert call("zone").post(f"{case}/documents/{added.json['id']}/removal", {"reason": "x"}).status_code == 404


def test_a_document_of_another_case_is_none_of_this_one(call: Call, case: str) -> None:
    other = f"/api/v1/cases/{call('grid').file(title='另一件')}"
    theirs = call("grid").add(f"{other}/documents").json["id"]
    assert call("grid").get(f"{case}/documents/{theirs}/content").status_code == 404


TOO_LARGE = b"x" * 10_485_761


@pytest.mark.parametrize(
    ("data", "name", "status", "code", "zh"),
    [
        (b"", "空.txt", 422, "document.empty", "空.txt：文件是空的。"),
        (b"<svg onload=alert(1)>", "a.png", 422, "document.kind", "a.png：只接受"),
        (b"\x00\x00\x00\x18ftypheic", "IMG.HEIC", 422, "document.kind", "IMG.HEIC：不接受 HEIC"),
        (b"\xff\xd8\xff nothing more", "a.jpg", 422, "document.broken", "a.jpg：这不是完好的照片。"),
        (TOO_LARGE, "a.txt", 422, "document.too_large", "a.txt：超过 10 MB。"),
    ],
    ids=["empty", "a drawing", "HEIC", "broken", "too large"],
)
def test_what_is_not_taken_is_said_in_the_language_asked(
    call: Call, case: str, data: bytes, name: str, status: int, code: str, zh: str
) -> None:
    answer = call("grid").add(f"{case}/documents", data, name, Accept_Language="zh-CN")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["detail"].startswith(zh)
    assert listed(call, case) == []


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"body": {"file": "text"}}, 415, "content_type.unknown"),
        ({"files": {"protected": "true"}}, 400, "body.invalid"),
        ({"files": {"file": "not a file"}}, 400, "body.invalid"),
        ({"files": {"tier": "district", "protected": "true"}}, 400, "body.invalid"),
    ],
)
def test_a_request_that_is_no_upload_is_refused(
    call: Call, case: str, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = call("grid").send("POST", f"{case}/documents", sent.get("body"), files=sent.get("files"))
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_request_beyond_every_file_is_not_even_read(call: Call, case: str) -> None:
    caller = call("grid")
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "multipart/form-data; boundary=b"}
    answer = caller.client.post(f"{case}/documents", data=TOO_LARGE * 5, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (413, "http.413")


def test_other_operations_take_no_large_body(call: Call, case: str) -> None:
    assert call("grid").post(f"{case}/comments", {"text": "x" * 300_000}).status_code == 413


def test_a_signature_needs_something_agreed(call: Call, case: str) -> None:
    task = task_of(call("grid"), case.rpartition("/")[2])
    answer = call("grid").add(f"/api/v1/tasks/{task}/documents", photo(), "s.jpg", signature="true")
    assert (answer.status_code, answer.json["code"]) == (409, "agreement.unknown")
    plain = call("grid").add(f"/api/v1/tasks/{task}/documents", photo(), "p.jpg")
    assert (plain.status_code, plain.json["task"], plain.json["signs"]) == (201, task, None)
