"""Where a process hurts, on its diagram: for designers as numbers, for those who lead with the cases behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, reports
from engine.cases import FEWEST
from engine.deploy import LoadedRelease
from engine.design import picture
from engine.errors import NotFound
from engine.people import ACTS, BLIND
from engine.reports import Heat, HeatMap, Period, Spot, Within
from engine.runtime import ProcessFacts
from engine.web.areas import area_counted, around, line_down_to
from engine.web.context import locale, looking, viewer, world
from engine.web.language import _, bilingual
from engine.web.numbers import page_number
from engine.web.periods import Days, read_days
from engine.web.policy import policy
from engine.web.show import minutes_per_day, span_text

pages = Blueprint("heat", __name__)

ROLES = ACTS["process.measure"]
DAYS = 30
MANY_TIMES = 3
FRAMES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ASKED = frozenset({"userTask", "manualTask"})
"""What tells itself how long it took; of other elements their clocks do."""

HEATS: Mapping[str, Any] = {
    Heat.STAYED: N_("Time stayed"),
    Heat.OVERDUE: N_("Overdue"),
    Heat.RETURNED: N_("Returned"),
    Heat.TURNED: N_("Overridden"),
    Heat.CASES: N_("Cases"),
}
MEANS: Mapping[str, Any] = {
    Heat.STAYED: N_(
        "Working time from when something was asked until it was answered or no longer needed; half of the cases stayed"
        " no longer. Of a frame with steps inside, from when its clock began."
    ),
    Heat.OVERDUE: N_("Cases whose time had run out at this step, as a share of the cases that were here."),
    Heat.RETURNED: N_("Cases that this step sent back down to where they came from."),
    Heat.TURNED: N_(
        "Cases where somebody at this step changed what had been decided: another grade, a downgrade, a step moved by"
        " hand."
    ),
    Heat.CASES: N_("Cases that were here and left within the period. Confidential cases are in no number."),
}
AGAINST: Mapping[str, Any] = {
    "": N_("nothing"),
    "before": N_("as many days before"),
    "year": N_("the same days a year earlier"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, made sound."""

    unit_id: str
    opened: bool
    """Whether the person may see the cases behind the numbers there."""
    days: Days
    heat: Heat
    against: str

    @property
    def earlier(self) -> Period | None:
        match self.against:
            case "before":
                return self.days.before().period
            case "year":
                return self.days.a_year_before().period
            case _:
                return None

    @property
    def within(self) -> Within:
        return Within(self.unit_id, viewer())

    def address(self, endpoint: str, process_id: str, **more: Any) -> str:
        given = {"unit": self.unit_id, "from": self.days.first.isoformat(), "to": self.days.last.isoformat()}
        return url_for(endpoint, process_id=process_id, **{**given, **more})


@dataclass(frozen=True, slots=True)
class Row:
    """An element as the table tells it; `before` of the earlier period."""

    element: str
    name: str
    spot: Spot
    before: Spot | None
    level: int
    drawn: bool


@pages.get("/heat")
@policy("process.measure")
def start() -> Response:
    """To the process that does most of the work: the first that the main one calls."""
    with looking() as session:
        processes = world().releases.current(session).package.processes
    main = processes.get(process.MAIN)
    called = [element.calls for element in main.elements.values() if element.calls] if main else []
    return redirect(url_for("heat.show", process_id=next(iter(called), process.MAIN), unit=request.args.get("unit")))


@pages.get("/processes/<process_id>/heat")
@policy("process.measure")
def show(process_id: str) -> str:
    asked = _asked()
    with looking() as session:
        release = world().releases.current(session)
        data, facts = release.process_file(process_id), release.package.processes[process_id]
        line, below = around(session, asked.unit_id, ROLES, opened=asked.opened)
        present = _read(session, process_id, asked.days.period, asked, facts)
        before = None if asked.earlier is None else _read(session, process_id, asked.earlier, asked, facts)
        rows = _rows(facts, present, before, asked.heat)
        return render_template(
            "heat/heat.html",
            process_id=process_id,
            name=bilingual(facts.name),
            processes=[(each.id, bilingual(each.name)) for each in _in_order(release)],
            asked=asked,
            line=line,
            below=below,
            rows=rows,
            present=present,
            before=before,
            drawing=_drawing(facts, data, rows, asked.heat),
            least=FEWEST,
            heats=HEATS,
            means=MEANS,
            againsts=AGAINST,
            short=short,
            change=change,
        )


@pages.get("/processes/<process_id>/heat/<element>")
@policy("process.measure")
def cases(process_id: str, element: str) -> str:
    """The cases behind a number; for those who may see cases there."""
    asked = _asked()
    if not asked.opened:
        raise NotFound("figure.unknown", "There is no such figure.")
    page = page_number(request.args.get("page"))
    with looking() as session:
        release = world().releases.current(session)
        release.process_file(process_id)
        facts = release.package.processes[process_id]
        line = line_down_to(session, asked.unit_id, ROLES - BLIND)
        found = reports.behind_spot(
            session,
            process_id,
            element,
            asked.heat,
            asked.days.period,
            asked.within,
            scopes=_scopes(facts),
            page=page,
        )
        return render_template(
            "heat/cases.html",
            process_id=process_id,
            process_name=bilingual(facts.name),
            element=element,
            name=_name(facts, element),
            asked=asked,
            unit=line[-1],
            found=found,
            page=page,
            size=reports.PAGE,
            heats=HEATS,
            means=MEANS,
        )


def short(minutes: float | None) -> str:
    """So much working time in one unit."""
    if minutes is None:
        return "—"
    if minutes >= minutes_per_day():
        return _("%(days)s wd", days=f"{minutes / minutes_per_day():.1f}")
    if minutes >= 60:
        return _("%(hours)s h", hours=f"{minutes / 60:.1f}")
    return _("%(minutes)d min", minutes=round(minutes))


def change(value: float | None, earlier: float | None) -> str:
    """How much more or less than before, in percent or many times; empty where that says nothing."""
    if value is None or not earlier:
        return ""
    if value >= MANY_TIMES * earlier:
        return f"×{value / earlier:.0f}"
    percent = round(100 * (value - earlier) / earlier)
    return f"{percent:+d} %" if percent else "±0 %"


def _asked() -> Asked:
    unit_id, opened = area_counted(request.args.get("unit"), ROLES)
    heat, against = request.args.get("heat", ""), request.args.get("against", "")
    return Asked(
        unit_id,
        opened,
        read_days(request.args, usual=DAYS),
        Heat(heat) if heat in tuple(Heat) else Heat.STAYED,
        against if against in AGAINST else "",
    )


def _read(session: Session, process_id: str, period: Period, asked: Asked, facts: ProcessFacts) -> HeatMap:
    found = reports.read_heat(
        session, process_id, period, asked.within, scopes=_scopes(facts), calendar=world().calendar
    )
    return found if asked.opened else reports.held_back(found)


def _rows(facts: ProcessFacts, present: HeatMap, before: HeatMap | None, heat: Heat) -> list[Row]:
    """What hurts most first; elements of earlier releases too."""
    frames = {each.id for each in facts.elements.values() if each.kind in FRAMES}  # coloured, they would drown the rest
    worth = {name: 0 if name in frames else spot.worth(heat) for name, spot in present.spots.items()}
    most = max((value or 0 for value in worth.values()), default=0)
    rows = [
        Row(
            element,
            _name(facts, element),
            present.spots.get(element, Spot(element)),
            before.spots.get(element) if before else None,
            _level(worth.get(element), most),
            element in facts.elements,
        )
        for element in {**present.spots, **(before.spots if before else {})}
    ]
    return sorted(rows, key=lambda row: (-(row.spot.worth(heat) or 0), -(row.spot.cases or 0), row.name))


def _level(value: float | None, most: float) -> int:
    """0 nothing, 1 up to a quarter of the most … 4."""
    if not value or not most:
        return 0
    return min(4, 1 + int(4 * value / most))


def _drawing(facts: ProcessFacts, data: bytes, rows: Sequence[Row], heat: Heat) -> Markup | None:
    drawing = picture.draw(facts.path, data, locale())
    if drawing is None:
        return None
    marks = {row.element: _mark(row, heat) for row in rows if row.drawn and row.spot.worth(heat)}
    title = _("%(heat)s on the diagram of %(name)s", heat=HEATS[heat], name=bilingual(facts.name))
    return picture.as_svg(drawing, title, marks)


def _mark(row: Row, heat: Heat) -> picture.Mark:
    value = row.spot.worth(heat)
    said = short(value) if heat is Heat.STAYED else str(value) if heat is Heat.CASES else f"{100 * (value or 0):.0f} %"
    spoken = span_text(value or 0) if heat is Heat.STAYED else said
    return picture.Mark(f"heat-{row.level}", said, f"#e-{row.element}", f"{row.name}: {HEATS[heat]} {spoken}")


def _in_order(release: LoadedRelease) -> list[ProcessFacts]:
    return sorted(release.package.processes.values(), key=lambda each: each.path)


def _scopes(facts: ProcessFacts) -> frozenset[str]:
    return frozenset(each.id for each in facts.elements.values() if each.kind not in ASKED)


def _name(facts: ProcessFacts, element: str) -> str:
    known = facts.elements.get(element)
    return (bilingual(known.name) if known else "") or element
