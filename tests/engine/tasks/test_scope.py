"""Row scope: who sees which case, in lists and in look-ups, on both databases and through indexes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from engine.cases import Case, Party, Recusal, Visit
from engine.errors import NotFound
from engine.people import Person, Viewer
from engine.store import Store, table_of
from engine.tasks import see_case, see_task, visible_cases
from tests.web import district as town

SCAN = re.compile(r'seq scan on "?(case|visit|party)"?|^scan "?(case|visit|party)"?$', re.MULTILINE)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def viewer(*memberships: tuple[str, str], person: int = 1) -> Viewer:
    return Viewer(person, "某", "Some", None, memberships)


@pytest.fixture
def cases(each_store: Store) -> dict[str, int]:
    """Cases at all heights of the tree, one confidential, one that rose, one that asked a neighbour."""
    town.settle(each_store, now=NOW)
    with each_store.transaction() as session:
        made = {
            "building": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01.01"),
            "grid": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01"),
            "community": town.add_case(session, now=NOW, place="LHQ.MZ.01"),
            "risen": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01", holder="LHQ.MZ"),
            "visited": town.add_case(session, now=NOW, place="LHQ.MZ.01"),
            "invited": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01.01"),
            "secret": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01", confidential=True),
            "elsewhere": town.add_case(session, now=NOW, place="LHQ.GL.01.01.01"),
            "about_zone": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01", holder="LHQ.MZ.01"),
            "about_me": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01"),
            "left_by_me": town.add_case(session, now=NOW, place="LHQ.MZ.01.01.01"),
        }
        me = session.scalars(select(Person.id).order_by(Person.id)).first()
        for name, who in (("about_zone", {"unit_id": "LHQ.MZ.01.01"}), ("about_me", {"person_id": me})):
            session.add(Party(case_id=made[name].id, role="respondent", name="被反映的", **who))
        session.add(Party(case_id=made["grid"].id, role="witness", name="证人", person_id=me, unit_id="LHQ.MZ.01.01"))
        session.add(Recusal(case_id=made["left_by_me"].id, person_id=me, reason="亲属", at=NOW))
        visited = made["visited"]
        session.add(
            Visit(case_id=visited.id, seq=2, tier="zone", unit_id="LHQ.MZ.01.02", reason="assign_down", entered_at=NOW)
        )
        town.add_task(session, made["invited"], now=NOW, unit="LHQ.MZ.01.01.02", form=None, due=None)
        return {name: case.id for name, case in made.items()}


EXPECTED: list[tuple[tuple[tuple[str, str], ...], set[str]]] = [
    ((("LHQ.MZ.01.01.01.01", "lead"),), {"building", "invited"}),
    ((("LHQ.MZ.01.01.01", "lead"),), {"building", "grid", "risen", "invited"}),
    ((("LHQ.MZ.01.01.02", "lead"),), {"invited"}),
    ((("LHQ.MZ.01.02", "lead"),), {"visited"}),
    ((("LHQ.MZ.01.01", "lead"),), {"building", "grid", "risen", "invited"}),
    ((("LHQ.MZ.01", "handler"),), {"building", "grid", "community", "risen", "visited", "invited", "about_zone"}),
    ((("LHQ.MZ", "dispatcher"),), {"building", "grid", "community", "risen", "visited", "invited", "about_zone"}),
    ((("LHQ.MZ.01.01", "lead"), ("LHQ.MZ", "lead")), {"building", "grid", "community", "risen", "visited", "invited"}),
    ((("LHQ.GL", "lead"),), {"elsewhere"}),
    ((("LHQ", "leader"),), {"building", "grid", "community", "risen", "visited", "invited", "elsewhere", "about_zone"}),
    ((("LHQ", "confidential_clerk"),), {"secret"}),
    ((("LHQ.GL", "confidential_clerk"),), set()),
    ((("LHQ.MZ", "confidential_clerk"), ("LHQ.GL", "lead")), {"secret", "elsewhere"}),
    ((("LHQ", "designer"), ("LHQ", "operator")), set()),
    ((), set()),
]


def test_lists_and_look_ups_agree_with_the_rule(each_store: Store, cases: dict[str, int]) -> None:
    with each_store.reading() as session:
        for memberships, expected in EXPECTED:
            who = viewer(*memberships)
            listed = set(session.scalars(select(Case.id).where(visible_cases(who))))
            assert listed == {cases[name] for name in expected}, memberships
            for name, case_id in cases.items():
                assert may_open(session, who, case_id) is (name in expected), (memberships, name)


def test_the_wall_is_for_those_it_names_alone(each_store: Store, cases: dict[str, int]) -> None:
    """A colleague of the same grid sees what the person complained about, or who stepped aside, does not."""
    with each_store.reading() as session:
        colleague = viewer(("LHQ.MZ.01.01.01", "lead"), person=2)
        listed = set(session.scalars(select(Case.id).where(visible_cases(colleague))))
        assert {cases["about_me"], cases["left_by_me"]} <= listed
        assert cases["about_zone"] not in listed
        some = [cases["about_me"], cases["grid"], cases["elsewhere"]]
        few = set(session.scalars(select(Case.id).where(visible_cases(colleague, one=some))))
        assert few == {cases["about_me"], cases["grid"]}
        assert few == set(
            session.scalars(
                select(Case.id).where(visible_cases(colleague, one=select(Case.id).where(Case.id.in_(some))))
            )
        )


def may_open(session: Session, who: Viewer, case_id: int) -> bool:
    try:
        return see_case(session, who, case_id).id == case_id
    except NotFound:
        return False


def test_foreign_and_unknown_sound_alike(each_store: Store, cases: dict[str, int]) -> None:
    stranger = viewer(("LHQ.GL", "lead"))
    with each_store.reading() as session:
        with pytest.raises(NotFound) as foreign:
            see_case(session, stranger, cases["grid"])
        with pytest.raises(NotFound) as unknown:
            see_case(session, stranger, 987654)
        assert (foreign.value.code, foreign.value.sentence) == (unknown.value.code, unknown.value.sentence)
        with pytest.raises(NotFound) as task:
            see_task(session, stranger, 1)
        assert task.value.code == "task.unknown"


def test_a_unit_that_gave_its_opinion_may_still_read(each_store: Store, cases: dict[str, int]) -> None:
    with each_store.transaction() as session:
        session.execute(text("UPDATE task SET state = 'completed'"))
    with each_store.reading() as session:
        assert may_open(session, viewer(("LHQ.MZ.01.01.02", "lead")), cases["invited"])


def test_neither_lists_nor_look_ups_scan_the_cases(each_store: Store, cases: dict[str, int]) -> None:
    """On twenty thousand cases of another street, the plan for a grid worker names indexes and no scan of `case`."""
    with each_store.transaction() as session:
        row = {
            column.key: getattr(session.get_one(Case, cases["elsewhere"]), column.key) for column in Case.__table__.c
        }
        rows = [
            {**row, "id": 1000 + n, "number": f"X-{n}", "reasons": [], "facts": {}, "place_id": "LHQ.GL.01.01.01.01"}
            for n in range(20_000)
        ]
        session.execute(insert(table_of(Case)), rows)
        session.execute(
            insert(table_of(Visit)),
            [
                {"case_id": 1000 + n, "seq": 1, "tier": "grid", "unit_id": "LHQ.GL.01.01.01", "reason": "filed",
                 "entered_at": NOW}
                for n in range(20_000)
            ],
        )  # fmt: skip
        session.execute(
            insert(table_of(Party)),
            [
                {"case_id": 1000 + n, "role": "respondent", "name": f"物业{n}", "type": "org", "protected": False,
                 "unit_id": "LHQ.GL.01" if n % 500 == 0 else None, "person_id": None}
                for n in range(20_000)
            ],
        )  # fmt: skip
        session.execute(text("ANALYZE"))
    who = viewer(("LHQ.MZ.01.01.01", "lead"))
    with each_store.reading() as session:
        for statement in (
            select(Case.id).where(visible_cases(who)).order_by(Case.id.desc()).limit(30),
            select(Case.id).where(Case.id == cases["grid"], visible_cases(who, one=cases["grid"])),
        ):
            plan = explain(session, statement)
            assert not SCAN.search(plan), plan
            assert "index" in plan
    with each_store.reading() as session:  # and a scan would be noticed
        assert SCAN.search(explain(session, select(Case.id).where(Case.title == "x")))


def explain(session: Session, statement: object) -> str:
    dialect = session.get_bind().dialect
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    prefix = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN "
    rows = session.connection().exec_driver_sql(prefix + str(compiled).replace("%", "%%"))
    return "\n".join(str(row[-1]) for row in rows).lower()
