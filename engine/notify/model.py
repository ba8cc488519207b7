"""Notices as rows, and how far somebody has read; channels on which they are told, and what leaves on these."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Notice(Base):
    """Something a unit, or one person, should know about a case. `what` is the act, or the word a diagram told."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key", "unit_id"),
        UniqueConstraint("key", "person_id"),
        CheckConstraint("(unit_id IS NULL) <> (person_id IS NULL)", name="one_reader"),
        Index("ix_notice_unit_id_id", "unit_id", "id"),
        Index("ix_notice_person_id_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    what: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(12))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)


class NoticesRead(Base):
    """Up to which notice a person has read everything."""

    __tablename__ = "notices_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    up_to: Mapped[int] = mapped_column(Integer)


class NoticeRead(Base):
    """A notice above that line which a person has opened."""

    __tablename__ = "notice_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)


class Medium(enum.StrEnum):
    """What carries a message."""

    EMAIL = "email"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    WEBHOOK = "webhook"


class Rhythm(enum.StrEnum):
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class NoticeChannel(Base):
    """Where a person, or a unit, is told besides the notices page: which kinds of news, when, in which language.

    Minutes are those since midnight in the offices' zone. Quiet hours may pass midnight; None: there are none.
    """

    __tablename__ = "notice_channel"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (person_id IS NULL)", name="one_owner"),
        UniqueConstraint("person_id", "to_hash"),
        UniqueConstraint("unit_id", "to_hash"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    medium: Mapped[str] = mapped_column(String(12))
    to: Mapped[str] = mapped_column(String(500))
    """An e-mail address, the key of a group robot, or the address of a webhook."""
    to_hash: Mapped[str] = mapped_column(String(64))
    """Of medium and `to`: whoever is told there by two ways is told once."""
    secret: Mapped[str | None] = mapped_column(String(200))
    """By which a robot or a webhook knows that it is us."""
    locale: Mapped[str] = mapped_column(String(8))
    kinds: Mapped[list[str]] = mapped_column(Json)
    rhythm: Mapped[str] = mapped_column(String(8))
    daily_minute: Mapped[int] = mapped_column(Integer)
    quiet_from: Mapped[int | None] = mapped_column(Integer)
    quiet_until: Mapped[int | None] = mapped_column(Integer)
    quiet_days_off: Mapped[bool] = mapped_column(Boolean)
    """Whether days that are not worked are quiet as a whole."""
    set_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Nothing is told before; an e-mail address is confirmed by a code that went to it."""
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_ends_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_ready(self) -> bool:
        return self.confirmed_at is not None


UNSENT = text("sending_id IS NULL")


class Message(Base):
    """One notice for one channel. Nobody is told twice: an act reaches an address once, by whatever way."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("key", "to_hash"),
        Index("ix_message_unsent", "next_at", "channel_id", postgresql_where=UNSENT, sqlite_where=UNSENT),
        Index("ix_message_channel_id", "channel_id", "next_at"),
        Index("ix_message_sending_id", "sending_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    to_hash: Mapped[str] = mapped_column(String(64))
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("notice_channel.id"))
    next_at: Mapped[datetime] = mapped_column(Instant)
    """When it may leave, by the channel's quiet hours and digests."""
    sending_id: Mapped[int | None] = mapped_column(ForeignKey("sending.id"))


class SendingState(enum.StrEnum):
    OPEN = "open"
    SENT = "sent"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    """There was nothing left to say: whoever was to read it may not any more."""


OPEN = text("state = 'open'")
GIVEN_UP = text("state = 'given_up'")


class Sending(Base):
    """What goes over the wire in one piece: the messages of a channel that are due together, or one plain mail.

    A plain mail carries its own words, until it is sent; news are put into words whenever they are tried.
    """

    __tablename__ = "sending"
    __table_args__ = (
        Index("ix_sending_open", "next_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_sending_open_channel_id", "channel_id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_sending_given_up", "id", postgresql_where=GIVEN_UP, sqlite_where=GIVEN_UP),
        Index("ix_sending_channel_id", "channel_id", "id"),
        Index("ix_sending_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """Also what stands before the @ of a mail's Message-ID, the same on every try."""
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("notice_channel.id"))
    to: Mapped[str | None] = mapped_column(String(320))
    subject: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[str | None] = mapped_column(String(250))
    """The Message-ID of the mail that this one answers."""
    state: Mapped[str] = mapped_column(String(12), default=SendingState.OPEN)
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)
