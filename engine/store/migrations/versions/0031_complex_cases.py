"""Complex matters are listed from an index of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None

IS_COMPLEX = sa.literal_column("replace(facts, '\"complex\":true', '') <> facts", sa.Boolean)


def upgrade() -> None:
    op.create_index("ix_case_complex", "case", ["id"], postgresql_where=IS_COMPLEX, sqlite_where=IS_COMPLEX)
