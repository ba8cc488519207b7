"""Three streets, eight roles in each: nobody reads or changes a matter of another street."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from engine.clock import ManualClock
from engine.people import Membership, Person
from engine.territory import Unit
from tests.web import district as town
from tests.web.district import District
from tests.web.test_access import address, history_length, pages
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]

STREETS = {"MZ": "民治机密", "GL": "观澜机密", "FC": "福城机密"}
ROLES = ("lead", "handler", "mediator", "dispatcher", "leader", "clerk", "petition_officer", "liaison")
FIELDS = {"reason": "x", "note": "x", "text": "x", "to": "1", "length": "1", "tier": "grid", "comment": "x"}


@pytest.fixture
def cases(district: District, clock: ManualClock) -> dict[str, int]:
    """A third street beside the two there are, somebody of each role in each, and one real case per street."""
    with district.store.transaction() as session:
        for unit_id, tier in (("LHQ.FC", "street"), ("LHQ.FC.01", "community"), ("LHQ.FC.01.01", "zone")):
            parent = unit_id.rpartition(".")[0]
            session.add(Unit(id=unit_id, parent_id=parent, tier=tier, seq=1, name_zh=unit_id, name_en=unit_id))
        session.flush()
        session.add(
            Unit(id="LHQ.FC.01.01.01", parent_id="LHQ.FC.01.01", tier="grid", seq=1, name_zh="网格", name_en="Grid")
        )
        session.flush()
        for street in STREETS:
            for role in ROLES:
                name = f"{street.lower()}.{role}"
                person = Person(username=name, name_zh=name, name_en=name, active=True, offered_in_demo=True)
                session.add(person)
                session.flush()
                district.people[name] = person.id
                session.add(Membership(person_id=person.id, unit_id=f"LHQ.{street}", role=role))
    return {
        street: town.file_case(district, clock, place=f"LHQ.{street}.01.01.01", title=title)
        for street, title in STREETS.items()
    }


def foreign(role: str, street: str) -> list[str]:
    """Each of the other two streets is tried by every second role; over the roles of a street both are."""
    others = [each for each in STREETS if each != street]
    return [others[ROLES.index(role) % 2]]


@pytest.mark.parametrize("street", list(STREETS))
def test_nobody_reads_or_changes_a_matter_of_another_street(
    app: Flask, visit: Visit, district: District, cases: dict[str, int], street: str
) -> None:
    tasks = {each: town.open_task(district, case_id).id for each, case_id in cases.items()}
    before = {each: history_length(district, case_id) for each, case_id in cases.items()}
    with_id = [(method, rule) for method, rule in pages(app) if "case_id" in rule or "task_id" in rule]
    lists = ["/", "/?tab=unit", "/?tab=waiting", "/cases", "/cases?state=all", "/notices", "/decisions"]
    for role in ROLES:
        visitor = visit(f"{street.lower()}.{role}")
        visitor.get("/")
        for other in foreign(role, street):
            for method, rule in with_id:
                where = address(rule, case_id=cases[other], task_id=tasks[other])
                answer = visitor.get(where) if method == "GET" else visitor.post(where, FIELDS)
                assert answer.status_code in (403, 404), (role, method, where)
                assert STREETS[other] not in answer.text, (role, method, where)
        found = [visitor.get(where) for where in (*lists, "/search?q=机密", "/board", "/board/cases?figure=open")]
        text = " ".join(words(answer) for answer in found if answer.status_code == 200)
        for other, title in STREETS.items():
            assert (title in text) == (other == street), (role, other)
        assert visitor.get(f"/cases/{cases[street]}").status_code == 200
    assert {each: history_length(district, case_id) for each, case_id in cases.items()} == before
