"""The words for who stands for which unit and place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

POSTING_KINDS: Mapping[str, Any] = {
    "petition_officer": _("Officer of a member unit"),
    "instructor": _("Petition instructor"),
    "grid_member": _("Sent to the grid"),
    "delegate": _("People's congress delegate"),
    "linked_leader": _("Linked leader"),
}

RANKS: Mapping[str, Any] = {
    "staff": _("Staff"),
    "deputy_section": _("Deputy section head"),
    "section": _("Section head"),
    "deputy_division": _("Deputy division head"),
    "division": _("Division head"),
}

CONTRACTED: Mapping[str, Any] = {
    "emergency": _("Emergency response"),
    "hygiene": _("Civic hygiene"),
    "stability": _("Petitions and stability"),
    "care": _("Care and aid"),
    "visits": _("Visits and contact"),
    "volunteering": _("Volunteering"),
}
"""The six contracted duties."""

STAFFING_TABLES: Mapping[str, Mapping[str, Any]] = {
    "contracted": CONTRACTED,
    "posting_kind": POSTING_KINDS,
    "rank": RANKS,
}
