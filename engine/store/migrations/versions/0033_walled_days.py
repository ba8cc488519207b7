"""A day's figure knows which of its cases have a wall, so that whoever is shut out of them sees its trend without."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("day_figure", sa.Column("out_of", sa.Integer(), nullable=True))
    op.add_column("day_figure", sa.Column("walled", sa.Text(), nullable=True))
