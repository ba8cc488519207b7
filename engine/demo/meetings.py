"""Sessions, receptions and a backlog campaign around cases that are there already, as rows of their registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.campaigns import Campaign, CampaignItem
from engine.people import Membership
from engine.receptions import Booking, Reception
from engine.sessions import Disposition, Gathering, GatheringItem, Kind
from engine.store import Base, table_of
from engine.territory import Unit

Case = Mapping[str, Any]
HELD_BEFORE = timedelta(hours=2)
"""A session or reception began so long before what was raised there was filed."""
PUBLISHED_AFTER = timedelta(hours=20)
TOPICS = ("小区环境与停车", "电动自行车充电", "物业服务", "楼道杂物清理", "噪声与邻里")


@dataclass(slots=True)
class Meetings:
    """Collects rows; `write` puts them into the database."""

    leads: Mapping[str, int]
    leaders: Sequence[int]
    communities: Sequence[str]
    chance: Random
    since: datetime
    until: datetime
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    _left: list[tuple[int, Case]] = field(default_factory=list)
    """Visits whose reception is not there yet: (instance, case)."""

    @classmethod
    def of(
        cls, session: Session, leads: Mapping[str, int], chance: Random, since: datetime, until: datetime
    ) -> Meetings:
        top = Membership.unit_id.not_like("%.%")
        leaders = session.scalars(
            select(Membership.person_id).where(top, Membership.role == "leader").order_by(Membership.person_id)
        ).all()
        communities = session.scalars(select(Unit.id).where(Unit.tier == "community").order_by(Unit.id)).all()
        return cls(leads, leaders, communities, chance, since, until)

    def _add(self, model: type[Base], **values: Any) -> int:
        rows = self.rows.setdefault(model, [])
        rows.append({"id": len(rows) + 1, **values})
        return len(rows)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def raised(self, case: Case) -> None:
        """A session from which this case came."""
        community = ".".join(case["place_id"].split(".")[:3])
        held = self._session(community, case["received_at"] - HELD_BEFORE)
        self._item(held, Disposition.CASE, case["id"])

    def fill_sessions(self, held: int, answered: int, noted: int) -> None:
        """Further sessions up to `held` in all, and what was solved or only noted in any of them."""
        span = self.until - self.since - PUBLISHED_AFTER - HELD_BEFORE
        while len(self.rows.get(Gathering, ())) < held:
            self._session(self.chance.choice(self.communities), self.since + self.chance.random() * span)
        sessions = len(self.rows[Gathering])
        for number in range(answered + noted):
            self._item(number % sessions + 1, Disposition.ANSWERED if number < answered else Disposition.NOTED)

    def _session(self, unit_id: str, at: datetime) -> int:
        at = at.replace(microsecond=0)
        host = self.leads[unit_id]
        return self._add(
            Gathering,
            unit_id=unit_id,
            kind=self.chance.choice(list(Kind)).value,
            topic=self.chance.choice(TOPICS),
            place_text="党群服务中心",
            starts_at=at,
            host_id=host,
            created_by=host,
            created_at=at - timedelta(days=3),
            attended=self.chance.randint(6, 30),
            attendees="居民代表",
            minutes="纪要已公布。",
            held_at=min(at + PUBLISHED_AFTER, self.until - timedelta(seconds=1)),
            held_by=host,
            cancelled_at=None,
        )

    def _item(self, gathering_id: int, disposition: Disposition, case_id: int | None = None) -> None:
        self._add(
            GatheringItem,
            gathering_id=gathering_id,
            seq=len(self.rows.get(GatheringItem, ())) + 1,
            text="居民提出的事项",
            by_name="居民代表",
            disposition=disposition.value,
            answer="当场答复。" if disposition is Disposition.ANSWERED else None,
            case_id=case_id,
            told_in=None,
        )

    # --- receptions ---------------------------------------------------------------------------------------------------

    def visited(self, case: Case, instance_id: int) -> None:
        self._left.append((instance_id, case))

    def fill_receptions(self, held: int, people_more: int) -> None:
        """So many receptions for the visits there were; further visits come to the one that is nearest in time."""
        self.chance.shuffle(self._left)
        receptions: list[tuple[datetime, int]] = []
        for number, (instance_id, case) in enumerate(self._left):
            at = case["received_at"]
            if number < held:
                reception = self._reception(at - HELD_BEFORE)
                receptions.append((at, reception))
            else:
                reception = min((abs(at - each), id_) for each, id_ in receptions)[1]
            self._visit(reception, number, case, instance_id, persons=2 if number < people_more else 1)

    def _reception(self, at: datetime) -> int:
        leader = self.chance.choice(self.leaders)
        return self._add(
            Reception,
            unit_id="LHQ",
            leader_id=leader,
            community_id=None,
            place_text="区信访局",
            starts_at=at,
            ends_at=at + timedelta(hours=3),
            topics="就业、教育、居住、环保、欠薪",
            quota=10,
            created_by=leader,
            created_at=at - timedelta(days=7),
            published_at=at - timedelta(days=6),
            cancelled_at=None,
        )

    def _visit(self, reception: int, seq: int, case: Case, instance_id: int, *, persons: int) -> None:
        leader = self.leaders[0]
        self._add(
            Booking,
            reception_id=reception,
            seq=seq + 1,
            case_id=case["id"],
            name=None,
            phone=None,
            matter="来访反映的事项",
            booked_by=None,
            booked_at=case["received_at"] - timedelta(days=2),
            cancelled_at=None,
            arrived=True,
            persons=persons,
            statements="来访人陈述",
            promise="尽快答复",
            instruction="请承办单位办理",
            owner_unit_id=case["place_id"],
            received_at=case["received_at"],
            received_by=leader,
            instance_id=instance_id,
        )

    # --- the campaign -------------------------------------------------------------------------------------------------

    def issue(self, case: Case, instance_id: int) -> None:
        """Puts a case on the list of the one batch there is."""
        leader = self.leaders[0]
        if Campaign not in self.rows:
            self._add(
                Campaign,
                unit_id="LHQ",
                name="信访积案清仓见底",
                batch_no="1",
                criteria={},
                panel=[],
                frozen_at=self.since,
                frozen_by=leader,
            )
        frozen = {"state": "handling", "tier": "grid", "holder": case["place_id"], "result": None, "repeats": 0}
        self._add(
            CampaignItem,
            campaign_id=1,
            number=len(self.rows.get(CampaignItem, ())) + 1,
            case_id=case["id"],
            frozen=frozen,
            lead_unit_id="LHQ",
            lead_id=leader,
            force_unit_id=None,
            issued_at=case["received_at"],
            issued_by=leader,
            instance_id=instance_id,
        )

    def write(self, session: Session) -> None:
        for model in (Gathering, GatheringItem, Reception, Booking, Campaign, CampaignItem):
            if rows := self.rows.get(model):
                session.execute(insert(table_of(model)), rows)
