"""A database as a whole: moved, backed up while others write, put back; whole or not at all, on both databases."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import outbox, search, verify
from engine.cases import Case
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid
from engine.outbox import OutboxEntry
from engine.search import CaseText
from engine.store import (
    Store,
    back_up,
    migrate,
    move,
    newest_revision,
    open_store,
    portable,
    put_back,
    read_manifest,
)
from tests.conftest import import_tables
from tests.web import district as town


def nothing(*_: object) -> None:
    """There is nothing beside the rows."""


def silent(_table: str, _rows: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def _full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, town.District]:
    """A district as a release leaves it: its tables made by the migrations."""
    import_tables()
    clock = ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    path = tmp_path_factory.mktemp("portable") / "full.sqlite"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    district = town.settle(store, now=clock.now())
    for number in range(3):
        town.file_case(district, clock, title=f"漏水 {number} \U0001f4a7 \"'\\", phone=f"1380013800{number}")
    store.dispose()
    return path, district


@pytest.fixture
def full(_full: tuple[Path, town.District], tmp_path: Path) -> Iterator[town.District]:
    path, made = _full
    shutil.copyfile(path, tmp_path / "full.sqlite")
    store = open_store(f"sqlite:///{tmp_path / 'full.sqlite'}")
    yield town.District(store, made.world, made.config, made.people)
    store.dispose()


def digests(store: Store) -> dict[str, str]:
    with store.reading() as session:
        connection = portable.prepare(session)
        return {each.name: portable.count(connection, each).hex for each in portable.shapes(connection)}


def kept(district: town.District, file: Path, clock: ManualClock) -> Path:
    with district.store.reading() as session:
        back_up(session, file, revision=newest_revision(), now=clock.now(), beside=nothing, progress=silent)
    return file


def must_live(district: town.District, store: Store, clock: ManualClock) -> None:
    """Nothing is broken, and it goes on: new rows get new ids, and what is found by words is found."""
    there = town.District(store, district.world, district.config, district.people)
    search.fill_index(store)
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseText)) == 3
    town.file_case(there, clock, title="在新库登记", phone="13900139000")
    assert verify.check(store, district.world, now=clock.now()) == []


def test_all_rows_arrive_and_life_goes_on(
    full: town.District, empty_postgres_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    """From SQLite to PostgreSQL; broken off, it has moved nothing and is begun again; then back as well."""

    def breaks(table: str, _rows: int) -> None:
        if table == "history":
            raise KeyboardInterrupt

    there, back = open_store(empty_postgres_url), open_store(f"sqlite:///{tmp_path / 'back.sqlite'}")
    try:
        with full.store.reading() as session, pytest.raises(KeyboardInterrupt):
            move(session, there, progress=breaks)
        with full.store.reading() as session:
            moved = move(session, there, progress=silent)
        assert {each.table: each.digest for each in moved} == digests(full.store) == digests(there)
        assert next(each.rows for each in moved if each.table == "case") == 3
        with there.reading() as session:
            move(session, back, progress=silent)
        assert digests(back) == digests(full.store)
        must_live(full, there, clock)
    finally:
        there.dispose()
        back.dispose()


def test_a_database_that_holds_something_is_left_alone(full: town.District) -> None:
    before = digests(full.store)
    with full.store.reading() as session, pytest.raises(Conflict) as refused:
        move(session, full.store, progress=silent)
    assert refused.value.code == "store.not_empty"
    assert digests(full.store) == before


def test_a_backup_comes_back_and_holds_what_leaves(full: town.District, clock: ManualClock, tmp_path: Path) -> None:
    target = open_store(f"sqlite:///{tmp_path / 'there.sqlite'}")
    file = kept(full, tmp_path / "monday.zip", clock)
    assert file.stat().st_mode & 0o077 == 0

    def finish(session: Session) -> None:
        outbox.hold(session, "restored", now=clock.now())

    put_back(file, target, beside=nothing, finish=finish, progress=silent)
    assert {name: digest for name, digest in digests(target).items() if name != "hold"} == {
        name: digest for name, digest in digests(full.store).items() if name != "hold"
    }
    with target.transaction() as session:
        assert outbox.claim(session, now=clock.now(), most=100) == []
        outbox.let_go(session)
        assert len(outbox.claim(session, now=clock.now(), most=100)) > 0
    must_live(full, target, clock)
    target.dispose()


def test_a_backup_under_load_is_one_instant(full: town.District, clock: ManualClock, tmp_path: Path) -> None:
    """Somebody files case after case while it is written; it holds those of its beginning with all that is theirs."""
    begun, stop, filed = threading.Event(), threading.Event(), []

    def files() -> None:
        while not stop.is_set():
            filed.append(town.file_case(full, clock, phone=f"139{len(filed):08d}"))
            begun.set()

    writer = threading.Thread(target=files)

    def first_table(_table: str, _rows: int) -> None:
        if not writer.is_alive() and not stop.is_set():
            writer.start()
        begun.wait(20)

    try:
        with full.store.reading() as session:
            manifest, _ = back_up(
                session, tmp_path / "x.zip", revision=newest_revision(), now=clock.now(),
                beside=nothing, progress=first_table,
            )  # fmt: skip
    finally:
        stop.set()
        writer.join()
    assert len(filed) > 0
    rows = {each["name"]: each["rows"] for each in manifest.tables}
    assert rows["case"] == 3
    back = open_store(f"sqlite:///{tmp_path / 'back.sqlite'}")
    try:
        put_back(tmp_path / "x.zip", back, beside=nothing, finish=nothing, progress=silent)
        search.fill_index(back)
        assert verify.check(back, full.world, now=clock.now()) == []
        with back.reading() as session:
            sent = session.scalars(select(OutboxEntry.key)).all()
            assert len(sent) == len(set(sent)) == rows["outbox"]
            assert session.scalar(select(func.count()).select_from(Case)) == 3
    finally:
        back.dispose()


@pytest.mark.parametrize("harm", ["cut", "changed", "newer", "spoiled", "text"])
def test_a_backup_that_is_not_what_it_says_is_not_put_back(
    harm: str, full: town.District, clock: ManualClock, tmp_path: Path
) -> None:
    good, bad = kept(full, tmp_path / "good.zip", clock), tmp_path / "bad.zip"
    if harm == "cut":
        bad.write_bytes(good.read_bytes()[:-2000])
    elif harm == "text":
        bad.write_text("no backup")
    elif harm == "spoiled":
        with zipfile.ZipFile(good) as archive:
            longest = max(archive.infolist(), key=lambda each: each.compress_size)
        data = bytearray(good.read_bytes())
        middle = longest.header_offset + longest.compress_size // 2
        data[middle : middle + 16] = bytes(16)
        bad.write_bytes(data)
    else:
        with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if harm == "changed" and name == "tables/person.jsonl":
                    data = data.replace("林晓东".encode(), "林晓西".encode())
                if harm == "newer" and name == "manifest.json":
                    data = json.dumps({**json.loads(data), "revision": "9999"}).encode()
                new.writestr(name, data)
    back = open_store(f"sqlite:///{tmp_path / 'back.sqlite'}")
    try:
        with pytest.raises((Invalid, Conflict)) as refused:
            put_back(bad, back, beside=nothing, finish=nothing, progress=silent)
        assert refused.value.code == {
            "changed": "store.not_equal", "newer": "backup.newer", "spoiled": "backup.damaged",
        }.get(harm, "backup.unreadable")  # fmt: skip
        with back.engine.connect() as connection:
            assert portable.is_empty(connection, [portable.Shape("person", (("id", "plain"),))])
    finally:
        back.dispose()


def test_what_a_backup_says_can_be_read_without_putting_it_back(
    full: town.District, clock: ManualClock, tmp_path: Path
) -> None:
    manifest = read_manifest(kept(full, tmp_path / "monday.zip", clock))
    assert manifest.revision == newest_revision()
    assert manifest.rows > 100
