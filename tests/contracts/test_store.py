"""What a transaction promises, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, create_engine, event, text

from engine.errors import Conflict, Unavailable
from engine.people import Person
from engine.store import Store, Together, canonical_json, open_store


def person(number: int, username: str | None = None) -> Person:
    return Person(id=number, username=username or f"p{number}", name_zh="某", name_en="N.")


def names(store: Store) -> list[str]:
    with store.reading() as session:
        return [row.username for row in session.query(Person).order_by(Person.id)]


def test_a_refusal_leaves_nothing_behind(each_store: Store) -> None:
    with pytest.raises(Conflict):
        add_and_refuse(each_store)
    assert names(each_store) == []


def test_what_is_written_while_reading_is_thrown_away(each_store: Store) -> None:
    with each_store.reading() as session:
        session.add(person(1))
        session.flush()
    assert names(each_store) == []


def test_an_instant_is_utc_whatever_zone_it_came_in(each_store: Store) -> None:
    from engine.scheduler import Node

    shenzhen = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with each_store.transaction() as session:
        session.add(Node(name="n", beat_at=shenzhen))
    with each_store.reading() as session:
        assert session.get_one(Node, "n").beat_at == datetime(2026, 3, 2, 1, 30, 0, 123456, tzinfo=UTC)


def test_an_instant_without_a_zone_is_refused(each_store: Store) -> None:
    from engine.scheduler import Node

    with pytest.raises(Exception, match="time zone"), each_store.transaction() as session:
        session.add(Node(name="n", beat_at=datetime(2026, 3, 2)))


def test_rows_of_two_tables_come_apart_as_they_were(each_store: Store) -> None:
    """In the order of their ids, whichever table has more, and with none at all."""
    from engine.people import Absence

    days = {"starts_at": datetime(2026, 3, 2, tzinfo=UTC), "ends_at": datetime(2026, 3, 3, tzinfo=UTC)}
    both = Together((Person, Person.id > bindparam("above")), (Absence, Absence.person_id == bindparam("who")))
    with each_store.transaction() as session:
        session.add_all(person(number) for number in (3, 1, 2))
        session.flush()
        session.add_all(
            Absence(id=number, person_id=1, deputy_id=2, noted_by=1, noted_at=days["starts_at"], **days)
            for number in (5, 3)
        )
    with each_store.reading() as session:
        people, absences = both.lists(session, above=1, who=1)
        assert ([each.id for each in people], [each.id for each in absences]) == ([2, 3], [3, 5])
        assert both.lists(session, above=9, who=9) == [[], []]


def test_json_is_canonical() -> None:
    assert canonical_json({"b": [1, None], "a": "中"}) == '{"a":"中","b":[1,null]}'
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json(float("nan"))


def test_writers_wait_for_each_other_and_none_is_refused(each_store: Store) -> None:
    start, failures = threading.Barrier(8), []

    def write(number: int) -> None:
        start.wait()
        try:
            for step in range(10):
                with each_store.transaction() as session:
                    session.add(person(number * 100 + step))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(names(each_store)) == 80


def test_a_full_disk_is_said_plainly_and_nothing_is_lost(each_store: Store) -> None:
    with each_store.transaction() as session:
        session.add(person(1))
    fill_up(each_store)
    with pytest.raises(Unavailable) as refused:
        add_many(each_store)
    assert refused.value.code == "store.full"
    assert names(each_store) == ["p1"]


def test_a_database_that_is_gone_is_said_plainly(sqlite_url: str, tmp_path: object) -> None:
    gone = open_store("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as refused, gone.reading() as session:
        session.execute(text("SELECT 1"))
    assert refused.value.code == "store.gone"


def test_room_is_looked_for_without_writing(each_store: Store) -> None:
    """How full the disk of a server is, only the server knows."""
    with each_store.reading() as session:
        each_store.must_take_acts(session, room_bytes=0)
        if each_store.dialect == "sqlite":
            with pytest.raises(Unavailable) as refused:
                each_store.must_take_acts(session, room_bytes=2**60)
            assert refused.value.code == "store.full"


@pytest.mark.postgres
def test_a_server_that_only_reads_is_said_plainly(postgres_url: str) -> None:
    address = f"{postgres_url}?options=-c%20default_transaction_read_only%3Don"
    store = Store(create_engine(address))
    with pytest.raises(Unavailable) as refused, store.transaction() as session:
        session.add(person(1))
    assert refused.value.code == "store.read_only"
    with pytest.raises(Unavailable) as refused, store.reading() as session:
        store.must_take_acts(session, room_bytes=0)
    assert refused.value.code == "store.read_only"
    store.dispose()


def add_and_refuse(store: Store) -> None:
    with store.transaction() as session:
        session.add(person(1))
        session.flush()
        raise Conflict("test.refused", "No.")


def add_many(store: Store) -> None:
    with store.transaction() as session:
        session.add_all(person(number, "x" * 50 + str(number)) for number in range(2, 2000))


def fill_up(store: Store) -> None:
    """Makes the database refuse to grow, as a full disk would."""
    if store.dialect == "sqlite":
        with store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        @event.listens_for(store._writing, "checkout")
        def limit(connection: object, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages + 2}")  # type: ignore[attr-defined]

        return
    with store.transaction() as session:
        session.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
            )
        )
        session.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON person EXECUTE FUNCTION full_disk()"))
