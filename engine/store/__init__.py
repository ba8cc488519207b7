"""The database: declarative base, column types, transactions and migrations. The only module that commits."""

from engine.store import portable
from engine.store.among import NUMBERS, TEXTS, among, listed
from engine.store.archive import Manifest, back_up, put_back, read_manifest
from engine.store.base import Base, Instant, Json, UnitId, canonical_json, table_of
from engine.store.database import Store, foreign_errors, note_due, open_store
from engine.store.direct import Entities, Prepared, insert_row, insert_values, update_row
from engine.store.failpoints import FAILPOINTS, arm_failpoint, failpoint
from engine.store.held_back import held_back, is_held_back, sent_at_once
from engine.store.migrate import migrate, must_be_migrated, newest_revision, present_revision
from engine.store.moving import Moved, move
from engine.store.room import lacks
from engine.store.sizes import TableSize, largest_tables, whole_size
from engine.store.together import Together

__all__ = [
    "FAILPOINTS",
    "NUMBERS",
    "TEXTS",
    "Base",
    "Entities",
    "Instant",
    "Json",
    "Manifest",
    "Moved",
    "Prepared",
    "Store",
    "TableSize",
    "Together",
    "UnitId",
    "among",
    "arm_failpoint",
    "back_up",
    "canonical_json",
    "failpoint",
    "foreign_errors",
    "held_back",
    "insert_row",
    "insert_values",
    "is_held_back",
    "lacks",
    "largest_tables",
    "listed",
    "migrate",
    "move",
    "must_be_migrated",
    "newest_revision",
    "note_due",
    "open_store",
    "portable",
    "present_revision",
    "put_back",
    "read_manifest",
    "sent_at_once",
    "table_of",
    "update_row",
    "whole_size",
]
