"""The handlers' side of what citizens see: codes given, words sorted, and sheets that lead to a place when printed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pytest
import segno
from sqlalchemy import select

from engine.clock import ManualClock
from engine.history import HistoryEntry
from tests.web.citizens import (
    BUILDING,
    GOOD,
    GRID,
    Visit,
    code_at,
    code_of,
    form_at,
    the_case,
)
from tests.web.district import District, file_case


def test_a_handler_gives_a_code_once_and_it_is_recorded(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = file_case(district, clock)
    handler = visit("grid")
    assert "给出查询码" in handler.get(f"/cases/{case_id}").text
    answer = handler.post(f"/cases/{case_id}/tracking-code")
    assert answer.status_code == 200
    with district.store.reading() as session:
        acts = list(session.scalars(select(HistoryEntry.act).where(HistoryEntry.case_id == case_id)))
    assert acts[-1] == "tracking.given"
    assert code_of(answer.text) not in handler.get(f"/cases/{case_id}").text
    assert visit("grid_gl").post(f"/cases/{case_id}/tracking-code").status_code in (400, 404)


def test_a_clerk_sorts_what_the_words_did_not(visit: Visit, district: District) -> None:
    visitor = visit(None)
    visitor.post(f"/q/{GRID}", {**form_at(visitor, f"/q/{GRID}"), **GOOD, "what": "邻里之间的一件小事"})
    case_id = the_case(district).id
    handler = visit("grid")
    assert "未分类" in handler.get(f"/cases/{case_id}").text
    assert handler.post(f"/cases/{case_id}/category", {"category": "no such"}).status_code == 422
    assert handler.post(f"/cases/{case_id}/category", {"category": "neighbour.pet"}).status_code == 302
    assert the_case(district).category == "neighbour.pet"


def test_sheets_are_for_ones_own_area(visit: Visit) -> None:
    assert visit("grid").get("/place-codes").headers["Location"] == f"/place-codes/{GRID}"
    for who, unit, status in (
        ("grid", GRID, 200),
        ("grid", "LHQ.MZ.01", 404),
        ("grid", "LHQ.MZ.01.01.02", 404),
        ("grid", "LHQ.MZ.77", 404),
        ("street", "LHQ.MZ", 200),
        ("operator", "LHQ", 200),
        ("designer", GRID, 403),
    ):
        visitor = visit(who)
        assert visitor.get(f"/place-codes/{unit}").status_code == status, (who, unit)
        assert visitor.get(f"/place-codes/{unit}/labels.pdf").status_code == status, (who, unit)
    assert visit("grid").get(f"/place-codes/{GRID}/napkins.pdf").status_code == 404


@pytest.mark.parametrize("layout", ["labels", "cards", "posters"])
def test_what_is_printed_leads_to_the_place(visit: Visit, layout: str) -> None:
    answer = visit("street").get(f"/place-codes/LHQ.MZ/{layout}.pdf")
    assert answer.mimetype == "application/pdf"
    pages = list(contents_of(answer.data))
    assert len(pages) == (1 if layout == "labels" else 4)
    places = [GRID, BUILDING, f"{GRID}.02", "LHQ.MZ.01.01.02"]
    wanted = [segno.make(f"http://localhost/q/{code_at(each)}", error="m", micro=False).matrix for each in places]
    drawn = [matrix for page in pages for matrix in codes_in(page)]
    assert drawn == [tuple(tuple(row) for row in matrix) for matrix in wanted]


def test_renewing_a_code_makes_the_old_sticker_unsure(visit: Visit) -> None:
    handler = visit("grid")
    assert code_at(BUILDING) in handler.get(f"/place-codes/{BUILDING}").text
    assert handler.post(f"/place-codes/{BUILDING}/renewal").status_code == 302
    assert code_at(BUILDING, 1) in handler.get(f"/place-codes/{BUILDING}").text
    assert "旧码" in visit(None).get(f"/q/{code_at(BUILDING)}").text
    assert "旧码" not in visit(None).get(f"/q/{code_at(BUILDING, 1)}").text
    assert handler.post("/place-codes/LHQ.GL.01.01.01/renewal").status_code == 404


def contents_of(pdf: bytes) -> Iterator[str]:
    """The drawing commands of every page."""
    for found in re.finditer(rb"/FlateDecode[^>]*>>\s*stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        data = found[1]
        if b"ASCII85" in pdf[max(0, found.start() - 80) : found.end()]:
            import base64

            data = base64.a85decode(data.strip().removesuffix(b"~>"))
        text = zlib.decompress(data).decode("latin-1")
        if " re" in text:
            yield text


def codes_in(page: str) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every QR code that a page draws, read back from its rectangles."""
    for drawing in re.findall(r"0 0 0 rg\s+n\s+((?:[-.\d]+ [-.\d]+ [-.\d]+ [-.\d]+ re\s+)+)f", page):
        boxes = [tuple(map(float, each)) for each in re.findall(r"([-.\d]+) ([-.\d]+) ([-.\d]+) ([-.\d]+) re", drawing)]
        module = boxes[0][3] - 0.05
        left, top = min(box[0] for box in boxes), max(box[1] for box in boxes)
        size = round((max(box[0] + box[2] for box in boxes) - left) / module)
        rows = [[0] * size for _ in range(size)]
        for x, y, width, _height in boxes:
            start = round((x - left) / module)
            for column in range(start, start + round((width - 0.05) / module)):
                rows[round((top - y) / module)][column] = 1
        yield tuple(tuple(row) for row in rows)
