"""Counts of the work list and of the board are taken from indexes alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
IS_VALID = sa.text("valid_to IS NULL")


def upgrade() -> None:
    op.drop_index("ix_visit_unit_id", "visit")
    op.create_index("ix_visit_unit_id_left_at", "visit", ["unit_id", "left_at", "case_id"])
    op.drop_index("ix_task_completed_by", "task")
    op.create_index("ix_task_completed_by", "task", ["completed_by", "completed_at", "case_id"])
    op.drop_index("ix_task_open_unit_id_due_at", "task")
    due = ["unit_id", "due_at", "id"]
    op.create_index("ix_task_open_unit_id_due_at", "task", due, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_unit_valid", "unit", ["tier", "id"], postgresql_where=IS_VALID, sqlite_where=IS_VALID)
