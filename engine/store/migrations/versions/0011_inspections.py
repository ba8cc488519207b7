"""Inspections, care visits and weekly contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LIVE = sa.text("ended_at IS NULL")
WAITING = sa.text("settled_at IS NULL")
OF_A_CASE = sa.text("case_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_photo_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index("ix_photo_sha256", "photo", ["sha256"], unique=False)
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("checklist", sa.String(length=40), nullable=False),
        sa.Column("area_id", UnitId, nullable=False),
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["unit.id"], name=op.f("fk_inspection_plan_area_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_inspection_plan_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_inspection_plan_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_plan")),
    )
    op.create_index(
        "ix_inspection_plan_live",
        "inspection_plan",
        ["area_id"],
        unique=False,
        postgresql_where=LIVE,
        sqlite_where=LIVE,
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("checklist", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("answers", Json(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_inspection_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_inspection_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index("ix_inspection_done_at", "inspection", ["done_at", "id"], unique=False)
    op.create_index(
        "ix_inspection_unit_id_checklist_done_at", "inspection", ["unit_id", "checklist", "done_at"], unique=False
    )
    op.create_table(
        "inspection_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("photos", Json(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("recheck_on", sa.Date(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_inspection_finding_case_id")),
        sa.ForeignKeyConstraint(["check_id"], ["inspection.id"], name=op.f("fk_inspection_finding_check_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_inspection_finding_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_finding")),
    )
    op.create_index(
        "ix_inspection_finding_case_id",
        "inspection_finding",
        ["case_id"],
        unique=False,
        postgresql_where=OF_A_CASE,
        sqlite_where=OF_A_CASE,
    )
    op.create_index("ix_inspection_finding_check_id", "inspection_finding", ["check_id"], unique=False)
    op.create_index(
        "ix_inspection_finding_waiting",
        "inspection_finding",
        ["unit_id", "recheck_on"],
        unique=False,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    op.create_table(
        "inspection_recheck",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", Json(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_inspection_recheck_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_inspection_recheck_case_id")),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["inspection_finding.id"], name=op.f("fk_inspection_recheck_finding_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_recheck")),
    )
    op.create_index("ix_inspection_recheck_finding_id", "inspection_recheck", ["finding_id"], unique=False)
    op.create_table(
        "duty_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("household", sa.String(length=120), nullable=True),
        sa.Column("for_group", sa.String(length=16), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_duty_log_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_duty_log_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_duty_log_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_log")),
    )
    op.create_index("ix_duty_log_by_id_happened_at", "duty_log", ["by_id", "happened_at", "duty"], unique=False)
    op.create_index("ix_duty_log_happened_at", "duty_log", ["happened_at", "id", "duty", "by_id"], unique=False)
    op.create_index("ix_duty_log_unit_id_happened_at", "duty_log", ["unit_id", "happened_at"], unique=False)
    op.create_table(
        "duty_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["duty_log.id"], name=op.f("fk_duty_look_log_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_look_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_look")),
    )
    op.create_index("ix_duty_look_log_id_person_id", "duty_look", ["log_id", "person_id", "at"], unique=False)
