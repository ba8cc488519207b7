"""Reports that are kept: asked for, made in the background, read, printed, and taken along as a workbook or in Word."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import figures
from engine.errors import Invalid
from engine.figures import FieldReport, ReportState, Wanted
from engine.people import ACTS
from engine.territory import get_unit
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import locale, looking, now, viewer, world
from engine.web.language import _
from engine.web.manual import WORD
from engine.web.once import Done, once
from engine.web.periods import read_days
from engine.web.policy import policy
from engine.web.show import span_text, tier_name, unit_name
from engine.web.words import word

pages = Blueprint("field_reports", __name__)

ROLES = ACTS["board.read"]
SHOWN = 60
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/reports/kept")
@policy("board.read")
def show() -> str:
    return _page(area_asked(request.args.get("unit"), ROLES))


@pages.post("/reports/kept")
@policy("board.read")
def ask() -> BaseResponse | tuple[str, int]:
    unit_id = area_asked(request.form.get("unit"), ROLES)
    days = read_days(request.form, usual=1)

    def act(session: Session) -> Done:
        if days.wrong:
            raise Invalid("report.days", "That is no period.")
        wanted = Wanted(unit_id, days.first, days.last, min(now(), days.period.end) if _past() else now())
        report = figures.ask_report(session, wanted, viewer=viewer(), now=now())
        return Done(url_for("field_reports.report", report_id=report.id), _("The report is being made."))

    try:
        return once(act)
    except Invalid:
        return _page(unit_id, wrong=True), 422


def _past() -> bool:
    """Whether it is to be told as it was known when the days were over."""
    return request.form.get("known") == "then"


@pages.get("/reports/kept/<int:report_id>")
@policy("board.read")
def report(report_id: int) -> str:
    with looking() as session:
        found = figures.get_report(session, report_id, viewer=viewer())
        unit = get_unit(session, found.unit_id)
        ready = found.state == ReportState.DONE
        return render_template(
            "figures/report.html",
            report=found,
            unit=unit,
            working=found.under_way,
            steps=figures.STEPS,
            **(_told(session, found, unit_name(unit)) if ready else {}),
        )


@pages.get("/reports/kept/<int:report_id>.xlsx")
@policy("board.read")
def as_workbook(report_id: int) -> Response:
    told = _ready(report_id)
    data = figures.as_workbook(told["title"], told["subject"], told["sheets"], locale=locale())
    return _file(data, EXCEL, f"report-{report_id}.xlsx")


@pages.get("/reports/kept/<int:report_id>.docx")
@policy("board.read")
def as_word(report_id: int) -> Response:
    told = _ready(report_id)
    data = figures.as_word(told["title"], told["subject"], told["sheets"], locale=locale())
    return _file(data, WORD, f"report-{report_id}.docx")


def _ready(report_id: int) -> dict[str, Any]:
    with looking() as session:
        found = figures.get_ready(session, report_id, viewer=viewer())
        return _told(session, found, unit_name(get_unit(session, found.unit_id)))


def _told(session: Session, report: FieldReport, unit: str) -> dict[str, Any]:
    parts = figures.parts_for(session, world(), report, viewer=viewer())
    return {
        "title": figures.title_of(report, unit, locale()),
        "subject": figures.subject_of(report, locale(), world().calendar.tz),
        "sheets": figures.sheets_of(parts, locale(), _said),
        "note": figures.NOTE.to(locale()),
    }


def _said(kind: str, key: str) -> str:
    if kind == "tier":
        return str(tier_name(key))
    return str(span_text(float(key))) if kind == "length" else str(word(key, kind))


def _file(data: bytes, mimetype: str, name: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _page(unit_id: str, *, wrong: bool = False) -> str:
    first, last = _last_month(now().astimezone(world().calendar.tz).date())
    with looking() as session:
        return render_template(
            "figures/kept.html",
            line=line_down_to(session, unit_id, ROLES),
            below=right_below(session, unit_id),
            unit_id=unit_id,
            kept=figures.reports_of(session, unit_id, most=SHOWN),
            first=first,
            last=last,
            wrong=wrong,
            steps=figures.STEPS,
        )


def _last_month(today: date) -> tuple[date, date]:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
