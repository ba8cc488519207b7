"""What somebody without a sign-in finds and what they never find; sheets of codes; and the handlers' side of it."""

from __future__ import annotations

import html
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import segno
from flask import Flask
from PIL import Image
from sqlalchemy import event, func, select

from engine import documents
from engine.cases import Case, Party
from engine.citizen import Tracking
from engine.citizen.codes import hash_of, place_code, place_token
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.territory import Unit
from tests.web.district import SECRET, District, file_case
from tests.web.test_letters import REGISTERED, petition, rows, step, until_approved
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"
BUILDING = "LHQ.MZ.01.01.01.01"
CODE = re.compile(r'class="code-shown">(.*?)</p>', re.DOTALL)
KEY = re.compile(r'name="form_key" value="([^"]+)"')
GOOD = {"what": "楼上漏水，天花板发霉。", "where": "302 室", "phone": ""}


def code_at(place: str, generation: int = 0) -> str:
    return place_code(place, place_token(SECRET, place, generation))


def form_at(visitor: Visitor, address: str) -> dict[str, str]:
    """The hidden key of the form that the page shows."""
    answer = visitor.get(address)
    assert answer.status_code == 200
    return {"form_key": html.unescape(KEY.findall(answer.text)[-1])}


def code_of(text: str) -> str:
    return re.sub(r"\s|<[^>]+>", "", CODE.findall(text)[0])


def count(district: District, what: type) -> int:
    with district.store.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def the_case(district: District) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case)).one()


def photo() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    out.seek(0)
    return out, "leak.jpg"


# --- places


@pytest.mark.parametrize(
    ("typed", "place", "sure"),
    [
        (code_at(BUILDING), "1号楼", True),
        (code_at(BUILDING).lower(), "1号楼", True),
        (BUILDING, "1号楼", True),
        (code_at(BUILDING, generation=7), "1号楼", False),
        (f"{BUILDING}-00000", "1号楼", False),
        (f"{GRID}.77-7K2MX", "第1网格", False),
        ("LHQ.MZ.01.99", "和悦社区", False),
        ("NOWHERE-7K2MX", "龙华区", False),
        ("漏水", "龙华区", False),
    ],
)
def test_every_code_lands_on_the_nearest_living_place(visit: Visit, typed: str, place: str, sure: bool) -> None:
    answer = visit(None).get(f"/q/{typed}")
    assert answer.status_code == 200
    assert place in re.findall(r'class="spot-name">(.*?)<', answer.text)[0]
    assert ("旧码" in answer.text) is not sure


def test_a_place_that_was_merged_or_closed_leads_on(visit: Visit, district: District) -> None:
    with district.store.transaction() as session:
        gone = session.get_one(Unit, BUILDING)
        gone.valid_to, gone.merged_into = date(2026, 1, 1), "LHQ.MZ.01.01.01.02"
        session.get_one(Unit, "LHQ.GL.01.01.01.01").valid_to = date(2026, 1, 1)
    assert "2号楼" in visit(None).get(f"/q/{code_at(BUILDING)}").text
    page = visit(None).get(f"/q/{code_at('LHQ.GL.01.01.01.01')}").text
    assert "第1网格" in page
    assert "1号楼" not in page


def test_the_way_to_a_place_without_a_code(visit: Visit) -> None:
    visitor = visit(None)
    assert "民治街道" in visitor.get("/q").text
    assert "1号楼" in visitor.get(f"/q?place={GRID}").text
    assert f'href="/q/{BUILDING}"' in visitor.get(f"/q?place={BUILDING}").text
    assert "民治街道" in visitor.get("/q?place=nowhere").text


# --- the report


def test_three_fields_and_a_photo_become_a_case(visit: Visit, district: District) -> None:
    visitor = visit(None)
    where = f"/q/{code_at(BUILDING)}"
    fields = {**form_at(visitor, where), **GOOD, "phone": "138 0013 8000", "csrf_token": visitor.token}
    answer = visitor.client.post(where, data={**fields, "photos": photo()}, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    code, case = code_of(answer.text), the_case(district)
    assert (case.channel, case.place_id, case.title, case.address_text) == (
        "qr",
        BUILDING,
        "楼上漏水，天花板发霉",
        "302 室",
    )
    assert case.category == "neighbour.leak"
    assert not case.anonymous
    assert case.filed_by is None
    with district.store.reading() as session:
        assert [(party.phone, party.protected) for party in session.scalars(select(Party))] == [("138 0013 8000", True)]
        papers = documents.of_case(session, case.id, identity_shown=True)
        assert [(paper.kind, paper.protected, paper.added_by) for paper in papers] == [("jpeg", True, None)]
        tracking = session.scalars(select(Tracking)).one()
    assert tracking.code_hash == hash_of(code)
    assert code.replace("-", "") not in str(vars(tracking))


def test_without_a_phone_it_is_anonymous_and_without_known_words_unsorted(visit: Visit, district: District) -> None:
    visitor = visit(None)
    answer = visitor.post(f"/q/{GRID}", {**form_at(visitor, f"/q/{GRID}"), **GOOD, "what": "邻里之间的一件小事"})
    assert answer.status_code == 200
    case = the_case(district)
    assert case.anonymous
    assert case.category == "unsorted"


def test_a_form_sent_twice_counts_once_and_shows_the_same_code(visit: Visit, app: Flask, district: District) -> None:
    visitor = visit(None)
    fields = {**form_at(visitor, f"/q/{GRID}"), **GOOD}
    first = visitor.post(f"/q/{GRID}", fields)
    second = visitor.post(f"/q/{GRID}", fields)
    assert code_of(first.text) == code_of(second.text)
    assert count(district, Case) == 1
    visitor.post(f"/q/{GRID}", {**form_at(visitor, f"/q/{GRID}"), **GOOD})
    assert count(district, Case) == 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"what": ""}, "what"),
        ({"what": "漏水"}, "what"),
        ({"what": "漏" * 2001}, "what"),
        ({"where": "x" * 201}, "where"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 40}, "phone"),
        ({"form_key": "short"}, "form_key"),
        ({"website": "http://spam.example"}, "website"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    visit: Visit, district: District, fields: dict[str, str], wrong: str
) -> None:
    visitor = visit(None)
    sent = {**form_at(visitor, f"/q/{GRID}"), **GOOD, "where": "三栋后门", **fields}
    answer = visitor.post(f"/q/{GRID}", sent)
    assert answer.status_code == 422
    assert sent["where"] in answer.text
    assert f'id="wrong-{wrong}"' in answer.text or f"<code>{wrong}</code>" in answer.text
    assert count(district, Case) == 0


def test_a_file_that_is_no_photo_is_refused_and_a_good_one_is_not_lost(visit: Visit, district: District) -> None:
    visitor = visit(None)
    fields = {**form_at(visitor, f"/q/{GRID}"), **GOOD, "csrf_token": visitor.token}
    page = (io.BytesIO(b"<script>alert(1)</script>"), "photo.jpg")
    answer = visitor.client.post(
        f"/q/{GRID}", data={**fields, "photos": [photo(), page]}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    kept = re.findall(r'name="kept" value="([^"]+)"', answer.text)
    assert len(kept) == 1
    answer = visitor.post(f"/q/{GRID}", {**fields, "kept": html.unescape(kept[0])})
    assert answer.status_code == 200
    with district.store.reading() as session:
        assert len(documents.of_case(session, the_case(district).id, identity_shown=True)) == 1


def test_too_many_reports_from_one_address_must_wait(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = visit(None)
    key = form_at(visitor, f"/q/{GRID}")
    codes = [visitor.post(f"/q/{GRID}", {**key, **GOOD, "what": ""}).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]
    clock.advance(timedelta(minutes=16))
    assert visitor.post(f"/q/{GRID}", {**key, **GOOD}).status_code == 200


# --- following


def filed(visitor: Visitor) -> str:
    answer = visitor.post(f"/q/{BUILDING}", {**form_at(visitor, f"/q/{BUILDING}"), **GOOD, "phone": "13800138000"})
    return code_of(answer.text)


def test_a_wrong_code_a_replaced_one_and_none_are_answered_alike(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    old = filed(visit(None))
    handler = visit("grid")
    handler.get("/")
    new = code_of(handler.post(f"/cases/{the_case(district).id}/tracking-code").text)
    visitor = visit(None)
    visitor.get("/t")
    strip = re.compile(r'value="[^"]*"')
    answers = [visitor.post("/t", {"code": code}) for code in (old, "0000-0000-0000-0000", "", "x" * 9000)]
    assert {answer.status_code for answer in answers} == {422}
    assert len({strip.sub("", answer.text) for answer in answers}) == 1
    assert visitor.post("/t", {"code": new}).status_code == 302
    assert "已收到" in visitor.get("/t").text


def test_guessing_is_slowed_down(visit: Visit, clock: ManualClock) -> None:
    visitor = visit(None)
    visitor.get("/t")
    codes = [visitor.post("/t", {"code": "0000-0000-0000-0000"}).status_code for _ in range(31)]
    assert codes == [422] * 30 + [429]


def test_the_page_names_no_person_and_tells_nothing_of_the_matter(visit: Visit, district: District) -> None:
    visitor = visit(None)
    filed(visitor)
    page = visitor.get("/t")
    for secret in ("漏水", "天花板", "302 室", "13800138000", "诉求人", "周楼长", "neighbour"):
        assert secret not in page.text, secret
    assert the_case(district).number in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "same-origin"  # there is no code in any address to be told
    assert "no-store" in page.headers["Cache-Control"]


def test_no_code_stands_in_an_address(app: Flask) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("public.")]
    assert [rule for rule in rules if "<" in rule] == ["/q/<code>"] * 2  # that of a place is on every wall


def test_a_browser_forgets_the_code_after_half_an_hour_and_when_told(visit: Visit, clock: ManualClock) -> None:
    visitor = visit(None)
    code = filed(visitor)
    assert "已收到" in visitor.get("/t").text
    clock.advance(timedelta(minutes=31))
    assert "查询码" in visitor.get("/t").text
    visitor.post("/t", {"code": code})
    assert "已收到" in visitor.get("/t").text
    visitor.post("/t/end")
    assert "16 位" in visitor.get("/t").text
    for act in ("papers", "confirmation", "refusal", "rating", "withdrawal"):
        answer = visitor.post(f"/t/{act}", {"note": "x", "reason": "x", "stars": "5", "sure": "on"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/t"), act


def test_papers_reach_the_case_and_too_many_acts_wait(visit: Visit, district: District) -> None:
    visitor = visit(None)
    filed(visitor)
    visitor.get("/t")
    assert visitor.post("/t/papers", {"note": ""}).status_code == 422
    answer = visitor.client.post(
        "/t/papers",
        data={"csrf_token": visitor.token, "note": "", "photos": photo()},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302
    case_id = the_case(district).id
    with district.store.reading() as session:
        assert len(documents.of_case(session, case_id, identity_shown=True)) == 1
    seen = words(visit("building").get(f"/cases/{case_id}"))
    assert "诉求人" in seen
    codes = [visitor.post("/t/papers", {"note": ""}).status_code for _ in range(19)]
    assert codes == [422] * 18 + [429]


def test_both_languages(visit: Visit) -> None:
    visitor = visit(None)
    visitor.get(f"/q/{GRID}")
    visitor.post("/language", {"language": "en", "next": f"/q/{GRID}"})
    page = visitor.get(f"/q/{GRID}").text
    assert 'lang="en"' in page
    assert "What happened?" in page
    assert not re.search(r"[\u4e00-\u9fff]", words(visitor.get(f"/q/{GRID}")))


def test_a_petitioner_reads_which_letters_were_delivered_to_them(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case, officer, petitioner = petition(district, clock), visit("petition"), visit(None)
    step(officer, district, case, "petition_register", **REGISTERED)
    step(officer, district, case, "petition_accept", decision="accept")
    letter = rows(district, case)["acceptance"].id
    officer.get(f"/letters/{letter}")
    officer.post(f"/letters/{letter}/issue")
    officer.get(f"/cases/{case}")
    code = code_of(officer.post(f"/cases/{case}/tracking-code").text)
    petitioner.post("/t", {**form_at(petitioner, "/t"), "code": code})
    assert "送达" not in words(petitioner.get("/t")), "it is issued and has not reached anybody"
    officer.post(f"/letters/{letter}/delivery", {"method": "post", "delivered_at": "2026-03-02T09:00"})
    page = words(petitioner.get("/t"))
    assert "信访事项受理告知书已送达您" in page
    assert "龙华区受字〔2026〕第1号" in page
    assert "登记表" not in page, "what stays in the file is nothing to the petitioner"
    assert "谢小敏" not in page


def test_a_petitioner_asks_for_a_review_of_the_opinion_once_and_in_time(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case, officer, petitioner = petition(district, clock), visit("petition"), visit(None)
    until_approved(officer, district, case)
    officer.get(f"/cases/{case}")
    code = code_of(officer.post(f"/cases/{case}/tracking-code").text)
    petitioner.post("/t", {**form_at(petitioner, "/t"), "code": code})
    form = form_at(petitioner, "/t")
    assert "复查" not in words(petitioner.get("/t")), "nothing was delivered yet"
    assert petitioner.post("/t/review", {**form, "reason": "不服"}).status_code == 409
    delivered = {"letter_no": "意见〔2026〕1号", "method": "in_person", "delivered_at": "2026-03-02T09:00"}
    step(officer, district, case, "petition_delivery", **delivered)
    clock.advance(timedelta(days=20))
    petitioner.post("/t", {**form_at(petitioner, "/t"), "code": code})
    page = words(petitioner.get("/t"))
    assert "申请复查" in page
    assert "4月1日" in page
    assert petitioner.post("/t/review", {**form_at(petitioner, "/t"), "reason": " "}).status_code == 422
    for _ in range(2):  # the second time changes nothing
        assert petitioner.post("/t/review", {**form_at(petitioner, "/t"), "reason": "未赔偿"}).status_code == 302
    page = words(petitioner.get("/t"))
    assert "已申请复查" in page
    assert "未赔偿" not in page
    with district.store.reading() as session:
        arrived = select(HistoryEntry).where(HistoryEntry.act == "message.arrived")
        facts = [each.facts for each in session.scalars(arrived)]
    assert facts == [{"message": "m_apply_review", "reason": "未赔偿", "by": "petitioner"}]


# --- the handlers' side


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


# --- figures


@contextmanager
def statements(district: District) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    engines = (district.store.engine, district.store._writing)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_no_page_asks_the_database_more_than_fifteen_times(visit: Visit, district: District) -> None:
    visitor = visit(None)
    filed(visitor)
    street = visit("street")
    pages = [(visitor, "/t"), (visitor, "/q"), (visitor, f"/q/{code_at(BUILDING)}"), (street, "/place-codes/LHQ.MZ")]
    for who, address in [*pages, (street, "/place-codes/LHQ.MZ/labels.pdf")]:
        with statements(district) as seen:
            assert who.get(address).status_code == 200
        assert 0 < len(seen) <= 15, (address, len(seen))


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
