"""The search page: what it finds, marks, offers and leaves out; the same index behind the list and the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event

from engine.clock import ManualClock
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock, title="<b>楼上漏水</b> Leaking")


def test_what_was_asked_for_is_marked_and_escaped(visit: Visit, case_id: int) -> None:
    answer = visit("grid").get("/search?q=漏水+leak")
    assert "&lt;b&gt;楼上<mark>漏水</mark>&lt;/b&gt; <mark>Leak</mark>ing" in answer.text
    assert f'href="/cases/{case_id}"' in answer.text
    assert "<mark>漏水</mark>半年" in answer.text


def test_text_from_the_address_is_no_markup(visit: Visit) -> None:
    answer = visit("grid").get('/search?q="><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


def test_people_are_named_to_those_only_who_may_know_them(visit: Visit, case_id: int) -> None:
    for who, found in (("grid", True), ("community", True), ("zone", False), ("district", False)):
        visitor = visit(who)
        assert (f"/cases/{case_id}" in visitor.get("/search?q=谢女士").text) is found, who
        assert (f"/cases/{case_id}" in visitor.get("/search?q=13800138000").text) is found, who
        assert "<mark>许某</mark>" in visitor.get("/search?q=许某").text, who
    page = visit("grid").get("/search?q=谢女士").text.partition("<ul")[2]
    assert "<mark>谢**</mark>" in page
    assert "谢女士" not in page


@pytest.mark.parametrize("who", ["street_gl", "grid_gl", "grid_2"])
def test_a_foreign_case_is_not_found_anywhere(who: str, visit: Visit, case_id: int) -> None:
    visitor = visit(who)
    for where in ("/search?q=漏水", "/search?q=LHQ", "/search?q=漏水&place=LHQ.MZ", "/cases?q=漏水&state=all"):
        answer = visitor.get(where)
        assert answer.status_code == 200
        assert "楼上" not in words(answer)
        assert "LHQ-2026" not in answer.text


def test_an_empty_search_says_what_can_be_found(visit: Visit) -> None:
    page = words(visit("grid").get("/search"))
    assert "可按编号" in page
    page = words(visit("grid").get("/search?q=没有这个词"))
    assert "在您可以查看的案件中没有找到" in page


def test_filters_and_places_are_kept_in_the_address(visit: Visit, case_id: int) -> None:
    visitor = visit("community")
    hit, miss = f"/cases/{case_id}", "没有找到"
    for query, found in (
        ("state=open", True),
        ("state=closed", False),
        ("category=neighbour.leak", True),
        ("category=noise.social", False),
        ("category=nonsense", True),
        ("period=week", True),
        ("period=before", False),
        ("place=LHQ.MZ.01.01", True),
        ("place=LHQ.MZ.01.02", False),
        ("place=LHQ.GL", True),  # not theirs to choose: passed over
    ):
        page = visitor.get(f"/search?q=漏水&{query}")
        assert (hit in page.text) is found, query
        assert (miss in page.text) is not found, query
    page = visitor.get("/search?q=漏水&place=LHQ.MZ.01.01&period=month")
    assert '<option value="LHQ.MZ.01.01" selected>' in page.text
    assert '<option value="month" selected>' in page.text
    assert '<option value="LHQ.MZ.01.01.01" >' in page.text
    assert "LHQ.GL" not in page.text


def test_older_cases_are_one_page_further(visit: Visit, district: District, clock: ManualClock) -> None:
    ids = [town.file_case(district, clock, title=f"漏水 {number}") for number in range(23)]
    visitor = visit("grid")
    first = visitor.get("/search?q=漏水&state=open")
    assert first.text.count('class="item found"') == 20
    assert f"before={ids[3]}" in first.text
    second = visitor.get(f"/search?q=漏水&state=open&before={ids[3]}")
    assert [f'href="/cases/{id_}"' in second.text for id_ in ids] == [True] * 3 + [False] * 20


def test_list_and_api_search_in_the_same_index(visit: Visit, case_id: int) -> None:
    visitor = visit("grid")
    for query in ("漏水", "多次沟通", "民治", "leaking"):
        assert f"/cases/{case_id}" in visitor.get(f"/cases?q={query}").text, query
        items = visitor.get(f"/api/v1/cases?q={query}").json["items"]
        assert [item["title"] for item in items] == ["<b>楼上漏水</b> Leaking"], query
    assert f"/cases/{case_id}" in visitor.get("/cases?q=漏水&light=green&tier=grid").text
    assert f"/cases/{case_id}" not in visitor.get("/cases?q=漏水&light=red").text
    assert f"/cases/{case_id}" not in visitor.get("/cases?q=漏水&state=closed").text


def test_a_page_of_hits_takes_few_statements(visit: Visit, district: District, clock: ManualClock) -> None:
    for number in range(25):
        town.file_case(district, clock, title=f"漏水 {number}")
    visitor = visit("grid")
    visitor.get("/search?q=漏水")
    seen: list[str] = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    visitor.get("/search?q=漏水&state=open&period=year&place=LHQ.MZ.01.01.01")
    assert 3 < len(seen) <= 15, "\n".join(seen)


@pytest.mark.parametrize(("who", "seen"), [("district", True), ("street", True), ("street_gl", False)])
def test_complex_matters_are_listed_apart(
    who: str, seen: bool, visit: Visit, district: District, case_id: int, clock: ManualClock
) -> None:
    hard = town.file_case(district, clock, title="多年漏水", complex=True)
    visitor = visit(who)
    for where in ("/cases?complex=1", "/cases?complex=1&q=漏水", "/search?q=漏水&complex=1"):
        answer = visitor.get(where)
        assert (f'"/cases/{hard}"' in answer.text, f'"/cases/{case_id}"' in answer.text) == (seen, False), where
        assert 'name="complex" value="1" checked' in answer.text
    assert "/cases/" not in visitor.get("/cases?complex=1&state=closed").text.partition("<form")[2]
    api = [each["number"] for each in visitor.get("/api/v1/cases?complex=true").json["items"]]
    assert len(api) == seen
