"""The words of sessions, receptions and campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

OUTCOMES: Mapping[str, Any] = {
    "substantively_resolved": _("resolved in substance"),
    "procedurally_closed": _("closed by procedure"),
    "remaining": _("remaining"),
    "solved": _("solved"),
    "explained": _("explained, and understood"),
    "unsolved": _("not solved"),
}

SESSION_KINDS: Mapping[str, Any] = {
    "secretary_talk": _("Secretary's tea-talk"),
    "grid_talk": _("Grid lead's tea-talk"),
    "council": _("Neighbourhood council"),
}

ITEM_STANDINGS: Mapping[str, Any] = {
    "all": _("all of them"),
    "waiting": _("not issued"),
    "running": _("under way"),
    "overdue": _("overdue"),
    "struck_off": _("struck off"),
}

DISPOSITIONS: Mapping[str, Any] = {
    "answered": _("Answered on the spot"),
    "case": _("Becomes a case"),
    "suggestion": _("Becomes a suggestion"),
    "noted": _("Noted"),
}

MEETING_TABLES: Mapping[str, Mapping[str, Any]] = {
    "disposition": DISPOSITIONS,
    "item_standing": ITEM_STANDINGS,
    "outcome": OUTCOMES,
    "session_kind": SESSION_KINDS,
}
