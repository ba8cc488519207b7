"""Tables of messages to people: channels on which they are told, messages, and what goes over the wire in one piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UNSENT = sa.text("sending_id IS NULL")
OPEN = sa.text("state = 'open'")
GIVEN_UP = sa.text("state = 'given_up'")


def upgrade() -> None:
    op.create_table(
        "notice_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", UnitId, nullable=True),
        sa.Column("medium", sa.String(length=12), nullable=False),
        sa.Column("to", sa.String(length=500), nullable=False),
        sa.Column("to_hash", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("kinds", Json(), nullable=False),
        sa.Column("rhythm", sa.String(length=8), nullable=False),
        sa.Column("daily_minute", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("quiet_days_off", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_ends_at", Instant(), nullable=True),
        sa.CheckConstraint("(unit_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_notice_channel_one_owner")),
        _to("notice_channel", "person_id", "person"),
        _to("notice_channel", "unit_id", "unit"),
        _to("notice_channel", "set_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_channel")),
        sa.UniqueConstraint("person_id", "to_hash", name=op.f("uq_notice_channel_person_id_to_hash")),
        sa.UniqueConstraint("unit_id", "to_hash", name=op.f("uq_notice_channel_unit_id_to_hash")),
    )
    op.create_table(
        "sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("to", sa.String(length=320), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("answers", sa.String(length=250), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        _to("sending", "channel_id", "notice_channel"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending")),
        sa.UniqueConstraint("key", name=op.f("uq_sending_key")),
    )
    _partial("ix_sending_open", "sending", ["next_at", "id"], OPEN)
    _partial("ix_sending_open_channel_id", "sending", ["channel_id"], OPEN)
    _partial("ix_sending_given_up", "sending", ["id"], GIVEN_UP)
    op.create_index("ix_sending_channel_id", "sending", ["channel_id", "id"])
    op.create_index("ix_sending_ended_at", "sending", ["ended_at"])
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("to_hash", sa.String(length=64), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("sending_id", sa.Integer(), nullable=True),
        _to("message", "notice_id", "notice"),
        _to("message", "channel_id", "notice_channel"),
        _to("message", "sending_id", "sending"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", "to_hash", name=op.f("uq_message_key_to_hash")),
    )
    _partial("ix_message_unsent", "message", ["next_at", "channel_id"], UNSENT)
    op.create_index("ix_message_channel_id", "message", ["channel_id", "next_at"])
    op.create_index("ix_message_sending_id", "message", ["sending_id"])


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
