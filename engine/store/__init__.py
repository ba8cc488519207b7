"""The database: declarative base, column types, transactions and migrations. The only module that commits."""

from engine.store.base import Base, Instant, Json, UnitId, canonical_json, table_of
from engine.store.database import Store, open_store

__all__ = ["Base", "Instant", "Json", "Store", "UnitId", "canonical_json", "open_store", "table_of"]
