"""Something of each register that looks back: two cases that are alike, a post-mortem, an assessed project."""

from __future__ import annotations

from engine import assessments, postmortems
from engine.assessments import Draft, Risk
from engine.clock import ManualClock
from engine.people import viewer_of
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District

PROJECT = Draft("地铁站改造", "沿线居民", (Risk("夜间噪音", "high", "夜间停工"),), "high", "每周公布", "go", "地铁")


def look_back(district: District, clock: ManualClock) -> None:
    """The first case is one of the pair, and the one that is looked back on."""
    town.file_case(district, clock, title="楼上漏水，天花板发霉")
    Scheduler(district.store, district.world, clock, name="test").detect()
    with district.store.transaction() as session:
        street = viewer_of(session, district.people["street"])
        postmortems.open_by_hand(session, district.world, 1, "看看成因", viewer=street, now=clock.now())
        assessments.open_assessment(session, "LHQ.MZ", PROJECT, viewer=street, now=clock.now())
