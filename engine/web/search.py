"""Search: one line, a few filters, and the cases that hold the words, with the words marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template, request

from engine import search
from engine.cases import Case, masked_name, masked_text
from engine.people import WORKING, Viewer
from engine.search import Asked, Hit, Phrase
from engine.territory import children, is_within, line_of
from engine.web.context import looking, now, viewer
from engine.web.numbers import number
from engine.web.policy import policy
from engine.web.show import place_line
from engine.web.words.categories import CATEGORIES

pages = Blueprint("search", __name__)

PERIODS: Mapping[str, timedelta] = {
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
    "year": timedelta(days=365),
}
YEARS_BACK = 30
Pieces = Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Line:
    """A hit as the page shows it: texts in pieces, each with whether it was asked for."""

    case: Case
    title: Pieces
    text: Pieces
    place: Pieces
    number: Pieces
    people: Sequence[Pieces]
    """Names that were asked for."""


@pages.get("/search")
@policy("case.read")
def show() -> str:
    who = viewer()
    asked = _asked(request.args, who)
    with looking() as session:
        hits = search.find(session, who, asked)
        above = line_of(session, asked.place_id) if asked.place_id else []
        below = children(session, asked.place_id or _top(who))
        return render_template(
            "search/search.html",
            asked=asked,
            phrases=hits.phrases,
            period=request.args.get("period", "") if request.args.get("period") in (*PERIODS, "before") else "",
            lines=[_line(hit, hits.phrases) for hit in hits.rows],
            holders=hits.holders,
            following=hits.next,
            places=[*(unit for unit in above if _may_look_at(who, unit.id)), *below],
            categories=[key for key in CATEGORIES if "." in key],
            periods=(*PERIODS, "before"),
        )


def _asked(given: Mapping[str, str], who: Viewer) -> Asked:
    """From an address; what makes no sense is passed over."""
    state, place = given.get("state", ""), given.get("place", "")[:64]
    since, until = _period(given.get("period", ""))
    return Asked(
        given.get("q", "").strip()[: search.LONGEST],
        state=state if state in ("open", "closed") else "all",
        category=given.get("category", "") if given.get("category") in CATEGORIES else "",
        place_id=place if place and _may_look_at(who, place) else "",
        since=since,
        until=until,
        complex=given.get("complex") == "1",
        before=number(given.get("before")),
    )


def _period(name: str) -> tuple[datetime | None, datetime | None]:
    if name == "before":
        return datetime(now().year - YEARS_BACK, 1, 1, tzinfo=UTC), now() - PERIODS["year"]
    return (now() - PERIODS[name], now()) if name in PERIODS else (None, None)


def _top(who: Viewer) -> str | None:
    """Where the choice of places begins: the highest unit of theirs."""
    return min(who.units(WORKING), key=lambda unit: (unit.count("."), unit), default=None)


def _may_look_at(who: Viewer, place: str) -> bool:
    return any(is_within(place, unit) for unit in who.units(WORKING))


def _line(hit: Hit, phrases: Sequence[Phrase]) -> Line:
    texts = (masked_text(hit.case.description), masked_text(hit.case.demand or ""))
    body = next((text for text in texts if search.found_in(text, phrases)), texts[0])
    return Line(
        hit.case,
        search.marked(masked_text(hit.case.title), phrases),
        search.excerpt(body, phrases),
        search.marked(place_line(hit.place), phrases),
        search.marked(hit.case.number, phrases),
        [
            # who found a protected party knows the name; others may look over the shoulder
            [(masked_name(party.name), True)] if party.protected else search.marked(party.name, phrases)
            for party in hit.parties
            if search.found_in(party.name, phrases) and (hit.identity_known or not party.protected)
        ],
    )
