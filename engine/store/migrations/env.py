"""Alembic's entry: runs the migrations on the connection that `engine.store.migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import String

from engine.store.base import Base, Instant, Json


def in_our_words(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Columns of our own types are written by their names; everything else as Alembic would."""
    if kind == "type" and isinstance(thing, Instant | Json):
        return f"{type(thing).__name__}()"
    if kind == "type" and isinstance(thing, String) and "postgresql" in getattr(thing, "_variant_mapping", {}):
        return "UnitId"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    transactional_ddl=True,
    compare_type=True,
    render_item=in_our_words,
)
with context.begin_transaction():
    context.run_migrations()
