"""Setting where somebody is told: a person their own channels, leads and operators those of a unit.

A unit's channel is set in everybody's view: each act on it stands in the operators' log.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.notify.addresses import hash_of, shown
from engine.notify.kinds import Kind
from engine.notify.model import Medium, Message, NoticeChannel, Rhythm, Sending
from engine.notify.timing import Timing
from engine.people import Viewer, limit_tries, operator_log
from engine.territory import get_unit

ACT = "unit.tell"
MOST_CHANNELS = 8
CODE_LASTS = timedelta(minutes=30)
CODES_PER_QUARTER = 5
TRIES_PER_QUARTER = 10
TESTS_PER_QUARTER = 10
LONGEST_SECRET = 200
FIRST_KINDS = (Kind.URGENT, Kind.ASKED, Kind.CLOCK, Kind.OVERDUE, Kind.MENTION, Kind.SUPERVISION)
"""What a new channel tells of: what somebody has to act on."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What its owner chose for a channel. `secret` None keeps the one there is, an empty one takes it away."""

    kinds: Collection[str]
    timing: Timing
    locale: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel as a page shows it, with what went wrong last; None when the last message arrived."""

    channel: NoticeChannel
    trouble: str | None


def of_person(session: Session, person_id: int) -> Sequence[Listed]:
    """Somebody's own channels, oldest first."""
    return _listed(session, select(NoticeChannel).where(NoticeChannel.person_id == person_id))


def of_units(session: Session, units: Collection[str], *, most: int = 200) -> Sequence[Listed]:
    """The channels of exactly these units, by unit."""
    found = select(NoticeChannel).where(NoticeChannel.unit_id.in_(sorted(units)))
    return _listed(session, found.order_by(NoticeChannel.unit_id).limit(most))


def get_channel(session: Session, channel_id: int, *, viewer: Viewer) -> NoticeChannel:
    """One's own, or one of a unit that one may speak to. Raises NotFound for every other."""
    channel = session.get(NoticeChannel, channel_id, with_for_update=True)
    if channel is not None and (
        channel.person_id == viewer.person_id or (channel.unit_id is not None and viewer.may(ACT, channel.unit_id))
    ):
        return channel
    raise NotFound("channel.unknown", "There is no such channel.", channel=channel_id)


def trouble_of(session: Session, channel_id: int) -> str | None:
    """What went wrong with the last thing that was sent there; None when it arrived, or waits for its first try."""
    return session.scalar(
        select(Sending.trouble).where(Sending.channel_id == channel_id).order_by(Sending.id.desc()).limit(1)
    )


def add_channel(
    session: Session,
    medium: Medium,
    to: str,
    *,
    unit_id: str | None,
    locale: str,
    viewer: Viewer,
    now: datetime,
) -> NoticeChannel:
    """A new channel of the viewer, or of a unit; `to` as `read_address` gives it. Mail waits for its code.

    Raises NotAllowed for a unit that is not theirs to speak to, Conflict for an address that is there, or too many.
    """
    person_id = viewer.person_id
    mine = NoticeChannel.person_id == person_id
    if unit_id is not None:
        viewer.must(ACT, get_unit(session, unit_id).id)
        mine = NoticeChannel.unit_id == unit_id
    to_hash = hash_of(medium, to)
    there = session.scalars(select(NoticeChannel.to_hash).where(mine)).all()
    if to_hash in there:
        raise Conflict("channel.twice", "This address is set already.")
    if len(there) >= MOST_CHANNELS:
        raise Conflict("channel.too_many", f"There are {MOST_CHANNELS} channels already; remove one first.")
    channel = NoticeChannel(
        person_id=person_id if unit_id is None else None,
        unit_id=unit_id,
        medium=medium.value,
        to=to,
        to_hash=to_hash,
        locale=locale,
        kinds=[kind.value for kind in FIRST_KINDS],
        rhythm=Rhythm.AT_ONCE.value,
        daily_minute=Timing().daily_minute,
        quiet_days_off=False,
        set_by=person_id,
        set_at=now,
        confirmed_at=None if medium is Medium.EMAIL else now,
    )
    session.add(channel)
    session.flush()
    _log(session, "channel.added", channel, viewer, now)
    return channel


def new_code(session: Session, channel: NoticeChannel, *, viewer: Viewer, now: datetime) -> str:
    """Six digits that confirm the address for half an hour. Queue them for the channel in the same transaction.

    Raises Unavailable beyond five in a quarter of an hour, whatever the address: nobody is to fill another's mailbox.
    """
    limit_tries(
        session,
        f"channel:codes:{viewer.person_id}",
        most=CODES_PER_QUARTER,
        code="channel.too_often",
        sentence="Too many codes were asked for; please wait.",
        now=now,
    )
    code = f"{secrets.randbelow(1_000_000):06d}"
    channel.code_hash, channel.code_ends_at = _hash(channel.id, code), now + CODE_LASTS
    session.flush()
    return code


def note_try(session: Session, channel: NoticeChannel, *, now: datetime) -> None:
    """Counts a code before it is looked at; commit before `confirm`. Raises Unavailable beyond ten."""
    limit_tries(
        session,
        f"channel:tries:{channel.id}",
        most=TRIES_PER_QUARTER,
        code="channel.too_often",
        sentence="There were too many tries; please wait.",
        now=now,
    )


def confirm(session: Session, channel: NoticeChannel, code: str, *, now: datetime) -> None:
    """Has news told there from now on. Idempotent. Raises Invalid with the field for a code that does not fit."""
    if channel.is_ready:
        return
    known, ends_at = channel.code_hash, channel.code_ends_at
    fits = known is not None and hmac.compare_digest(known, _hash(channel.id, "".join(code.split())))
    if not fits or ends_at is None or ends_at <= now:
        words = {"zh": "验证码不正确，或已过期。", "en": "This is not the code, or it is too old."}
        raise Invalid("channel.code", words["en"], fields={"code": words})
    channel.confirmed_at, channel.code_hash, channel.code_ends_at = now, None, None
    session.flush()


def change_channel(session: Session, channel: NoticeChannel, choice: Choice, *, viewer: Viewer, now: datetime) -> None:
    """Raises Invalid for what no page offers. What waits already leaves as it was planned."""
    if not {*choice.kinds} <= {kind.value for kind in Kind}:
        raise Invalid("channel.kind", "There is no such kind of news.")
    channel.kinds = [kind.value for kind in Kind if kind.value in choice.kinds]
    timing = choice.timing
    channel.rhythm, channel.daily_minute = timing.rhythm.value, timing.daily_minute
    channel.quiet_from, channel.quiet_until = timing.quiet_from, timing.quiet_until
    channel.quiet_days_off, channel.locale = timing.quiet_days_off, choice.locale
    if choice.secret is not None:
        channel.secret = choice.secret.strip()[:LONGEST_SECRET] or None
    session.flush()
    _log(session, "channel.changed", channel, viewer, now)


def note_test(session: Session, channel: NoticeChannel, *, now: datetime) -> str:
    """Counts a test message and gives its key. Raises Unavailable beyond ten in a quarter of an hour."""
    limit_tries(
        session,
        f"channel:tests:{channel.id}",
        most=TESTS_PER_QUARTER,
        code="channel.too_often",
        sentence="There were too many test messages; please wait.",
        now=now,
    )
    return f"test.{channel.id}.{int(now.timestamp() * 1000)}"


def remove_channel(session: Session, channel: NoticeChannel, *, viewer: Viewer, now: datetime) -> None:
    """Nothing is told there any more, what waits included."""
    _log(session, "channel.removed", channel, viewer, now)
    session.execute(update(Message).where(Message.channel_id == channel.id).values(sending_id=None))
    session.execute(delete(Message).where(Message.channel_id == channel.id))
    session.execute(delete(Sending).where(Sending.channel_id == channel.id))
    session.delete(channel)
    session.flush()


def _listed(session: Session, found: Select[NoticeChannel]) -> list[Listed]:
    last = (
        select(Sending.trouble)
        .where(Sending.channel_id == NoticeChannel.id)
        .order_by(Sending.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(found.add_columns(last).order_by(NoticeChannel.id))
    return [Listed(channel, trouble) for channel, trouble in rows]


def _log(session: Session, act: str, channel: NoticeChannel, viewer: Viewer, now: datetime) -> None:
    if channel.unit_id is not None:
        facts = {"medium": channel.medium, "to": shown(channel.medium, channel.to)}
        operator_log.log(session, viewer, act, f"unit:{channel.unit_id}", now=now, facts=facts)


def _hash(channel_id: int, code: str) -> str:
    return hashlib.sha256(f"{channel_id}:{code}".encode()).hexdigest()
