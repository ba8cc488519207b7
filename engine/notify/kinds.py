"""What sorts of news there are. A person may leave out some; an emergency, a mention and a supervision always reach
their notices page."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Kind(enum.StrEnum):
    URGENT = "urgent"
    ASKED = "asked"
    NEW = "new"
    MOVED = "moved"
    CLOCK = "clock"
    OVERDUE = "overdue"
    DECIDED = "decided"
    CLOSED = "closed"
    NEWS = "news"
    MENTION = "mention"
    SUPERVISION = "supervision"


MUTABLE = (Kind.ASKED, Kind.NEW, Kind.MOVED, Kind.CLOCK, Kind.OVERDUE, Kind.DECIDED, Kind.CLOSED, Kind.NEWS)
"""What a person may leave out, in the order of the page."""

_KINDS: Mapping[str, Kind] = {
    "urgent": Kind.URGENT,
    "emergency": Kind.URGENT,
    "task.asked": Kind.ASKED,
    "task.answered": Kind.ASKED,
    "task.handed_over": Kind.ASKED,
    "task.delegated": Kind.ASKED,
    "case.filed": Kind.NEW,
    "case.raised": Kind.MOVED,
    "raised": Kind.MOVED,
    "case.returned": Kind.MOVED,
    "case.downgraded": Kind.MOVED,
    "case.moved": Kind.MOVED,
    "arbitration.opened": Kind.MOVED,
    "arbitration.decided": Kind.DECIDED,
    "card.voided": Kind.DECIDED,
    "case.reopened": Kind.MOVED,
    "downgraded": Kind.MOVED,
    "case.token_moved": Kind.MOVED,
    "case.regraded": Kind.MOVED,
    "severity_jump": Kind.MOVED,
    "clock.warned": Kind.CLOCK,
    "clock.extended": Kind.DECIDED,
    "extension_granted": Kind.DECIDED,
    "extension_refused": Kind.DECIDED,
    "case.closed": Kind.CLOSED,
    "answered": Kind.CLOSED,
    "comment.made": Kind.MENTION,
    "handler.stepped_aside": Kind.MOVED,
    "case.passed_on": Kind.MOVED,
    "force.added": Kind.NEW,
    "supervision.opened": Kind.SUPERVISION,
    "case.instructed": Kind.SUPERVISION,
    "instruction_overdue": Kind.SUPERVISION,
}


def kind_of(what: str) -> Kind:
    """The sort of an act, or of the word a diagram told; whatever is not known is plain news."""
    if what in _KINDS:
        return _KINDS[what]
    if what.startswith("supervision_"):
        return Kind.SUPERVISION
    return Kind.OVERDUE if what.endswith("_overdue") else Kind.NEWS
