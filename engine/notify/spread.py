"""From notices to messages: which channels are told of an act, and when. In the transaction that posts its notices.

Whoever is away is not disturbed: their deputy is told instead, and they read the page when they are back. A unit's own
channel is a group whose members nobody knows, so nothing confidential and nothing behind a wall goes there.
Spreading twice is harmless: an act reaches an address once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, insert, select, union_all
from sqlalchemy.orm import Session

from engine import cases, outbox
from engine.deadlines import WorkingCalendar
from engine.notify.kinds import Kind
from engine.notify.model import Message, Notice, NoticeChannel, Rhythm
from engine.notify.timing import Timing, leaves_at
from engine.people import WORKING, Absence, Membership
from engine.store import Prepared, table_of

READING = WORKING | {"confidential_clerk"}
"""The roles whose people read what is told to their unit."""


def spread(session: Session, parcels: Sequence[outbox.Parcel], *, calendar: WorkingCalendar, now: datetime) -> int:
    """Writes a message for every channel that wants the notices of these acts; gives how many. Call it after `post`.

    A few statements, however many acts; one where nobody has a channel.
    """
    keys = [parcel.key for parcel in parcels]
    channels = session.scalars(_CHANNELS, {"keys": keys, "now": now}).all() if keys else ()
    if not channels:
        return 0
    told: dict[str, list[Notice]] = {}
    for notice in session.scalars(select(Notice).where(Notice.key.in_(keys)).order_by(Notice.id)):
        told.setdefault(notice.key, []).append(notice)
    meant = _Meant(session, channels, told, parcels, now)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for parcel in parcels:
        for channel, notice in meant.of(parcel, told.get(parcel.key, ())):
            kind, address = Kind(notice.kind), (parcel.key, channel.to_hash)
            if kind.value in channel.kinds and address not in rows:
                rows[address] = {
                    "key": parcel.key,
                    "to_hash": channel.to_hash,
                    "notice_id": notice.id,
                    "channel_id": channel.id,
                    "next_at": leaves_at(kind, now, timing_of(channel), calendar),
                }
    known = {tuple(row) for row in session.execute(select(Message.key, Message.to_hash).where(Message.key.in_(keys)))}
    return _WRITE.run_many(session, [row for address, row in rows.items() if address not in known])


_WRITE = Prepared(insert(table_of(Message)), columns=("key", "to_hash", "notice_id", "channel_id", "next_at"))


def timing_of(channel: NoticeChannel) -> Timing:
    return Timing(
        Rhythm(channel.rhythm),
        channel.daily_minute,
        channel.quiet_from,
        channel.quiet_until,
        channel.quiet_days_off,
    )


class _Meant:
    """Which channel is to tell which notice of an act. What all acts have in common is asked once."""

    def __init__(
        self,
        session: Session,
        channels: Sequence[NoticeChannel],
        told: Mapping[str, Sequence[Notice]],
        parcels: Sequence[outbox.Parcel],
        now: datetime,
    ) -> None:
        self._channels = channels
        self._owners = {each.person_id for each in channels if each.person_id is not None}
        notices = [notice for theirs in told.values() for notice in theirs]
        units = {notice.unit_id for notice in notices if notice.unit_id is not None}
        self._members = _members(session, units, frozenset().union(*map(_roles, parcels)))
        named = {notice.person_id for notice in notices if notice.person_id is not None}
        self._away = _away(session, named.union(*(people for people in self._members.values())), now)
        self._cases = cases.cases_by_id(session, {parcel.case_id for parcel in parcels})

    def of(self, parcel: outbox.Parcel, notices: Sequence[Notice]) -> list[tuple[NoticeChannel, Notice]]:
        """People before units."""
        readers = self._readers(notices, _roles(parcel))
        found = [(each, readers[each.person_id]) for each in self._channels if each.person_id in readers]
        case = self._cases[parcel.case_id]
        if not case.confidential and not case.walled:
            by_unit = {notice.unit_id: notice for notice in notices if notice.unit_id is not None}
            found += [(each, by_unit[each.unit_id]) for each in self._channels if each.unit_id in by_unit]
        return found

    def _readers(self, notices: Sequence[Notice], roles: frozenset[str]) -> dict[int, Notice]:
        """By person the notice that is theirs: to themselves, to a unit of theirs, or to somebody they stand in for."""
        theirs: dict[int, Notice] = {}
        for notice in sorted(notices, key=lambda each: each.unit_id or ""):
            for person_id, held in self._members.get(notice.unit_id or "", {}).items():
                if held & roles:
                    theirs.setdefault(person_id, notice)
        theirs |= {notice.person_id: notice for notice in notices if notice.person_id is not None}
        told = {person: notice for person, notice in theirs.items() if person not in self._away}
        for absent in sorted(theirs.keys() & self._away.keys()):
            told.setdefault(self._away[absent], theirs[absent])
        return {person: notice for person, notice in told.items() if person in self._owners}


def _roles(parcel: outbox.Parcel) -> frozenset[str]:
    """Who is asked, where an act says so; else whoever reads what the unit is told."""
    asked = parcel.facts.get("roles")
    return frozenset(asked) if isinstance(asked, list) and asked else READING


def _members(session: Session, units: Collection[str], roles: Collection[str]) -> dict[str, dict[int, set[str]]]:
    """By unit who holds which of the roles there."""
    found: dict[str, dict[int, set[str]]] = {}
    members = select(Membership.unit_id, Membership.person_id, Membership.role)
    members = members.where(Membership.unit_id.in_(sorted(units)), Membership.role.in_(sorted(roles)))
    for unit_id, person_id, role in session.execute(members):
        found.setdefault(unit_id, {}).setdefault(person_id, set()).add(role)
    return found


def _away(session: Session, ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Of these people, who is away now, with the deputy."""
    absences = select(Absence.person_id, Absence.deputy_id).where(
        Absence.person_id.in_(sorted(ids)), Absence.starts_at <= now, Absence.ends_at > now
    )
    return dict(session.execute(absences).all())


def _channels() -> Select[NoticeChannel]:
    """Those that may be meant by the notices of some acts: of their units and people, and of deputies of these."""
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    notices = select(Notice.unit_id, Notice.person_id).where(Notice.key.in_(keys)).subquery()
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
