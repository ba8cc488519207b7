"""Who handles it, on the dispatcher's page of decisions; cards that the district voids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.cases import Card, Case
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.notify import Notice
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

GRID, BESIDE = "LHQ.MZ.01.01.01", "LHQ.MZ.01.01.02"
NOTE = "在河对岸，属第二网格。"

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def disputed(visit: Visit, district: District, clock: ManualClock) -> int:
    """A case whose grid has signed in and says that it is the next grid's."""
    case_id = town.file_case(district, clock)
    grid = visit("grid")
    task = town.open_task(district, case_id)
    page = grid.get(f"/tasks/{task.id}")
    assert "应由哪个单位办理" in words(page)
    fields = {"action": "dispute", "reason_code": "wrong_place", "proper_unit": BESIDE, "note": NOTE}
    assert grid.post(f"/tasks/{task.id}/completion", fields).status_code == 302
    return case_id


def test_a_dispute_is_heard_and_decided_on_the_page_of_decisions(
    visit: Visit, district: District, disputed: int
) -> None:
    street, said = visit("street"), {"position": "not_ours", "statement": "界线以河为准。"}
    for who in ("grid", "grid_2"):
        asked, statement = visit(who), town.open_task(district, disputed, "competence_statement")
        assert NOTE in words(asked.get(f"/tasks/{statement.id}"))
        assert asked.post(f"/tasks/{statement.id}/completion", said).status_code == 302
    decisions = words(street.get("/decisions"))
    assert "第1网格; 第2网格" in decisions.replace("；", "; ")
    assert NOTE in decisions
    task = town.open_task(district, disputed, "arbitration")
    assert "您的裁决是第一个" in words(street.get(f"/tasks/{task.id}"))
    answers = {"lead_unit": BESIDE, "co_units": [GRID], "reason": "现场在其辖区"}
    assert street.post(f"/tasks/{task.id}/completion", answers).status_code == 302
    with district.store.reading() as session:
        case = session.get(Case, disputed)
        assert case is not None
        assert case.holder_id == BESIDE
    page = words(street.get(f"/cases/{disputed}"))
    assert "第1网格 · 0 分" in page  # the stay at the other unit of this tier is told with its name
    assert "移交其他单位" in page
    assert "现场在其辖区" in page
    street.post(f"/tasks/{task.id}/draft", {"lead_unit": GRID, "reason": "另有考虑"})  # typed on while it was decided
    kept = words(street.get(f"/tasks/{task.id}"))
    assert "另有考虑" in kept
    assert "主办单位 第1片区第2网格" in kept
    assert GRID not in kept
    assert BESIDE not in kept


def add_card(district: District, clock: ManualClock) -> tuple[int, int]:
    with district.store.transaction() as session:
        case = town.add_case(session, now=clock.now())
        card = Card(
            case_id=case.id, visit_seq=1, unit_id=GRID, colour="yellow", given_at=clock.now() - timedelta(hours=1)
        )
        session.add(card)
        session.flush()
        return case.id, card.id


def test_the_district_voids_a_card_with_a_reason(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id, card_id = add_card(district, clock)
    leader = visit("district")
    assert "黄牌" in words(leader.get(f"/cases/{case_id}"))
    assert "第1片区第1网格" in words(leader.get("/cards"))
    leader.get(f"/cards/{card_id}")
    assert leader.post(f"/cards/{card_id}/voiding", {"reason": " "}).status_code == 422
    assert leader.post(f"/cards/{card_id}/voiding", {"reason": "系统停机所致"}).status_code == 302
    assert leader.post(f"/cards/{card_id}/voiding", {"reason": "又一次"}).status_code == 302, "counts once"
    shown = words(leader.get(f"/cards/{card_id}"))
    assert "系统停机所致" in shown
    assert "已作废" in words(leader.get(f"/cases/{case_id}"))
    with district.store.reading() as session:
        (entry,) = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "card.voided"))
        assert entry.facts["reason"] == "系统停机所致"
        card = session.get(Card, card_id)
        assert card is not None
        assert card.voided_by == district.people["district"]


def test_nobody_below_the_district_voids_a_card(visit: Visit, district: District, clock: ManualClock) -> None:
    _case_id, card_id = add_card(district, clock)
    street = visit("street")
    assert "区级领导或分拨员" in words(street.get(f"/cards/{card_id}"))
    assert street.post(f"/cards/{card_id}/voiding", {"reason": "不公平"}).status_code == 403
    assert visit("grid").get(f"/cards/{card_id}").status_code == 403
    with district.store.transaction() as session:
        foreign = town.add_case(session, place="LHQ.GL.01.01.01", now=clock.now())
        card = Card(case_id=foreign.id, visit_seq=1, unit_id=foreign.holder_id, colour="red", given_at=clock.now())
        session.add(card)
        session.flush()
        hidden = card.id
    none, not_theirs = street.get("/cards/999"), street.get(f"/cards/{hidden}")
    assert none.status_code == not_theirs.status_code == 404
    assert words(none) == words(not_theirs)
    assert "观澜" not in words(street.get("/cards"))
    with district.store.reading() as session:
        assert session.scalars(select(Notice)).first() is None


def test_a_case_is_supervised_by_hand_once(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    street = visit("street")
    assert "督办" in words(street.get(f"/cases/{case_id}"))
    assert street.post(f"/cases/{case_id}/supervision", {"reason": ""}).status_code == 422
    assert street.post(f"/cases/{case_id}/supervision", {"reason": "媒体关注"}).status_code == 302
    assert town.open_task(district, case_id, "supervision_notice").unit_id == "LHQ"
    assert street.post(f"/cases/{case_id}/supervision", {"reason": "再次"}).status_code == 409
    grid = visit("grid")
    assert "启动督办" in words(grid.get(f"/cases/{case_id}"))
    assert grid.post(f"/cases/{case_id}/supervision", {"reason": "自己"}).status_code == 403
