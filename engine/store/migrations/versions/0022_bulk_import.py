"""Tables of imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("state IN ('checking', 'running')")


def upgrade() -> None:
    op.create_table(
        "bulk_import",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("made_by", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("shape", Json(), nullable=False),
        sa.Column("spool", sa.String(64)),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("mapping", Json(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.Column("take_alike", sa.Boolean(), nullable=False),
        sa.Column("leased_by", sa.String(120)),
        sa.Column("leased_until", Instant()),
        sa.Column("started_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.Column("trouble", sa.Text()),
    )
    op.create_index("ix_bulk_import_unit_id", "bulk_import", ["unit_id", "id"])
    op.create_index(
        "ix_bulk_import_under_way", "bulk_import", ["id"], postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY
    )
    op.create_index("ix_bulk_import_ended_at", "bulk_import", ["ended_at"])
    op.create_table(
        "bulk_row",
        sa.Column("import_id", sa.Integer(), sa.ForeignKey("bulk_import.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("faults", Json(), nullable=False),
        sa.Column("alike", Json(), nullable=False),
        sa.Column("cells", Json(), nullable=False),
        sa.Column("take", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_bulk_row_outcome", "bulk_row", ["import_id", "outcome", "number"])
    op.create_table(
        "bulk_filed",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("import_id", sa.Integer(), sa.ForeignKey("bulk_import.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=False),
    )
    op.create_index("ix_bulk_filed_import_id", "bulk_filed", ["import_id", "number"])
    op.create_index("ix_bulk_filed_case_id", "bulk_filed", ["case_id"])
    op.create_table(
        "bulk_template",
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("header", sa.String(64), primary_key=True),
        sa.Column("mapping", Json(), nullable=False),
        sa.Column("saved_by", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("saved_at", Instant(), nullable=False),
    )
