"""What the pages of registers share: an act with its page again where fields are wrong, and a choice of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine.errors import Invalid
from engine.territory import Unit, children, children_of
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
