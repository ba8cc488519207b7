"""What a process is to begin with that a fault kept from beginning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begins_with", Json(), nullable=True))
