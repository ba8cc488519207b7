"""Publishing on a day to come, who wrote what is published, and what designers did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publish_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("approver_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("trouble", sa.Text(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_proposal_approver_id"), "person", ["approver_id"], ["id"])

    op.create_table(
        "proposal_author",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_proposal_author_person_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_author_proposal_id")),
        sa.PrimaryKeyConstraint("proposal_id", "person_id", name=op.f("pk_proposal_author")),
    )
    op.execute("INSERT INTO proposal_author (proposal_id, person_id) SELECT id, author_id FROM proposal")

    op.create_table(
        "design_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("facts", Json(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_design_act_actor_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_design_act_proposal_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_design_act_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_act")),
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_instance_running",
            ["process_id", "release_id"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("design_act", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_design_act_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_index(op.f("ix_design_act_release_id"), ["release_id"], unique=False)
