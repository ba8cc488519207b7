"""Bringing a database to the tables this code knows: Alembic, driven from here and never by hand."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from engine.errors import Unavailable
from engine.store.database import Store

FOLDER = Path(__file__).parent / "migrations"
FORBIDDEN = frozenset({"25006", "42501"})
"""PostgreSQL: read-only transaction, insufficient privilege."""


def migrate(store: Store, revision: str = "head") -> str:
    """Upgrades to a revision and gives its name. Killed half-way it leaves the old tables or the new ones, never both.

    All steps run in one transaction on both databases; running it again does nothing. Raises Unavailable when no
    tables may be made there, and when a newer release has been there.
    """
    config = _config()
    _must_be_known(store, present_revision(store))
    try:
        with store.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in FORBIDDEN:
            raise
        raise Unavailable("store.forbidden", f"{store.address} refuses its tables: {_first_line(error)}.") from error
    return present_revision(store) or ""


def present_revision(store: Store) -> str | None:
    """The revision a database stands at; None for one without tables. Raises Unavailable with where nobody answered."""
    try:
        with store.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        words = f"{store.address} cannot be opened: {_first_line(error)}."
        raise Unavailable("store.unreachable", words) from error


def newest_revision() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def knows_revision(revision: str) -> bool:
    """Whether this code can make the tables of a revision."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def must_be_migrated(store: Store) -> None:
    """Raises Unavailable with the command to run when code and tables do not fit."""
    present, newest = present_revision(store), newest_revision()
    _must_be_known(store, present)
    if present != newest:
        stands = "has no tables yet" if present is None else f"stands at revision {present}"
        raise Unavailable(
            "store.not_migrated",
            f"{store.address} {stands}, this version needs {newest}: run `maplebridge migrate`.",
            present=present,
            needed=newest,
        )


def _must_be_known(store: Store, present: str | None) -> None:
    if present is not None and not knows_revision(present):
        raise Unavailable(
            "store.newer",
            f"{store.address} stands at revision {present}, which a newer release made: this version knows those up to "
            f"{newest_revision()}. Start the newer release.",
            present=present,
        )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0].rstrip(".")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
