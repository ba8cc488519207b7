"""A designer rehearses a proposal on closed cases, sees what would have been different, and never which case it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import deploy, design, process
from engine.cases import Case
from engine.clock import ManualClock
from engine.rehearsal import Worker
from tests.web import district as town
from tests.web.district import District
from tests.web.test_joint import CONTACTED, HANDLED, complete
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
LIMITS = "small/limits.yaml"
SECRET = "只有办案人能看"
RESOLVED = {
    "result_code": "explained",
    "substantive": "yes",
    "summary": SECRET,
    "reply_text": SECRET,
    "evidence": SECRET,
}
PERIOD = {"since": "2026-03-01", "until": "2026-03-31", "unit": "LHQ"}


@pytest.fixture
def proposal(district: District, clock: ManualClock) -> int:
    """Six cases were settled in the grid within two days; the proposal gives it half a day."""
    for number in range(6):
        case_id = town.file_case(district, clock, title=f"{SECRET} {number}", phone=f"1390013900{number}")
        complete(district, clock, case_id, "sign_in", "grid", {"action": "sign"})
        complete(district, clock, case_id, "first_contact", "grid", CONTACTED)
        clock.advance(timedelta(days=1, minutes=7 * number))
        complete(district, clock, case_id, "handle", "grid", {**HANDLED, "outcome": "resolved"})
        complete(district, clock, case_id, "resolve", "grid", RESOLVED)
        clock.advance(timedelta(days=1))
    clock.advance(timedelta(days=40))  # who had to be asked for a check was silent
    with district.store.transaction() as session:
        actor = {"now": clock.now(), "actor_id": district.people["designer"]}
        made = design.begin_proposal(session, "网格更快", author_id=actor["actor_id"], now=clock.now())
        limits = deploy.files_in_force(session)[LIMITS].replace(b"grid: 2wd", b"grid: 3wh")
        design.save_file(session, made.id, LIMITS, limits, seen=0, **actor)
        return made.id


def worked_off(district: District, clock: ManualClock) -> None:
    worker = Worker(district.store, district.world, clock, name="test")
    while worker.work():
        pass


def ask(visitor: Visitor, proposal: int, **more: str) -> str:
    visitor.get(f"/proposals/{proposal}/rehearsals")
    answer = visitor.post(f"/proposals/{proposal}/rehearsals", {**PERIOD, **more})
    assert answer.status_code == 302, words(answer)
    return str(answer.headers["Location"])


def test_a_designer_sees_what_would_have_been_different_and_not_which_case_it_was(
    visit: Visit, district: District, clock: ManualClock, proposal: int
) -> None:
    visitor = visit("designer")
    assert "用已办结案件演练" in words(visitor.get(f"/proposals/{proposal}"))
    where = ask(visitor, proposal)
    page = visitor.get(where)
    assert "data-again" in page.text
    assert "0 / 6" in words(page)
    worked_off(district, clock)
    said = words(visitor.get(where))
    for each in ("6 件中有 5 件会走得不同", "其中因超时 0 5 +5", "网格 6 → 6", "推定", "和悦社区", "邻里"):
        assert each in said, each
    link = re.search(r'href="(/rehearsals/\d+/cases/\d+)"', visitor.get(where).text)
    assert link is not None
    case = visitor.get(link[1])
    told = words(case)
    for each in ("演练第", "办理超时", "从这里开始不同", "推定", "outcome = resolved"):
        assert each in told, each
    assert case.text.count('class="diagram tall"') == 2
    drawn = re.search(r"/rehearsals/\d+/files/small/small\.bpmn", case.text)
    assert drawn is not None
    assert b"be_overdue" in visitor.get(drawn[0]).data
    for page in (visitor.get(where), case):
        for secret in (SECRET, "谢女士", "许某", "13800138000", "LHQ-2026", "LHQ.MZ.01.01.01", "第1网格", "林晓东"):
            assert secret not in page.text, secret
    assert "已演练" in words(visitor.get(f"/proposals/{proposal}"))
    assert "此后提案已有改动" not in words(visitor.get(where))
    with district.store.transaction() as session:
        other = design.files_of(session, design.get_proposal(session, proposal))[LIMITS].replace(b"3wh", b"4wh")
        actor = {"now": clock.now(), "actor_id": district.people["designer"]}
        design.save_file(session, proposal, LIMITS, other, seen=1, **actor)
    assert "此后提案已有改动" in words(visitor.get(where))
    for address in (where, link[1], f"/proposals/{proposal}/rehearsals"):
        assert statements(district, visitor, address) <= 12, address


def test_the_release_in_force_would_have_done_exactly_the_same(
    visit: Visit, district: District, clock: ManualClock, proposal: int
) -> None:
    """Also to a case that was done again after its answer, which counts as it was answered first."""
    with district.store.transaction() as session:
        case = session.scalars(select(Case).order_by(Case.id)).first()
        assert case is not None
        process.reopen(session, district.world, case, actor_id=None, now=clock.now())
    complete(district, clock, case.id, "sign_in", "grid", {"action": "sign"})
    complete(district, clock, case.id, "first_contact", "grid", CONTACTED)
    complete(district, clock, case.id, "handle", "grid", {**HANDLED, "outcome": "resolved"})
    complete(district, clock, case.id, "resolve", "grid", RESOLVED)
    clock.advance(timedelta(days=2))
    visitor = visit("designer")
    visitor.get("/releases/1/rehearsals")
    given = {**PERIOD, "until": (clock.now() - timedelta(days=1)).date().isoformat()}
    where = visitor.post("/releases/1/rehearsals", given).headers["Location"]
    worked_off(district, clock)
    visitor.post("/language", {"language": "en", "next": "/"})
    said = words(visitor.get(where))
    assert "All 6 cases would have gone exactly as they did." in said
    assert "None." in said
    assert visitor.get(f"{where}/cases/1").status_code == 404


def test_calling_off_and_asking_again(visit: Visit, district: District, clock: ManualClock, proposal: int) -> None:
    visitor = visit("designer")
    where = ask(visitor, proposal)
    assert "有一次正在进行" in words(visitor.get(f"/proposals/{proposal}/rehearsals"))
    refused = visitor.post(f"/proposals/{proposal}/rehearsals", PERIOD)
    assert refused.status_code == 409
    assert "有演练正在进行" in words(refused)
    visitor.post(f"{where}/cancellation", {})
    worked_off(district, clock)
    assert "未保留任何内容" in words(visitor.get(where))
    assert ask(visitor, proposal) != where


def test_what_cannot_be_is_said_at_its_field(visit: Visit, proposal: int) -> None:
    visitor = visit("designer")
    visitor.get(f"/proposals/{proposal}/rehearsals")
    for given, said in (
        ({"since": "2026-03-31", "until": "2026-03-01"}, "第一天不能晚于最后一天"),
        ({"until": "2199-01-01"}, "最后一天须在今天之前"),
        ({"unit": "LHQ.MZ.01.01.01"}, "请选择区、街道或社区"),
        ({"since": "gestern"}, "日期应写作"),
        ({"since": "2026-03-01", "until": "2026-03-04"}, "至少要 5 件"),
    ):
        answer = visitor.post(f"/proposals/{proposal}/rehearsals", {**PERIOD, **given})
        assert answer.status_code == 422, given
        assert said in words(answer), given
        assert 'aria-invalid="true"' in answer.text


def test_nobody_but_designers_comes_here_and_what_is_not_there_is_404(
    visit: Visit, district: District, clock: ManualClock, proposal: int
) -> None:
    where = ask(visit("designer"), proposal)
    for who in ("grid", "district", "operator"):
        visitor = visit(who)
        visitor.get("/")
        for address in (where, f"/proposals/{proposal}/rehearsals", "/releases/1/rehearsals", f"{where}/cases/1"):
            assert visitor.get(address).status_code in (403, 404), (who, address)
        assert visitor.post(f"{where}/cancellation", {}).status_code == 403
    visitor = visit("designer")
    for address in ("/rehearsals/99", "/proposals/99/rehearsals", "/releases/99/rehearsals", f"{where}/cases/99",
                    f"{where}/files/small/limits.yaml", f"{where}/files/nothing.bpmn"):  # fmt: skip
        assert visitor.get(address).status_code == 404, address
