"""What the pages of registers share: an act with its page again where fields are wrong, and a choice of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import tasks
from engine.cases import id_of_number
from engine.errors import Invalid, NotFound
from engine.territory import Unit, children, children_of
from engine.web.context import viewer
from engine.web.numbers import number
from engine.web.once import Done, once

Wrong = Mapping[str, Mapping[str, str]]


def act_or_page(act: Callable[[Session], Done], page: Callable[[Wrong], str]) -> Response | tuple[str, int]:
    """The act, or its page again with what is wrong at each field."""
    try:
        return once(act)
    except Invalid as refusal:
        wrong = refusal.facts.get("fields")
        if not wrong:
            raise
        return page(wrong), 422


def seen_number(session: Session, written: str) -> int:
    """The case of a number that the viewer may see. Raises Invalid at `number`, alike for one that is not there."""
    case_id = id_of_number(session, written.upper())
    try:
        return tasks.see_case(session, viewer(), case_id or 0).id
    except NotFound:
        fields = {"number": {"zh": "没有这个案件。", "en": "There is no such case."}}
        raise Invalid("case.unknown", "There is no such case.", fields=fields) from None


def counted(written: str) -> int | None:
    """A number that was written; 0, which verbs refuse, for what is none; None for nothing."""
    return (number(written.strip()) or 0) if written.strip() else None


def two_tiers_below(session: Session, unit: Unit) -> Sequence[tuple[Unit, Sequence[Unit]]]:
    """The units right below, each with those below it. Two statements."""
    first = [each for each in children(session, unit.id) if each.valid_to is None]
    below: dict[str, list[Unit]] = {}
    for each in children_of(session, [unit.id for unit in first]) if first else ():
        below.setdefault(each.parent_id or "", []).append(each)
    return [(each, below.get(each.id, ())) for each in first]
