"""From configuration to a prepared application, for every command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from engine.cli.output import progress_line
from engine.config import Config, DatabaseConfig, load_config
from engine.errors import Invalid, NotFound

if TYPE_CHECKING:
    from engine.store import Store


def configured(config_file: Path | None, url: str | None, *, demo: bool = False) -> Config:
    config = load_config(config_file, os.environ)
    changes: dict[str, Any] = {}
    if url:
        changes["database"] = _named(url)
    if demo:
        changes["demo"] = True
    return config.model_copy(update=changes) if changes else config


def _named(url: str) -> DatabaseConfig:
    try:
        return DatabaseConfig(url=url)
    except ValidationError as error:
        words = "That is no address of a database: write sqlite:///… or postgresql+psycopg://…."
        raise Invalid("database.invalid", words) from error


def prepared(config: Config, *, to_read: bool = False) -> Any:
    """The application over a database at the right revision; an empty embedded one is created on the way.

    Raises NotFound `store.missing` where there is none `to_read`.
    """
    from engine.main import build
    from engine.store import migrate, must_be_migrated, present_revision

    store = there(config) if to_read else opened(config)
    if store.dialect == "sqlite" and present_revision(store) is None:
        migrate(store)
    must_be_migrated(store)
    return build(config, store=store)


def opened(config: Config) -> Store:
    """The configured database, whatever it holds; closed when the command ends."""
    from engine.store import open_store

    store = open_store(config.database.url)
    click.get_current_context().call_on_close(store.dispose)
    return store


def there(config: Config) -> Store:
    """A database to be read. SQLite would make one that is not there."""
    store = opened(config)
    file = store.engine.url.database if store.dialect == "sqlite" else None
    if file is not None and not Path(file).is_file():
        raise NotFound("store.missing", f"There is no database {store.address}.")
    return store


def fill_demo(application: Any, *, quiet: bool = False) -> bool:
    from engine.demo import seed_demo

    with progress_line("prepared", None, quiet=quiet) as progress:
        return bool(seed_demo(application, progress=progress))
