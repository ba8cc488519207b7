"""Issuing items: each gets a lead official, a task force and a process of its own beside its case, open or closed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine import process
from engine.campaigns.freezing import LEAST_PANEL
from engine.campaigns.model import Campaign, CampaignItem
from engine.campaigns.people import LEADS, staff_near
from engine.campaigns.rows import item_of, see_campaign
from engine.cases import Case, lock_case, wall_of
from engine.errors import Conflict, Invalid
from engine.people import Viewer
from engine.process import World
from engine.reasons import reason_given
from engine.tasks import split_invitee, visible_cases

PROCESS = "p_backlog_item"
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Charge:
    """`lead` is `unit#person`; `by_holder` says that the unit which holds the case works on it, else the campaign's."""

    lead: str
    by_holder: bool = True


def issue(
    session: Session,
    world: World,
    campaign_id: int,
    numbers: Collection[int],
    charge: Charge,
    *,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Issues items that were not issued yet; gives how many. At most 50 at once.

    Raises NotFound, NotAllowed, Invalid naming the field, Conflict naming the item whose case shuts somebody out.
    """
    campaign = see_campaign(session, viewer, campaign_id)
    viewer.must("campaign.run", campaign.unit_id)
    if charge.lead not in {seat.value for seat in staff_near(session, campaign.unit_id, LEADS)}:
        wrong = {"lead": {"zh": "请选择包案领导。", "en": "Choose who takes charge."}}
        raise Invalid("campaign.lead", "Choose who takes charge.", fields=wrong)
    if not numbers or len(numbers) > MOST_AT_ONCE:
        said = {"zh": f"请选择 1 至 {MOST_AT_ONCE} 件。", "en": f"Choose 1 to {MOST_AT_ONCE} items."}
        raise Invalid("campaign.numbers", "Choose items.", fields={"numbers": said})
    items = session.scalars(
        select(CampaignItem)
        .join(Case, Case.id == CampaignItem.case_id)
        .where(CampaignItem.campaign_id == campaign.id, CampaignItem.number.in_(sorted(numbers)))
        .where(CampaignItem.issued_at.is_(None), visible_cases(viewer, one=_cases_of(campaign.id, numbers)))
        .order_by(CampaignItem.case_id)
        .with_for_update(of=CampaignItem)
    ).all()
    for item in items:
        _issue(session, world, campaign, item, charge, viewer=viewer, now=now)
    return len(items)


def take_up_again(
    session: Session,
    world: World,
    campaign_id: int,
    number: int,
    reason: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Case:
    """Reopens the closed case of an item, because its people say so: the item alone never does.

    Raises NotFound, NotAllowed, Invalid without a reason, Conflict for a case that is open or was reopened before.
    """
    campaign = see_campaign(session, viewer, campaign_id)
    item = item_of(session, viewer, campaign, number, now=now).item
    if item.lead_id != viewer.person_id:
        viewer.must("campaign.run", campaign.unit_id)
    said = reason_given(reason)
    case = lock_case(session, item.case_id)
    facts = {"why": said, "batch": campaign.batch_no, "number": item.number}
    process.reopen(session, world, case, actor_id=viewer.person_id, now=now, facts=facts)
    return case


def _issue(
    session: Session,
    world: World,
    campaign: Campaign,
    item: CampaignItem,
    charge: Charge,
    *,
    viewer: Viewer,
    now: datetime,
) -> None:
    case = lock_case(session, item.case_id)
    wall = wall_of(session, case)
    unit_id, person_id = split_invitee(charge.lead)
    seats = [(each, *split_invitee(each)) for each in campaign.panel]
    panel = [
        each
        for each, unit, person in seats
        if person != person_id and person not in wall.people and not wall.shuts_out(unit)
    ]
    if person_id in wall.people or wall.shuts_out(unit_id) or len(panel) < LEAST_PANEL:
        en = f"Item {item.number}: its case is about the lead official, or leaves too few people for the panel."
        zh = f"第 {item.number} 项：案件涉及包案领导本人，或评审人员不足。"
        raise Conflict("campaign.shut_out", en, number=item.number, words={"zh": zh, "en": en})
    force = case.holder_id if charge.by_holder else campaign.unit_id
    facts = {"batch": campaign.batch_no, "number": item.number, "lead": person_id, "to": {"unit": force}}
    process.record(session, case, "campaign.issued", actor_id=viewer.person_id, now=now, facts=facts)
    data = {"lead_official": charge.lead, "task_force": force, "panel": panel}
    instance = process.begin(session, world, case, PROCESS, actor_id=viewer.person_id, now=now, data=data)
    item.lead_unit_id, item.lead_id, item.force_unit_id = unit_id, person_id, force
    item.issued_at, item.issued_by, item.instance_id = now, viewer.person_id, instance.id
    session.flush()


def _cases_of(campaign_id: int, numbers: Collection[int]) -> Select[int]:
    return select(CampaignItem.case_id).where(
        CampaignItem.campaign_id == campaign_id, CampaignItem.number.in_(sorted(numbers))
    )
