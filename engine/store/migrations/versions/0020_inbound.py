"""Tables of reports of other systems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

IS_WAITING = sa.text("state = 'waiting'")
NEEDS_A_LOOK = sa.text("state IN ('refused', 'expired')")


def upgrade() -> None:
    op.create_table(
        "inbound_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("delivery_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=48), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("charset", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("external_no", sa.String(length=80), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("faults", Json(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_inbound_delivery_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_delivery"),
        sa.UniqueConstraint("source", "delivery_id", name="uq_inbound_delivery_source_delivery_id"),
    )
    op.create_index(
        "ix_inbound_delivery_waiting",
        "inbound_delivery",
        ["next_at", "id"],
        postgresql_where=IS_WAITING,
        sqlite_where=IS_WAITING,
    )
    op.create_index(
        "ix_inbound_delivery_kept",
        "inbound_delivery",
        ["case_id"],
        postgresql_where=IS_WAITING,
        sqlite_where=IS_WAITING,
    )
    op.create_index(
        "ix_inbound_delivery_look",
        "inbound_delivery",
        ["source", "id"],
        postgresql_where=NEEDS_A_LOOK,
        sqlite_where=NEEDS_A_LOOK,
    )
    op.create_index("ix_inbound_delivery_came", "inbound_delivery", ["source", "received_at", "state"])
    op.create_index("ix_inbound_delivery_swept", "inbound_delivery", ["received_at"])
    op.create_table(
        "inbound_matter",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_no", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("party_ids", Json(), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.Column("told", sa.String(length=24), nullable=True),
        sa.Column("told_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_inbound_matter_case_id"),
        sa.PrimaryKeyConstraint("source", "external_no", name="pk_inbound_matter"),
    )
    op.create_index("ix_inbound_matter_case_id", "inbound_matter", ["case_id"])
    op.create_index(
        "ix_inbound_matter_followed",
        "inbound_matter",
        ["source", "case_id"],
        postgresql_where=sa.text("followed"),
        sqlite_where=sa.text("followed"),
    )
    op.create_table(
        "inbound_shut",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source", "on", "code", name="pk_inbound_shut"),
    )
