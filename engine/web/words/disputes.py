"""The words of disputes about who handles a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

DISPUTES: Mapping[str, Any] = {
    "disputed": _("disputes the competence, has signed in"),
    "returned": _("asks to return it"),
}

RETURN_REASONS: Mapping[str, Any] = {
    "not_ours": _("not its duty"),
    "wrong_place": _("not in its area"),
    "can_settle_below": _("can be settled below"),
    "incomplete": _("papers missing"),
    "other": _("another reason"),
}

ARBITRATED: Mapping[str, Any] = {
    "stays": _("stays with the first receiver"),
    "moved": _("goes to another unit"),
    "lapsed": _("not decided in time: the first receiver keeps it"),
    "dropped": _("nothing left to decide"),
}
