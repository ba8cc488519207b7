"""A kept report of the small district, made to its end."""

from __future__ import annotations

from datetime import date

from engine import figures
from engine.clock import ManualClock
from tests.web.district import District


def keep_report(district: District, clock: ManualClock, *, unit: str = "LHQ") -> int:
    """About the first two months of 2026, as of now; gives its id."""
    wanted = figures.Wanted(unit, date(2026, 1, 1), date(2026, 2, 28), clock.now())
    with district.store.transaction() as session:
        report_id = figures.ask_report(session, wanted, viewer=None, now=clock.now()).id
    while figures.work(district.store, district.world, clock, name="test"):
        pass
    return report_id
