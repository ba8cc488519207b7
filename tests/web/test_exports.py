"""Taking an event log from a page: for those who may, with a reason, and written down before it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from lxml import etree
from sqlalchemy import select

from engine.clock import ManualClock
from engine.people import OperatorEntry
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
DAYS = {"from": "2026-03-01", "to": "2026-03-31", "unit": "LHQ", "reason": "年度复盘"}


@pytest.fixture(autouse=True)
def _closed(district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        for _ in range(2):
            town.add_case(session, now=clock.now(), state="closed", result="resolved", closed_at=clock.now())


def noted(district: District) -> list[OperatorEntry]:
    with district.store.reading() as session:
        return list(session.scalars(select(OperatorEntry).where(OperatorEntry.act == "history.exported")))


def test_a_log_is_taken_and_written_down(visit: Visit, district: District) -> None:
    leader = visit("district")
    assert "不包含" in words(leader.get("/exports"))
    answer = leader.post("/exports", {**DAYS, "format": "xes"})
    assert answer.status_code == 200
    assert "maplebridge-LHQ-2026-03-01-2026-03-31.xes" in answer.headers["Content-Disposition"]
    assert len(etree.fromstring(answer.data).findall("{*}trace")) == 2
    answer.close()
    answer = leader.post("/exports", {**DAYS, "format": "ocel", "process": "p_small"})
    assert [each["type"] for each in json.loads(answer.data)["events"]] == []
    answer.close()
    assert [(each.facts["format"], each.facts["cases"]) for each in noted(district)] == [("xes", 2), ("ocel", 0)]
    assert "年度复盘" in words(visit("operator").get("/operations/log"))


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"from": "x"}, {"from": "2026-04-01"}, {"from": "2020-01-01"}], ids=str
)
def test_without_a_reason_or_a_period_nothing_leaves(visit: Visit, district: District, wrong: dict[str, str]) -> None:
    leader = visit("district")
    leader.get("/exports")
    answer = leader.post("/exports", {**DAYS, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "aria-invalid" in answer.text
    assert noted(district) == []


def test_a_page_gives_so_many_and_no_more(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.event_log.taking.MOST_AT_ONCE", 1)
    leader = visit("district")
    leader.get("/exports")
    answer = leader.post("/exports", DAYS)
    assert answer.status_code == 422
    assert "maplebridge export" in words(answer)


def test_others_take_none_and_nobody_from_elsewhere(visit: Visit) -> None:
    for who in ("grid", "designer", "operator", "street"):
        assert visit(who).get("/exports").status_code == 403, who
    leader = visit("district")
    leader.get("/exports")
    assert leader.post("/exports", {**DAYS, "unit": "XYZ"}).status_code == 404
