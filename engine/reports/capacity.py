"""How much an installation can take, and when it is full: from what was measured and from what is assumed. Pure.

The model is plain on purpose, so that every number can be followed on paper. One process answers with one processor
core, whatever its threads: Python runs one of them at a time. So a node's seconds are spent on cases one after the
other, and a second node doubles what the first one takes, as long as the database keeps up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

USED = 0.7
"""So much of a node may be busy: above it, people wait behind each other."""
ROWS_BEFORE_PARTS = 100_000_000
"""A table of so many rows is better kept in parts: its indexes no longer fit into memory."""
FARTHEST = timedelta(days=365 * 50)


@dataclass(frozen=True, slots=True)
class Measures:
    """What is put in. Milliseconds are of one request; `peak` is the share of a day's cases in its busiest hour."""

    cases_per_day: float
    steps_per_case: float
    pages_per_step: float
    filing_ms: float
    step_ms: float
    page_ms: float
    peak: float
    nodes: int
    bytes_now: int
    bytes_per_case: float
    limit_bytes: int
    districts: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """What comes out. `full_in_days` None: not within fifty years."""

    seconds_per_case: float
    cases_per_second: float
    cases_per_hour: float
    busiest_per_hour: float
    busy: float
    nodes_needed: int
    bytes_per_day: float
    full_in_days: int | None
    province_per_day: float
    province_nodes: int
    province_bytes_per_year: float


def reckon(given: Measures) -> Capacity:
    """Steps and the pages that are looked at for them are part of the price of a case."""
    pages_ms = given.steps_per_case * given.pages_per_step * given.page_ms
    seconds = (given.filing_ms + given.steps_per_case * given.step_ms + pages_ms) / 1000
    per_second = USED / seconds if seconds > 0 else 0.0
    busiest = given.cases_per_day * given.peak
    per_hour = per_second * 3600
    growth = given.cases_per_day * given.bytes_per_case
    left = max(given.limit_bytes - given.bytes_now, 0)
    days = left / growth if growth > 0 else math.inf
    province = given.cases_per_day * given.districts
    return Capacity(
        seconds_per_case=seconds,
        cases_per_second=per_second,
        cases_per_hour=per_hour,
        busiest_per_hour=busiest,
        busy=busiest / (per_hour * given.nodes) * USED if per_hour and given.nodes else 0.0,
        nodes_needed=max(1, math.ceil(busiest / per_hour)) if per_hour else 1,
        bytes_per_day=growth,
        full_in_days=None if days > FARTHEST.days else int(days),
        province_per_day=province,
        province_nodes=max(1, math.ceil(province * given.peak / per_hour)) if per_hour else 1,
        province_bytes_per_year=province * given.bytes_per_case * 365,
    )


def full_on(found: Capacity, today: date) -> date | None:
    return None if found.full_in_days is None else today + timedelta(days=found.full_in_days)


def in_parts_by(name: str, columns: frozenset[str]) -> str:
    """What a large table is best parted by: `case`, `month`, or `none` where it is looked up as a whole."""
    if "case_id" in columns or name == "case":
        return "case"
    return "month" if columns & {"at", "created_at", "made_at", "logged_at", "received_at"} else "none"


def rows_full_in_days(rows: int, cases: int, cases_per_day: float) -> int | None:
    """When a table that grows with the cases reaches `ROWS_BEFORE_PARTS`; None: not within fifty years."""
    growth = rows / cases * cases_per_day if cases else 0.0
    days = (ROWS_BEFORE_PARTS - rows) / growth if growth > 0 else math.inf
    return None if days > FARTHEST.days else max(int(days), 0)
