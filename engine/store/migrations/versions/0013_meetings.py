"""Sessions, receptions and campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store import Instant, Json, UnitId

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("outcome", sa.String(48), nullable=True))
    _sessions()
    _receptions()
    _campaigns()


def _sessions() -> None:
    op.create_table(
        "gathering",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("place_text", sa.String(200), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("host_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.Column("attendees", sa.Text(), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("held_at", Instant(), nullable=True),
        sa.Column("held_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
    )
    op.create_index("ix_gathering_unit_id_starts_at", "gathering", ["unit_id", "starts_at"])
    op.create_table(
        "gathering_invitation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("gathering_id", sa.Integer(), sa.ForeignKey("gathering.id"), nullable=False),
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("name", sa.String(80), nullable=True),
    )
    for column in ("gathering_id", "unit_id", "person_id"):
        op.create_index(f"ix_gathering_invitation_{column}", "gathering_invitation", [column])
    op.create_table(
        "gathering_item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("gathering_id", sa.Integer(), sa.ForeignKey("gathering.id"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("disposition", sa.String(16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=True),
        sa.Column("told_in", sa.Integer(), sa.ForeignKey("gathering.id"), nullable=True),
        sa.UniqueConstraint("gathering_id", "seq"),
    )
    op.create_index("ix_gathering_item_case_id", "gathering_item", ["case_id"])
    op.create_index("ix_gathering_item_told_in", "gathering_item", ["told_in"])


def _receptions() -> None:
    op.create_table(
        "reception",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("leader_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("community_id", UnitId, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("place_text", sa.String(200), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("topics", sa.String(300), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
    )
    op.create_index("ix_reception_unit_id_starts_at", "reception", ["unit_id", "starts_at"])
    op.create_index("ix_reception_leader_id_starts_at", "reception", ["leader_id", "starts_at"])
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("reception_id", sa.Integer(), sa.ForeignKey("reception.id"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=True),
        sa.Column("name", sa.String(80), nullable=True),
        sa.Column("phone", sa.String(32), nullable=True),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("booked_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("booked_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("arrived", sa.Boolean(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("statements", sa.Text(), nullable=True),
        sa.Column("promise", sa.Text(), nullable=True),
        sa.Column("instruction", sa.Text(), nullable=True),
        sa.Column("owner_unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("received_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), nullable=True),
        sa.UniqueConstraint("reception_id", "seq"),
        sa.UniqueConstraint("instance_id"),
    )
    op.create_index("ix_booking_case_id", "booking", ["case_id"])


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("batch_no", sa.String(32), nullable=False),
        sa.Column("criteria", Json(), nullable=False),
        sa.Column("panel", Json(), nullable=False),
        sa.Column("frozen_at", Instant(), nullable=False),
        sa.Column("frozen_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.UniqueConstraint("unit_id", "batch_no"),
    )
    op.create_table(
        "campaign_item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("campaign_id", sa.Integer(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=False),
        sa.Column("frozen", Json(), nullable=False),
        sa.Column("lead_unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("lead_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("force_unit_id", UnitId, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("issued_at", Instant(), nullable=True),
        sa.Column("issued_by", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), nullable=True),
        sa.UniqueConstraint("campaign_id", "number"),
        sa.UniqueConstraint("campaign_id", "case_id"),
        sa.UniqueConstraint("instance_id"),
    )
    op.create_index("ix_campaign_item_case_id", "campaign_item", ["case_id"])
    op.create_index("ix_campaign_item_lead_id", "campaign_item", ["lead_id"])
