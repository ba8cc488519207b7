"""The words for what a column of a file means, and for how far an import got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

COLUMNS: Mapping[str, Any] = {
    "external_no": _("Number at the source"),
    "received_at": _("Received"),
    "channel": _("Channel"),
    "kind": _("Kind"),
    "category": _("Category"),
    "title": _("Title"),
    "description": _("What happened"),
    "demand": _("Demand"),
    "place_id": _("Place"),
    "address_text": _("Address"),
    "party_name": _("Who asks: name"),
    "party_phone": _("Who asks: telephone"),
    "party_id_number": _("Who asks: identity number"),
    "party_address": _("Who asks: home address"),
    "respondent": _("Complained about"),
    "people_count": _("How many people"),
    "amount_cny": _("Amount in yuan"),
    "departments": _("How many departments"),
    "repeat_count": _("How often before"),
    "anonymous": _("Anonymous"),
    "confidential": _("Confidential"),
}

STATES: Mapping[str, Any] = {
    "new": _("its columns are to be matched"),
    "checking": _("is being checked"),
    "checked": _("checked; nothing is filed yet"),
    "running": _("is being filed"),
    "done": _("done"),
    "cancelled": _("cancelled"),
    "failed": _("broken off"),
}

GROUNDS: Mapping[str, Any] = {
    "person": _("same person"),
    "place": _("same place"),
    "near": _("close by"),
    "category": _("same category"),
    "text": _("similar text"),
}

IMPORT_TABLES: Mapping[str, Mapping[str, Any]] = {
    "import_column": COLUMNS,
    "import_state": STATES,
    "likeness": GROUNDS,
}
