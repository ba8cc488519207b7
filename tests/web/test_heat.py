"""Where it hurts as a page: numbers on the diagram and in a table, with cases behind them for those who lead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from engine.clock import ManualClock
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
PAGE = "/processes/p_small/heat?from=2026-03-01&to=2026-03-31"


@pytest.fixture(autouse=True)
def _lived(district: District, clock: ManualClock) -> None:
    """Six cases of one grid, each signed in after an hour; one of them late."""
    with district.store.transaction() as session:
        for number in range(6):
            case = town.add_case(session, now=clock.now(), title=f"楼上漏水 {number}")
            task = town.add_task(session, case, now=clock.now(), due=None)
            task.state, task.closed_at = "completed", clock.now() + timedelta(hours=1)
            task.completed_at = task.closed_at
            task.due_at = task.closed_at + timedelta(minutes=-1 if number == 0 else 1)


def row(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition('id="e-t_sign_in"')[2].partition("</tr>")[0]))


def test_those_who_lead_find_the_cases_behind_a_number(visit: Visit) -> None:
    leader = visit("district")
    page = leader.get(PAGE)
    assert page.status_code == 200
    assert "6" in row(page.text)
    assert "1 17 %" in row(page.text)
    address = re.search(r'href="([^"]+heat=overdue[^"]*)" aria-label="[^"]*1', page.text.partition("<table")[2])
    assert address is not None
    behind = leader.get(address[1].replace("&amp;", "&"))
    assert "楼上漏水 0" in words(behind)
    assert "楼上漏水 1" not in words(behind)


def test_designers_see_numbers_and_no_case(visit: Visit) -> None:
    designer = visit("designer")
    page = designer.get(PAGE)
    assert "6" in row(page.text)
    assert "&lt; 5" in row(page.text)
    assert "/heat/t_sign_in" not in page.text
    assert designer.get("/processes/p_small/heat/t_sign_in?heat=cases").status_code == 404
    for unit, status in (("LHQ", 200), ("LHQ.MZ.01", 200), ("LHQ.MZ.01.01", 404), ("XYZ", 404), ("LHQ.ZZ", 404)):
        assert designer.get(f"{PAGE}&unit={unit}").status_code == status, unit


def test_the_diagram_is_coloured_without_a_script(visit: Visit) -> None:
    text = visit("designer").get(f"{PAGE}&heat=cases").text
    svg = text.partition("<svg xmlns")[2].partition("</svg>")[0]
    assert re.search(r'class="part-box heat-4"', svg)
    assert 'href="#e-t_sign_in"' in svg
    assert "<script" not in svg
    assert "style=" not in svg


@pytest.mark.parametrize("against", ["before", "year"])
def test_two_periods_stand_side_by_side(visit: Visit, against: str) -> None:
    leader = visit("district")
    answer = leader.get(f"/processes/p_small/heat?from=2026-04-01&to=2026-05-01&against={against}")
    assert ("6" in row(answer.text)) == (against == "before")


@pytest.mark.parametrize("days", ["from=x&to=y", "from=2026-03-01&to=2026-02-01", "from=2020-01-01&to=2026-01-01"])
def test_an_odd_period_is_said_and_the_last_days_are_shown(visit: Visit, days: str) -> None:
    answer = visit("district").get(f"/processes/p_small/heat?{days}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_others_are_sent_away_and_unknown_things_are_unknown(visit: Visit) -> None:
    for who in ("grid", "operator", "confidential"):
        assert visit(who).get(PAGE).status_code == 403
    leader = visit("district")
    assert leader.get("/processes/p_nowhere/heat").status_code == 404
    assert leader.get("/processes/p_small/heat/t_nowhere?heat=cases").status_code == 200
    start = leader.get("/heat?unit=LHQ.MZ")
    assert start.headers["Location"].startswith("/processes/p_small/heat?unit=LHQ.MZ")
    assert visit("street").get("/processes/p_small/heat?unit=LHQ.GL").status_code == 404


def test_a_page_asks_few_questions(visit: Visit, district: District) -> None:
    leader = visit("district")
    leader.get(PAGE)
    asked: list[str] = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    leader.get(f"{PAGE}&against=before")
    assert len([each for each in asked if each.lstrip().upper().startswith(("SELECT", "WITH"))]) <= 15
