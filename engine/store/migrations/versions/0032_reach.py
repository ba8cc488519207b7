"""What is open in a unit or for a case is listed and counted from an index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
REACH = ["unit_id", "due_at", "id", "claimed_by", "roles", "case_id"]


def upgrade() -> None:
    op.create_index("ix_task_open_reach", "task", REACH, postgresql_where=OPEN, sqlite_where=OPEN)
    op.drop_index("ix_task_open_unit_id_due_at", "task")
    op.create_index(
        "ix_task_open_case_id", "task", ["case_id", "unit_id", "id"], postgresql_where=OPEN, sqlite_where=OPEN
    )
