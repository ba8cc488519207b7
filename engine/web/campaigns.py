"""Backlog campaigns: counted and frozen, issued, and followed in a ledger until the last item is struck off."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import campaigns
from engine.campaigns import Charge, Criteria, Line, Plan, Standing
from engine.errors import Invalid
from engine.intake import KINDS
from engine.people import ACTS, names
from engine.territory import get_unit, units_by_id
from engine.web import ledger
from engine.web.areas import own_asked
from engine.web.context import for_paper, looking, now, viewer, world
from engine.web.forms import form_of
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import number, page_number
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.show import words_typed
from engine.web.words.categories import CATEGORIES

pages = Blueprint("campaigns", __name__)

RUNNERS = ACTS["campaign.run"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/campaigns")
@policy("campaign.read")
def show_list() -> str:
    with looking() as session:
        found, led = campaigns.campaigns_of(session, viewer()), campaigns.led_by(session, viewer(), now=now())
        return render_template(
            "campaigns/list.html",
            found=found,
            totals=campaigns.totals_of(session, viewer(), [each.id for each in found], now=now()),
            led=led,
            units=units_by_id(session, [*(each.unit_id for each in found), *(line.case.holder_id for line in led)]),
            may_run=viewer().may("campaign.run"),
        )


@pages.get("/campaigns/new")
@policy("campaign.run")
def show_new() -> str:
    return _new_page(own_asked(request.args.get("unit"), RUNNERS))


@pages.post("/campaigns")
@policy("campaign.run")
def freeze() -> BaseResponse | str | tuple[str, int]:
    """Counts what the criteria find; with the step `freeze` keeps the list."""
    form, unit_id = request.form, own_asked(request.form.get("unit_id"), RUNNERS)
    criteria = _criteria(unit_id)
    plan = Plan(form.get("name", ""), form.get("batch_no", ""), criteria, tuple(form.getlist("panel")))

    def act(session: Session) -> Done:
        campaign = campaigns.freeze(session, plan, viewer=viewer(), now=now())
        where = url_for("campaigns.show", campaign_id=campaign.id)
        return Done(where, _("The list is frozen. Issue its items to those who take charge."))

    if form.get("step") == "freeze":
        return act_or_page(act, lambda wrong: _new_page(unit_id, wrong))
    try:
        with looking() as session:
            count = campaigns.how_many(session, criteria, viewer=viewer(), now=now())
    except Invalid as refusal:
        return _new_page(unit_id, refusal.facts["fields"]), 422
    return _new_page(unit_id, count=count)


@pages.get("/campaigns/<int:campaign_id>")
@policy("campaign.read")
def show(campaign_id: int) -> str:
    return _page(campaign_id)


@pages.post("/campaigns/<int:campaign_id>/issues")
@policy("campaign.run")
def issue(campaign_id: int) -> BaseResponse | tuple[str, int]:
    form = request.form
    numbers = [each for each in map(number, form.getlist("numbers")) if each is not None]
    charge = Charge(form.get("lead", ""), by_holder=form.get("force") != "unit")

    def act(session: Session) -> Done:
        count = campaigns.issue(session, world(), campaign_id, numbers, charge, viewer=viewer(), now=now())
        return Done(url_for("campaigns.show", campaign_id=campaign_id), _("Issued: %(count)d", count=count))

    return act_or_page(act, lambda wrong: _page(campaign_id, wrong))


@pages.get("/campaigns/<int:campaign_id>/items/<int:number>")
@policy("campaign.read")
def show_item(campaign_id: int, number: int) -> str:
    return _item_page(campaign_id, number)


@pages.post("/campaigns/<int:campaign_id>/items/<int:number>/reopening")
@policy("campaign.read")
def take_up_again(campaign_id: int, number: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session) -> Done:
        reason = request.form.get("reason", "")
        campaigns.take_up_again(session, world(), campaign_id, number, reason, viewer=viewer(), now=now())
        where = url_for("campaigns.show_item", campaign_id=campaign_id, number=number)
        return Done(where, _("The case is open again."))

    return act_or_page(act, lambda wrong: _item_page(campaign_id, number, wrong))


@pages.get("/campaigns/<int:campaign_id>/week")
@policy("campaign.read")
def week(campaign_id: int) -> str:
    """What a leader reads once a week: what is late, official by official."""
    for_paper()
    with looking() as session:
        campaign = campaigns.see_campaign(session, viewer(), campaign_id)
        late = campaigns.ledger(session, viewer(), campaign, now=now(), standing=Standing.OVERDUE, page=None)
        by_lead: dict[int, list[Line]] = {}
        for line in late:
            by_lead.setdefault(line.item.lead_id or 0, []).append(line)
        return render_template(
            "campaigns/week.html",
            campaign=campaign,
            by_lead=by_lead,
            totals=campaigns.totals_of(session, viewer(), [campaign.id], now=now()).get(campaign.id),
            leads=names(session, by_lead),
            units=units_by_id(session, [campaign.unit_id, *(line.case.holder_id for line in late)]),
        )


@pages.get("/campaigns/<int:campaign_id>/ledger.csv")
@policy("campaign.read")
def take_csv(campaign_id: int) -> Response:
    return _file(ledger.as_csv(_rows(campaign_id)), "text/csv; charset=utf-8", f"campaign-{campaign_id}.csv")


@pages.get("/campaigns/<int:campaign_id>/ledger.xlsx")
@policy("campaign.read")
def take_workbook(campaign_id: int) -> Response:
    return _file(ledger.as_workbook(_rows(campaign_id)), XLSX, f"campaign-{campaign_id}.xlsx")


def _rows(campaign_id: int) -> list[list[str]]:
    with looking() as session:
        campaign = campaigns.see_campaign(session, viewer(), campaign_id)
        return list(ledger.table(session, campaign, _standing()))


def _file(content: bytes, mimetype: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="maplebridge-{name}"'}
    return Response(content, content_type=mimetype, headers=headers)


def _criteria(unit_id: str) -> Criteria:
    form = request.form
    return Criteria(
        unit_id=unit_id,
        older_than_days=_typed("older_than_days", usual=0),
        within_years=_typed("within_years", usual=5),
        least_repeats=_typed("least_repeats", usual=0),
        categories=tuple(each for each in form.getlist("categories") if each in CATEGORIES),
        kinds=tuple(form.getlist("kinds")),
        standing=form.get("standing", "both"),
    )


def _typed(field: str, *, usual: int) -> int:
    """The usual where nothing is written; -1, which no criterion takes, for what is no number."""
    written = request.form.get(field, "").strip()
    if not written:
        return usual
    found = number(written)
    return -1 if found is None else found


def _standing() -> Standing:
    asked = request.args.get("standing", "")
    return Standing(asked) if asked in tuple(Standing) else Standing.ALL


def _new_page(unit_id: str, wrong: Wrong | None = None, *, count: int | None = None) -> str:
    with looking() as session:
        return render_template(
            "campaigns/new.html",
            unit=get_unit(session, unit_id),
            panel=campaigns.staff_near(session, unit_id, campaigns.PANEL),
            kinds=KINDS,
            categories=CATEGORIES,
            count=count,
            typed=request.form,
            wrong=wrong or {},
        )


def _page(campaign_id: int, wrong: Wrong | None = None) -> str:
    lead_id, page, standing = number(request.args.get("lead")), page_number(request.args.get("page")), _standing()
    with looking() as session:
        who = viewer()
        campaign = campaigns.see_campaign(session, who, campaign_id)
        lines = campaigns.ledger(session, who, campaign, now=now(), standing=standing, lead_id=lead_id, page=page)
        runs = who.may("campaign.run", campaign.unit_id)
        seats = campaigns.staff_near(session, campaign.unit_id, campaigns.LEADS)
        units = [campaign.unit_id, *(line.case.holder_id for line in lines)]
        return render_template(
            "campaigns/campaign.html",
            campaign=campaign,
            lines=lines[: campaigns.PAGE],
            more=len(lines) > campaigns.PAGE,
            page=page,
            standing=standing,
            standings=tuple(Standing),
            lead_id=lead_id,
            totals=campaigns.totals_of(session, who, [campaign.id], now=now()).get(campaign.id),
            seats=seats,
            issues=runs and any(line.item.issued_at is None for line in lines),
            most=campaigns.MOST_AT_ONCE,
            leads=names(session, [line.item.lead_id or 0 for line in lines]),
            units=units_by_id(session, units),
            typed=request.form,
            wrong=wrong or {},
        )


def _item_page(campaign_id: int, item_number: int, wrong: Wrong | None = None) -> str:
    with looking() as session:
        campaign = campaigns.see_campaign(session, viewer(), campaign_id)
        line = campaigns.item_of(session, viewer(), campaign, item_number, now=now())
        steps = campaigns.steps_of(session, line.item)
        done = [(task, form_of(session, task)) for task in steps if task.answers]
        people = [line.item.lead_id or 0, *(task.completed_by or 0 for task in steps)]
        units = [line.case.holder_id, line.item.force_unit_id or "", *(task.unit_id for task in steps)]
        may = viewer().may("campaign.run", campaign.unit_id) or line.item.lead_id == viewer().person_id
        return render_template(
            "campaigns/item.html",
            campaign=campaign,
            line=line,
            open_tasks=[task for task in steps if task.state == "open"],
            done=[(task, words_typed(form, task.answers or {}) if form else []) for task, form in done],
            clocks=campaigns.clocks_of(session, line.item),
            reopens=may and line.case.state == "closed" and line.item.issued_at is not None,
            people=names(session, people),
            units=units_by_id(session, units),
            typed=request.form,
            wrong=wrong or {},
        )
