"""Figures of the field: what they are counted from by indexes alone, and the reports that are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FIGURED = sa.text(
    "act IN ('case.closed', 'case.reopened', 'case.sorted', 'citizen.confirmed', 'citizen.rated', 'citizen.refused',"
    " 'clock.extended', 'clock.paused', 'triage.overridden')"
)
ENDS = sa.text("act IN ('case.closed', 'case.reopened')")
CLOSED = sa.text("closed_at IS NOT NULL")
LEFT = sa.text("left_at IS NOT NULL")
UNDER_WAY = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    acts = ["act", "at", "case_id"]
    op.create_index("ix_history_figured", "history", acts, postgresql_where=FIGURED, sqlite_where=FIGURED)
    op.create_index("ix_history_ends", "history", ["case_id", "seq", "at"], postgresql_where=ENDS, sqlite_where=ENDS)
    op.create_index("ix_visit_left", "visit", ["left_at"], postgresql_where=LEFT, sqlite_where=LEFT)
    op.create_index("ix_deadline_was_due", "deadline", ["step", "due_at"], postgresql_where=CLOSED, sqlite_where=CLOSED)
    op.create_table(
        "field_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("as_of", Instant(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("parts", Json(), nullable=False),
        sa.Column("leased_by", sa.String(length=120), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_field_report_unit_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name="fk_field_report_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_field_report"),
    )
    op.create_index("ix_field_report_unit_id", "field_report", ["unit_id", "id"])
    op.create_index(
        "ix_field_report_under_way", "field_report", ["id"], postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY
    )
    op.create_table(
        "kept_figure",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.String(length=12), nullable=False),
        sa.Column("above", sa.Integer(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=True),
        sa.Column("above_ids", sa.LargeBinary(), nullable=False),
        sa.Column("below_ids", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["field_report.id"], name="fk_kept_figure_report_id"),
        sa.PrimaryKeyConstraint("report_id", "metric", name="pk_kept_figure"),
    )
