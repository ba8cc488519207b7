"""Backlog campaigns of a simulated district: the petition office lists old matters and has some of them worked off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import campaigns
from engine.campaigns import Charge, Criteria
from engine.errors import Conflict
from engine.people import Viewer
from engine.process import World
from engine.simulate import shares
from engine.simulate.crew import Crew
from engine.territory import Unit

FIRST, EVERY = timedelta(days=10), timedelta(days=90)
"""When the first campaign of a run begins, and how long after it the next one."""
OLDER_THAN_DAYS = 7
SHORTEST_LIST, LONGEST_LIST = 4, 400
ISSUED = 12
"""Of a list, the oldest: the others wait for a later batch that never comes within a run."""
PANEL_SIZE = 5


@dataclass(frozen=True, slots=True)
class Issuing:
    """An item that is about to be issued."""

    campaign_id: int
    number: int
    case_id: int
    charge: Charge
    officer: Viewer


class Backlog:
    """What the petition office does. Draws from a chance of its own, so that no case's fate depends on it."""

    def __init__(self, crew: Crew, chance: Random) -> None:
        self.crew = crew
        self.chance = chance
        self.batches = 0

    def freeze(self, session: Session, *, now: datetime) -> Sequence[Issuing]:
        """Freezes a list of open matters, or else of any, if possible of one category; none while few are old."""
        unit = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()
        officer = self.crew.one_of(unit, ("petition_officer",), self.chance)
        criteria = None if officer is None else self._fitting(session, unit, officer, now)
        if officer is None or criteria is None:
            return ()
        self.batches += 1
        seats = [seat.value for seat in campaigns.staff_near(session, unit, campaigns.PANEL)]
        panel = tuple(sorted(self.chance.sample(seats, PANEL_SIZE)))
        plan = campaigns.Plan(f"信访积案攻坚第 {self.batches} 批", f"{now.year}-{self.batches}", criteria, panel)
        campaign = campaigns.freeze(session, plan, viewer=officer, now=now)
        leads = [seat.value for seat in campaigns.staff_near(session, unit, campaigns.LEADS)]
        return [
            Issuing(campaign.id, line.item.number, line.case.id, self._charge(leads), officer)
            for line in campaigns.ledger(session, officer, campaign, now=now)[:ISSUED]
        ]

    def issue(self, session: Session, world: World, item: Issuing, *, now: datetime) -> bool:
        """False where the matter is about whoever was to take charge of it: it stays on the list."""
        try:
            return bool(
                campaigns.issue(
                    session, world, item.campaign_id, [item.number], item.charge, viewer=item.officer, now=now
                )
            )
        except Conflict as refusal:
            if refusal.code != "campaign.shut_out":
                raise
            return False

    def _fitting(self, session: Session, unit: str, officer: Viewer, now: datetime) -> Criteria | None:
        categories = self.chance.sample(list(shares.CATEGORIES), len(shares.CATEGORIES))
        for standing in ("open", "both"):
            for about in (*((each,) for each in categories), ()):
                criteria = Criteria(unit, OLDER_THAN_DAYS, categories=about, standing=standing)
                found = campaigns.how_many(session, criteria, viewer=officer, now=now)
                if SHORTEST_LIST <= found <= LONGEST_LIST:
                    return criteria
        return None

    def _charge(self, leads: Sequence[str]) -> Charge:
        return Charge(self.chance.choice(leads), by_holder=self.chance.random() < shares.HOLDER_WORKS_IT_OFF)
