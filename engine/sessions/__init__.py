"""Tea-talks and neighbourhood councils: called, held, written down; what was raised goes its own way as a case."""

from engine.sessions.figures import Counts, count_sessions
from engine.sessions.holding import Minutes, keep, publish
from engine.sessions.model import Disposition, Gathering, GatheringItem, Invitation, Kind
from engine.sessions.raising import KINDS, Raised, raise_item, take_back
from engine.sessions.rows import (
    PAGE,
    Item,
    Tally,
    coming,
    how_many_coming,
    invitations_of,
    items_of,
    see_session,
    sessions_of,
    tallies,
    told_at,
    untold,
)
from engine.sessions.scheduling import Plan, cancel, schedule

__all__ = [
    "KINDS",
    "PAGE",
    "Counts",
    "Disposition",
    "Gathering",
    "GatheringItem",
    "Invitation",
    "Item",
    "Kind",
    "Minutes",
    "Plan",
    "Raised",
    "Tally",
    "cancel",
    "coming",
    "count_sessions",
    "how_many_coming",
    "invitations_of",
    "items_of",
    "keep",
    "publish",
    "raise_item",
    "schedule",
    "see_session",
    "sessions_of",
    "take_back",
    "tallies",
    "told_at",
    "untold",
]
