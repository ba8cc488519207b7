"""The one blueprint of these pages, and what they share: places by name, lists by pages, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from engine import inspections
from engine.cases import masked_name, masked_phone
from engine.history import HistoryEntry
from engine.inspections import PAGE, Catalogue, Waiting
from engine.people import ACTS
from engine.process import Story
from engine.territory import Unit, ancestors, children_of, is_office, units_by_id
from engine.web.context import locale, looking, maybe_viewer, now, viewer, world

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


def own_places(session: Session) -> dict[str, Unit]:
    """Where they inspect: their own places and those right below, as the people of a grid know them. By id."""
    own = viewer().units(ACTS["inspection.do"])
    mine = [each for each in units_by_id(session, own).values() if each.valid_to is None and not is_office(each.id)]
    return {each.id: each for each in (*mine, *children_of(session, own))}


def cut(rows: Sequence[Row], page: int, size: int = PAGE) -> tuple[Sequence[Row], int | None]:
    """The rows of this page, and the number of the next one where there is more."""
    return rows[:size], page + 1 if len(rows) > size else None


def strip() -> Waiting | None:
    """For the page people come home to: what inspections ask of them; None for who does none."""
    who = maybe_viewer()
    if who is None or not inspections.rounds_of(who):
        return None
    with looking() as session:
        return inspections.waiting(session, world(), viewer=who, now=now())


def rechecks_of(story: Story) -> Mapping[int, tuple[str, date]]:
    """What inspections found and have to look at again, from the case's own history: finding → (name, day)."""
    names: dict[int, str] = {}
    days: dict[int, date] = {}
    for entry in reversed(story.entries):
        finding = int(entry.facts.get("finding") or 0)
        match entry.act:
            case "inspection.found":
                zh, en = entry.facts["name"]
                names[finding], days[finding] = zh if locale().startswith("zh") else en, _on(entry)
            case "recheck.failed":
                days[finding] = _on(entry)
            case "recheck.passed":
                days.pop(finding, None)
            case _:
                pass
    return {finding: (names[finding], on) for finding, on in days.items() if finding in names}


def _on(entry: HistoryEntry) -> date:
    return date.fromisoformat(entry.facts["recheck_on"])


def _for_pages(state: BlueprintSetupState) -> None:
    knows = state.app.jinja_env
    knows.globals.update(
        inspection_strip=strip,
        masked_name=masked_name,
        masked_phone=masked_phone,
        rechecks_of=rechecks_of,
        rounds_of=inspections.rounds_of,
    )
    knows.filters["said"] = said


pages.record(_for_pages)
