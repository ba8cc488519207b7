"""Channels of an office brought in from a table: all or nothing, every fault at once, and harmless when repeated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.config import NotifyConfig, SmtpConfig
from engine.errors import Invalid
from engine.notify import NoticeChannel, import_channels
from engine.people import OperatorEntry, Person
from engine.store import Store
from engine.territory import Unit

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CONFIG = NotifyConfig(smtp=SmtpConfig(host="mail.example", sender="desk@office.example"))


@pytest.fixture
def office(store: Store) -> Store:
    with store.transaction() as session:
        session.add(Unit(id="LHQ", parent_id=None, tier="district", seq=1, name_zh="区", name_en="District"))
        session.add(Person(username="lin", name_zh="林", name_en="Lin", active=True))
        session.add(Person(username="gone", name_zh="走", name_en="Gone", active=False))
    return store


def bring(store: Store, *lines: str) -> tuple[int, int]:
    text = "\n".join(("person,unit,medium,to,secret,language", *lines))
    with store.transaction() as session:
        plan = import_channels(session, text, CONFIG, locale="zh_CN", now=NOW)
        return len(plan.added), plan.same


def test_a_table_is_brought_in_once(office: Store) -> None:
    lines = (
        "LIN,,email,lin@office.example,,en",
        ",LHQ,dingtalk,0123456789abcdef,SECabc,",
        "lin,,email,lin@Office.example,,",
    )
    assert bring(office, *lines) == (2, 1)
    assert bring(office, *lines) == (0, 3)
    with office.reading() as session:
        mine, group = session.scalars(select(NoticeChannel).order_by(NoticeChannel.id))
        log = session.execute(select(OperatorEntry.act, OperatorEntry.subject)).all()
    assert (mine.locale, mine.is_ready, group.secret, group.unit_id) == ("en", True, "SECabc", "LHQ")
    assert [tuple(row) for row in log] == [("channel.added", f"person:{mine.person_id}"), ("channel.added", "unit:LHQ")]


def test_every_fault_is_told_at_once_and_nothing_is_kept(office: Store) -> None:
    with pytest.raises(Invalid) as refusal:
        bring(
            office,
            "lin,,email,lin@office.example,,",
            "nobody,,email,a@b.example,,",
            "gone,,email,a@b.example,,",
            "lin,LHQ,email,a@b.example,,",
            "lin,,pigeon,a@b.example,,",
            "lin,,email,no address,,",
            "lin,,email,a@b.example,,fr",
        )
    assert [line for line, _zh, _en in refusal.value.facts["faults"]] == [3, 4, 5, 6, 7, 8]
    with office.reading() as session:
        assert session.scalars(select(NoticeChannel)).all() == []


def test_columns_are_named_when_they_are_wrong(office: Store) -> None:
    with office.transaction() as session, pytest.raises(Invalid, match="The columns are"):
        import_channels(session, "name,address\nlin,x", CONFIG, locale="zh_CN", now=NOW)
