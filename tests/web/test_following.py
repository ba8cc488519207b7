"""Following a matter by its code: what the page tells, what it never tells, and what they can do there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import event, select

from engine import documents
from engine.clock import ManualClock
from engine.history import HistoryEntry
from tests.web.citizens import (
    BUILDING,
    GRID,
    Visit,
    code_at,
    code_of,
    filed,
    form_at,
    photo,
    the_case,
)
from tests.web.district import District
from tests.web.test_letters import REGISTERED, petition, rows, step, until_approved
from tests.web.visitor import words


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
    assert 'value="0000-0000-0000-0000"' in answers[1].text, "one sign is mended, not all typed anew"
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
    refused = visitor.post("/t/papers", {"note": ""})
    assert (refused.status_code, "尚未提交" in refused.text) == (422, True), "said at the top: the field lies far below"
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
