"""Freezing the list of a campaign: what matched on that day, numbered; what happens later changes nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.campaigns.criteria import Criteria, matching
from engine.campaigns.criteria import check as check_criteria
from engine.campaigns.model import Campaign, CampaignItem
from engine.campaigns.people import PANEL, staff_near
from engine.errors import REQUIRED, Conflict, Invalid, too_long
from engine.people import Viewer
from engine.territory import get_unit

MOST_ITEMS = 2000
LEAST_PANEL = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """`panel` are `unit#person`, at least three."""

    name: str
    batch_no: str
    criteria: Criteria
    panel: tuple[str, ...]


def freeze(session: Session, plan: Plan, *, viewer: Viewer, now: datetime) -> Campaign:
    """Raises NotAllowed, Invalid naming every field, Conflict for a batch that exists, or for an empty or endless
    list."""
    unit = get_unit(session, plan.criteria.unit_id)
    viewer.must("campaign.run", unit.id)
    _check(session, plan)
    batch_no = plan.batch_no.strip()
    if session.scalar(select(Campaign.id).where(Campaign.unit_id == unit.id, Campaign.batch_no == batch_no)):
        words = {"zh": f"已有批次“{batch_no}”。", "en": f"There is a batch {batch_no!r} already."}
        raise Conflict("campaign.batch_taken", words["en"], batch=batch_no, words=words)
    found = matching(session, plan.criteria, viewer=viewer, now=now, most=MOST_ITEMS + 1)
    if not found:
        raise Conflict("campaign.empty", "No case matches, so there is no list to freeze.")
    if len(found) > MOST_ITEMS:
        en = f"More than {MOST_ITEMS} cases match; make the criteria narrower."
        zh = f"符合条件的案件超过 {MOST_ITEMS} 件，请缩小范围。"
        raise Conflict("campaign.too_many", en, words={"zh": zh, "en": en})
    campaign = Campaign(
        unit_id=unit.id,
        name=plan.name.strip(),
        batch_no=batch_no,
        criteria=plan.criteria.as_json(),
        panel=list(dict.fromkeys(plan.panel)),
        frozen_at=now,
        frozen_by=viewer.person_id,
    )
    session.add(campaign)
    session.flush()
    session.add_all(
        CampaignItem(
            campaign_id=campaign.id,
            number=number,
            case_id=case.id,
            frozen={
                "state": str(case.state),
                "tier": case.tier,
                "holder": case.holder_id,
                "result": case.result,
                "repeats": repeats,
            },
        )
        for number, (case, repeats) in enumerate(found, 1)
    )
    session.flush()
    return campaign


def _check(session: Session, plan: Plan) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    for field, value, most in (("name", plan.name, 120), ("batch_no", plan.batch_no, 32)):
        if not value.strip():
            wrong[field] = REQUIRED
        elif len(value) > most:
            wrong[field] = too_long(most)
    offered = {each.value for each in staff_near(session, plan.criteria.unit_id, PANEL)}
    if set(plan.panel) - offered:
        wrong["panel"] = {"zh": "请从给出的人员中选择。", "en": "Choose from the people offered."}
    elif len(set(plan.panel)) < LEAST_PANEL:
        wrong["panel"] = {"zh": f"验收组至少 {LEAST_PANEL} 人。", "en": f"A panel has at least {LEAST_PANEL} people."}
    try:
        check_criteria(plan.criteria)
    except Invalid as refusal:
        wrong |= refusal.facts["fields"]
    if wrong:
        raise Invalid("campaign.invalid", "The campaign cannot be made like this.", fields=wrong)
