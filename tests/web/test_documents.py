"""Photos and papers through pages: with a task, beside it, handed out, taken out of sight; and who may not."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from engine import verify
from engine.clock import ManualClock
from engine.documents import Document
from engine.history import HistoryEntry
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def photo(colour: str = "red", size: tuple[int, int] = (900, 600)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "JPEG")
    return made.getvalue()


def file(data: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def papers(district: District, case_id: int) -> list[Document]:
    with district.store.reading() as session:
        return list(session.scalars(select(Document).where(Document.case_id == case_id).order_by(Document.id)))


def acts(district: District, case_id: int) -> list[str]:
    with district.store.reading() as session:
        wanted = select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
        return list(session.scalars(wanted))


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> Iterator[int]:
    """Whatever a test does with its papers, rows, files and history say the same afterwards."""
    yield town.file_case(district, clock)
    assert verify.check(district.store, district.world, now=clock.now()) == []


@pytest.fixture
def handling(district: District, case_id: int, visit: Visit) -> tuple[Visitor, Task]:
    """The grid's lead, with the form `handle` in front of them."""
    visitor = visit("grid")
    for form, answers in (
        ("sign_in", {"action": "sign"}),
        (
            "first_contact",
            {"contacted_at": "2026-03-02T09:05", "method": "phone", "reached": "yes", "summary": "已经联系"},
        ),
    ):
        task = town.open_task(district, case_id, form)
        visitor.get(f"/tasks/{task.id}")
        answer = visitor.post(f"/tasks/{task.id}/completion", answers)
        assert answer.status_code == 302, words(answer)
    task = town.open_task(district, case_id, "handle")
    visitor.get(f"/tasks/{task.id}")
    return visitor, task


HANDLED = {"action_type": "visit", "happened_at": "2026-03-02T09:30", "findings": "看过现场", "outcome": "resolved"}


def test_photos_go_with_the_form_and_stand_under_its_answers(
    district: District, case_id: int, handling: tuple[Visitor, Task]
) -> None:
    visitor, task = handling
    sent = {**HANDLED, "photos": [file(photo(), "漏水.jpg"), file(photo("blue"), "天花板.jpg")]}
    answer = visitor.post(f"/tasks/{task.id}/completion", sent)
    assert answer.status_code == 302, words(answer)
    kept = papers(district, case_id)
    assert [(each.name, each.kind, each.task_id) for each in kept] == [
        ("漏水.jpg", "jpeg", task.id),
        ("天花板.jpg", "jpeg", task.id),
    ]
    with district.store.reading() as session:
        assert session.get_one(Task, task.id).answers["photos"] == [str(each.id) for each in kept]
        facts = session.scalars(select(HistoryEntry.facts).where(HistoryEntry.act == "document.added")).first()
    assert facts == {
        "document": kept[0].id,
        "sha256": kept[0].sha256,
        "bytes": len(photo()),
        "kind": "jpeg",
        "task": task.id,
    }
    page = visitor.get(f"/cases/{case_id}").text
    assert f'src="/documents/{kept[0].id}/preview"' in page
    small = visitor.get(f"/documents/{kept[0].id}/preview")
    assert small.mimetype == "image/jpeg"
    assert small.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_mistake_elsewhere_on_the_page_loses_no_photo(
    district: District, case_id: int, handling: tuple[Visitor, Task]
) -> None:
    visitor, task = handling
    where = f"/tasks/{task.id}/completion"
    answer = visitor.post(where, {**HANDLED, "findings": "", "photos": file(photo(), "漏水.jpg")})
    assert answer.status_code == 422
    (kept,) = papers(district, case_id)
    ticked = re.search(rf'<input type="checkbox" name="photos" value="{kept.id}" checked>', answer.text)
    assert ticked
    again = visitor.post(where, {**HANDLED, "photos": [str(kept.id)]})
    assert again.status_code == 302
    assert len(papers(district, case_id)) == 1


def test_a_file_that_is_refused_is_named_at_its_field(
    district: District, case_id: int, handling: tuple[Visitor, Task]
) -> None:
    visitor, task = handling
    sent = {**HANDLED, "photos": [file(b"<html>", "page.jpg"), file(photo(), "漏水.jpg")]}
    answer = visitor.post(f"/tasks/{task.id}/completion", sent)
    assert answer.status_code == 422
    assert "page.jpg：只接受照片" in answer.text
    assert [each.name for each in papers(district, case_id)] == ["漏水.jpg"]
    assert town.open_task(district, case_id).id == task.id


def test_sent_twice_it_is_there_once(district: District, case_id: int, visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    for _ in range(2):
        assert visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "a.jpg")}).status_code == 302
    assert len(papers(district, case_id)) == 1
    assert acts(district, case_id).count("document.added") == 1


def test_a_script_sends_one_file_and_is_told_what_became_of_it(district: District, case_id: int, app: Flask) -> None:
    visitor = Visitor(app)
    visitor.get("/sign-in")
    visitor.post("/sign-in/demo", {"person": str(district.people["grid"])})
    visitor.get(f"/cases/{case_id}")
    task = town.open_task(district, case_id)
    data = {"csrf_token": visitor.token, "files": [file(photo(), "a.jpg"), file(b"MZ\x90\x00", "b.exe")]}
    headers = {"Accept": "application/json"}
    answer = visitor.client.post(f"/tasks/{task.id}/documents", data=data, headers=headers)
    assert answer.status_code == 201
    (kept,) = papers(district, case_id)
    assert answer.json == {
        "added": [{"id": kept.id, "name": "a.jpg", "picture": f"/documents/{kept.id}/preview"}],
        "refused": ["b.exe：只接受照片（JPEG、PNG、WebP）、PDF、Word、Excel 和纯文本。"],
    }


def test_a_document_is_always_handed_out_as_a_file(district: District, case_id: int, visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    given = "现场记录：alert(1)".encode()
    visitor.post(f"/cases/{case_id}/documents", {"files": file(given, "记录.html")})
    (kept,) = papers(district, case_id)
    answer = visitor.get(f"/documents/{kept.id}")
    assert answer.data == given
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    named = "filename=__.html.txt; filename*=UTF-8''%E8%AE%B0%E5%BD%95.html.txt"
    assert answer.headers["Content-Disposition"] == f"attachment; {named}"
    assert visitor.get(f"/documents/{kept.id}/preview").status_code == 404


def test_a_document_of_a_case_one_does_not_see_looks_like_none(district: District, case_id: int, visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "a.jpg")})
    (kept,) = papers(district, case_id)
    for who in ("grid_2", "street_gl", "confidential"):
        stranger = visit(who)
        stranger.get("/")
        for ending in ("", "/preview", "/removal"):
            theirs = stranger.get(f"/documents/{kept.id}{ending}")
            none = stranger.get(f"/documents/{kept.id + 900}{ending}")
            assert theirs.status_code == none.status_code
            assert theirs.status_code in (403, 404)
            assert words(theirs) == words(none)
        for data in ({"files": file(photo("green"), "b.jpg")}, {}):
            assert stranger.post(f"/cases/{case_id}/documents", data).status_code in (403, 404)
    assert len(papers(district, case_id)) == 1


def test_a_protected_document_is_for_those_who_see_identities(district: District, case_id: int, visit: Visit) -> None:
    handler = visit("grid")
    handler.get(f"/cases/{case_id}")
    handler.post(f"/cases/{case_id}/documents", {"files": file(photo(), "身份证.jpg"), "protected": "on"})
    (kept,) = papers(district, case_id)
    assert "身份证.jpg" in handler.get(f"/cases/{case_id}").text
    assert kept.sha256[:16] in handler.get(f"/cases/{case_id}/print").text
    zone = visit("zone")  # stands above and reads along, but neither works on it nor speaks with petitioners
    assert not [more for more in ("", "/print") if "身份证.jpg" in zone.get(f"/cases/{case_id}{more}").text]
    assert zone.get(f"/documents/{kept.id}").status_code == 404
    assert zone.get(f"/documents/{kept.id}/preview").status_code == 404
    clerk = visit("community")
    assert clerk.get(f"/documents/{kept.id}").status_code == 200


def test_taken_out_of_sight_it_is_not_deleted(district: District, case_id: int, visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "拍错了.jpg")})
    (kept,) = papers(district, case_id)
    where = f"/documents/{kept.id}/removal"
    assert visit("grid_b").get(where).status_code == 200  # a lead of the unit that holds the case
    assert visitor.post(where, {"reason": " "}).status_code == 422
    assert visitor.post(where, {"reason": "拍到了别人"}).status_code == 302
    assert visitor.get(f"/documents/{kept.id}").status_code == 404
    page = words(visitor.get(f"/cases/{case_id}"))
    assert "拍错了.jpg" not in page
    assert "拍到了别人" in page
    assert acts(district, case_id)[-1] == "document.hidden"
    visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "又拍.jpg")})
    assert [each.hidden_at is None for each in papers(district, case_id)] == [False, True]


def test_a_folder_that_is_full_is_told_to_people_and_keeps_nothing(
    district: District, case_id: int, visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "no-folder").touch()
    unwritable = district.config.documents.model_copy(update={"folder": tmp_path / "no-folder"})
    monkeypatch.setattr(district.world, "config", district.config.model_copy(update={"documents": unwritable}))
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    answer = visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "楼道.jpg")})
    assert (answer.status_code, papers(district, case_id)) == (503, [])
    assert "文件夹已满或不可写" in words(answer)
    assert "请告知运维人员" in words(answer)


def test_only_routes_for_files_take_large_requests(district: District, case_id: int, visit: Visit) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    large = b"x" * 2_000_000
    assert send_raw(visitor, f"/cases/{case_id}/documents", "files", large) == 302
    assert send_raw(visitor, f"/cases/{case_id}/comments", "text", large) == 413
    stranger = visit(None)
    stranger.get("/sign-in")
    assert send_raw(stranger, f"/cases/{case_id}/documents", "files", large) == 413


def send_raw(visitor: Visitor, address: str, name: str, data: bytes) -> int:
    """Written by hand: the test client leaves its own temporary file of a large form open."""
    line = b"--boundary\r\nContent-Disposition: form-data; name="
    body = line + b'"csrf_token"\r\n\r\n' + visitor.token.encode() + b"\r\n"
    body += line + f'"{name}"; filename="a.txt"\r\n\r\n'.encode() + data + b"\r\n--boundary--\r\n"
    kind = "multipart/form-data; boundary=boundary"
    return visitor.client.post(
        address, input_stream=io.BytesIO(body), content_length=len(body), content_type=kind
    ).status_code


def test_a_case_takes_only_so_many(
    district: District, case_id: int, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = district.config.documents.model_copy(update={"per_case": 1})
    monkeypatch.setattr(district.world, "config", district.config.model_copy(update={"documents": few}))
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}")
    visitor.post(f"/cases/{case_id}/documents", {"files": file(photo(), "a.jpg")})
    answer = visitor.post(f"/cases/{case_id}/documents", {"files": file(photo("blue"), "b.jpg")})
    assert answer.status_code == 409
    assert "上限" in words(answer)


MATTER = {
    "channel": "petition_visit",
    "kind": "dispute",
    "category": "neighbour.leak",
    "title": "厨房漏水",
    "description": "楼上厨房漏水，墙面起皮。",
    "party_name": "谢女士",
    "party_role": "applicant",
    "party_type": "person",
    "people_count": "1",
    "injury": "none",
    "risk": "none",
    "opinion_level": "none",
    "place_id": "LHQ.MZ.01.01.01",
}


def test_photos_of_a_filing_outlive_its_steps(district: District, visit: Visit) -> None:
    """Chosen before the grading is looked at, refused or not, they are there when the case is."""
    visitor = visit("grid")
    visitor.get("/cases/new?place=LHQ.MZ.01.01.01&here=1")
    checked = visitor.post("/cases", {**MATTER, "step": "check", "files": file(photo(), "墙面.jpg")})
    assert checked.status_code == 200
    proof = re.search(r'name="kept" value="([^"]+)" checked', checked.text)
    assert proof
    refused = visitor.post(
        "/cases", {**MATTER, "step": "file", "kept": proof.group(1), "files": file(b"<html>", "页面.html")}
    )
    assert refused.status_code == 422
    assert "页面.html：只接受照片" in refused.text
    assert 'name="kept"' in refused.text
    stranger = visit("zone")
    stranger.get("/")
    stolen = stranger.post("/cases", {**MATTER, "step": "file", "kept": proof.group(1)})
    assert stolen.status_code == 302  # the case is filed; a proof given to somebody else is worth nothing
    filed = visitor.post("/cases", {**MATTER, "step": "file", "kept": [proof.group(1), "forged"]})
    assert filed.status_code == 302
    case_id = int(filed.headers["Location"].rpartition("/")[2])
    (kept,) = papers(district, case_id)
    assert (kept.name, kept.added_by) == ("墙面.jpg", district.people["grid"])
    with district.store.reading() as session:
        assert len(session.scalars(select(Document)).all()) == 1


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_photos_are_taken_in_two_taps_and_stay_when_the_page_is_left(
    page: Any,
    barriers: Callable[[Any], list[str]],
    screenshot: Callable[[str], Any],
    serve: Callable[[Any], str],
    app: Flask,
    district: District,
    case_id: int,
    handling: tuple[Visitor, Task],
) -> None:
    address, (_, task) = serve(app), handling
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="林晓东").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/tasks/{task.id}")
    field = page.locator('.field[data-key="photos"]')
    field.locator(".paper-said").evaluate("said => { said.dataset.most = 50_000; }")
    given = [
        {"name": "大.txt", "mimeType": "text/plain", "buffer": b"1" * 50_001},  # it is not even sent
        {"name": "三楼.jpg", "mimeType": "image/jpeg", "buffer": photo("teal")},
        {"name": "坏.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00"},
    ]
    field.locator('input[type="file"]').last.set_input_files(given)
    field.locator("label.paper", has_text="三楼.jpg").wait_for()
    field.locator(".paper-said", has_text="大.txt：超过 10 MB。 坏.pdf").wait_for()
    assert field.locator('input[type="checkbox"]').is_checked()
    assert barriers(page) == []
    screenshot("photos")
    (kept,) = papers(district, case_id)
    with page.expect_response(lambda answer: "/draft" in answer.url):
        page.locator('.field[data-key="findings"] textarea').fill("看过现场")
    page.goto(f"{address}/tasks/{task.id}")
    assert field.locator(f'input[value="{kept.id}"]').is_checked()
