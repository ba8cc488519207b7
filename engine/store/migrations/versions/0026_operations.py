"""What is held after a restore, calendars of people, and what is published of finished months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("warns", sa.Boolean(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    op.create_table(
        "public_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("told", Json(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_public_month")),
    )
