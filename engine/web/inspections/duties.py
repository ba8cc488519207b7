"""The log of the contracted duties: care visits and weekly contacts first, the other four beside them."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import inspections, tasks
from engine.errors import Invalid
from engine.inspections import Duty, Group, Logged
from engine.people import names
from engine.territory import line_of, units_by_id
from engine.web import offline
from engine.web.context import looking, now, viewer, world
from engine.web.inspections.blueprint import cut, lines, own_places, pages
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import page_number
from engine.web.once import Done
from engine.web.periods import typed_instant
from engine.web.policy import policy
from engine.web.words.duties import DUTIES, GROUPS


@pages.get("/inspections/logs")
@policy("inspection.read")
def logs() -> str:
    page, duty = page_number(request.args.get("page")), request.args.get("duty", "")
    duty = duty if duty in tuple(Duty) else ""
    with looking() as session:
        rows, more = cut(inspections.logs(session, viewer(), page=page, duty=duty), page)
        places = lines(session, [each.unit_id for each in rows])
        who = names(session, [each.by_id for each in rows])
        return render_template(
            "inspections/logs.html", rows=rows, more=more, page=page, duty=duty, duties=DUTIES, places=places, who=who
        )


@pages.get("/inspections/logs/new")
@policy("inspection.do")
def new_log() -> str:
    return _form()


@pages.post("/inspections/logs")
@policy("inspection.do")
def log_duty() -> Response | tuple[str, int]:
    form = request.form
    sent = inspections.believed(offline.sent_at(), now=now())
    duty, group = form.get("duty", ""), form.get("group", "")

    def act(session: Session) -> Done:
        logged = Logged(
            duty=Duty(duty) if duty in tuple(Duty) else None,
            unit_id=form.get("place", ""),
            happened_at=_happened(form.get("happened_at", ""), sent),
            summary=form.get("summary", ""),
            name=form.get("name", ""),
            phone=form.get("phone", ""),
            household=form.get("household", ""),
            group=Group(group) if group in tuple(Group) else None,
            needs_help=form.get("needs_help") == "on",
        )
        log = inspections.log_duty(session, world(), logged, viewer=viewer(), now=now())
        said = _("Kept; help is asked for by a case of its own.") if log.case_id else _("Kept.")
        return Done(url_for("inspections.show"), said)

    return act_or_page(act, _form)


@pages.get("/inspections/logs/<int:log_id>")
@policy("inspection.read")
def log(log_id: int) -> str:
    return _page(log_id)


@pages.post("/inspections/logs/<int:log_id>/unmasking")
@policy("inspection.do")
def unmask_log(log_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        inspections.show_person(session, log_id, request.form.get("reason", ""), viewer=viewer(), now=now())
        said = _("Shown in the clear for 15 minutes; it is on the record.")
        return Done(url_for("inspections.log", log_id=log_id), said)

    return act_or_page(act, lambda wrong: _page(log_id, wrong))


def _page(log_id: int, wrong: Wrong | None = None) -> str:
    with looking() as session:
        row = inspections.see_log(session, log_id, viewer=viewer())
        return render_template(
            "inspections/log.html",
            log=row,
            line=line_of(session, row.unit_id),
            who=names(session, [row.by_id]),
            shown_until=inspections.shown_until(session, row, viewer=viewer(), now=now()),
            cases=tasks.seen_cases(session, viewer(), [row.case_id]),
            may_unmask=row.is_personal and viewer().may("inspection.do", row.unit_id),
            wrong=wrong or {},
        )


def _form(wrong: Wrong | None = None) -> str:
    """For one of their own places or one right below; the place of the address is chosen."""
    with looking() as session:
        units, asked = own_places(session), request.values.get("place", "")
        if asked not in units and viewer().may("inspection.do", asked):
            units |= units_by_id(session, [asked])
        return render_template(
            "inspections/new_log.html",
            units=sorted(units.values(), key=lambda each: each.id),
            place=asked,
            duties=DUTIES,
            groups=GROUPS,
            duty=request.values.get("duty") or Duty.CONTACT.value,
            wrong=wrong or {},
            typed=request.form,
        )


def _happened(written: str, sent: datetime) -> datetime:
    """As it stands in the form, in the zone of the district; left empty: when it was sent."""
    if not written:
        return sent
    at = typed_instant(written)
    if at is None:
        words = {"zh": "请填写有效的时间。", "en": "Write a valid time."}
        raise Invalid("log.time", words["en"], fields={"happened_at": words})
    return at
