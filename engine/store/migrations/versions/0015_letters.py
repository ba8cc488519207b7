"""Letters that leave the office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_letter_template_unit_id"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name="fk_letter_template_uploaded_by"),
        sa.PrimaryKeyConstraint("id", name="pk_letter_template"),
        sa.UniqueConstraint("kind", "unit_id", "version", name="uq_letter_template_kind_unit_id_version"),
    )
    op.create_table(
        "letter_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen_by", sa.Integer(), nullable=False),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["chosen_by"], ["person.id"], name="fk_letter_choice_chosen_by"),
        sa.ForeignKeyConstraint(["template_id"], ["letter_template.id"], name="fk_letter_choice_template_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_letter_choice_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_letter_choice"),
    )
    op.create_index("ix_letter_choice_kind", "letter_choice", ["kind", "unit_id", "id"])
    op.create_table(
        "letter_numbering",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_letter_numbering_unit_id"),
        sa.PrimaryKeyConstraint("kind", "unit_id", "year", name="pk_letter_numbering"),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("called_at", Instant(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(120), nullable=True),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("template_sha256", sa.String(64), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("answers", Json(), nullable=True),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("issued_at", Instant(), nullable=True),
        sa.Column("method", sa.String(16), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("delivery_noted_at", Instant(), nullable=True),
        sa.Column("delivery_noted_by", sa.Integer(), nullable=True),
        sa.Column("receipt_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["about_id"], ["letter.id"], name="fk_letter_about_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_letter_case_id"),
        sa.ForeignKeyConstraint(["delivery_noted_by"], ["person.id"], name="fk_letter_delivery_noted_by"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_letter_document_id"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name="fk_letter_ended_by"),
        sa.ForeignKeyConstraint(["issued_by"], ["person.id"], name="fk_letter_issued_by"),
        sa.ForeignKeyConstraint(["receipt_id"], ["document.id"], name="fk_letter_receipt_id"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_letter_task_id"),
        sa.ForeignKeyConstraint(["template_id"], ["letter_template.id"], name="fk_letter_template_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_letter_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.UniqueConstraint("kind", "unit_id", "year", "seq", name="uq_letter_kind_unit_id_year_seq"),
    )
    op.create_index("ix_letter_case_id", "letter", ["case_id", "id"])
    op.create_index("ix_letter_unit_id", "letter", ["unit_id", "id"])
    due = sa.text("state = 'due'")
    op.create_index("ix_letter_due", "letter", ["unit_id", "case_id"], postgresql_where=due, sqlite_where=due)
    op.create_index("ix_letter_number", "letter", ["number"])
