"""The figures of the field: all at a glance, one after the other with its comparisons, and the cases behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session

from engine import figures, reports
from engine.cases import FEWEST, Case, told
from engine.deploy import CATEGORY
from engine.errors import NotFound
from engine.intake import CHANNELS
from engine.people import ACTS, BLIND
from engine.reports import Ask, Group, Measured, Metric, Rounding, Shape, Side, Value, Within
from engine.web import charts
from engine.web.areas import area_counted, around, line_down_to
from engine.web.context import locale, looking, now, viewer, world
from engine.web.heat import short
from engine.web.language import _
from engine.web.numbers import page_number
from engine.web.periods import Days, read_days, typed_day
from engine.web.policy import policy
from engine.web.words.categories import CATEGORIES

pages = Blueprint("figures", __name__)

ROLES = ACTS["figures.read"]
DAYS = 30
MOST_ROWS = 12

GROUPS: Mapping[Group, Any] = {
    Group.LOAD: N_("What comes in"),
    Group.SOLVING: N_("How matters end"),
    Group.PETITION: N_("Petitions, supervision and backlog"),
    Group.CARE: N_("How people are treated"),
    Group.MEETINGS: N_("Sessions and receptions"),
}
"""The ladder has a table of its own."""
ROUNDINGS: Mapping[Rounding, Any] = {
    Rounding.TRUNCATE: N_("cut off, never rounded up"),
    Rounding.HALF_UP: N_("rounded half up"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, made sound."""

    unit_id: str
    opened: bool
    """Whether the person may see the cases behind the numbers there."""
    days: Days
    as_of: datetime
    past: date | None
    """The day as of whose end it is told; None: as of now."""
    category: str | None
    channel: str | None

    @property
    def ask(self) -> Ask:
        return Ask(
            self.days.period,
            Within(self.unit_id, viewer()),
            self.as_of,
            self.category,
            self.channel,
            world().config.reports.repeat_days,
        )

    @property
    def earlier(self) -> Ask:
        return reports.a_year_before(self.ask, self.days.a_year_before().period)

    def given(self, **more: Any) -> dict[str, Any]:
        """What an address has to say to ask the same again."""
        kept = {
            "unit": self.unit_id,
            "from": self.days.first.isoformat(),
            "to": self.days.last.isoformat(),
            "as_of": None if self.past is None else self.past.isoformat(),
            "category": self.category,
            "channel": self.channel,
        }
        return {**kept, **more}

    def address(self, endpoint: str, **more: Any) -> str:
        return url_for(endpoint, **self.given(**more))


@pages.get("/reports")
@policy("figures.read")
def show() -> str:
    asked = _asked()
    metrics = figures.metrics_of(world())
    with looking() as session:
        line, below = around(session, asked.unit_id, ROLES, opened=asked.opened)
        found = reports.measure(session, metrics, asked.ask, before=asked.earlier)
        tiers = world().config.tiers
        return render_template(
            "figures/figures.html",
            asked=asked,
            line=line,
            below=below,
            groups=_grouped(found, asked),
            ladder=[
                (tier, [Shown.of(found[f"{name}.{tier.id}"], asked) for name in LADDER]) for tier in reversed(tiers)
            ],
            dwell=reports.dwell(session, asked.ask, calendar=world().calendar) if asked.opened else {},
            trend=_trend(session, _metric(figures.RESOLVED), asked),
            kept=figures.reports_of(session, asked.unit_id, most=3) if asked.opened else [],
            **_words(),
        )


LADDER = ("absorption_rate", "upward_rate", "return_rate")


@pages.get("/reports/figures/<metric>")
@policy("figures.read")
def one(metric: str) -> str:
    asked, chosen = _asked(), _metric(metric)
    with looking() as session:
        line, below = around(session, asked.unit_id, ROLES, opened=asked.opened)
        found = reports.measure(session, [chosen], asked.ask, before=asked.earlier)[chosen.id]
        people = figures.people_in(world().config)
        units = reports.compare_units(session, chosen, asked.ask, below, people) if _of_cases(chosen) and below else []
        return render_template(
            "figures/one.html",
            asked=asked,
            line=line,
            below=below,
            shown=Shown.of(found, asked),
            trend=_trend(session, chosen, asked),
            units=[Row.of(each.unit.id, each.value, chosen, asked, compared=each) for each in units],
            names={unit.id: unit for unit in below},
            channels=_split(session, chosen, asked, Case.channel),
            categories=_split(session, chosen, asked, Case.category),
            rules=reports.overruled(session, asked.ask) if chosen.id == "received_total" and asked.opened else (),
            overruled=reports.OVERRULED,
            **_words(),
        )


@pages.get("/reports/figures/<metric>/cases")
@policy("figures.read")
def cases(metric: str) -> str:
    """What stands above or below the line, for those who may see cases there."""
    asked, chosen, page = _asked(), _metric(metric), page_number(request.args.get("page"))
    side = request.args.get("side", "above")
    if not asked.opened or side not in ("above", "below"):
        raise NotFound("figure.unknown", "There is no such figure.")
    with looking() as session:
        line = line_down_to(session, asked.unit_id, ROLES - BLIND)
        if not _of_cases(chosen):
            meetings, total = figures.meetings_behind(session, chosen, asked.ask, cast(Side, side), page=page)
            told_of = {"meetings": meetings, "total": total, "page": page, "size": reports.PAGE}
            return render_template(
                "figures/meetings.html", asked=asked, metric=chosen, unit=line[-1], **told_of, **_words()
            )
        found = reports.cases_behind(session, chosen, asked.ask, cast(Side, side), page=page)
        return render_template(
            "figures/cases.html",
            asked=asked,
            metric=chosen,
            side=side,
            unit=line[-1],
            found=found,
            page=page,
            size=reports.PAGE,
            **_words(),
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as this person may see it; None where too few cases stand behind a number."""

    metric: Metric
    number: str
    above: int | None
    below: int | None
    was: str | None
    moved: str | None
    good: bool | None
    """Whether it moved to the better; None where that cannot be said."""
    listed: bool
    """Whether the cases behind it can be opened."""

    @classmethod
    def of(cls, measured: Measured, asked: Asked) -> Shown:
        metric, value, before = measured.metric, measured.value, measured.before
        known = asked.opened or _known(value)
        comparable = before is not None and known and (asked.opened or _known(before))
        change = None
        if comparable and before is not None:
            change = reports.moved(metric, value, before)
        return cls(
            metric,
            number(metric, value) if known else f"< {FEWEST}",
            value.above if known else told(value.above),
            None if value.below is None else value.below if known else told(value.below),
            number(metric, before) if comparable and before is not None else None,
            None if change is None else f"{change:+}{' %' if metric.shape is Shape.COUNT else ''}",
            None if not change or not metric.better else (change > 0) == (metric.better > 0),
            asked.opened,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One unit, channel or category beside the others."""

    key: str
    number: str
    above: int | None
    below: int | None
    bar: float
    """Of a hundred, the longest being a hundred for counts and a hundred percent for shares."""
    against: str
    per: str

    @classmethod
    def of(cls, key: str, value: Value, metric: Metric, asked: Asked, *, most: float = 0, compared: Any = None) -> Row:
        known = asked.opened or _known(value)
        exact = value.exact if known else None
        bar = charts.share_of(float(value.above), most) if metric.below is None else 100 * float(exact or 0)
        against = compared.against_expected if compared and known else None
        per = compared.per_10_000 if compared and known else None
        return cls(
            key,
            number(metric, value) if known else f"< {FEWEST}",
            value.above if known else told(value.above),
            None if value.below is None else value.below if known else told(value.below),
            min(bar, 100) if known else 0,
            "" if against is None else f"{against:.2f}",
            "" if per is None else f"{per:.1f}",
        )


def number(metric: Metric, value: Value) -> str:
    """As it is printed."""
    found = reports.shown(metric, value)
    if found is None:
        return "—"
    return f"{found:,}" if metric.shape is not Shape.SHARE else f"{found} %"


def _known(value: Value) -> bool:
    return told(value.above) is not None and told(value.below or 0) is not None


def _of_cases(metric: Metric) -> bool:
    return metric.filtered


def _metric(name: str) -> Metric:
    return figures.metric_of(world(), name)


def _grouped(found: Mapping[str, Measured], asked: Asked) -> Mapping[str, Sequence[Shown]]:
    every = list(found.values())
    return {
        str(name): [Shown.of(each, asked) for each in every if each.metric.group is group]
        for group, name in GROUPS.items()
    }


def _words() -> dict[str, Any]:
    return {
        "roundings": ROUNDINGS,
        "all_channels": CHANNELS,
        "all_categories": CATEGORIES,
        "fewest": FEWEST,
        "box": charts.BOX,
        "short": short,
        "locale": locale(),
    }


def _trend(session: Session, metric: Metric, asked: Asked) -> Any:
    """Month by month up to that of the last day: the columns, and (month, number, above, below) for the table."""
    told_of = [
        (first, value if asked.opened or _known(value) else None)
        for first, value in figures.by_month(session, world(), metric, asked.ask, asked.days.last)
    ]
    share = metric.shape is Shape.SHARE
    drawn = charts.columns(
        [
            (f"{first:%m}" if first.month != 1 else f"{first:%Y}", _height(metric, value), _said(metric, first, value))
            for first, value in told_of
        ],
        whole=100.0 if share else None,
        unit=" %" if share else "",
    )
    rows = [(f"{first:%Y-%m}", "—" if value is None else number(metric, value), value) for first, value in told_of]
    return metric, drawn, rows


def _height(metric: Metric, value: Value | None) -> float | None:
    if value is None or value.exact is None:
        return None
    return float(value.exact) * (100 if metric.shape is Shape.SHARE else 1)


def _said(metric: Metric, first: date, value: Value | None) -> str:
    month = f"{first:%Y-%m}"
    if value is None:
        return _("%(month)s: held back", month=month)
    return f"{month}: {number(metric, value)}" + ("" if value.below is None else f" ({value.above} / {value.below})")


def _split(session: Session, metric: Metric, asked: Asked, column: Any) -> Sequence[Row]:
    """By a column of the case, the most frequent first."""
    if not _of_cases(metric):
        return ()
    found = reports.by(session, metric, asked.ask, column)
    ordered = sorted(found.items(), key=lambda pair: -(pair[1].below if pair[1].below is not None else pair[1].above))
    most = max((value.above for _key, value in ordered), default=0)
    return [Row.of(key, value, metric, asked, most=most) for key, value in ordered[:MOST_ROWS]]


def _asked() -> Asked:
    unit_id, opened = area_counted(request.args.get("unit"), ROLES)
    category, channel = request.args.get("category", ""), request.args.get("channel", "")
    past = typed_day(request.args.get("as_of"))
    tz = world().calendar.tz
    as_of = now() if past is None else min(now(), datetime.combine(past + timedelta(days=1), time(), tz))
    return Asked(
        unit_id,
        opened,
        read_days(request.args, usual=DAYS),
        as_of,
        past,
        category if CATEGORY.fullmatch(category) else None,
        channel if channel in CHANNELS else None,
    )
