"""A migrated database is the one the models describe, and migrating it again changes nothing."""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.schema import SchemaItem

from engine.errors import Unavailable
from engine.search import CaseText
from engine.search.model import SQLITE_INDEX
from engine.store import Base, Store, migrate, must_be_migrated, open_store, table_of
from tests.conftest import import_tables

(WORDS,) = table_of(CaseText).indexes


def test_migrations_equal_models(empty_database_url: str) -> None:
    import_tables()
    store = open_store(empty_database_url)
    revision = migrate(store)
    assert migrate(store) == revision
    with store.engine.connect() as connection:
        here = connection.dialect.name
        opts = {"compare_type": True, "include_name": _is_ours, "include_object": partial(_is_meant, here)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
    store.dispose()


@pytest.mark.parametrize("ask", [migrate, must_be_migrated])
def test_what_a_newer_release_made_is_left_alone(ask: Callable[[Store], object], tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'newer.sqlite'}")
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version AS SELECT '9999' AS version_num"))
    with pytest.raises(Unavailable) as refused:
        ask(store)
    assert refused.value.code == "store.newer"
    store.dispose()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Left out: the migrations' own table, and the tables of SQLite's full-text index, which no model describes."""
    return not (kind == "table" and name is not None and (name == "alembic_version" or name.startswith("case_words")))


def _is_meant(dialect: str, item: SchemaItem, _name: object, kind: str, *_rest: object) -> bool:
    """Left out: PostgreSQL's index of words on SQLite."""
    return not (dialect == "sqlite" and kind == "index" and item is WORDS)


def test_the_index_of_words_is_that_of_the_models() -> None:
    first = importlib.import_module("engine.store.migrations.versions.0001_the_first_tables")
    assert first.SEARCH["sqlite"] == list(SQLITE_INDEX)
