"""A migrated database is the one the models describe, and migrating it again changes nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.store import Base, migrate, open_store
from tests.conftest import import_tables


def test_migrations_equal_models(empty_database_url: str) -> None:
    import_tables()
    store = open_store(empty_database_url)
    revision = migrate(store)
    assert migrate(store) == revision
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _ours})
        assert compare_metadata(context, Base.metadata) == []
    store.dispose()


def _ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    return not (kind == "table" and name == "alembic_version")
