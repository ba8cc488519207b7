"""The calendar that the tests of clocks count by, and instants as people write them."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from engine.deadlines.calendar import WorkingCalendar
from engine.deadlines.year_tables import load_year_tables, packaged_year_tables

SHANGHAI = ZoneInfo("Asia/Shanghai")
SESSIONS = ((time(9), time(12)), (time(14), time(18)))
TABLES = load_year_tables(packaged_year_tables())
CALENDAR = WorkingCalendar(TABLES, SESSIONS, SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
