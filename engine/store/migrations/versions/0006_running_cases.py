"""Migrations of running cases, and what becomes of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IS_WORKING = sa.text("state IN ('looking', 'moving', 'undoing')")


def upgrade() -> None:
    op.create_table(
        "migration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=True),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked_until", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["release.id"], name=op.f("fk_migration_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["release.id"], name=op.f("fk_migration_to_id")),
        sa.ForeignKeyConstraint(["begun_by"], ["person.id"], name=op.f("fk_migration_begun_by")),
        sa.ForeignKeyConstraint(["started_by"], ["person.id"], name=op.f("fk_migration_started_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["person.id"], name=op.f("fk_migration_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
    )
    op.create_index("ix_migration_working", "migration", ["id"], postgresql_where=IS_WORKING, sqlite_where=IS_WORKING)
    op.create_table(
        "migration_case",
        sa.Column("migration_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("element", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("undo", Json(), nullable=True),
        sa.ForeignKeyConstraint(["migration_id"], ["migration.id"], name=op.f("fk_migration_case_migration_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_migration_case_instance_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_migration_case_case_id")),
        sa.PrimaryKeyConstraint("migration_id", "instance_id", name=op.f("pk_migration_case")),
    )
    op.create_index("ix_migration_case_outcome", "migration_case", ["migration_id", "outcome", "case_id"])
