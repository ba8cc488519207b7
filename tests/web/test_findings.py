"""What was found, over HTTP: who sees it, what they decide; a repeat, a post-mortem and an assessment to their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import detection, intake, verify
from engine.cases import Case, CaseState, Party
from engine.clock import ManualClock
from engine.detection import Finding, FindingCase
from engine.history import HistoryEntry
from engine.notify import Notice
from engine.people import viewer_of
from engine.postmortems import PostMortem
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from tests.web.test_pages import MATTER
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
BUILDING = "LHQ.MZ.01.01.01.01"


@pytest.fixture
def come(visit: Visit) -> Visit:
    """Somebody who has looked at their work list, and so has a token for forms."""

    def at_home(who: str | None) -> Visitor:
        visitor = visit(who)
        visitor.get("/")
        return visitor

    return at_home


def file(
    district: District,
    clock: ManualClock,
    *,
    place: str = BUILDING,
    phone: str = "13800138000",
    text: str = "电梯异响，住户不敢坐",
    **more: Any,
) -> int:
    people = [intake.PartyIn("applicant", "业主", phone=phone)]
    values = {"channel": "qr", "kind": "complaint", "category": "property.lift", "title": text, **more}
    with district.store.transaction() as session:
        filing = intake.Filing(
            description=text, place_id=place, received_at=clock.now(), parties=tuple(people), **values
        )
        return intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id


def detect(district: District, clock: ManualClock) -> int:
    return Scheduler(district.store, district.world, clock, name="test").detect()


def close(district: District, case_id: int, clock: ManualClock) -> None:
    """As a row: what led there is not the matter here."""
    with district.store.transaction() as session:
        case = session.get_one(Case, case_id)
        case.state, case.closed_at, case.result = CaseState.CLOSED.value, clock.now(), "resolved"


def case(district: District, case_id: int) -> Case:
    with district.store.reading() as session:
        return session.get_one(Case, case_id)


def finding_of(district: District, kind: str) -> Finding:
    with district.store.reading() as session:
        return session.scalars(select(Finding).where(Finding.kind == kind).order_by(Finding.id.desc())).first()  # type: ignore[return-value]


def acts(district: District, case_id: int) -> list[str]:
    with district.store.reading() as session:
        query = select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
        return list(session.scalars(query))


def test_a_pair_is_looked_at_side_by_side_and_merged(come: Visit, district: District, clock: ManualClock) -> None:
    first = file(district, clock)
    clock.advance(timedelta(hours=5))
    second = file(district, clock, text="和上午说的是同一件事：电梯", channel="hotline_12345")
    assert detect(district, clock) == 1
    found = finding_of(district, "duplicate")
    where = f"/findings/{found.id}"
    assert "没有待决定" in words(come("grid_gl").get("/findings"))
    for stranger in ("grid_gl", "street_gl"):
        assert come(stranger).get(where).status_code == 404
        assert words(come(stranger).get(where)) == words(come(stranger).get("/findings/99999"))
    assert come("designer").get(where).status_code == 403

    grid = come("grid")
    assert "由片区、社区、街道和区决定" in words(grid.get(where))  # a grid sees it and does not decide
    assert grid.post(f"{where}/merging", {"master": str(first), "reason": "x"}).status_code == 403
    assert grid.post(f"{where}/dismissal", {"reason": "x"}).status_code == 403
    assert 'name="finding"' not in grid.get("/findings").text

    street = come("street")
    assert 'name="finding"' in street.get("/findings").text
    assert "同一人" in words(street.get("/findings"))
    page = words(street.get(where))
    assert page.count("以此件为主案") == 2
    assert "13800138000" not in page
    assert street.post(f"{where}/merging", {"master": str(first), "reason": ""}).status_code == 422
    answer = street.post(f"{where}/merging", {"master": str(first), "reason": "同一件事"})
    assert answer.headers["Location"] == f"/cases/{first}"
    assert case(district, second).state == CaseState.MERGED
    assert street.post(f"{where}/dismissal", {"reason": "晚了"}).status_code == 409
    assert f"{case(district, first).number}" in words(street.get(f"/cases/{second}"))
    assert "从案 1 件" in words(street.get(f"/cases/{first}"))
    assert f"从案 1 件 {case(district, second).number}" in words(street.get(f"/cases/{first}/print"))
    assert f"主案 {case(district, first).number}" in words(street.get(f"/cases/{second}/print"))
    assert come("community").post(f"/cases/{first}/withdrawal", {"reason": "撤"}).status_code == 409
    assert street.post(f"/cases/{second}/splitting", {"reason": "两部电梯"}).status_code == 302
    assert case(district, second).state == CaseState.ASSIGNED
    number = case(district, first).number
    unknown = street.post(f"/cases/{second}/merging", {"number": "LHQ-1", "reason": "同一件"})
    assert unknown.status_code == 422
    assert "没有这个案件。" in words(unknown)
    assert 'value="LHQ-1"' in unknown.text
    assert 'value="同一件"' in unknown.text
    assert street.post(f"/cases/{second}/merging", {"number": number, "reason": "还是同一部"}).status_code == 302
    assert acts(district, first).count("case.joined") == 2
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_several_are_decided_at_once_and_come_back_no_more(come: Visit, district: District, clock: ManualClock) -> None:
    for number in range(2):
        file(district, clock, place=f"LHQ.MZ.01.01.01.0{number + 1}", phone=f"1390000000{number}", text=f"漏水{number}")
        file(district, clock, place=f"LHQ.MZ.01.01.01.0{number + 1}", phone=f"1390000000{number}", text=f"漏水{number}")
    assert detect(district, clock) == 2
    street = come("street")
    with district.store.reading() as session:
        ids = [str(each) for each in session.scalars(select(Finding.id))]
    nothing = street.get("/findings/selection?act=merge&kind=duplicate")
    assert nothing.status_code == 422
    assert 'href="/findings?kind=duplicate"' in nothing.text
    both = "&".join(f"finding={each}" for each in ids)
    page = words(street.get(f"/findings/selection?act=merge&{both}"))
    assert "可处理 2 项" in page
    assert f"{case(district, 2).number} 并入主案 {case(district, 1).number}" in page
    assert "此项请打开后" not in page
    assert "可处理 2 项" in words(street.get(f"/findings/selection?act=dismiss&{both}"))
    assert "已无权查看" in words(come("street_gl").get(f"/findings/selection?act=merge&{both}"))
    assert "可处理 0 项" in words(come("grid").get(f"/findings/selection?act=merge&{both}"))
    unsaid = street.post("/findings/decisions", {"act": "merge", "finding": ids, "reason": " "})
    assert unsaid.status_code == 422
    assert "请说明理由" in words(unsaid)
    assert street.post("/findings/decisions", {"act": "merge", "finding": ids[0], "reason": "同"}).status_code == 302
    assert "已有人作出决定" in words(street.get(f"/findings/selection?act=dismiss&{both}"))
    done = street.post("/findings/decisions", {"act": "dismiss", "finding": ids, "reason": "异", "kind": "duplicate"})
    assert done.headers["Location"] == "/findings?kind=duplicate"
    assert "已决定 1 项。 1 项保持不变" in words(street.get(done.headers["Location"]))
    assert "没有待决定" in words(street.get("/findings"))
    for state in ("accepted", "dismissed"):
        assert "两件在办案件" in words(street.get(f"/findings?state={state}"))
    assert [case(district, each).state for each in (1, 2)] == [CaseState.ASSIGNED, CaseState.MERGED]
    assert detect(district, clock) == 0


def test_a_wall_and_confidentiality_hold_in_what_was_found(come: Visit, district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        for number in range(6):
            place = "LHQ.MZ.01.01.01" if number % 2 else "LHQ.MZ.01.01.02"
            who = [intake.PartyIn("applicant", f"住户{number}", phone=f"1370000000{number}")]
            if number == 0:
                who.append(intake.PartyIn("respondent", "黄永强", person_id=district.people["street"]))
            filing = intake.Filing(
                "qr", "complaint", "property.lift", f"电梯 {number}", "电梯异响", place, clock.now(),
                parties=tuple(who), confidential=number == 5,
            )  # fmt: skip
            intake.file_case(session, district.world, filing, viewer=None, now=clock.now())
    detect(district, clock)
    found = finding_of(district, "cluster")
    assert found.facts["count"] == 5  # the confidential one took no part
    street = come("street")
    assert "此项请打开后单独处理" in words(street.get(f"/findings/selection?act=merge&finding={found.id}"))
    street.post("/findings/decisions", {"act": "merge", "finding": str(found.id), "reason": "同"})
    assert finding_of(district, "cluster").state == "open"
    page = words(street.get(f"/findings/{found.id}"))
    assert "4 件" in page
    assert "电梯 0" not in page
    assert "5 件" not in page + words(street.get("/findings"))  # a sum would tell that there is one more
    assert "5 件" not in words(street.get("/cases/2"))
    assert "收到多件" in words(street.get("/cases/2"))
    with district.store.reading() as session:
        viewers = [viewer_of(session, district.people[who]) for who in ("street", "community")]
        for viewer in viewers:
            assert detection.waiting(session, viewer) == len(detection.queue(session, viewer).lines)
    assert "电梯 0" in words(come("community").get(f"/findings/{found.id}"))


def test_the_third_time_is_graded_by_what_was_answered_before(
    come: Visit, district: District, clock: ManualClock
) -> None:
    """C18: three times the same person about the same building, twice answered."""
    told: dict[str, Any] = {"text": "楼顶违建没有拆", "category": "property.illegal_build"}
    first = file(district, clock, **told)
    close(district, first, clock)
    clock.advance(timedelta(days=30))
    elsewhere = file(district, clock, place="LHQ.GL.01.01.01.01", **told)
    close(district, elsewhere, clock)
    second = file(district, clock, place="LHQ.MZ.01.01.01", **told)
    assert case(district, second).facts["repeat_count"] == 2
    close(district, second, clock)
    clock.advance(timedelta(days=30))
    third = file(district, clock, **told)
    found = case(district, third)
    assert (found.facts["repeat_count"], found.severity) == (3, 2)
    assert "R09_repeat_2_3" in [reason["rule"] for reason in found.reasons]
    page = words(come("community").get(f"/cases/{third}"))
    assert "第 3 次反映" in page
    assert "此前同人同事" in page
    assert page.count(case(district, first).number) == 1
    assert case(district, elsewhere).number not in page
    sheet = words(come("community").get(f"/cases/{third}/print"))
    assert case(district, first).number in sheet
    assert case(district, elsewhere).number not in sheet
    secret = file(district, clock, confidential=True, **told)
    assert "repeat_count" not in case(district, secret).facts
    clock.advance(timedelta(days=370))
    assert "repeat_count" not in case(district, file(district, clock, **told)).facts


def test_whoever_files_sees_what_it_looks_like(come: Visit, district: District, clock: ManualClock) -> None:
    file(district, clock, place="LHQ.MZ.01.01.01", text="楼上漏水，天花板发霉", category="neighbour.leak")
    matter = {
        **MATTER, "place_id": BUILDING, "category": "neighbour.leak", "title": "天花板漏水发霉",
        "description": "楼上漏水，天花板发霉。", "step": "check",
    }  # fmt: skip
    assert "疑似重复" in words(come("grid").post("/cases", matter))
    assert "疑似重复" not in words(come("grid_gl").post("/cases", {**matter, "place_id": "LHQ.GL.01.01.01.01"}))


def test_public_attention_is_looked_back_on(come: Visit, district: District, clock: ManualClock) -> None:
    """C19: opened by what the public looks at, written, decided by somebody else, followed until it is done."""
    case_id = file(district, clock, place="LHQ.MZ.01.01.01", text="幼儿园收费", channel="online_media")
    detect(district, clock)
    grid = come("grid")
    grid.post(f"/cases/{case_id}/risk-reports", {"opinion_level": "hot", "reason": "视频转发过万"})
    assert acts(district, case_id).count("opinion.rose") == 1
    for _ in range(2):
        detect(district, clock)
    with district.store.reading() as session:
        (opened,) = session.scalars(select(PostMortem)).all()
    assert (opened.due_at - clock.now()).days == 14  # ten working days
    where = f"/post-mortems/{opened.id}"
    assert come("street_gl").get(where).status_code == 404

    street, leader = come("street"), come("district")
    assert "引发舆情" in words(street.get("/post-mortems"))
    assert "登记" in words(street.get(where))
    assert street.post(where, {"act": "submit", "cause": "没有公示收费"}).status_code == 422
    assert "没有公示收费" in street.post(where, {"act": "submit", "cause": "没有公示收费"}).text
    whole = {
        "act": "submit", "cause": "没有公示收费", "missed": "家长群里已有三周", "worked": "当天公布明细",
        "what": ["公示收费", "定期检查"], "who": ["园方", "教育局"], "by": ["2026-03-10", "2026-03-31"],
    }  # fmt: skip
    assert street.post(where, {**whole, "act": "keep"}).status_code == 302
    assert street.post(where, whole).status_code == 302
    assert street.post(where, whole).status_code == 409
    assert street.post(f"{where}/decision", {"decision": "approve"}).status_code == 403
    assert leader.post(f"{where}/decision", {"decision": "back"}).status_code == 422
    assert leader.post(f"{where}/decision", {"decision": "back", "reason": "写明预警"}).status_code == 302
    assert "写明预警" in street.get(where).text
    assert street.post(where, whole).status_code == 302
    assert leader.post(f"{where}/decision", {"decision": "approve"}).status_code == 302
    assert street.post(f"{where}/actions/1/completion", {"note": ""}).status_code == 422
    assert street.post(f"{where}/actions/1/completion", {"note": "已上墙"}).status_code == 302
    page = words(street.get(f"{where}/print"))
    assert "已上墙" in page
    assert "家长群里已有三周" in page
    assert "1 项未完成" in words(street.get("/post-mortems?state=undone"))
    clock.advance(timedelta(days=40))
    for _ in range(2):
        detect(district, clock)
    town.send_notices(district, clock)
    with district.store.reading() as session:
        late = session.scalars(select(Notice.unit_id).where(Notice.what == "post_mortem_action_overdue")).all()
        assert len(late) == len(set(late)) > 0
    assert statements(district, come("street"), where) <= 15
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_a_surge_tells_two_units_and_opens_a_post_mortem_once(
    come: Visit, district: District, clock: ManualClock
) -> None:
    file(district, clock, phone="13600000000")
    clock.advance(timedelta(days=30))
    for number in range(12):
        place = ("LHQ.MZ.01.01.01.01", "LHQ.MZ.01.02", "LHQ.MZ.01")[number % 3]
        file(district, clock, place=place, phone=f"136000000{number + 10}")
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        detect(district, clock)
    found = finding_of(district, "surge")
    assert (found.unit_id, found.facts["count"]) == ("LHQ.MZ.01", 12)
    town.send_notices(district, clock)
    with district.store.reading() as session:
        told = session.scalars(select(Notice.unit_id).where(Notice.what == "surge_found")).all()
        assert sorted(filter(None, told)) == ["LHQ.MZ", "LHQ.MZ.01"]
        (opened,) = session.scalars(select(PostMortem)).all()
    assert opened.id == found.post_mortem_id
    street = come("street")
    assert "数量突增" in words(street.get("/findings?kind=surge"))
    assert "电梯异响" in words(street.get(f"/post-mortems/{opened.id}"))
    answer = street.post(f"/findings/{found.id}/answer", {"reason": "已约谈物业"})
    assert answer.status_code == 302
    assert "已约谈物业" in words(street.get(f"/findings/{found.id}"))
    for address in ("/findings", f"/findings/{found.id}", "/post-mortems", f"/post-mortems/{opened.id}", "/registers"):
        assert statements(district, street, address) <= 15, address
    told_of = ("/findings?state=accepted", f"/findings/{found.id}", "/post-mortems", f"/post-mortems/{opened.id}")
    for about in (None, district.people["street"]):
        with district.store.transaction() as session:
            if about is not None:
                case_id = session.scalars(select(FindingCase.case_id).where(FindingCase.finding_id == found.id)).first()
                session.add(Party(case_id=case_id, role="respondent", name="黄永强", person_id=about))
        for where in told_of:
            page = words(street.get(where))
            assert ("12 件" in page) is (about is None), where
            assert ("11 件" in page) is (about is not None), where


def test_what_comes_back_becomes_a_case_of_its_own(come: Visit, district: District, clock: ManualClock) -> None:
    for number in range(4):
        latest = file(district, clock, phone=f"1350000000{number}")
        if number < 3:
            close(district, latest, clock)
        clock.advance(timedelta(days=20))
    detect(district, clock)
    found = finding_of(district, "return")
    assert found.facts["times"] == 3
    community = come("community")
    page = community.get(f"/findings/{found.id}").text
    assert "反复发生，查找根源" in page
    fields = {"title": "电梯反复异响，查找根源", "description": "导靴三个月坏三次"}
    assert community.post(f"/findings/{found.id}/cases", {**fields, "title": ""}).status_code == 422
    answer = community.post(f"/findings/{found.id}/cases", fields)
    assert answer.status_code == 302
    filed = case(district, int(answer.headers["Location"].rpartition("/")[2]))
    assert (filed.channel, filed.place_id) == ("inspection", BUILDING)
    assert detect(district, clock) == 0
    proposed = []
    for number in range(4, 8):  # what was decided on is proposed again only after as many further closings
        close(district, latest, clock)
        clock.advance(timedelta(days=100))
        latest = file(district, clock, phone=f"1350000000{number}", text=f"第{number}次来电反映异响")
        detect(district, clock)
        with district.store.reading() as session:
            proposed.append(len(session.scalars(select(Finding).where(Finding.kind == "return")).all()))
    assert proposed == [1, 1, 2, 2]


def test_a_project_is_assessed_and_what_came_of_it_is_counted(
    come: Visit, district: District, clock: ManualClock
) -> None:
    street, leader = come("street"), come("district")
    fields = {
        "unit_id": "LHQ.MZ", "project": "地铁站改造", "stakeholders": "沿线居民", "risk": ["夜间噪音", "", ""],
        "risk_level": ["high", "", ""], "measure": ["夜间停工", "", ""], "level": "high", "measures": "每周公布进度",
        "decision": "go", "keywords": "地铁",
    }  # fmt: skip
    assert street.post("/assessments", {**fields, "act": "submit", "level": ""}).status_code == 422
    assert street.post("/assessments", {**fields, "unit_id": "LHQ.GL", "act": "keep"}).status_code == 403
    where = street.post("/assessments", {**fields, "act": "submit"}).headers["Location"]
    assert come("street_gl").get(where).status_code == 404
    assert leader.post(f"{where}/decision", {"decision": "back"}).status_code == 422
    assert leader.post(f"{where}/decision", {"decision": "approve"}).status_code == 302
    clock.advance(timedelta(days=2))
    came = file(district, clock, place="LHQ.MZ.01.01.01", text="地铁站夜间施工吵")
    file(district, clock, place="LHQ.GL.01.01.01", text="地铁站别处的事")
    street = come("street")
    page = words(street.get(where))
    assert "地铁站夜间施工吵" in page
    assert "别处的事" not in page
    assert street.post(f"{where}/cases/{came}", {"belongs": "yes"}).status_code == 302
    assert "引发 1 件" in words(street.get("/assessments"))
    assert street.post(f"{where}/cases/99999", {"belongs": "yes"}).status_code == 404
    assert statements(district, street, where) <= 15
