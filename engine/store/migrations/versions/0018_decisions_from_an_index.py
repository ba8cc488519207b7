"""What waits for a decision is counted from an index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TO_DECIDE = sa.text("state = 'open' AND why = 'decide'")


def upgrade() -> None:
    op.create_index("ix_task_to_decide", "task", ["unit_id"], postgresql_where=TO_DECIDE, sqlite_where=TO_DECIDE)
