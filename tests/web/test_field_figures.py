"""The figures of the field as pages: what each counts and leads to, what is held back, and reports that are kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from engine import figures, history
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.figures import KeptFigure
from engine.people import tokens
from engine.reports import Within
from tests.web import district as town
from tests.web.district import District
from tests.web.reported import keep_report
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
DAYS = "from=2026-02-01&to=2026-02-28"
MOST_STATEMENTS = 15


def closed(session: Session, clock: ManualClock, *, days_ago: int, result: str = "fulfilled", **more: Any) -> Case:
    """A case received and closed so many days ago, as its history tells."""
    at = clock.now() - timedelta(days=days_ago)
    case = town.add_case(session, now=at, filed=timedelta(hours=5), **{"state": "closed", "closed_at": at, **more})
    history.record(session, case, "case.closed", actor_id=None, now=at, facts={"result": result, "tier": case.tier})
    return case


def told_by(answer: Any) -> dict[str, str]:
    """Figure → what its card says."""
    cards = re.findall(r'/reports/figures/([\w.]+)\?[^"]*">[^<]*</a></h3>\s*<p class="big">([^<]*)</p>', answer.text)
    return {name: number.strip() for name, number in cards}


@pytest.fixture
def month(district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        for number in range(3):
            closed(session, clock, days_ago=10 + number, title=f"化解{number}")
        closed(session, clock, days_ago=9, result="guided", title="引导到别处", channel="qr")
        closed(session, clock, days_ago=8, title="别的街道", place="LHQ.GL.01.01.01")
        closed(session, clock, days_ago=7, title="秘密", confidential=True)
        walled = closed(session, clock, days_ago=6, title="投诉本区", walled=True)
        session.add(Party(case_id=walled.id, role="respondent", name="龙华区", unit_id="LHQ"))
        town.add_case(session, now=clock.now() - timedelta(days=5), title="还在办")


def test_a_number_is_as_long_as_its_list_and_leaves_out_what_is_not_theirs(visit: Visit, month: None) -> None:
    for who, unit, received, resolved in (("district", "LHQ", 6, 4), ("street", "LHQ.MZ", 5, 3)):
        visitor = visit(who)
        told = told_by(visitor.get(f"/reports?{DAYS}&unit={unit}"))
        assert told["received_total"] == str(received), who
        assert told["resolution_rate"] == f"{1000 * resolved // received / 10} %", who
        for side, many in (("above", resolved), ("below", received)):
            listed = words(visitor.get(f"/reports/figures/resolution_rate/cases?{DAYS}&unit={unit}&side={side}"))
            assert f"1 至 {many}，共 {many}" in listed.replace(" 件", "") or f"共 {many}" in listed, (who, side, listed)
            assert "秘密" not in listed
            assert "投诉本区" not in listed


def test_filters_stand_in_the_address(visit: Visit, month: None) -> None:
    visitor = visit("district")
    assert told_by(visitor.get(f"/reports?{DAYS}&channel=qr"))["received_total"] == "1"
    assert told_by(visitor.get(f"/reports?{DAYS}&category=labour.wages"))["received_total"] == "0"
    assert told_by(visitor.get(f"/reports?{DAYS}&category=neighbour.leak"))["received_total"] == "6"
    page = visitor.get(f"/reports/figures/resolution_rate?{DAYS}")
    assert "channel=qr" in page.text
    assert visitor.get("/reports/figures/nothing").status_code == 404
    assert visitor.get("/reports?unit=LHQ.XX").status_code == 404
    assert visit("street").get("/reports?unit=LHQ.GL").status_code == 404
    assert visit("grid").get("/reports").status_code == 403


def test_what_became_of_a_case_later_changes_no_figure_of_the_past(
    visit: Visit, district: District, clock: ManualClock, month: None
) -> None:
    visitor = visit("district")
    then = "as_of=2026-02-25"
    address = f"/reports?{DAYS}&{then}"
    before = told_by(visitor.get(address))
    with district.store.transaction() as session:
        case = session.scalars(select(Case).where(Case.title == "化解0")).one()
        history.record(
            session, case, "case.reopened", actor_id=None, now=clock.now(), facts={"reason": "redo", "visit": 2}
        )
        case.state, case.closed_at, case.result = "reopened", None, None
        sorted_ = session.scalars(select(Case).where(Case.title == "化解1")).one()
        history.record(
            session,
            sorted_,
            "case.sorted",
            actor_id=None,
            now=clock.now(),
            facts={"from": sorted_.category, "category": "labour.wages"},
        )
        sorted_.category = "labour.wages"
    assert told_by(visitor.get(address)) == before
    leak = f"/reports?{DAYS}&{then}&category=neighbour.leak"
    assert told_by(visitor.get(leak))["received_total"] == before["received_total"]
    now = told_by(visitor.get(f"/reports?{DAYS}"))
    assert now["resolution_rate"] != before["resolution_rate"]
    assert now["rework_rate"] == "20.0 %"
    assert told_by(visitor.get(f"/reports?{DAYS}&category=labour.wages"))["received_total"] == "1"


def test_who_reads_no_case_is_told_nothing_of_few(visit: Visit, month: None) -> None:
    designer = visit("designer")
    page = designer.get(f"/reports?{DAYS}&channel=qr")
    assert page.status_code == 200
    told = told_by(page)
    assert told["received_total"] == told["resolution_rate"] == "&lt; 5"
    assert told["session_count"] == "0"
    assert "/cases?" not in page.text
    assert designer.get(f"/reports/figures/resolution_rate/cases?{DAYS}").status_code == 404
    assert designer.get(f"/reports?{DAYS}&unit=LHQ.MZ.01.01").status_code == 404
    assert designer.get("/reports/kept").status_code == 403


def test_a_page_of_figures_costs_the_same_whatever_there_is(visit: Visit, district: District, month: None) -> None:
    visitor = visit("district")
    sent: list[str] = []
    addresses = [f"/reports?{DAYS}"]
    addresses += [f"/reports/figures/{name}?{DAYS}" for name in ("resolution_rate", "received_total")]
    addresses.append(f"/reports/figures/absorption_rate.grid/cases?{DAYS}&side=below")
    visitor.get(addresses[-1])
    for address in addresses:
        event.listen(district.store.engine, "before_cursor_execute", note := _into(sent))
        assert visitor.get(address).status_code == 200
        event.remove(district.store.engine, "before_cursor_execute", note)
        assert len(sent) <= MOST_STATEMENTS, (address, len(sent))
        sent.clear()


def _into(sent: list[str]) -> Any:
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    return note


def test_figures_of_every_kind_open(visit: Visit, month: None) -> None:
    visitor = visit("district")
    names = (
        "mediation_success_rate",
        "closure_rate",
        "reception_visitors",
        "upward_rate.grid",
        "override_rate.R01_base",
    )
    for name in names:
        assert visitor.get(f"/reports/figures/{name}?{DAYS}").status_code == 200, name


def test_a_report_under_way_is_the_same_only_as_of_the_same(district: District, clock: ManualClock) -> None:
    now, first, last = clock.now(), date(2026, 1, 1), date(2026, 1, 31)

    def ask(as_of: datetime, at: datetime) -> int:
        with district.store.transaction() as session:
            wanted = figures.Wanted("LHQ", first, last, as_of)
            return figures.ask_report(session, wanted, viewer=None, now=at).id

    later, then = now + timedelta(minutes=1), now - timedelta(days=20)
    assert ask(now, now) == ask(later, later), "both tell what is known when they are asked for"
    assert ask(then, later) not in (ask(now, now), ask(then - timedelta(days=1), later))
    assert ask(then, later) == ask(then, now)


def test_a_report_is_made_in_parts_and_says_the_same_in_every_form(
    app: Flask, visit: Visit, district: District, clock: ManualClock, month: None
) -> None:
    visitor = visit("street")
    visitor.get("/reports/kept")
    asked = visitor.post("/reports/kept", {"unit": "LHQ.MZ", "from": "2026-02-01", "to": "2026-02-28"})
    assert asked.status_code == 302
    where = asked.headers["Location"]
    assert "已完成 0/" in words(visitor.get(where))
    assert visitor.get(f"{where}.xlsx").status_code == 409
    assert figures.work(district.store, district.world, clock, name="one")
    assert not figures.work(district.store, district.world, clock, name="another"), "somebody else has the lease"
    while figures.work(district.store, district.world, clock, name="one"):
        pass
    with district.store.transaction() as session:
        street, ends_at = district.people["street"], clock.now() + timedelta(days=1)
        bearer = {"Authorization": f"Bearer {tokens.issue(session, street, 't', now=clock.now(), ends_at=ends_at)}"}
    for shown, other in (("60.0 %", "66.6 %"), ("66.6 %", "60.0 %")):  # a case is about the district until it is not
        page = words(visitor.get(where))
        workbook = ZipFile(io.BytesIO(visitor.get(f"{where}.xlsx").data)).read("xl/sharedStrings.xml").decode()
        letter = ZipFile(io.BytesIO(visitor.get(f"{where}.docx").data)).read("word/document.xml").decode()
        api = app.test_client(use_cookies=False).get("/api/v1/reports/1", headers=bearer)
        rate = next(each for each in api.json["parts"]["figures"] if each["id"] == "resolution_rate")
        assert f"{rate['shown']} %" == shown
        for text in (shown, "resolution_rate v1", "统计时点 2026-03-02 09:00", "民治街道"):
            assert text in page, text
            assert text in workbook, text
            assert text in letter, text
        for form in (page, workbook, letter):
            assert other not in form
        assert told_by(visitor.get("/reports?from=2026-02-01&to=2026-02-28&unit=LHQ.MZ"))["resolution_rate"] == shown
        with district.store.transaction() as session:
            session.execute(delete(Party))
    with district.store.reading() as session:
        kept = session.get_one(KeptFigure, (1, "resolution_rate"))
        assert (kept.above, kept.below) == (4, 6)
        everybody = select(Case.id).where(Within("LHQ.MZ").cases())
        assert figures.unpacked(kept.below_ids or b"") == sorted(session.scalars(everybody))
    assert visit("district").get(where).status_code == 200
    again = visitor.post("/reports/kept", {"unit": "LHQ.MZ", "from": "2026-03-01", "to": "2026-02-01"})
    assert again.status_code == 422
    assert keep_report(district, clock, unit="LHQ.GL") == 2
    assert visitor.get("/reports/kept/2").status_code == 404
