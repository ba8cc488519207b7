"""The database: declarative base, column types, transactions and migrations. The only module that commits."""

from engine.store.base import Base, Instant, Json, UnitId, canonical_json, table_of
from engine.store.database import Store, open_store
from engine.store.direct import Entities, Prepared, insert_row, update_row
from engine.store.failpoints import FAILPOINTS, arm_failpoint, failpoint
from engine.store.migrate import migrate, must_be_migrated, newest_revision, present_revision
from engine.store.together import Together

__all__ = [
    "FAILPOINTS",
    "Base",
    "Entities",
    "Instant",
    "Json",
    "Prepared",
    "Store",
    "Together",
    "UnitId",
    "arm_failpoint",
    "canonical_json",
    "failpoint",
    "insert_row",
    "migrate",
    "must_be_migrated",
    "newest_revision",
    "open_store",
    "present_revision",
    "table_of",
    "update_row",
]
