"""Figures per element of a diagram: which process holds a timer, and what ended when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENDED = sa.text("closed_at IS NOT NULL")
STEERED = sa.text("act IN ('case.returned', 'case.downgraded', 'triage.overridden', 'case.token_moved')")
HELD_BY = """
UPDATE deadline SET process = coalesce(
  (SELECT task.process FROM task
    WHERE task.instance_id = deadline.instance_id AND task.element = deadline.attached_to
      AND task.opened_at <= coalesce(deadline.closed_at, deadline.due_at)
    ORDER BY task.opened_at DESC, task.id DESC LIMIT 1),
  (SELECT task.process FROM task
    WHERE task.instance_id = deadline.instance_id AND task.opened_at <= coalesce(deadline.closed_at, deadline.due_at)
    ORDER BY task.opened_at DESC, task.id DESC LIMIT 1),
  (SELECT instance.process_id FROM instance WHERE instance.id = deadline.instance_id))
WHERE element IS NOT NULL
"""
"""The process of the task an older timer stood at, else the one at work when it ended. New timers say it themselves."""


def upgrade() -> None:
    op.add_column("deadline", sa.Column("process", sa.String(length=64), nullable=True))
    op.execute(HELD_BY)
    for table in ("deadline", "task"):
        op.create_index(
            f"ix_{table}_ended", table, ["process", "closed_at"], postgresql_where=ENDED, sqlite_where=ENDED
        )
    op.create_index("ix_history_steered", "history", ["at"], postgresql_where=STEERED, sqlite_where=STEERED)
