"""Plans and sweeps: made by a lead or dispatcher for all units of a tier in an area; how far they have come."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import inspections
from engine.inspections import Draft, Every
from engine.people import ACTS, names
from engine.territory import is_office, line_of, units_by_id
from engine.web.areas import unknown
from engine.web.context import looking, now, viewer, world
from engine.web.inspections.blueprint import cut, known, lines, pages
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import number, page_number
from engine.web.once import Done, once
from engine.web.periods import typed_day
from engine.web.policy import policy
from engine.web.show import local


@pages.get("/inspections/plans")
@policy("inspection.read")
def plans() -> str:
    today = local(now()).date()
    with looking() as session:
        rows = inspections.live_plans(session, viewer())
        places = lines(session, [each.area_id for each in rows])
        return render_template(
            "inspections/plans.html",
            rows=[(each, inspections.turn_on(each, today)) for each in rows],
            places=places,
            lists=known().checklists,
        )


@pages.get("/inspections/plans/new")
@policy("inspection.plan")
def new_plan() -> str:
    return _form()


@pages.post("/inspections/plans")
@policy("inspection.plan")
def make_plan() -> Response | tuple[str, int]:
    form = request.form
    sweep = form.get("every") == "once"
    draft = Draft(
        name=form.get("name", ""),
        checklist=form.get("checklist", ""),
        area_id=form.get("area", ""),
        tier=form.get("tier", ""),
        starts_on=typed_day(form.get("starts_on")),
        ends_on=typed_day(form.get("ends_on")),
        every=None if sweep else Every.WEEK if form.get("every") == "week" else Every.MONTH,
        turns=1 if sweep else number(form.get("turns")) or 0,
    )

    def act(session: Session) -> Done:
        plan = inspections.make_plan(session, world(), draft, viewer=viewer(), now=now())
        return Done(
            url_for("inspections.plan", plan_id=plan.id), _("The plan is made; it waits on the phones of its units.")
        )

    return act_or_page(act, _form)


@pages.get("/inspections/plans/<int:plan_id>")
@policy("inspection.read")
def plan(plan_id: int) -> str:
    page, today = page_number(request.args.get("page")), local(now()).date()
    with looking() as session:
        row = inspections.see_plan(session, plan_id, viewer=viewer())
        turn = inspections.turn_on(row, today)
        reach = inspections.reach(session, row, turn, world())
        below = request.args.get("below") or row.area_id
        if below != row.area_id and below not in {each.unit.id for each in reach}:
            raise unknown()
        missing, more = cut(inspections.not_reached(session, row, turn, world(), below=below, page=page), page)
        return render_template(
            "inspections/plan.html",
            plan=row,
            turn=turn,
            today=today,
            checklist=known().checklists.get(row.checklist),
            line=line_of(session, row.area_id),
            reach=reach,
            done=sum(each.done for each in reach),
            out_of=sum(each.out_of for each in reach),
            found=inspections.found_by(session, row, turn, world()),
            lacking=missing,
            missed=lambda last: inspections.is_missed(row, turn, last, today, world().calendar.tz),
            places=lines(session, [unit.id for unit, _last in missing]),
            more=more,
            page=page,
            below=below,
            who=names(session, [row.made_by]),
            may_end=row.ended_at is None and viewer().may("inspection.plan", row.area_id),
        )


@pages.post("/inspections/plans/<int:plan_id>/end")
@policy("inspection.plan")
def end_plan(plan_id: int) -> Response:
    def act(session: Session) -> Done:
        row = inspections.end_plan(session, plan_id, viewer=viewer(), now=now())
        return Done(url_for("inspections.plan", plan_id=row.id), _("The plan is ended; what was found stays."))

    return once(act)


def _form(wrong: Wrong | None = None) -> str:
    with looking() as session:
        own = [each for each in viewer().units(ACTS["inspection.plan"]) if not is_office(each)]
        areas = sorted(units_by_id(session, own).values(), key=lambda each: each.id)
        return render_template(
            "inspections/new_plan.html",
            areas=areas,
            lists=known().checklists,
            tiers=world().tiers.names,
            today=local(now()).date(),
            wrong=wrong or {},
            typed=request.form,
        )
