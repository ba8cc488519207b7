"""From notices to messages: which channels are told of an act, and when. In the transaction that posts its notices.

Whoever is away is not disturbed: their deputy is told instead, and they read the page when they are back. A unit's own
channel is a group whose members nobody knows, so nothing confidential and nothing behind a wall goes there.
Spreading twice is harmless: an act reaches an address once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, union_all
from sqlalchemy.orm import Session

from engine import outbox
from engine.cases import Case
from engine.deadlines import WorkingCalendar
from engine.notify.kinds import Kind
from engine.notify.model import Message, Notice, NoticeChannel, Rhythm
from engine.notify.timing import Timing, leaves_at
from engine.people import WORKING, Absence, Membership
from engine.store import table_of

READING = WORKING | {"confidential_clerk"}
"""The roles whose people read what is told to their unit."""


def spread(session: Session, parcel: outbox.Parcel, *, calendar: WorkingCalendar, now: datetime) -> int:
    """Writes a message for every channel that wants an act's notices; gives how many. Call it after `post`."""
    channels = session.scalars(_CHANNELS, {"key": parcel.key, "now": now}).all()
    if not channels:
        return 0
    notices = session.scalars(select(Notice).where(Notice.key == parcel.key).order_by(Notice.id)).all()
    rows: dict[str, dict[str, Any]] = {}
    for channel, notice in _meant(session, channels, notices, parcel, now):
        kind = Kind(notice.kind)
        if kind.value in channel.kinds and channel.to_hash not in rows:
            rows[channel.to_hash] = {
                "key": parcel.key,
                "to_hash": channel.to_hash,
                "notice_id": notice.id,
                "channel_id": channel.id,
                "next_at": leaves_at(kind, now, timing_of(channel), calendar),
            }
    told = session.scalars(select(Message.to_hash).where(Message.key == parcel.key, Message.to_hash.in_(rows))).all()
    fresh = [row for to_hash, row in rows.items() if to_hash not in told]
    if fresh:
        session.execute(insert(table_of(Message)), fresh)
    return len(fresh)


def timing_of(channel: NoticeChannel) -> Timing:
    return Timing(
        Rhythm(channel.rhythm),
        channel.daily_minute,
        channel.quiet_from,
        channel.quiet_until,
        channel.quiet_days_off,
    )


def _meant(
    session: Session,
    channels: Sequence[NoticeChannel],
    notices: Sequence[Notice],
    parcel: outbox.Parcel,
    now: datetime,
) -> list[tuple[NoticeChannel, Notice]]:
    """Each channel with the notice it is to tell, people before units."""
    mine = [each for each in channels if each.person_id is not None]
    readers = _readers(session, notices, _roles(parcel), [each.person_id for each in mine if each.person_id], now)
    found = [(channel, readers[channel.person_id]) for channel in mine if channel.person_id in readers]
    case = session.get_one(Case, parcel.case_id)
    if not case.confidential and not case.walled:
        by_unit = {notice.unit_id: notice for notice in notices if notice.unit_id is not None}
        found += [(each, by_unit[each.unit_id]) for each in channels if each.unit_id in by_unit]
    return found


def _roles(parcel: outbox.Parcel) -> frozenset[str]:
    """Who is asked, where an act says so; else whoever reads what the unit is told."""
    asked = parcel.facts.get("roles")
    return frozenset(asked) if isinstance(asked, list) and asked else READING


def _readers(
    session: Session, notices: Sequence[Notice], roles: Iterable[str], wanted: Collection[int], now: datetime
) -> dict[int, Notice]:
    """By person the notice that is theirs: to themselves, to a unit of theirs, or to somebody they stand in for."""
    to_units = {notice.unit_id: notice for notice in notices if notice.unit_id is not None}
    members = select(Membership.person_id, Membership.unit_id).where(
        Membership.unit_id.in_(to_units), Membership.role.in_(sorted(roles))
    )
    theirs: dict[int, Notice] = {}
    for person_id, unit_id in session.execute(members.order_by(Membership.person_id, Membership.unit_id)):
        theirs.setdefault(person_id, to_units[unit_id])
    theirs |= {notice.person_id: notice for notice in notices if notice.person_id is not None}
    away = _away(session, theirs, now)
    told = {person: notice for person, notice in theirs.items() if person not in away}
    for absent, deputy in away.items():
        told.setdefault(deputy, theirs[absent])
    return {person: notice for person, notice in told.items() if person in wanted}


def _away(session: Session, ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Of these people, who is away now, with the deputy."""
    absences = select(Absence.person_id, Absence.deputy_id).where(
        Absence.person_id.in_(sorted(ids)), Absence.starts_at <= now, Absence.ends_at > now
    )
    return dict(session.execute(absences).all())


def _channels() -> Select[NoticeChannel]:
    """Those that may be meant by the notices of an act: of their units and people, and of deputies of these."""
    notices = select(Notice.unit_id, Notice.person_id).where(Notice.key == bindparam("key")).subquery()
    units = select(notices.c.unit_id).where(notices.c.unit_id.is_not(None))
    members = select(Membership.person_id).where(Membership.unit_id.in_(units))
    named = select(notices.c.person_id).where(notices.c.person_id.is_not(None))
    readers = members.union(named)
    deputies = select(Absence.deputy_id).where(
        Absence.person_id.in_(readers), Absence.starts_at <= bindparam("now"), Absence.ends_at > bindparam("now")
    )
    grounds = (
        select(NoticeChannel.id).where(NoticeChannel.unit_id.in_(units)),
        select(NoticeChannel.id).where(NoticeChannel.person_id.in_(readers)),
        select(NoticeChannel.id).where(NoticeChannel.person_id.in_(deputies)),
    )  # each is answered by an index; one condition of all three would read every channel
    meant = select(NoticeChannel).where(NoticeChannel.id.in_(union_all(*grounds)))
    return meant.where(NoticeChannel.confirmed_at.is_not(None)).order_by(NoticeChannel.id)


_CHANNELS = _channels()
