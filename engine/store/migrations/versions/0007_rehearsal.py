"""Closed cases rehearsed on other process files: what was asked for, and what came of each case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("files", Json(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("at_case", sa.Integer(), nullable=False),
        sa.Column("habits", Json(), nullable=True),
        sa.Column("leased_by", sa.String(length=120), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("result_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_rehearsal_asked_by")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_rehearsal_proposal_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_rehearsal_release_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_rehearsal_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal")),
    )
    under_way = sa.text("state IN ('waiting', 'running')")
    with op.batch_alter_table("rehearsal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rehearsal_under_way", ["id"], unique=False, postgresql_where=under_way, sqlite_where=under_way
        )
        batch_op.create_index(op.f("ix_rehearsal_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_index(op.f("ix_rehearsal_release_id"), ["release_id"], unique=False)
    op.create_table(
        "rehearsed_case",
        sa.Column("rehearsal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("before", Json(), nullable=False),
        sa.Column("after", Json(), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.Column("faithful", sa.Boolean(), nullable=False),
        sa.Column("assumed_at", Json(), nullable=False),
        sa.Column("trace", Json(), nullable=True),
        sa.ForeignKeyConstraint(["rehearsal_id"], ["rehearsal.id"], name=op.f("fk_rehearsed_case_rehearsal_id")),
        sa.PrimaryKeyConstraint("rehearsal_id", "number", name=op.f("pk_rehearsed_case")),
    )
    differs = sa.text("differs")
    with op.batch_alter_table("rehearsed_case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rehearsed_case_differing",
            ["rehearsal_id", "number"],
            unique=False,
            postgresql_where=differs,
            sqlite_where=differs,
        )
