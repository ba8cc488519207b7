"""Disputes about competence and return visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arbitration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("visit_seq", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("place_kind", sa.String(length=32), nullable=False),
        sa.Column("between", Json(), nullable=False),
        sa.Column("deciding_unit_id", UnitId, nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("lead_unit_id", UnitId, nullable=True),
        sa.Column("co_units", Json(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_arbitration_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_arbitration_instance_id")),
        sa.ForeignKeyConstraint(["deciding_unit_id"], ["unit.id"], name=op.f("fk_arbitration_deciding_unit_id")),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["unit.id"], name=op.f("fk_arbitration_lead_unit_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_arbitration_opened_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_arbitration_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arbitration")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_arbitration_instance_id")),
    )
    op.create_index("ix_arbitration_case_id", "arbitration", ["case_id"])
    op.create_index("ix_arbitration_category", "arbitration", ["category", "outcome", "decided_at"])
    with op.batch_alter_table("card") as card:
        card.add_column(sa.Column("voided_by", sa.Integer(), nullable=True))
        card.create_foreign_key(op.f("fk_card_voided_by"), "person", ["voided_by"], ["id"])
    op.create_index("ix_card_given_at", "card", ["given_at"])
