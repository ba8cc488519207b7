"""Backlog campaigns: old matters looked for, listed once, taken charge of one by one, and struck off."""

from engine.campaigns.criteria import Criteria, how_many
from engine.campaigns.freezing import LEAST_PANEL, Plan, freeze
from engine.campaigns.issuing import MOST_AT_ONCE, Charge, issue, take_up_again
from engine.campaigns.model import Campaign, CampaignItem
from engine.campaigns.people import LEADS, PANEL, Seat, staff_near
from engine.campaigns.rows import (
    IN_SUBSTANCE,
    PAGE,
    Line,
    Standing,
    Totals,
    campaigns_of,
    clocks_of,
    how_many_led_late,
    item_of,
    led_by,
    ledger,
    see_campaign,
    steps_of,
    totals_of,
)

__all__ = [
    "IN_SUBSTANCE",
    "LEADS",
    "LEAST_PANEL",
    "MOST_AT_ONCE",
    "PAGE",
    "PANEL",
    "Campaign",
    "CampaignItem",
    "Charge",
    "Criteria",
    "Line",
    "Plan",
    "Seat",
    "Standing",
    "Totals",
    "campaigns_of",
    "clocks_of",
    "freeze",
    "how_many",
    "how_many_led_late",
    "issue",
    "item_of",
    "led_by",
    "ledger",
    "see_campaign",
    "staff_near",
    "steps_of",
    "take_up_again",
    "totals_of",
]
