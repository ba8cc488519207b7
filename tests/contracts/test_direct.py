"""The short way to the database keeps what SQLAlchemy's own way promises, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.errors import Conflict, Unavailable
from engine.people import Person
from engine.store import (
    Entities,
    Prepared,
    Store,
    held_back,
    insert_row,
    insert_values,
    is_held_back,
    open_store,
    sent_at_once,
    table_of,
    update_row,
)
from engine.territory import Unit

SHENZHEN = timezone(timedelta(hours=8))
NOW = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)
PERSON = table_of(Person)
NAMED = Entities((Person,), select(Person).where(PERSON.c.id == bindparam("this")))
NAMES = Prepared(select(PERSON.c.username, PERSON.c.password_ends_at, PERSON.c.muted, PERSON.c.active))
RENAME = Prepared(update(PERSON).where(PERSON.c.id == bindparam("this")).values(name_en=bindparam("name")))
ADD = Prepared(insert(PERSON), columns=("username", "name_zh", "name_en"))
BOB = {"username": "bob", "name_zh": "某", "name_en": "B."}


def person(username: str = "a", **more: Any) -> Person:
    return Person(username=username, name_zh="某", name_en="N.", **more)


def kept(store: Store, **more: Any) -> int:
    with store.transaction() as session:
        row = person(**more)
        insert_row(session, row)
        return row.id


@contextmanager
def sent(store: Store) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    statements: list[str] = []

    def note(_c: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement.split()[0])

    engines = {store.engine, store._writers.kw["bind"]}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_row_inserted_directly_reads_like_any_other(each_store: Store) -> None:
    ends = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=SHENZHEN)
    with each_store.transaction() as session:
        row = person(password_ends_at=ends, muted=["a", "b"])
        insert_row(session, row)
        assert row.id is not None
        assert (row.active, row.phone) == (True, None)
        assert session.get(Person, row.id) is row
    with each_store.reading() as session:
        read = session.get_one(Person, row.id)
        assert (read.password_ends_at, read.muted, read.active) == (NOW, ["a", "b"], True)
        assert NAMES.rows(session, {}) == [("a", NOW, ["a", "b"], True)]


def test_only_what_changed_is_sent_and_the_row_is_clean_then(each_store: Store) -> None:
    number = kept(each_store)
    with each_store.transaction() as session, sent(each_store) as statements:
        row = session.get_one(Person, number)
        row.name_zh = "某"
        row.name_en, row.password_ends_at = "M.", NOW
        update_row(session, row)
        update_row(session, row)
        session.flush()
        assert not session.dirty
        assert statements.count("UPDATE") == 1
    with each_store.reading() as session:
        read = session.get_one(Person, number)
        assert (read.name_zh, read.name_en, read.password_ends_at) == ("某", "M.", NOW)


def test_a_change_that_was_not_sent_is_found_at_the_commit(each_store: Store) -> None:
    number = kept(each_store)
    with each_store.transaction() as session:
        row = session.get_one(Person, number)
        row.name_en = "M."
        update_row(session, row)
        row.name_en = "L."
    with each_store.reading() as session:
        assert session.get_one(Person, number).name_en == "L."


def test_whoever_listens_hears_every_statement(each_store: Store) -> None:
    with sent(each_store) as statements:
        number = kept(each_store)
        with each_store.reading() as session:
            assert NAMED.first(session, {"this": number}) is not None
            assert RENAME.run(session, {"this": number, "name": "M."}) == 1
            ADD.run_many(session, [{"username": name, "name_zh": name, "name_en": name} for name in "xy"])
            assert len(NAMES.rows(session, {})) == 3
    assert [word for word in statements if word != "BEGIN"] == ["INSERT", "SELECT", "UPDATE", "INSERT", "SELECT"]


def test_a_plain_look_leaves_what_the_session_holds_and_a_locking_one_reads_anew(each_store: Store) -> None:
    number = kept(each_store)
    with each_store.transaction() as session:
        row = session.get_one(Person, number)
        RENAME.run(session, {"this": number, "name": "M."})
        assert NAMED.first(session, {"this": number}) == (row,)
        assert row.name_en == "N."
        assert NAMED.first_anew(session, {"this": number}) == (row,)
        assert row.name_en == "M."
        assert NAMED.first(session, {"this": number + 1}) is None


def test_several_rows_in_one_call_take_the_defaults_of_their_columns(each_store: Store) -> None:
    with each_store.transaction() as session:
        ADD.run_many(session, [{"username": name, "name_zh": name, "name_en": name} for name in "xyz"])
        ADD.run_many(session, [])
    with each_store.reading() as session:
        assert sorted(NAMES.rows(session, {})) == [(name, None, None, True) for name in "xyz"]


def test_an_instant_without_a_zone_and_a_missing_value_are_refused(each_store: Store) -> None:
    with each_store.reading() as session:
        with pytest.raises(ValueError, match="time zone"):
            insert_row(session, person(password_ends_at=datetime(2026, 3, 2)))
        with pytest.raises(KeyError, match="this"):
            RENAME.run(session, {"name": "M."})


def test_what_the_database_refuses_is_raised_as_ever_and_nothing_is_left(each_store: Store) -> None:
    def twice(session: Session) -> None:
        insert_row(session, person())
        insert_row(session, person())

    with pytest.raises(IntegrityError):
        each_store.run(twice)

    def refused(session: Session) -> None:
        insert_row(session, person("b"))
        raise Conflict("test.refused", "No.")

    with pytest.raises(Conflict):
        each_store.run(refused)
    with each_store.reading() as session:
        assert NAMES.rows(session, {}) == []


def test_rows_held_back_have_their_ids_are_sent_together_and_never_missed(each_store: Store) -> None:
    with each_store.transaction() as session:
        ann = person("ann")
        with held_back(session, 5), sent(each_store) as statements:
            insert_row(session, ann)
            bob, cat = insert_values(session, Person, [BOB, {**BOB, "username": "cat"}])
            ann.name_en = "A."
            update_row(session, ann)
            assert is_held_back(ann)
            assert ann.id < bob < cat
            assert session.get(Unit, "D") is None  # asks about something else
            assert "INSERT" not in statements
            assert session.get_one(Person, ann.id) is ann
            assert statements.count("INSERT") == 1
            assert not is_held_back(ann)
            ADD.add(session, {**BOB, "username": "dan"})
            with sent_at_once(session), session.begin_nested() as point:
                ADD.add(session, {**BOB, "username": "eve"})
                point.rollback()
            ADD.add(session, {**BOB, "username": "fay"})
            assert [name for name, *_ in NAMES.rows(session, {})] == ["ann", "bob", "cat", "dan", "fay"]
            gus = person("gus")
            insert_row(session, gus)
    with each_store.reading() as session:
        assert session.get_one(Person, ann.id).name_en == "A."
        assert session.get_one(Person, gus.id).username == "gus"


def test_what_is_held_back_goes_with_its_transaction(each_store: Store) -> None:
    def refused(session: Session) -> None:
        with held_back(session, 1):
            insert_row(session, person())
            raise Conflict("test.refused", "No.")

    with pytest.raises(Conflict):
        each_store.run(refused)
    with each_store.reading() as session:
        assert NAMES.rows(session, {}) == []


@pytest.mark.postgres
def test_a_lost_connection_is_said_plainly_and_not_used_again(postgres_url: str) -> None:
    store = open_store(postgres_url)

    def lose_it(session: Session) -> None:
        own = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with store.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        NAMES.rows(session, {})

    with pytest.raises(Unavailable) as said:
        store.run(lose_it)
    assert said.value.code == "store.gone"
    with store.reading() as session:
        assert NAMES.rows(session, {}) == []
    store.dispose()
