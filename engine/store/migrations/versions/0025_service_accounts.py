"""Service accounts, and tokens that are narrowed to scopes and say when they were last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_account",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("roles", Json(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name="fk_service_account_made_by"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_service_account_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_service_account_unit_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_service_account"),
    )
    op.add_column("api_token", sa.Column("scopes", Json(), nullable=True))
    op.add_column("api_token", sa.Column("seen_at", Instant(), nullable=True))
