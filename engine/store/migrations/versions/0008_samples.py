"""The sample box: scenarios made from closed cases, waiting for designers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_sample_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
    )
    waits = sa.text("NOT closed")
    op.create_index(
        "ix_sample_waiting",
        "sample",
        ["id"],
        unique=False,
        postgresql_where=waits,
        sqlite_where=waits,
    )
