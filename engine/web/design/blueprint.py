"""The one blueprint of the designer's pages, and how its forms are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.people import Person, names
from engine.web.context import world
from engine.web.design.change_words import WHAT
from engine.web.design.finding_words import finding_words
from engine.web.design.rule_words import rule_words
from engine.web.design.scenario_words import fault_words, line_words
from engine.web.language import bilingual
from engine.web.numbers import number

pages = Blueprint("design", __name__)

STATES: Mapping[str, Any] = {
    "open": N_("being worked on"),
    "planned": N_("planned"),
    "published": N_("published"),
    "dropped": N_("given up"),
}
ACTS: Mapping[str, Any] = {
    "begun": N_("Begun"),
    "adopted": N_("Moved onto a newer release"),
    "dropped": N_("Given up"),
    "planned": N_("Planned"),
    "recalled": N_("Recalled"),
    "refused": N_("Refused when its time came"),
    "published": N_("Published"),
    "rolled_back": N_("Rolled back"),
    "rehearsed": N_("Rehearsed"),
}


MISNAMED = {"zh": "文件名由字母、数字、_ 和 - 组成。", "en": "Letters, digits, _ and - only."}
"""What is wrong with the name of a file that has no place in a release."""


def text(key: str) -> str:
    return request.form.get(key, "").strip()


def seen() -> int:
    """The revision that a page began with; 0 is what the release says."""
    return number(text("seen")) or 0


def day(key: str) -> date:
    """Raises Invalid `field.day` for what is no day."""
    try:
        return date.fromisoformat(text(key))
    except ValueError:
        words = {"zh": "日期应写作 2026-03-01。", "en": "Write a day as 2026-03-01."}
        raise Invalid("field.day", "This is no day.", fields={key: words}) from None


def may_miss() -> bool:
    """Whether a step without a limit is only a warning here."""
    return world().config.limits_policy.missing_step == "default"


def people_of(session: Session, ids: Iterable[int | None]) -> Mapping[int | None, Person]:
    """Who they are; nobody for the command line and the scheduler."""
    found: dict[int | None, Person] = {}
    found.update(names(session, [each for each in ids if each is not None]).items())
    return found


EDITORS: Mapping[str, str] = {
    ".bpmn": "design.edit_diagram",
    ".dmn": "design.edit_tables",
    ".form": "design.edit_form",
    "/limits.yaml": "design.edit_limits",
}
"""How a file's name ends → the page that changes it."""


@pages.context_processor
def _words() -> dict[str, Any]:
    words = {"what_words": WHAT, "state_words": STATES, "act_words": ACTS}
    said = {"bilingual": bilingual, "fault_words": fault_words, "line_words": line_words}
    return {**words, **said, "editor_of": editor_of, "rule_words": rule_words, "finding_words": finding_words}


def editor_of(proposal_id: int, path: str) -> str | None:
    """The address of the page that changes a file; None for one that is changed elsewhere."""
    ends = {**EDITORS, ".yaml": "design.edit_scenario"} if "/scenarios/" in path else EDITORS
    endpoint = next((page for end, page in ends.items() if path.endswith(end)), None)
    return url_for(endpoint, proposal_id=proposal_id, path=path) if endpoint else None
