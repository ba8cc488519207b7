"""The weekly contact duty: per place how many leads have kept it, and who has not."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request

from engine import inspections
from engine.web.areas import area_asked, line_down_to
from engine.web.context import looking, now, world
from engine.web.inspections.blueprint import READERS, cut, lines, pages
from engine.web.numbers import page_number
from engine.web.periods import typed_day
from engine.web.policy import policy
from engine.web.show import local


@pages.get("/inspections/weeks")
@policy("inspection.read")
def weeks() -> str:
    today = local(now()).date()
    monday, _end = inspections.week_of(min(typed_day(request.args.get("week")) or today, today))
    area, page = area_asked(request.args.get("unit"), READERS), page_number(request.args.get("page"))
    with looking() as session:
        line = line_down_to(session, area, READERS)
        reach = inspections.weekly(session, world(), area, monday)
        missing, more = cut(inspections.not_contacted(session, world(), area, monday, page=page), page)
        return render_template(
            "inspections/weeks.html",
            line=line,
            monday=monday,
            sunday=monday + timedelta(days=6),
            before=monday - timedelta(days=7),
            after=monday + timedelta(days=7) if monday + timedelta(days=7) <= today else None,
            is_now=today - monday < timedelta(days=7),
            reach=reach,
            done=sum(each.done for each in reach),
            out_of=sum(each.out_of for each in reach),
            lacking=missing,
            places=lines(session, [unit.id for _person, unit in missing]),
            more=more,
            page=page,
            least=world().config.inspections.contacts_per_week,
        )
