"""The figures of the field that are counted from cases, stays and clocks. Words, formula, and both sides of each.

Source: docs/glossary.md; the names follow the published figures of the district (及时受理率, 按期答复率 …).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from engine.history import HistoryEntry
from engine.reports.metric import Group, Metric, Rounding, Said, Shape
from engine.reports.population import ACCEPTANCE, PETITION_PROCESSES, PETITIONS, PROACTIVE, Population

Rows = Select[*tuple[Any, ...]]


def _received(p: Population) -> Rows:
    return select(p.received.c.id)


def _resolved(p: Population) -> Rows:
    return _received(p).where(p.received.c.settled)


def _petitions(p: Population) -> Rows:
    return _received(p).where(p.received.c.kind.in_(PETITIONS))


def _again(p: Population) -> Rows:
    return _received(p).where(p.received.c.again)


def _went_to_people(p: Population) -> Rows:
    return _received(p).where(p.received.c.channel.in_(PROACTIVE))


def _people_came(p: Population) -> Rows:
    return _received(p).where(p.received.c.channel.not_in(PROACTIVE))


def _closed(p: Population) -> Rows:
    return select(p.closed.c.id)


def _closed_resolved(p: Population) -> Rows:
    return _closed(p).where(p.closed.c.settled)


def _first_petitions(p: Population) -> Rows:
    return _closed(p).where(p.closed.c.kind.in_(PETITIONS), ~p.closed.c.again)


def _settled_at_once(p: Population) -> Rows:
    return _first_petitions(p).where(~p.came_back())


def _of_closed(*acts: str) -> Any:
    return lambda p: _closed(p).where(p.closed.c.id.in_(p.ever(*acts)))


def _ever_closed(p: Population) -> Rows:
    return p.acts("case.closed")


def _given_back(p: Population) -> Rows:
    return _ever_closed(p).where(HistoryEntry.case_id.in_(p.ever("case.reopened")))


def _due(p: Population, *steps: str) -> Rows:
    return select(p.due.c.id).where(p.due.c.step.in_(steps)).distinct()


def _in_time(rows: Rows, p: Population) -> Rows:
    """The cases none of whose clocks among these ran out."""
    late = rows.where(~p.due.c.in_time)
    return rows.where(p.due.c.id.not_in(late))


def _replies(p: Population) -> Rows:
    return _due(p, "handle").where(p.due.c.process.in_(PETITION_PROCESSES))


def _limits(p: Population) -> Rows:
    return _due(p, "handle", "case_outer")


def _satisfied(p: Population) -> Rows:
    return p.acts("citizen.rated", says=('"stars":4', '"stars":5'))


def _pair(*steps: str) -> dict[str, Any]:
    """Both sides of what was in time, of clocks by their step."""
    return {"above": lambda p: _in_time(_due(p, *steps), p), "below": lambda p: _due(p, *steps)}


FIELD: Sequence[Metric] = (
    Metric(
        "received_total",
        Group.LOAD,
        Said("收到诉求", "Matters received"),
        Said("统计期内收到的诉求件数。", "How many matters were received within the days."),
        _received,
        shape=Shape.COUNT,
        yearly=True,
    ),
    Metric(
        "proactive_ratio",
        Group.LOAD,
        Said("未诉先办与接诉即办之比", "Proactive to reactive"),
        Said(
            "巡查、茶话会、接访下访、回访发现的件数 ÷ 其他渠道收到的件数。",
            "Matters found by inspections, tea-talks, receptions and return visits ÷ matters that came by any other"
            " channel.",
        ),
        _went_to_people,
        _people_came,
        shape=Shape.PER,
        rounding=Rounding.HALF_UP,
        decimals=2,
        better=1,
    ),
    Metric(
        "repeat_rate",
        Group.LOAD,
        Said("重复率", "Repeat rate"),
        Said(
            "登记时已知同人同事来过的件数 ÷ 收到的件数。",
            "Matters of which it was known at filing that the same people had come before ÷ matters received.",
        ),
        _again,
        _received,
        better=-1,
    ),
    Metric(
        "resolution_rate",
        Group.SOLVING,
        Said("化解率", "Resolution rate"),
        Said(
            "收到的诉求中，至统计时点已办结且结果为达成协议、落实、部分落实、实质化解、解释说明或答复的件数"
            " ÷ 收到的件数。",
            "Of the matters received, those closed by then with an agreement, the demand met in whole or in part, a"
            " settlement in substance, an explanation or an answer ÷ matters received.",
        ),
        _resolved,
        _received,
        better=1,
    ),
    Metric(
        "solve_rate",
        Group.SOLVING,
        Said("解决率", "Solve rate"),
        Said(
            "办结且结果为达成协议、落实、部分落实、解释说明或答复的件数 ÷ 统计期内办结的件数。",
            "Matters closed with an agreement, the demand met in whole or in part, an explanation or an answer ÷"
            " matters closed within the days.",
        ),
        _closed_resolved,
        _closed,
        better=1,
    ),
    Metric(
        "overdue_rate",
        Group.SOLVING,
        Said("超期率", "Overdue rate"),
        Said(
            "层级时限或总时限到期而未办完的件数 ÷ 统计期内有这类时限到期的件数(暂停、延期后的时限)。",
            "Matters whose limit at a tier or as a whole ran out ÷ matters with such a limit due within the days, as"
            " moved by pauses and granted extensions.",
        ),
        lambda p: _limits(p).where(~p.due.c.in_time),
        _limits,
        better=-1,
    ),
    Metric(
        "extension_rate",
        Group.SOLVING,
        Said("延期率", "Extension rate"),
        Said("曾获准延期的件数 ÷ 统计期内办结的件数。", "Matters that were granted more time ÷ matters closed."),
        _of_closed("clock.extended"),
        _closed,
        better=-1,
    ),
    Metric(
        "suspended_share",
        Group.SOLVING,
        Said("暂停计时占比", "Share with a stopped clock"),
        Said("曾暂停计时的件数 ÷ 统计期内办结的件数。", "Matters whose clock was stopped once ÷ matters closed."),
        _of_closed("clock.paused"),
        _closed,
    ),
    Metric(
        "rework_rate",
        Group.SOLVING,
        Said("重办率", "Rework rate"),
        Said(
            "办结后至统计时点又退回重办的件数 ÷ 统计期内办结过的件数。",
            "Matters given back after their closing, by then ÷ matters that were ever closed within the days.",
        ),
        _given_back,
        _ever_closed,
        better=-1,
    ),
    Metric(
        "petition_total",
        Group.PETITION,
        Said("信访总量", "Petitions received"),
        Said("统计期内收到的信访事项件数。", "How many petition matters were received within the days."),
        _petitions,
        shape=Shape.COUNT,
        better=-1,
        yearly=True,
    ),
    Metric(
        "timely_acceptance_rate",
        Group.PETITION,
        Said("及时受理率", "Timely acceptance rate"),
        Said(
            "受理期限届满前已受理(或书面告知不予受理)的件数 ÷ 受理期限在统计期内届满的信访事项件数。",
            "Petition matters accepted, or refused in writing, before the limit ÷ petition matters whose limit for"
            " acceptance came due within the days.",
        ),
        **_pair(*ACCEPTANCE),
        decimals=2,
        better=1,
    ),
    Metric(
        "on_time_reply_rate",
        Group.PETITION,
        Said("按期答复率", "On-time reply rate"),
        Said(
            "期限内已送达答复的件数 ÷ 答复期限(含批准的延期)在统计期内届满的信访事项件数。",
            "Petition matters with a reply delivered in time ÷ petition matters whose limit for the reply, with granted"
            " extensions, came due within the days.",
        ),
        lambda p: _in_time(_replies(p), p),
        _replies,
        decimals=2,
        better=1,
    ),
    Metric(
        "first_petition_one_off_rate",
        Group.PETITION,
        Said("初次信访一次性化解率", "First petitions settled at once"),
        Said(
            "办结后规定天数内本人未就同类事项再次来访的件数 ÷ 统计期内办结的初次信访事项件数。",
            "First-time petition matters whose petitioner did not come again with the same category within the set days"
            " after the closing ÷ first-time petition matters closed.",
        ),
        _settled_at_once,
        _first_petitions,
        decimals=2,
        better=1,
    ),
    Metric(
        "supervision_on_time_rate",
        Group.PETITION,
        Said("督办按期答复率", "Supervision replies on time"),
        Said(
            "督办答复期限内已答复的件数 ÷ 督办答复期限在统计期内届满的件数。",
            "Matters with the reply to a supervision notice in time ÷ matters whose limit for that reply came due.",
        ),
        **_pair("supervision_reply"),
        better=1,
    ),
    Metric(
        "response_rate",
        Group.CARE,
        Said("响应率", "Response rate"),
        Said(
            "签收、首次联系均未超时的件数 ÷ 统计期内有这类时限到期的件数。",
            "Matters signed in and first contacted in time ÷ matters whose limits for that came due within the days.",
        ),
        **_pair("ack", "contact", "urgent_contact"),
        better=1,
    ),
    Metric(
        "satisfaction_rate",
        Group.CARE,
        Said("满意率", "Satisfaction rate"),
        Said(
            "评价为四星、五星的件数 ÷ 统计期内收到评价的件数。",
            "Matters rated with four or five stars ÷ matters rated within the days.",
        ),
        _satisfied,
        lambda p: p.acts("citizen.rated"),
        better=1,
    ),
    Metric(
        "confirmed_rate",
        Group.CARE,
        Said("群众确认解决率", "Confirmed as solved"),
        Said(
            "群众确认已解决的件数 ÷ 统计期内群众表示已解决或未解决的件数。",
            "Matters that people confirmed as solved ÷ matters of which people said that they are or are not.",
        ),
        lambda p: p.acts("citizen.confirmed"),
        lambda p: p.acts("citizen.confirmed", "citizen.refused"),
        better=1,
    ),
)
