"""Many cases that are filed together are in every table, row for row, what they are when each is filed by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import intake, verify
from engine.errors import Invalid
from engine.intake import Filing, Override, PartyIn
from engine.simulate import arrivals, places_of
from engine.store import Base
from tests.stories.district import District, at

Open = Callable[[str], District]
Rows = Mapping[str, list[tuple[Any, ...]]]
FILED_AT = "2026-03-02 10:00"
PORTION = 20
TABLES = Base.metadata.sorted_tables
UNTOLD = ("task.id", "unit_word.id")


def filings_of(here: District) -> list[Filing]:
    """What reaches a district, with what is refused, comes twice, comes back, is secret, is told by hand."""
    with here.store.reading() as session:
        places = places_of(session, here.application, seed=3)
    drawn = arrivals(places, here.world.calendar, start=date(2026, 2, 20), days=9, cases=50, seed=3)
    found = [replace(each.filing, external_no=f"N{number}") for number, each in enumerate(drawn)]
    first, building = found[0], "LHQ.MZ.01.01.01.01"
    leak = Filing(
        "hotline_12345", "complaint", "neighbour.leak", "三楼漏水", "卫生间漏水，电话 13912345678。", building,
        at("2026-02-27 09:30"), address_text="302房", demand="修好",
        parties=(PartyIn("applicant", "陈某", phone="13912345678"), PartyIn("respondent", "物业公司", "org")),
    )  # fmt: skip
    protected = replace(leak.parties[0], name="周某", protected=True)
    found += [
        leak,
        replace(leak, title="三楼又漏水", received_at=at("2026-02-28 09:30")),
        replace(leak, title="", place_id="LHQ.NOWHERE"),
        replace(leak, received_at=at(FILED_AT) + timedelta(hours=2)),
        replace(leak, parties=(protected,), kind="petition"),
        replace(leak, kind="misconduct", category="discipline.attitude", parties=(PartyIn("applicant", "何某"),)),
        replace(leak, confidential=True, external_no="S1"),
        replace(leak, facts={"casualties": 2, "people_count": 60, "amount_cny": 900_000}, parties=()),
        replace(leak, parties=(PartyIn("respondent", "民治街道", "agency", unit_id="LHQ.MZ"), leak.parties[0])),
        replace(first, title="同一个编号"),
        replace(leak, override=Override(4, "情况紧急")),
    ]
    return found + [replace(leak, title=f"楼道堆物{n}", place_id=building, parties=()) for n in range(PORTION)]


def test_filed_together_is_filed_one_by_one(district: Open) -> None:
    here = district(FILED_AT)
    filings, now = filings_of(here), here.clock.now()
    agent = here.person("LHQ", "dispatcher")

    def one_by_one(session: Session) -> list[object]:
        return [told_of(filed_or_refused(session, here, each, agent)) for each in filings]

    def together(session: Session) -> list[object]:
        memory, found = intake.Memory(), []
        for start in range(0, len(filings), PORTION):
            some = filings[start : start + PORTION]
            found += intake.file_cases(session, here.world, some, viewer=agent, now=now, memory=memory)
        return [told_of(each) for each in found]

    with undone(here) as session:
        told_alone, alone = one_by_one(session), rows_of(session)
    with undone(here) as session:
        told_together, all_at_once = together(session), rows_of(session)
    assert told_together == told_alone
    assert len([each for each in told_alone if isinstance(each, int)]) > 70
    for table, rows in alone.items():
        assert all_at_once[table] == rows, table
    with here.store.transaction() as session:
        together(session)
    assert verify.check(here.store, here.world, now=now) == []


def filed_or_refused(session: Session, here: District, filing: Filing, agent: Any) -> object:
    try:
        return intake.file_case(session, here.world, filing, viewer=agent, now=here.clock.now())
    except Invalid as refusal:
        return refusal


def told_of(found: object) -> object:
    return found.facts["fields"] if isinstance(found, Invalid) else found.id  # type: ignore[attr-defined]


@contextmanager
def undone(here: District) -> Iterator[Session]:
    """A transaction that leaves nothing behind, not even on the sequences of PostgreSQL."""
    with here.store.reading() as session:
        begun = _sequences(session)
    with here.store._writers() as session:
        yield session
        session.rollback()
    with here.store.transaction() as session:
        for name, last in begun:
            session.execute(
                text("SELECT setval(:name, :last, :called)"), {"name": name, "last": last or 1, "called": bool(last)}
            )


def _sequences(session: Session) -> Sequence[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return ()
    return session.execute(text("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")).all()


def rows_of(session: Session) -> Rows:
    """What stands in every table, without the numbers that nothing refers to."""
    session.flush()
    told = {table: [column for column in table.c if f"{table.name}.{column.name}" not in UNTOLD] for table in TABLES}
    return {table.name: sorted(map(tuple, session.execute(select(*told[table]))), key=repr) for table in TABLES}
