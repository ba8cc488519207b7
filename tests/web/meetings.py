"""A session with an item, a reception with a booking and a campaign with an issued item, for looking at their pages."""

from __future__ import annotations

from datetime import timedelta

from engine import campaigns, receptions, sessions
from engine.campaigns import Charge, Criteria
from engine.clock import Clock
from engine.people import viewer_of
from engine.receptions import Wish
from engine.sessions import Raised
from tests.web.district import District

GRID = "LHQ.MZ.01.01.01"


def meet(district: District, clock: Clock) -> None:
    now, world, people = clock.now(), district.world, district.people
    with district.store.transaction() as session:
        lead, officer = viewer_of(session, people["grid"]), viewer_of(session, people["petition"])
        plan = sessions.Plan(GRID, "grid_talk", "楼道停车", "小区凉亭", now, units=("LHQ.MZ.01",), names=("王阿姨",))
        gathering = sessions.schedule(session, plan, viewer=lead, now=now)
        for raised in (Raised("建议加装充电桩。", "王阿姨", "suggestion"), Raised("路灯坏了", "李叔", "noted")):
            sessions.raise_item(session, world, gathering.id, raised, viewer=lead, now=now)
        begins = now + timedelta(hours=1)
        day = receptions.Plan("LHQ", people["district"], "一号", begins, begins + timedelta(hours=2), "就业", 8)
        reception = receptions.arrange(session, day, viewer=officer, now=now)
        receptions.publish(session, reception.id, viewer=officer, now=now)
        wish = Wish("随迁子女入学", name="家长潘某", phone="13812345678")
        receptions.book(session, reception.id, wish, viewer=officer, now=now)
        panel = tuple(f"{unit}#{people[who]}" for who, unit in PANEL.items())
        listed = campaigns.Plan("清仓见底", "2026-1", Criteria("LHQ"), panel)
        campaign = campaigns.freeze(session, listed, viewer=officer, now=now)
        charge = Charge(f"LHQ#{people['district']}")
        campaigns.issue(session, world, campaign.id, [1], charge, viewer=officer, now=now)


PANEL = {"petition": "LHQ", "street": "LHQ.MZ", "quality": "LHQ.MZ"}
