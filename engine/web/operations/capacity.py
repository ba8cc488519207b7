"""How much this installation can take: measured here, assumed where nothing was measured, and each number explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import reports
from engine.cases import Case
from engine.reports.capacity import Measures
from engine.store import Base, largest_tables, whole_size
from engine.tasks import Task
from engine.web.context import looking, now, today
from engine.web.operations.blueprint import pages
from engine.web.policy import policy
from engine.web.watched import meter

LATELY = timedelta(days=30)
ASSUMED = {"filing_ms": 40.0, "step_ms": 40.0, "page_ms": 15.0, "pages_per_step": 4.0, "peak_percent": 20.0}
"""Where nothing was measured: what `bench/README.md` found on two cores, rounded up."""
ASSUMED_PER_DAY, ASSUMED_STEPS, ASSUMED_BYTES = 50.0, 6.0, 60_000.0
MEASURED = {"filing_ms": "filing", "step_ms": "step", "page_ms": "page"}
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A number of the form. `origin`: given (in the address), measured (here), assumed, chosen (not measurable)."""

    key: str
    value: float
    origin: str
    times: int = 0
    """Of how many measurements it is the median."""


@pages.get("/operations/capacity")
@policy("system.operate")
def capacity() -> str:
    with looking() as session:
        cases, recent = _cases(session)
        steps = session.scalar(select(func.max(Task.id))) or 0
        size = whole_size(session)
        tables = largest_tables(session)
    asked = {
        each.key: each
        for each in (
            _asked("cases_per_day", recent / LATELY.days if recent else None, ASSUMED_PER_DAY),
            _asked("steps_per_case", steps / cases if cases else None, ASSUMED_STEPS),
            _chosen("pages_per_step", ASSUMED["pages_per_step"]),
            *(_timed(key, act) for key, act in MEASURED.items()),
            _chosen("peak_percent", ASSUMED["peak_percent"]),
            _chosen("nodes", 1),
            _asked("bytes_per_case", size / cases if cases >= 100 else None, ASSUMED_BYTES),
            _chosen("limit_gb", 100),
            _chosen("districts", 100),
        )
    }
    given = Measures(
        **{key: asked[key].value for key in ("cases_per_day", "steps_per_case", "pages_per_step", *MEASURED)},
        peak=asked["peak_percent"].value / 100,
        nodes=max(int(asked["nodes"].value), 1),
        bytes_now=size,
        bytes_per_case=asked["bytes_per_case"].value,
        limit_bytes=int(asked["limit_gb"].value * GB),
        districts=int(asked["districts"].value),
    )
    found = reports.capacity.reckon(given)
    return render_template(
        "operations/capacity.html",
        asked=asked,
        given=given,
        found=found,
        full_on=reports.capacity.full_on(found, today()),
        used=reports.capacity.USED,
        cases=cases,
        size=size,
        one_writer=session.get_bind().dialect.name == "sqlite",
        rows_before_parts=reports.capacity.ROWS_BEFORE_PARTS,
        tables=[
            (
                each,
                reports.capacity.in_parts_by(each.name, frozenset(Base.metadata.tables[each.name].columns.keys())),
                reports.capacity.rows_full_in_days(each.rows, cases, given.cases_per_day),
            )
            for each in tables
        ],
    )


def _cases(session: Session) -> tuple[int, int]:
    """How many there are, by the last number given, and how many were received lately."""
    lately = select(func.count()).where(Case.received_at >= now() - LATELY).scalar_subquery()
    row = session.execute(select(func.max(Case.id), lately)).one()
    return row[0] or 0, row[1]


def _timed(key: str, act: str) -> Asked:
    seen = meter(current_app).lately(act)
    found = _asked(key, None if seen is None else seen.median * 1000, ASSUMED[key])
    return Asked(key, found.value, found.origin, 0 if seen is None or found.origin == "given" else seen.times)


def _chosen(key: str, first: float) -> Asked:
    """What nothing here can measure."""
    found = _asked(key, None, first)
    return found if found.origin == "given" else Asked(key, first, "chosen")


def _asked(key: str, measured: float | None, assumed: float) -> Asked:
    given = _number(request.args.get(key))
    if given is not None:
        return Asked(key, given, "given")
    return Asked(key, round(assumed, 2), "assumed") if measured is None else Asked(key, round(measured, 2), "measured")


def _number(words: str | None) -> float | None:
    """A number from 0 to a million million; None for anything else."""
    try:
        found = float(words) if words and len(words) <= 16 else None
    except ValueError:
        return None
    return found if found is not None and 0 <= found <= 1e12 else None
