"""Tables of Open311 and of the mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store import Instant, Json

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "civic_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("app", sa.String(32), nullable=False),
        sa.Column("external_no", sa.String(80), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("media", Json(), nullable=False),
        sa.UniqueConstraint("app", "external_no", name="uq_civic_report_app_external_no"),
        sa.UniqueConstraint("case_id", name="uq_civic_report_case_id"),
    )
    op.create_index("ix_civic_report_requested_at", "civic_report", ["requested_at", "id"])
    op.create_index("ix_civic_report_app", "civic_report", ["app", "requested_at", "id"])
    op.create_table(
        "civic_update",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("civic_report.id"), nullable=False),
        sa.Column("external_no", sa.String(80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.UniqueConstraint("report_id", "external_no", name="uq_civic_update_report_id_external_no"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("came_by", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sender_mark", sa.String(64), nullable=True),
        sa.Column("sender_shown", sa.String(80), nullable=False),
        sa.Column("found_in", sa.String(200), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=True),
        sa.UniqueConstraint("key", name="uq_mail_key"),
    )
    op.create_index("ix_mail_outcome", "mail", ["outcome", "id"])
    op.create_index("ix_mail_case_id", "mail", ["case_id"])
    op.create_table(
        "mail_look",
        sa.Column("came_by", sa.String(8), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("trouble", sa.String(400), nullable=False),
    )
