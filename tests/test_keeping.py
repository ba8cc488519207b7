"""move, backup and restore as an operator runs them: what arrives, and what is said when it cannot."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import select, text

from engine import bulk, documents
from engine.cases import Case
from engine.cli import main
from engine.clock import ManualClock, SystemClock
from engine.config import Config, DocumentsConfig
from engine.errors import Invalid
from engine.scheduler import Node
from engine.store import Store, newest_revision, open_store
from tests.web import district as town


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args, catch_exceptions=False)


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def stamp(store: Store, revision: str) -> None:
    """Says that the tables are those of a revision."""
    with store.transaction() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(text("DELETE FROM alembic_version"))
        session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


@pytest.fixture(scope="module")
def _filled(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keeping") / "filled.sqlite"
    shutil.copyfile(_sqlite_template, path)
    clock = ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    store = open_store(f"sqlite:///{path}")
    stamp(store, newest_revision())
    district = town.settle(store, now=clock.now())
    for number in range(2):
        town.file_case(district, clock, title=f"漏水 {number}", phone=f"1380013800{number}")
    store.dispose()
    return path


@pytest.fixture
def source(_filled: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copyfile(_filled, tmp_path / "source.sqlite")
    store = open_store(f"sqlite:///{tmp_path / 'source.sqlite'}")
    yield store
    store.dispose()


@pytest.fixture
def back(_sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty database that has its tables."""
    shutil.copyfile(_sqlite_template, tmp_path / "back.sqlite")
    store = open_store(f"sqlite:///{tmp_path / 'back.sqlite'}")
    stamp(store, newest_revision())
    store.dispose()
    return f"sqlite:///{tmp_path / 'back.sqlite'}"


def url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def move(source: Store, target: str, *more: str) -> Result:
    return run("move", "--from", url(source), "--to", target, *more)


def test_an_embedded_database_moves_to_a_server(source: Store, postgres_url: str) -> None:
    there = open_store(postgres_url)
    stamp(there, newest_revision())
    moved = told(move(source, postgres_url, "--json"))
    assert (moved["tables"]["case"]["rows"], moved["violations"]) == (2, 0)
    with there.reading() as session:
        assert session.scalars(select(Case.title).order_by(Case.id)).all() == ["漏水 0", "漏水 1"]
    there.dispose()
    again = move(source, postgres_url)
    assert again.exit_code == 1
    assert "holds something already; nothing was changed" in again.stderr
    assert postgres_url.rpartition("/")[2] in again.stderr


def test_what_hinders_a_move_is_said_and_where(source: Store, postgres_url: str, tmp_path: Path) -> None:
    def said(result: Result) -> str:
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        return result.stderr

    older = open_store(postgres_url)
    stamp(older, "0018")
    older.dispose()
    words = said(move(source, postgres_url))
    assert postgres_url.rpartition("/")[2] + " stands at revision 0018" in words
    assert "maplebridge migrate" in words

    words = said(move(source, "postgresql://clerk:quiet@127.0.0.1:1/there"))
    assert "postgresql+psycopg://clerk:***@127.0.0.1:1/there cannot be opened" in words
    assert "quiet" not in words
    assert "no address of a database" in said(move(source, "mysql://there"))
    assert "cannot be read" in said(move(source, "postgresql://clerk@host:port/there"))

    nowhere = tmp_path / "nowhere.sqlite"
    words = said(run("move", "--from", f"sqlite:///{nowhere}", "--to", postgres_url))
    assert f"There is no database sqlite:///{nowhere}" in words
    assert not nowhere.exists()

    with source.transaction() as session:
        session.add(Node(name="here:1", beat_at=SystemClock().now() - timedelta(seconds=5)))
    assert f"A node works on {url(source)}" in said(move(source, postgres_url))


def test_a_server_that_takes_no_tables_is_named(source: Store, empty_postgres_url: str) -> None:
    """As one does that only follows another, or belongs to somebody else."""
    there = open_store(empty_postgres_url)
    with there.transaction() as session:
        session.execute(text(f'ALTER DATABASE "{there.engine.url.database}" SET default_transaction_read_only = on'))
    there.dispose()
    refused = move(source, empty_postgres_url)
    assert refused.exit_code == 1
    assert f"{there.address} refuses its tables: cannot execute CREATE TABLE" in refused.stderr


@pytest.fixture
def papers(source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of a photo and a paper that cases show."""
    folder = tmp_path / "documents"
    monkeypatch.setenv("MAPLEBRIDGE_DOCUMENTS__FOLDER", str(folder))
    limits = DocumentsConfig(folder=folder)
    photo = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(photo, "PNG")
    now = SystemClock().now()
    paths = []
    for case_id, data in ((1, photo.getvalue()), (2, b"what was said")):
        kept = documents.keep(limits, "a paper", data)
        with source.transaction() as session:
            documents.attach(session, case_id, kept, limits=limits, actor_id=None, now=now)
        paths.append(folder / kept.sha256[:2] / kept.sha256)
    return paths


def unpacked(file: Path, folder: Path) -> documents.Packed:
    with zipfile.ZipFile(file) as archive:
        return documents.unpack(archive, DocumentsConfig(folder=folder), progress=lambda _: None)


def test_a_backup_brings_its_documents_along(source: Store, back: str, papers: list[Path], tmp_path: Path) -> None:
    """All come back as they were; one that was damaged before is named at both ends, and not put back."""
    file, folder = tmp_path / "monday.zip", tmp_path / "documents"
    made = told(run("backup", str(file), "--database", url(source), "--json"))
    assert (made["documents"], made["absent"]) == (2, [])
    were = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(were) == 3  # the photo has a preview
    papers[0].unlink()
    papers[1].write_bytes(b"what was not said")
    restored = told(run("restore", str(file), "--database", back, "--json"))
    assert (restored["documents"], restored["absent"], restored["violations"]) == (2, [], 0)
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == were

    papers[1].write_bytes(b"what was not said")
    again = told(run("backup", str(file), "--database", url(source), "--json"))
    assert again["absent"] == [papers[1].name]
    papers[1].unlink()
    assert unpacked(file, folder).absent == [papers[1].name]
    assert not papers[1].exists()


@pytest.fixture
def brought_in(source: Store, papers: list[Path], tmp_path: Path) -> list[Path]:
    """The files of two imports that wait for somebody."""
    folder = tmp_path / "documents"
    config = Config(documents=DocumentsConfig(folder=folder))
    for name in ("one", "two"):
        taken = bulk.take_file(config, BytesIO(f"内容,电话\n漏水 {name},1380013800\n".encode()), f"{name}.csv")
        with source.transaction() as session:
            columns = bulk.guess_columns(session, config, taken.spool, "LHQ", names={})
            bulk.open_import(session, taken, columns, "LHQ", viewer=None, now=SystemClock().now())
    with source.reading() as session:
        return [folder / "imports" / each.name for each in bulk.spools(session)]


def test_a_backup_brings_the_files_of_imports_along(
    source: Store, back: str, brought_in: list[Path], tmp_path: Path
) -> None:
    """They come back as they were; one that was damaged before is named at both ends, and not put back."""
    file = tmp_path / "monday.zip"
    whole = brought_in[0].read_bytes()
    brought_in[1].write_bytes(b'["anything"]\n')
    made = told(run("backup", str(file), "--database", url(source), "--json"))
    assert (made["imports"], made["imports_absent"], made["absent"]) == (2, [2], [])
    for path in brought_in:
        path.unlink()
    restored = run("restore", str(file), "--database", back)
    assert "1 of 2 files of imports are there as they were.\nMissing or damaged: 2. Bring" in restored.stdout
    assert [path.read_bytes() if path.exists() else None for path in brought_in] == [whole, None]


def test_a_backup_of_before_lacks_the_files_of_imports_and_they_are_named(
    source: Store, brought_in: list[Path], tmp_path: Path
) -> None:
    """Backups of the same form were made without them."""
    file = tmp_path / "older.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("documents.jsonl", "")
    brought_in[0].unlink()
    config = Config(documents=DocumentsConfig(folder=tmp_path / "documents"))
    with zipfile.ZipFile(file) as archive, source.reading() as session:
        bulk.unpack(archive, config)
        assert bulk.lost(bulk.spools(session), config) == [1]


def test_a_list_of_imports_that_leads_elsewhere_is_refused(brought_in: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "odd.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("imports.jsonl", json.dumps(["../../away", "0" * 64, 1]) + "\n")
    config = Config(documents=DocumentsConfig(folder=tmp_path / "documents"))
    with zipfile.ZipFile(file) as archive, pytest.raises(Invalid, match=r"imports.jsonl"):
        bulk.unpack(archive, config)


def test_a_folder_that_is_copied_by_other_means_is_only_listed(
    source: Store, papers: list[Path], brought_in: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "monday.zip"
    run("backup", str(file), "--without-documents", "--database", url(source))
    assert {"documents.jsonl", "imports.jsonl"} <= (names := set(zipfile.ZipFile(file).namelist()))
    assert not any(name.startswith(("documents/", "imports/")) for name in names)
    papers[0].unlink()
    found = unpacked(file, tmp_path / "documents")
    assert (found.listed, found.absent) == (2, [papers[0].name])


def test_what_hinders_a_backup_is_said(source: Store, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.sqlite"
    assert "There is no database" in run("backup", str(tmp_path / "a"), "--database", f"sqlite:///{nowhere}").stderr
    refused = run("backup", str(tmp_path / "no" / "folder" / "a.zip"), "--database", url(source))
    assert (refused.exit_code, "cannot be written: No such file or directory" in refused.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["source.sqlite"]
