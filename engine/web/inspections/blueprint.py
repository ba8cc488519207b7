"""The one blueprint of these pages, and what they share: places by name, lists by pages, days from a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, request
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from engine import inspections
from engine.cases import Case, masked_name, masked_phone
from engine.inspections import PAGE, Catalogue, Finding, Waiting
from engine.people import ACTS
from engine.territory import Unit, ancestors, units_by_id
from engine.web.context import locale, looking, maybe_viewer, now, world

pages = Blueprint("inspections", __name__)

READERS = ACTS["inspection.read"]
Row = TypeVar("Row")


def known() -> Catalogue:
    return inspections.catalogue(world().config.inspections)


def said(each: Any, what: str = "name") -> str:
    """A checklist's, an item's or a promise's own words in the reader's language."""
    return str(getattr(each, f"{what}_{'zh' if locale().startswith('zh') else 'en'}"))


def lines(session: Session, unit_ids: Iterable[str]) -> Mapping[str, Sequence[Unit]]:
    """The units of each place, highest first. One statement."""
    wanted = set(unit_ids)
    found = units_by_id(session, {each for unit in wanted for each in ancestors(unit)})
    return {unit: [found[each] for each in reversed(ancestors(unit)) if each in found] for unit in wanted}


def cut(rows: Sequence[Row], page: int, size: int = PAGE) -> tuple[Sequence[Row], int | None]:
    """The rows of this page, and the number of the next one where there is more."""
    return rows[:size], page + 1 if len(rows) > size else None


def written_day(key: str) -> date | None:
    """A day from the form; None for an empty or impossible one."""
    try:
        return date.fromisoformat(request.form.get(key, ""))
    except ValueError:
        return None


def strip() -> Waiting | None:
    """For the page people come home to: what inspections ask of them; None for who does none."""
    who = maybe_viewer()
    if who is None or not who.may("inspection.do"):
        return None
    with looking() as session:
        return inspections.waiting(session, world(), viewer=who, now=now())


def rechecks_of_case(case: Case) -> Sequence[Finding]:
    """What an inspection found and still has to look at again, for the page of its case."""
    if case.channel != "inspection":
        return ()
    with looking() as session:
        return [each for each in inspections.findings_of_case(session, case.id) if each.settled_at is None]


def _for_pages(state: BlueprintSetupState) -> None:
    knows = state.app.jinja_env
    knows.globals.update(
        inspection_strip=strip,
        masked_name=masked_name,
        masked_phone=masked_phone,
        rechecks_of_case=rechecks_of_case,
    )
    knows.filters["said"] = said


pages.record(_for_pages)
