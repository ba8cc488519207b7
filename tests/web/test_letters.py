"""Letters from the step that calls for one to its delivery, as an office meets them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from engine import intake, letters
from engine.cases import Case
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.errors import NotFound
from engine.history import HistoryEntry
from engine.intake import Filing, PartyIn
from engine.letters import Letter
from engine.people import viewer_of
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]

REGISTERED = {"petition_class": "own", "routing": "forward", "responsible": "district", "note": "本人来访。"}
OPINION = {
    "claims": "请求修复漏水。\n请求赔偿三千元。",
    "facts_found": "楼上卫生间防水层破损。",
    "evidence": "现场照片、检测报告。",
    "law_basis": "《民法典》第二百八十八条。",
    "conclusion": "support",
    "measures": "十日内修复。",
    "remedy_notice": "如不服本意见，可自收到之日起三十日内向上一级机关请求复查。",
}


def petition(district: District, clock: ManualClock) -> int:
    filing = Filing(
        channel="petition_letter",
        kind="petition",
        category="neighbour.leak",
        title="楼上漏水，天花板发霉",
        description="楼上卫生间漏水半年，多次沟通未果。",
        place_id="LHQ",
        received_at=clock.now(),
        facts={},
        parties=(
            PartyIn("applicant", "谢小敏", phone="13800138000", address="和悦路1号101", protected=True),
            PartyIn("respondent", "许某"),
        ),
    )
    with district.store.transaction() as session:
        return intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id


def step(officer: Visitor, district: District, case: int, form: str, **answers: str) -> None:
    task = town.open_task(district, case, form)
    officer.get(f"/tasks/{task.id}")
    answer = officer.post(f"/tasks/{task.id}/completion", answers)
    assert answer.status_code == 302, words(answer)


def rows(district: District, case: int) -> dict[str, Letter]:
    """The newest letter of each kind."""
    with district.store.reading() as session:
        return {
            each.kind: each
            for each in session.scalars(select(Letter).where(Letter.case_id == case).order_by(Letter.id))
        }


def until_approved(officer: Visitor, district: District, case: int) -> None:
    step(officer, district, case, "petition_register", **REGISTERED)
    step(officer, district, case, "petition_accept", decision="accept")
    step(
        officer,
        district,
        case,
        "petition_investigation",
        heard_petitioner="yes",
        findings="已到现场。",
        next_step="opinion",
    )
    step(officer, district, case, "petition_opinion", **OPINION)
    step(officer, district, case, "petition_approval", decision="approve")


def test_a_letter_is_called_for_looked_at_issued_and_delivered(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case, officer = petition(district, clock), visit("petition")
    step(officer, district, case, "petition_register", **REGISTERED)
    due = rows(district, case)
    assert {kind: each.state for kind, each in due.items()} == {"registration": "due", "forwarding": "due"}
    step(officer, district, case, "petition_accept", decision="accept")
    letter = rows(district, case)["acceptance"]

    page = officer.get(f"/letters/{letter.id}")
    assert "信访事项受理告知书" in words(page)
    assert "谢**" in words(page)
    assert "谢小敏" not in page.text, "before it is issued nobody has asked for the names"
    assert officer.post(f"/letters/{letter.id}/issue").status_code == 302
    assert officer.post(f"/letters/{letter.id}/issue").status_code == 302, "issuing it again changes nothing"
    page = officer.get(f"/letters/{letter.id}")
    assert "龙华区受字〔2026〕第1号" in words(page)
    assert "谢小敏：" in words(page)
    assert page.headers["X-In-The-Clear"] == "yes"
    assert "LibreOffice" in words(page), "without the converter the page says what it lacks"

    issued = rows(district, case)["acceptance"]
    paper = officer.get(f"/documents/{issued.document_id}")
    said = letters.blocks_of(letters.open_word(paper.data))
    assert any("2026年3月2日" in line.words for line in said if isinstance(line, letters.Line))
    with district.store.reading() as session:
        acts = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "letter.issued")).all()
        assert [each.facts["number"] for each in acts] == ["龙华区受字〔2026〕第1号"]
        assert len(acts[0].facts["parties"]) == 2

    clock.advance(timedelta(days=1))
    officer, where = visit("petition"), f"/letters/{letter.id}/delivery"
    officer.get(f"/letters/{letter.id}")
    for wrong, at in (("不能晚于", "2026-03-09T10:00"), ("不能早于", "2026-03-01T10:00"), ("必填", "")):
        answer = officer.post(where, {"method": "post", "delivered_at": at})
        assert answer.status_code == 422
        assert wrong in words(answer)
    assert officer.post(where, {"method": "post", "delivered_at": "2026-03-03T08:30"}).status_code == 302
    page = words(officer.get(f"/letters/{letter.id}"))
    assert "已送达" in page
    assert "邮寄" in page
    page = words(officer.get(f"/cases/{case}"))
    assert "龙华区受字〔2026〕第1号" in page
    assert "文书已送达" in page
    assert "龙华区受字〔2026〕第1号" in words(officer.get(f"/cases/{case}/print"))


def test_the_clock_of_the_remedy_counts_from_the_delivery(visit: Visit, district: District, clock: ManualClock) -> None:
    """One truth: completing the step is the delivery, and the page of the letter sends there."""
    case, officer = petition(district, clock), visit("petition")
    until_approved(officer, district, case)
    letter, task = rows(district, case)["opinion"], town.open_task(district, case, "petition_delivery")
    assert f"/letters/{letter.id}" in officer.get(f"/tasks/{task.id}").text
    assert officer.post(f"/letters/{letter.id}/issue").status_code == 302
    issued = rows(district, case)["opinion"]
    page = officer.get(f"/letters/{letter.id}")
    assert f"/tasks/{task.id}" in page.text
    assert (
        officer.post(
            f"/letters/{letter.id}/delivery", {"method": "post", "delivered_at": "2026-03-02T09:00"}
        ).status_code
        == 409
    )
    assert str(issued.number) in officer.get(f"/tasks/{task.id}").text, "its number need not be typed"

    clock.advance(timedelta(days=5))
    officer = visit("petition")
    officer.get(f"/tasks/{task.id}")
    late = {"letter_no": str(issued.number), "method": "in_person", "delivered_at": "2026-03-08T09:00"}
    answer = officer.post(f"/tasks/{task.id}/completion", late)
    assert answer.status_code == 422
    assert "不能晚于现在" in words(answer)
    step(officer, district, case, "petition_delivery", **{**late, "delivered_at": "2026-03-04T09:00"})
    delivered = rows(district, case)["opinion"]
    assert (delivered.state, delivered.method) == ("delivered", "in_person")
    with district.store.reading() as session:
        clock_of_review = session.scalars(select(Deadline).where(Deadline.step == "petition_review_apply")).one()
        assert clock_of_review.started_at.isoformat() == "2026-03-04T01:00:00+00:00"
        assert clock_of_review.due_at.isoformat() == "2026-04-03T15:59:59+00:00"


def test_a_step_that_writes_and_delivers_in_one_keeps_to_its_letter(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case, officer = petition(district, clock), visit("petition")
    until_approved(officer, district, case)
    delivery = {"letter_no": "外发1号", "method": "post", "delivered_at": "2026-03-02T09:00"}
    step(officer, district, case, "petition_delivery", **delivery)
    assert rows(district, case)["opinion"].state == "waived", "a paper from elsewhere was delivered"
    officer.get(f"/cases/{case}")
    assert officer.post(f"/cases/{case}/reviews", {"reason": "认定面积有误。"}).status_code == 302
    task = town.open_task(district, case, "petition_review")
    draft = {"body": "龙华区人民政府", "result": "uphold", "opinion": "原意见认定事实清楚，予以维持。"}
    page = officer.get(f"/tasks/{task.id}")
    assert f"/tasks/{task.id}/letters" in page.text
    assert officer.post(f"/tasks/{task.id}/draft", draft).status_code in (200, 204, 302)
    assert officer.post(f"/tasks/{task.id}/letters").status_code == 302
    letter = rows(district, case)["review_opinion"]
    assert "予以维持" in words(officer.get(f"/letters/{letter.id}"))
    assert officer.post(f"/letters/{letter.id}/issue").status_code == 302
    number = str(rows(district, case)["review_opinion"].number)
    done = {**draft, "letter_no": number, "delivered_at": "2026-03-02T09:00"}
    other = officer.post(f"/tasks/{task.id}/completion", {**done, "opinion": "撤销原意见。"})
    assert other.status_code == 409
    assert "作废" in words(other)
    step(officer, district, case, "petition_review", **done)
    assert rows(district, case)["review_opinion"].state == "delivered"


def test_what_is_missing_is_named_and_a_voided_number_stays_used(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case, officer = petition(district, clock), visit("petition")
    officer.get(f"/cases/{case}")
    assert officer.post(f"/cases/{case}/letters", {"kind": "opinion"}).status_code == 302
    opinion = rows(district, case)["opinion"]
    answer = officer.post(f"/letters/{opinion.id}/issue")
    assert answer.status_code == 422
    assert "缺少" in words(answer)
    assert officer.post(f"/letters/{opinion.id}/waiver", {"reason": ""}).status_code == 422
    assert officer.post(f"/letters/{opinion.id}/waiver", {"reason": "尚未办结。"}).status_code == 302
    assert officer.post(f"/letters/{opinion.id}/issue").status_code == 409

    assert officer.post(f"/cases/{case}/letters", {"kind": "acceptance"}).status_code == 302
    first = rows(district, case)["acceptance"]
    officer.post(f"/letters/{first.id}/issue")
    assert officer.post(f"/letters/{first.id}/voiding", {"reason": "姓名写错。"}).status_code == 302
    fresh = rows(district, case)["acceptance"]
    assert fresh.id != first.id
    officer.post(f"/letters/{fresh.id}/issue")
    assert rows(district, case)["acceptance"].number == "龙华区受字〔2026〕第2号"
    page = words(officer.get("/letters?kind=acceptance"))
    assert "第1号" in page
    assert "已作废" in page
    assert "第1号" not in words(officer.get("/letters?q=第2号"))
    table = officer.get("/letters/export?kind=acceptance")
    assert table.mimetype == "text/csv"
    assert table.text.count("龙华区受字") == 2
    assert "谢小敏" not in table.text
    assert officer.post(f"/letters/{fresh.id}/receipt").status_code == 302
    receipt = rows(district, case)["delivery_receipt"]
    assert "龙华区受字〔2026〕第2号" in words(officer.get(f"/letters/{receipt.id}"))
    assert officer.post(f"/letters/{receipt.id}/issue").status_code == 302
    with district.store.transaction() as session:
        session.get_one(Case, case).confidential = True
        session.flush()
        mine = viewer_of(session, district.people["petition"])
        with pytest.raises(NotFound):
            letters.ask_for(session, case, "registration", viewer=mine, now=clock.now())


def test_who_may_not_see_the_case_sees_no_letter(visit: Visit, district: District, clock: ManualClock) -> None:
    case, officer = petition(district, clock), visit("petition")
    officer.get(f"/cases/{case}")
    officer.post(f"/cases/{case}/letters", {"kind": "acceptance"})
    letter = rows(district, case)["acceptance"]
    officer.post(f"/letters/{letter.id}/issue")
    for who in ("street_gl", "grid_gl", "grid"):
        visitor = visit(who)
        visitor.get("/")
        for path in ("", "/pdf"):
            assert visitor.get(f"/letters/{letter.id}{path}").status_code == 404, who
        for act in ("issue", "delivery", "receipt", "waiver"):
            assert visitor.post(f"/letters/{letter.id}/{act}", {"reason": "x"}).status_code in (403, 404), (who, act)
        assert "第1号" not in words(visitor.get("/letters"))
    quality = visit("quality")  # of a street: sees neither the case nor its letters
    assert quality.get(f"/letters/{letter.id}").status_code == 404
    assert visit("designer").get("/letters").status_code == 403
    assert visit("designer").get("/letters/templates").status_code == 200


def edited(change: Callable[[Any], None], kind: str = "acceptance") -> bytes:
    """The shipped template, changed as an office would in Word."""
    from docx import Document

    document = Document(io.BytesIO(letters.shipped(kind)))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def send(officer: Visitor, kind: str, data: bytes) -> Any:
    page = officer.get(f"/letters/templates/{kind}").text
    fields = {
        "csrf_token": officer.token,
        "form_key": re.findall(r'name="form_key" value="([^"]+)"', page)[0],
        "unit": "LHQ",
        "file": (io.BytesIO(data), "新版.docx"),
    }
    return officer.client.post(f"/letters/templates/{kind}/versions", data=fields)


def test_an_office_edits_a_template_and_takes_it_back(visit: Visit, district: District, clock: ManualClock) -> None:
    officer = visit("petition")

    def misspelt(document: Any) -> None:
        document.add_paragraph("联系人：{{不存在的字段}}")
        document.paragraphs[1].text = "没有文号了"

    answer = send(officer, "acceptance", edited(misspelt))
    assert answer.status_code == 422
    assert "没有“不存在的字段”这个字段" in words(answer)
    assert "正文第" in words(answer)
    assert "缺少必须有的字段“文号”" in words(answer)

    answer = send(officer, "acceptance", edited(lambda document: document.add_paragraph("联系电话：12345")))
    assert answer.status_code == 302
    assert "联系电话：12345" in words(officer.get(answer.headers["Location"]))
    case = petition(district, clock)
    officer.get(f"/cases/{case}")
    officer.post(f"/cases/{case}/letters", {"kind": "acceptance"})
    letter = rows(district, case)["acceptance"]
    assert "联系电话：12345" not in words(officer.get(f"/letters/{letter.id}")), "a version is used once it is chosen"
    where = "/letters/templates/acceptance/choice"
    assert officer.post(where, {"unit": "LHQ", "version": "1", "reason": ""}).status_code == 422
    assert officer.post(where, {"unit": "LHQ", "version": "9", "reason": "x"}).status_code == 404
    assert officer.post(where, {"unit": "LHQ", "version": "1", "reason": "加联系电话"}).status_code == 302
    assert "联系电话：12345" in words(officer.get(f"/letters/{letter.id}"))
    officer.post(f"/letters/{letter.id}/issue")
    assert officer.post(where, {"unit": "LHQ", "version": "0", "reason": "先用原版"}).status_code == 302
    assert "联系电话：12345" in words(officer.get(f"/letters/{letter.id}")), "what was issued stays as it is"
    assert "加联系电话" in words(officer.get("/letters/templates/acceptance"))
    assert visit("grid").get("/letters/templates").status_code == 403


def test_the_pages_ask_the_database_little(visit: Visit, district: District, clock: ManualClock) -> None:
    case, officer = petition(district, clock), visit("petition")
    step(officer, district, case, "petition_register", **REGISTERED)
    letter = rows(district, case)["forwarding"]
    asked: list[str] = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for page in (
        f"/letters/{letter.id}",
        "/letters",
        "/letters/templates",
        "/letters/templates/opinion",
        f"/cases/{case}",
    ):
        asked.clear()
        assert officer.get(page).status_code == 200
        count = len([each for each in asked if not each.startswith(("BEGIN", "ROLLBACK", "PRAGMA"))])
        assert count <= 15 + (page.startswith("/cases")) * 3, (page, count)
