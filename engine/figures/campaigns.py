"""The closure rate of backlog campaigns: of the items issued, those struck off as resolved in substance."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from engine.campaigns import IN_SUBSTANCE, CampaignItem
from engine.cases import Case
from engine.process import Instance
from engine.reports import Group, Metric, Population, Said

Rows = Select[*tuple[Any, ...]]


def _issued(p: Population) -> Rows:
    rows: Rows = (
        select(CampaignItem.id, CampaignItem.case_id)
        .join(Case, Case.id == CampaignItem.case_id)
        .where(p.ask.period.holds(CampaignItem.issued_at.expression), CampaignItem.issued_at <= p.ask.as_of, p.wanted())
    )
    return rows


def _struck_off(p: Population) -> Select[Any]:
    return (
        _issued(p)
        .join(Instance, Instance.id == CampaignItem.instance_id)
        .where(Instance.outcome == IN_SUBSTANCE, Instance.ended_at <= p.ask.as_of)
    )


CLOSURE = Metric(
    "closure_rate",
    Group.PETITION,
    Said("积案办结率(实质化解)", "Backlog closure rate"),
    Said(
        "至统计时点已实质化解并销号的件数 ÷ 统计期内交办的积案件数。程序性办结不计入分子。",
        "Items struck off by then as resolved in substance ÷ backlog items issued within the days. Items closed by"
        " procedure only do not count above the line.",
    ),
    _struck_off,
    _issued,
    decimals=0,
    about="backlog item",
    better=1,
)
