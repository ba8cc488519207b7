"""Figures of the field, and reports that are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import figures, reports
from engine.errors import Invalid
from engine.figures import FieldReport, Wanted
from engine.people import ACTS
from engine.web.api.operation import Room
from engine.web.api.shapes import Day, row, told
from engine.web.api.told import Name, Told
from engine.web.areas import area_asked, area_counted
from engine.web.context import now, today, viewer, world
from engine.web.figures import Asked, Shown
from engine.web.periods import LONGEST, Days

FIGURES = Room("figures", "Figures of the field, and kept reports.", read="figures:read", write="figures:read")
Unit = Annotated[str, Field(max_length=64, description="A unit within your own; without it, your highest.")]
REPORT = row(
    "FieldReport", FieldReport, "id unit_id first_on last_on as_of asked_by asked_at state done parts ended_at trouble"
)
REPORT_LINE = row("FieldReportLine", FieldReport, "id unit_id first_on last_on as_of asked_by asked_at state ended_at")


class FigureTold(Told):
    """A figure: what stands above and below the line, and the number as it is published."""

    id: str
    version: int
    name: Name
    formula: Name
    number: str = Field(description="`< 5` where too few cases stand behind it to be told to this bearer.")
    above: int | None
    below: int | None = Field(description="Null of a mere count.")


@FIGURES.look(
    "/figures",
    "listFigures",
    "figures.read",
    "All figures of a unit over some days",
    lists=FigureTold,
    description="The last thirty days, if none are given. At most 400 days.",
)
def list_figures(
    session: Session,
    *,
    unit: Unit = "",
    first: Day | None = None,
    last: Day | None = None,
    category: Annotated[str, Field(max_length=64, pattern=r"^[a-z_.]*$")] = "",
) -> Any:
    unit_id, opened = area_counted(unit or None, ACTS["figures.read"])
    asked = Asked(unit_id, opened, _days(first, last), now(), None, category or None, None)
    found = reports.measure(session, figures.metrics_of(world()), asked.ask)
    return [_figure(each, asked) for each in found.values()], None


@FIGURES.look("/reports", "listReports", "board.read", "List kept reports, latest first", lists=REPORT_LINE)
def list_reports(session: Session, *, unit: Unit = "") -> Any:
    return figures.reports_of(session, area_asked(unit, ACTS["board.read"]), most=60), None


@FIGURES.look("/reports/<int:report_id>", "readReport", "board.read", "Read a kept report", tells=REPORT)
def read_report(session: Session, report_id: int) -> Any:
    report = figures.get_report(session, report_id, viewer=viewer())
    return told(session, REPORT, [report], parts=figures.parts_for(session, world(), report, viewer=viewer()))[0]


@FIGURES.act(
    "/reports",
    "askReport",
    "board.read",
    "Have a report made",
    tells=REPORT_LINE,
    status=201,
    description="It is made in the background; read it until its state is `done`.",
)
def ask_report(session: Session, *, unit: Unit = "", first: Day, last: Day, known_then: bool = False) -> FieldReport:
    days = _days(first, last)
    at = min(now(), days.period.end) if known_then else now()
    wanted = Wanted(area_asked(unit, ACTS["board.read"]), days.first, days.last, at)
    return figures.ask_report(session, wanted, viewer=viewer(), now=now())


def _days(first: Any, last: Any) -> Days:
    end = last or today()
    begin = first or end - timedelta(days=29)
    if not timedelta() <= end - begin < timedelta(days=LONGEST):
        words = {"zh": f"最多 {LONGEST} 天。", "en": f"At most {LONGEST} days, the first before the last."}
        raise Invalid("report.days", "That is no period.", fields={"first": words})
    return Days(begin, end)


def _figure(measured: Any, asked: Asked) -> FigureTold:
    metric, shown = measured.metric, Shown.of(measured, asked)
    return FigureTold(
        id=metric.id,
        version=metric.version,
        name=Name(zh=metric.name.zh, en=metric.name.en),
        formula=Name(zh=metric.formula.zh, en=metric.formula.en),
        number=shown.number,
        above=shown.above,
        below=shown.below,
    )
