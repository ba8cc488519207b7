"""Numbers no column holds: an address with one leads nowhere, a form with one names nobody; never a failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, select

from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.tasks import Task
from engine.web.numbers import LARGEST, MOST_PAGES, Id, number, page_number
from engine.web.show import size
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor

HUGE = (LARGEST + 1, 2**63, 10**30)


def test_every_number_of_an_address_ends_where_a_column_does(app: Flask) -> None:
    numbers = [
        converter
        for rule in app.url_map.iter_rules()
        for converter in rule._converters.values()
        if "int" in type(converter).__name__.casefold() or isinstance(converter, Id)
    ]
    assert len(numbers) > 50
    assert all(getattr(each, "max", None) == LARGEST for each in numbers)


@pytest.mark.parametrize("written", ["", "0", "7", "999999999", "1234567890", "-1", "1.0", "٣", "²", " 7", "x", None])
def test_a_number_of_a_form(written: str | None) -> None:
    assert number(written) == {"0": 0, "7": 7, "999999999": 999_999_999}.get(written or "")


@pytest.mark.parametrize("written", ["", "0", "1", "x", "-2", "10000", "00001" + "9" * 30, "00001" + "9" * 5000, None])
def test_what_is_no_page_of_a_list_is_its_first(written: str | None) -> None:
    assert page_number(written) == 1
    assert page_number(str(MOST_PAGES)) == MOST_PAGES


def test_huge_numbers_find_nothing_and_never_reach_a_database(
    district: District, visit: Callable[[str | None], Visitor], clock: ManualClock
) -> None:
    """PostgreSQL would refuse them from 2³¹, SQLite from 2⁶³."""
    case_id = town.file_case(district, clock)
    with district.store.reading() as session:
        task_id = session.scalars(select(Task.id).where(Task.case_id == case_id)).first()
    visitor, leader = visit("grid"), visit("district")
    asked: list[object] = []
    event.listen(district.store.engine, "before_cursor_execute", lambda *given: asked.extend(given[3]))
    for huge in map(str, HUGE):
        for address in (f"/cases/{huge}", f"/tasks/{huge}", f"/documents/{huge}", f"/cases/{huge}/print"):
            assert visitor.get(address).status_code == 404, address
        for address in ("/?after=-", "/cases?before=", "/search?q=x&before=", "/notices?before="):
            assert visitor.get(address + huge).status_code == 200, address
        for address in ("/board/cases?figure=open&page=00001", "/processes/p_small/heat/t_sign_in?page=00001"):
            assert leader.get(address + huge).status_code == 200, address
        visitor.get(f"/cases/{case_id}")
        for address, fields in (
            (f"/cases/{case_id}/unmasking", {"party": huge, "reason": "核实"}),
            (f"/cases/{case_id}/comments", {"person": huge, "text": "看一下"}),
            (f"/tasks/{task_id}/handover", {"to": huge, "person": huge}),
            (f"/tasks/{task_id}/delegation", {"to": huge, "person": huge, "note": "请看"}),
            ("/notices/reading", {"up_to": huge}),
        ):
            assert visitor.post(address, fields).status_code < 500, address
    assert asked
    assert not set(HUGE).intersection(each for each in asked if isinstance(each, int))
    with district.store.reading() as session:  # and asking for an unknown party shows nobody's number
        assert "identity.unmasked" not in session.scalars(select(HistoryEntry.act)).all()


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [(0, "0 kB"), (1, "1 kB"), (84_200, "85 kB"), (1_000_000, "1.0 MB"), (12_340_000, "12.3 MB"), (2.5e9, "2.5 GB")],
)
def test_sizes_are_said_in_one_way(size_bytes: float, said: str) -> None:
    assert size(size_bytes) == said
