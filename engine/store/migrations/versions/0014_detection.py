"""Links between cases, what detection found, post-mortems and risk assessments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FOLLOWS = sa.text("kind = 'merged' AND ended_at IS NULL")
HAS_ID_NUMBER = sa.text("id_number IS NOT NULL")
IS_OPEN = sa.text("state = 'open'")
HAS_MASTER = sa.text("master_id IS NOT NULL")
IS_UNTOLD = sa.text("overdue_told_at IS NULL AND state <> 'approved'")
IS_UNDONE = sa.text("done_at IS NULL AND overdue_told_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_case_received_at", "case")
    op.create_index("ix_case_received_at", "case", ["received_at", "category", "place_id", "confidential"])
    _partial("ix_party_id_number", "party", ["id_number", "case_id"], HAS_ID_NUMBER)
    op.create_table(
        "case_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        _to("case_link", "case_id", "case"),
        _to("case_link", "other_id", "case"),
        _to("case_link", "by", "person"),
        _to("case_link", "ended_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    op.create_index("ix_case_link_case_id", "case_link", ["case_id", "kind"])
    op.create_index("ix_case_link_other_id", "case_link", ["other_id", "kind"])
    _partial("uq_case_link_one_master", "case_link", ["case_id"], FOLLOWS, unique=True)
    _post_mortems()
    _findings()
    _assessments()


def _post_mortems() -> None:
    op.create_table(
        "post_mortem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("trigger", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("overdue_told_at", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("missed", sa.Text(), nullable=False),
        sa.Column("worked", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(), nullable=True),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        _to("post_mortem", "unit_id", "unit"),
        _to("post_mortem", "case_id", "case"),
        _to("post_mortem", "opened_by", "person"),
        _to("post_mortem", "written_by", "person"),
        _to("post_mortem", "submitted_by", "person"),
        _to("post_mortem", "decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_mortem")),
        sa.UniqueConstraint("key", name=op.f("uq_post_mortem_key")),
    )
    op.create_index("ix_post_mortem_unit_id", "post_mortem", ["unit_id", "id"])
    op.create_index("ix_post_mortem_case_id", "post_mortem", ["case_id"])
    _partial("ix_post_mortem_untold", "post_mortem", ["due_at"], IS_UNTOLD)
    op.create_table(
        "post_mortem_action",
        sa.Column("post_mortem_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=500), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_told_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        _to("post_mortem_action", "post_mortem_id", "post_mortem"),
        _to("post_mortem_action", "done_by", "person"),
        sa.PrimaryKeyConstraint("post_mortem_id", "number", name=op.f("pk_post_mortem_action")),
    )
    _partial("ix_post_mortem_action_undone", "post_mortem_action", ["due_on"], IS_UNDONE)


def _findings() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("master_id", sa.Integer(), nullable=True),
        sa.Column("post_mortem_id", sa.Integer(), nullable=True),
        _to("finding", "unit_id", "unit"),
        _to("finding", "decided_by", "person"),
        _to("finding", "master_id", "case"),
        _to("finding", "post_mortem_id", "post_mortem"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("key", name=op.f("uq_finding_key")),
    )
    _partial("ix_finding_open", "finding", ["unit_id", "id"], IS_OPEN)
    op.create_index("ix_finding_state", "finding", ["state", "unit_id", "id"])
    op.create_index("ix_finding_kind", "finding", ["kind", "category", "unit_id", "changed_at"])
    _partial("ix_finding_master_id", "finding", ["master_id"], HAS_MASTER)
    op.create_table(
        "finding_case",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        _to("finding_case", "finding_id", "finding"),
        _to("finding_case", "case_id", "case"),
        sa.PrimaryKeyConstraint("finding_id", "case_id", name=op.f("pk_finding_case")),
    )
    op.create_index("ix_finding_case_case_id", "finding_case", ["case_id"])
    op.create_table(
        "watermark",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("done_to", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watermark")),
    )


def _assessments() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("project", sa.String(length=200), nullable=False),
        sa.Column("stakeholders", sa.Text(), nullable=False),
        sa.Column("risks", Json(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("keywords", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        _to("assessment", "unit_id", "unit"),
        _to("assessment", "opened_by", "person"),
        _to("assessment", "submitted_by", "person"),
        _to("assessment", "decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index("ix_assessment_unit_id", "assessment", ["unit_id", "id"])
    op.create_table(
        "assessment_case",
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("belongs", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        _to("assessment_case", "assessment_id", "assessment"),
        _to("assessment_case", "case_id", "case"),
        _to("assessment_case", "by", "person"),
        sa.PrimaryKeyConstraint("assessment_id", "case_id", name=op.f("pk_assessment_case")),
    )
    op.create_index("ix_assessment_case_case_id", "assessment_case", ["case_id"])


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=where, sqlite_where=where)
