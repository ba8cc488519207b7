"""PostgreSQL looks after what the board counts from indexes once 300 rows have changed, not a hundredth of the table.

A hundredth of a million cases is a day's work: until then each changed page is looked up row by row, and the board of
the district took half as long again after five minutes of fifty people.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


SEEN_SOON = sa.text(
    """
    DO $$
    DECLARE counted text;
    BEGIN
        FOREACH counted IN ARRAY ARRAY['case', 'deadline', 'visit'] LOOP
            EXECUTE format(
                'ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 300)', counted
            );
        END LOOP;
    END $$
    """
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEEN_SOON)
