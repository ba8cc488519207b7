"""What everybody may know about finished months, as a page and as JSON. Small counts were left out before."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from engine import figures
from engine.store import canonical_json
from engine.web.context import looking, world
from engine.web.policy import policy

pages = Blueprint("statistics", __name__)

KEEP_S = 3600
COUNTS = ("received", "resolved", "due", "on_time")


@pages.get("/public/statistics.json")
@policy("public")
def document() -> BaseResponse:
    """The newest month first. `null` is a count that is not told: it is small, or would give a small one away."""
    with looking() as session:
        months = figures.public_months(session)
    told = {
        "least": figures.LEAST,
        "timezone": world().config.timezone,
        "months": [{"month": f"{each.month:%Y-%m}", **each.told} for each in months],
    }
    answer = Response(canonical_json(told), content_type="application/json")
    answer.add_etag()
    answer.headers["Cache-Control"] = f"public, max-age={KEEP_S}"  # months that are over do not change
    return answer.make_conditional(request)


@pages.get("/public/statistics")
@policy("public")
def show() -> str:
    with looking() as session:
        months = figures.public_months(session)
    wanted = request.args.get("month", "")
    shown = next((each for each in months if f"{each.month:%Y-%m}" == wanted), months[0] if months else None)
    return render_template(
        "statistics/statistics.html",
        months=months,
        shown=shown,
        tables=[] if shown is None else [(by, _rows(shown.told, by)) for by in ("by_place", "by_category")],
        least=figures.LEAST,
        rest=figures.REST,
    )


def _rows(told: dict[str, Any], by: str) -> list[tuple[str, list[int | None]]]:
    """A line for everything that is counted in some column, the places in their order, what lies in none last."""
    keys = list(told["places"]) if by == "by_place" else sorted(set().union(*(told[name][by] for name in COUNTS)))
    if by == "by_place":
        keys.append(figures.REST)
    lines = [(key, [told[name][by].get(key, 0) for name in COUNTS]) for key in keys]
    return [line for line in lines if any(number != 0 for number in line[1])]
