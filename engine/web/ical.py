"""Entries as an iCalendar file. Equal entries give equal bytes, so that its tag says whether anything changed. Pure.

Source: RFC 5545; `REFRESH-INTERVAL` and `X-WR-CALNAME` as calendar programs commonly read them (RFC 7986).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

EVERY = timedelta(minutes=15)
"""How often a calendar program is asked to look again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at an instant, or from one to another. `uid` is the same for ever; `rings_at` None is silent."""

    uid: str
    at: datetime
    summary: str
    made_at: datetime
    until: datetime | None = None
    described: str = ""
    place: str = ""
    url: str = ""
    rings_at: datetime | None = None
    occupies: bool = False


def written(name: str, entries: Iterable[Entry]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Maplebridge//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{EVERY // timedelta(minutes=1)}M")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.made_at)
    event.add("dtstart", entry.at)
    if entry.until is not None:
        event.add("dtend", entry.until)
    event.add("summary", entry.summary)
    if entry.described:
        event.add("description", entry.described)
    if entry.place:
        event.add("location", entry.place)
    if entry.url:
        event.add("url", entry.url)
    event.add("transp", "OPAQUE" if entry.occupies else "TRANSPARENT")
    if entry.rings_at is not None and entry.rings_at < entry.at:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.summary)
        alarm.add("trigger", entry.rings_at)
        event.add_component(alarm)
    return event
