"""What goes over the wire: gathered from messages that are due, leased, tried again, given up, and then an operator's.

A channel has at most one sending under way, so a receiver that does not answer collects what comes meanwhile, and is
told of it in one piece when it is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import outbox
from engine.errors import NotFound
from engine.notify.model import Message, NoticeChannel, Sending, SendingState
from engine.people import Viewer, operator_log

LEASE = timedelta(minutes=5)
"""Longer than all tries of one round may take."""
GIVE_UP_AFTER = 10
LONGEST_WAIT = timedelta(hours=6)
MOST_TOLD = 50
"""So many messages go in one piece at most; the rest follows in the next."""
KEPT = timedelta(days=30)
"""How long it is known what was sent; longer than any act may be brought again."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A sending that was given up, with its channel, and how many messages it holds."""

    sending: Sending
    channel: NoticeChannel | None
    messages: int


def mail(
    session: Session, to: str, subject: str, body: str, *, key: str, now: datetime, answers: str | None = None
) -> bool:
    """Queues a plain mail; False when one of that key is queued, or was sent, already.

    `key` begins its Message-ID and is the same on every try: letters, digits, dot and dash. `answers` is the
    Message-ID of the mail that it replies to. Its words are forgotten when it is sent.
    """
    return _queue(session, key, subject, body, now=now, to=to[:320], answers=answers[:250] if answers else None)


def say(session: Session, channel: NoticeChannel, subject: str, body: str, *, key: str, now: datetime) -> bool:
    """Queues plain words for a channel, confirmed or not; False as `mail` says."""
    return _queue(session, key, subject, body, now=now, channel_id=channel.id)


def _queue(session: Session, key: str, subject: str, body: str, *, now: datetime, **more: Any) -> bool:
    row = {
        "key": key[:120],
        "subject": " ".join(subject.split())[:200],
        "body": body,
        "state": SendingState.OPEN.value,
        "created_at": now,
        "next_at": now,
        "attempts": 0,
        **more,
    }
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = (postgresql.insert if postgres else sqlite.insert)(Sending)
    added = session.scalars(statement.values(row).on_conflict_do_nothing().returning(Sending.id)).all()
    return bool(added)


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether `gather` or `claim` might find anything; asked without a lock."""
    waiting = select(Message.id).where(Message.sending_id.is_(None), Message.next_at <= now)
    trying = select(Sending.id).where(Sending.state == SendingState.OPEN.value, Sending.next_at <= now)
    return session.scalar(waiting.limit(1)) is not None or session.scalar(trying.limit(1)) is not None


def gather(session: Session, *, now: datetime, most: int) -> int:
    """Makes a sending of what is due on each channel that has none under way; gives how many channels."""
    if outbox.held(session) is not None:
        return 0
    busy = exists().where(Sending.channel_id == Message.channel_id, Sending.state == SendingState.OPEN.value)
    due = (
        select(Message.channel_id)
        .where(Message.sending_id.is_(None), Message.next_at <= now, ~busy)
        .group_by(Message.channel_id)
        .order_by(func.min(Message.next_at))
        .limit(most)
    )
    wanted = session.scalars(due).all()
    locked = select(NoticeChannel.id).where(NoticeChannel.id.in_(wanted)).with_for_update(skip_locked=True)
    channels = session.scalars(locked.order_by(NoticeChannel.id)).all()
    for channel_id in channels:
        _gather(session, channel_id, now)
    return len(channels)


def _gather(session: Session, channel_id: int, now: datetime) -> None:
    """The channel is locked; another node may have been quicker, and then nothing is due any more."""
    due = (
        select(Message.id)
        .where(Message.channel_id == channel_id, Message.sending_id.is_(None), Message.next_at <= now)
        .order_by(Message.id)
        .limit(MOST_TOLD)
    )
    ids = session.scalars(due).all()
    if not ids:
        return
    sending = Sending(
        key=f"news.{channel_id}.{ids[0]}.{int(now.timestamp())}",
        channel_id=channel_id,
        state=SendingState.OPEN.value,
        created_at=now,
        next_at=now,
        attempts=0,
    )
    session.add(sending)
    session.flush()
    session.execute(update(Message).where(Message.id.in_(ids)).values(sending_id=sending.id))


def claim(session: Session, *, now: datetime, most: int) -> Sequence[Sending]:
    """Leases what is due to be tried, oldest first. Commit before sending. Gives none while everything is held."""
    if outbox.held(session) is not None:
        return []
    due = (
        select(Sending)
        .where(Sending.state == SendingState.OPEN.value, Sending.next_at <= now)
        .order_by(Sending.next_at, Sending.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(due).all()
    for sending in found:
        sending.next_at = now + LEASE
        sending.attempts += 1
    session.flush()
    return found


def give_back(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Ends the lease of what was claimed and not tried: it is due at once, and that was no try."""
    session.execute(
        update(Sending)
        .where(Sending.id.in_(ids), Sending.state == SendingState.OPEN.value)
        .values(next_at=now, attempts=Sending.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def mark_sent(session: Session, sending_id: int, *, now: datetime) -> None:
    """Idempotent. What a plain mail said, and to whom, is forgotten."""
    _end(session, sending_id, SendingState.SENT, now=now, to=None, subject=None, body=None, trouble=None)


def mark_dropped(session: Session, sending_id: int, *, now: datetime) -> None:
    _end(session, sending_id, SendingState.DROPPED, now=now, to=None, subject=None, body=None)


def mark_failed(session: Session, sending: Sending, trouble: str, *, for_good: bool, now: datetime) -> None:
    """Puts it off by 1, 2, 4 … minutes, at most six hours; after ten tries, or `for_good`, an operator has to look."""
    if for_good or sending.attempts >= GIVE_UP_AFTER:
        _end(session, sending.id, SendingState.GIVEN_UP, now=now, trouble=trouble[:2000])
        return
    wait = min(timedelta(minutes=2 ** (sending.attempts - 1)), LONGEST_WAIT)
    session.execute(
        update(Sending)
        .where(Sending.id == sending.id, Sending.state == SendingState.OPEN.value)
        .values(next_at=now + wait, trouble=trouble[:2000])
        .execution_options(synchronize_session=False)
    )


def _end(session: Session, sending_id: int, state: SendingState, *, now: datetime, **values: Any) -> None:
    session.execute(
        update(Sending)
        .where(Sending.id == sending_id, Sending.state == SendingState.OPEN.value)
        .values(state=state.value, ended_at=now, **values)
        .execution_options(synchronize_session=False)
    )


def backlog(session: Session) -> tuple[int, int, datetime | None]:
    """How many sendings are under way, how many were given up, and since when the oldest of the first waits."""
    under_way = select(func.count(), func.min(Sending.created_at)).where(Sending.state == SendingState.OPEN.value)
    count, since = session.execute(under_way).one()
    lost = session.scalar(select(func.count()).where(Sending.state == SendingState.GIVEN_UP.value)) or 0
    return count, lost, since


def stuck(session: Session, *, before: int | None = None, most: int = 50) -> tuple[Sequence[Stuck], int | None]:
    """What was given up, newest first, and the cursor of the next page."""
    held = select(func.count()).where(Message.sending_id == Sending.id).scalar_subquery()
    found = (
        select(Sending, NoticeChannel, held)
        .outerjoin(NoticeChannel, NoticeChannel.id == Sending.channel_id)
        .where(Sending.state == SendingState.GIVEN_UP.value)
        .order_by(Sending.id.desc())
        .limit(most + 1)
    )
    if before is not None:
        found = found.where(Sending.id < before)
    rows = [Stuck(*row) for row in session.execute(found)]
    return rows[:most], rows[most - 1].sending.id if len(rows) > most else None


def try_again(session: Session, sending_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Has something that was given up tried ten times more, under the same Message-ID. Idempotent. Only operators."""
    sending = _given_up(session, sending_id, viewer)
    if sending is None:
        return
    sending.state, sending.attempts, sending.next_at, sending.ended_at = SendingState.OPEN.value, 0, now, None
    session.flush()
    operator_log.log(session, viewer, "message.retried", f"sending:{sending_id}", now=now)


def let_be(session: Session, sending_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Puts away something that was given up: it is never sent. Idempotent. Only operators."""
    sending = _given_up(session, sending_id, viewer)
    if sending is None:
        return
    sending.state, sending.ended_at = SendingState.DROPPED.value, now
    sending.to = sending.subject = sending.body = None
    session.flush()
    operator_log.log(session, viewer, "message.dropped", f"sending:{sending_id}", now=now)


def _given_up(session: Session, sending_id: int, viewer: Viewer) -> Sending | None:
    """None for one that is no longer given up."""
    viewer.must("system.operate")
    sending = session.get(Sending, sending_id, with_for_update=True)
    if sending is None:
        raise NotFound("sending.unknown", "There is no such message.", sending=sending_id)
    return sending if sending.state == SendingState.GIVEN_UP else None


def forget_old(session: Session, *, now: datetime) -> int:
    """Deletes what was sent or dropped a month ago, at most a thousand at a time; gives how many sendings."""
    ended = (SendingState.SENT.value, SendingState.DROPPED.value)
    old = select(Sending.id).where(Sending.ended_at < now - KEPT, Sending.state.in_(ended)).limit(1000)
    ids = session.scalars(old).all()
    if ids:
        session.execute(delete(Message).where(Message.sending_id.in_(ids)))
        session.execute(delete(Sending).where(Sending.id.in_(ids)))
    return len(ids)
