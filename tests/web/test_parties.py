"""Parties named and corrected while a case goes on: with a reason, found at once, never told by the history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from engine import verify
from engine.cases import Case, Party, parties_of
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.store import canonical_json
from tests.web import district as town
from tests.web.district import District
from tests.web.test_worklist import statements
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
WITNESS = {
    "role": "witness",
    "name": "欧阳见证",
    "type": "person",
    "phone": "13700137000",
    "address": "和悦社区5栋",
    "protected": "on",
    "reason": "上门时认识",
}


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    return town.file_case(district, clock)


def parties(district: District, case_id: int) -> list[Party]:
    with district.store.reading() as session:
        return parties_of(session, case_id)


def told(district: District, case_id: int) -> str:
    with district.store.reading() as session:
        rows = session.scalars(select(HistoryEntry).where(HistoryEntry.case_id == case_id))
        return canonical_json([[row.act, row.facts] for row in rows])


def test_a_party_is_named_found_and_kept_out_of_the_history(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}/parties/new")
    assert visitor.post(f"/cases/{case_id}/parties", {**WITNESS, "reason": " "}).status_code == 422
    answer = visitor.post(f"/cases/{case_id}/parties", WITNESS)
    assert answer.status_code == 302
    page = words(visitor.get(f"/cases/{case_id}"))
    assert "欧**" in page
    assert "补充当事人 证人 · 上门时认识" in page
    assert "欧阳见证" not in page
    assert "13700137000" not in page
    assert "欧阳见证" not in told(district, case_id)
    assert "137" not in told(district, case_id)
    assert f"/cases/{case_id}" in visitor.get("/search?q=13700137000").text
    assert f"/cases/{case_id}" in visitor.get("/search?q=欧阳见证").text
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_a_party_is_corrected_and_what_is_left_empty_stays(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    applicant, accused = parties(district, case_id)
    visitor = visit("grid")
    page = visitor.get(f"/cases/{case_id}/parties/{applicant.id}").text
    assert "谢女士" not in page  # protected
    assert "13800138000" not in page
    corrected = {"role": "applicant", "type": "person", "protected": "on", "name": "谢丽", "reason": "登记时写错"}
    assert visitor.post(f"/cases/{case_id}/parties/{applicant.id}", corrected).status_code == 302
    row = parties(district, case_id)[0]
    assert (row.name, row.phone, row.protected) == ("谢丽", "13800138000", True)
    gone = {"role": "applicant", "type": "person", "protected": "on", "remove": "phone", "reason": "号码不是本人的"}
    visitor.post(f"/cases/{case_id}/parties/{applicant.id}", gone)
    assert parties(district, case_id)[0].phone is None
    before = told(district, case_id)
    visitor.post(f"/cases/{case_id}/parties/{applicant.id}", {**gone, "reason": "又一次"})
    assert told(district, case_id) == before  # nothing was changed
    meant = {
        "role": "respondent",
        "type": "person",
        "name": "许某",
        "respondent_is": f"person:{district.people['grid_b']}",
    }
    visitor.post(f"/cases/{case_id}/parties/{accused.id}", {**meant, "reason": "就是同事"})
    assert visit("grid_b").get(f"/cases/{case_id}").status_code == 404
    visitor.get(f"/cases/{case_id}/parties/{accused.id}")
    visitor.post(f"/cases/{case_id}/parties/{accused.id}", {**meant, "respondent_is": "", "reason": "认错人了"})
    assert visit("grid_b").get(f"/cases/{case_id}").status_code == 200
    with district.store.reading() as session:
        assert session.get_one(Case, case_id).walled is False
    assert "更正当事人 所指人员 · 认错人了" in words(visitor.get(f"/cases/{case_id}"))
    assert verify.check(district.store, district.world, now=clock.now()) == []


def test_whom_the_field_does_not_offer_stays_meant(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    accused = parties(district, case_id)[1]
    with district.store.transaction() as session:
        session.get_one(Party, accused.id).unit_id = "LHQ.GL"
        session.get_one(Case, case_id).walled = True
    page = visit("grid").get(f"/cases/{case_id}/parties/{accused.id}").text
    assert '<option value="unit:LHQ.GL" selected>观澜街道</option>' in page


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 121}, "name"),
        ({"role": "judge"}, "role"),
        ({"respondent_is": "unit:LHQ.XX"}, "respondent_is"),
        ({"respondent_is": "person:999999"}, "respondent_is"),
        ({"role": "respondent", "respondent_is": "unit:LHQ"}, "respondent_is"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    visit: Visit, district: District, case_id: int, fields: dict[str, str], at: str
) -> None:
    visitor = visit("grid")
    visitor.get(f"/cases/{case_id}/parties/new")
    answer = visitor.post(f"/cases/{case_id}/parties", {**WITNESS, **fields})
    assert answer.status_code == 422
    assert f'id="wrong-{at}"' in answer.text
    assert "上门时认识" in answer.text
    assert len(parties(district, case_id)) == 2


def test_a_party_of_another_case_looks_like_none(
    visit: Visit, district: District, clock: ManualClock, case_id: int
) -> None:
    other = town.file_case(district, clock, place="LHQ.GL.01.01.01")
    theirs = parties(district, other)[0].id
    visitor = visit("grid")
    visitor.get("/")
    assert visitor.get(f"/cases/{case_id}/parties/{theirs}").status_code == 404
    assert visitor.post(f"/cases/{case_id}/parties/{theirs}", {**WITNESS}).status_code == 404
    assert visitor.get(f"/cases/{other}/parties/{theirs}").status_code == 404


def test_the_page_asks_the_database_little(visit: Visit, district: District, case_id: int) -> None:
    visitor, party = visit("grid"), parties(district, case_id)[0]
    visitor.get("/")
    assert statements(district, visitor, f"/cases/{case_id}/parties/{party.id}") <= 15
