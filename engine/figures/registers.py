"""The figures of what is no case: mediations, sessions, receptions and campaigns, as their registers keep them.

What is counted is only ever added to or never changes once it is over, as for cases (`reports.population`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from engine.cases import Case
from engine.mediation import SUCCEEDED, Kind, Organisation, Referral
from engine.process import Instance
from engine.receptions import SOLVED, Booking, Reception
from engine.reports import SETTLED, Group, Metric, Population, Said, Shape
from engine.sessions import Disposition, Gathering, GatheringItem
from engine.territory import within

Rows = Select[*tuple[Any, ...]]

ANSWERED_WITHIN = timedelta(days=60)
"""An organisation accepts or declines long before: so far back referrals are looked at."""
NOT_RESOLVED_BUT_DONE = ("not_supported", "guided", "no_response", "not_adopted", "transferred", "referred")
"""Other results of a case that was closed by an answer; withdrawn and merged ones were not."""


def _accepted(p: Population, *kinds: Kind) -> Rows:
    period = p.ask.period
    rows: Rows = (
        select(Referral.id, Referral.case_id)
        .join(Case, Case.id == Referral.case_id)
        .where(Referral.referred_at >= period.start - ANSWERED_WITHIN, Referral.referred_at < period.end)
        .where(period.holds(Referral.accepted_at.expression), Referral.accepted_at <= p.ask.as_of, p.wanted())
    )
    if not kinds:
        return rows
    theirs = select(Organisation.unit_id).where(Organisation.kind.in_([kind.value for kind in kinds]))
    return rows.where(Referral.organisation_id.in_(theirs))


def _agreed(p: Population, *kinds: Kind) -> Rows:
    return _accepted(p, *kinds).where(Referral.outcome.in_(sorted(SUCCEEDED)), Referral.ended_at <= p.ask.as_of)


def _held(p: Population) -> ColumnElement[bool]:
    return and_(
        within(Gathering.unit_id.expression, (p.ask.within.unit_id,)),
        p.ask.period.holds(Gathering.starts_at.expression),
        Gathering.held_at <= p.ask.as_of,
    )


def _items(p: Population) -> Rows:
    return (
        select(GatheringItem.id)
        .join(Gathering, Gathering.id == GatheringItem.gathering_id)
        .where(_held(p), GatheringItem.disposition != Disposition.NOTED.value)
        .where(p.ask.within.told(GatheringItem.case_id.expression))
    )


def _items_solved(p: Population) -> Rows:
    on_the_spot = GatheringItem.disposition == Disposition.ANSWERED.value
    done = p.closed_then(GatheringItem.case_id.expression, (*SETTLED, *NOT_RESOLVED_BUT_DONE))
    return _items(p).where(or_(on_the_spot, done))


def _received_people(p: Population) -> ColumnElement[bool]:
    return and_(
        within(Reception.unit_id.expression, (p.ask.within.unit_id,)),
        p.ask.period.holds(Reception.starts_at.expression),
        Booking.received_at <= p.ask.as_of,
        Booking.arrived.is_(True),
        p.ask.within.told(Booking.case_id.expression),
    )


def _visits(p: Population) -> Rows:
    return select(Booking.id).join(Reception, Reception.id == Booking.reception_id).where(_received_people(p))


def _visitors(p: Population) -> Rows:
    return _visits(p).add_columns(Booking.persons.label("amount"))


def _receptions(p: Population) -> Rows:
    held = select(Booking.reception_id).join(Reception, Reception.id == Booking.reception_id)
    return select(Reception.id).where(Reception.id.in_(held.where(_received_people(p))))


def _solved(p: Population) -> Rows:
    return (
        _visits(p)
        .join(Instance, Instance.id == Booking.instance_id)
        .where(Instance.outcome == SOLVED, Instance.ended_at <= p.ask.as_of)
    )


MEETINGS: Sequence[Metric] = (
    Metric(
        "mediation_success_rate",
        Group.SOLVING,
        Said("调解成功率", "Mediation success rate"),
        Said(
            "至统计时点已达成口头或书面协议的件数 ÷ 统计期内调解组织受理的件数。",
            "Mediations that ended by then with an oral or written agreement ÷ mediations accepted within the days.",
        ),
        _agreed,
        _accepted,
        about="mediation",
        better=1,
    ),
    Metric(
        "industry_mediation_success_rate",
        Group.SOLVING,
        Said("行业性专业性调委会调解成功率", "Success rate of industry committees"),
        Said(
            "其中达成口头或书面协议的件数 ÷ 统计期内行业性、专业性调解委员会受理的件数。",
            "Of these, mediations that ended by then with an agreement ÷ mediations that industry and professional"
            " committees accepted within the days.",
        ),
        lambda p: _agreed(p, Kind.INDUSTRY),
        lambda p: _accepted(p, Kind.INDUSTRY),
        about="mediation",
        better=1,
    ),
    Metric(
        "session_count",
        Group.MEETINGS,
        Said("茶话会、议事会场次", "Sessions held"),
        Said(
            "统计期内举行且已公布纪要的场次。",
            "Tea-talks and councils of these days whose minutes are published.",
        ),
        lambda p: select(Gathering.id).where(_held(p)),
        shape=Shape.COUNT,
        about="session",
        filtered=False,
        better=1,
    ),
    Metric(
        "issues_solved",
        Group.MEETINGS,
        Said("茶话会解决问题数", "Issues solved"),
        Said(
            "上述场次提出的问题中，当场答复或所立案件至统计时点已办结(撤回、并案除外)的个数。",
            "Of what was raised there: answered on the spot, or closed as a case by then and not withdrawn or merged.",
        ),
        _items_solved,
        shape=Shape.COUNT,
        about="session_item",
        filtered=False,
        better=1,
    ),
    Metric(
        "reception_events",
        Group.MEETINGS,
        Said("领导接访下访场次", "Receptions"),
        Said("统计期内有群众到访的接访、下访场次。", "Reception days within the days on which people came."),
        _receptions,
        shape=Shape.COUNT,
        about="reception",
        filtered=False,
    ),
    Metric(
        "reception_visitors",
        Group.MEETINGS,
        Said("接访人次", "People received"),
        Said("到访人数之和。", "How many people came, added up over all visits."),
        _visitors,
        shape=Shape.COUNT,
        about="visit",
        filtered=False,
    ),
    Metric(
        "reception_solved",
        Group.MEETINGS,
        Said("接访解决问题数", "Solved after receptions"),
        Said(
            "至统计时点接访领导已确认解决的到访件数。",
            "Visits that the leader had signed off as solved by then.",
        ),
        _solved,
        shape=Shape.COUNT,
        about="visit",
        filtered=False,
        better=1,
    ),
)
"""In the order of the pages. The closure rate of campaigns stands in `campaigns.py`."""
