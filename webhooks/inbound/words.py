"""The words of the pages about what came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from webhooks.inbound.model import State

STATES: Mapping[str, Any] = {
    State.WAITING: _("waiting"),
    State.FILED: _("became a case"),
    State.UPDATED: _("changed a case"),
    State.KNOWN: _("known already"),
    State.OLDER: _("older than what is known"),
    State.DELIVERED: _("delivered to its case"),
    State.REFUSED: _("refused"),
    State.EXPIRED: _("its case never waited for it"),
    State.DROPPED: _("put aside"),
}

TURNED_AWAY: Mapping[str, Any] = {
    "signature.wrong": _("wrong or missing signature"),
    "signature.old": _("signed at another time"),
    "http.413": _("too large"),
    "delivery.moved": _("a known id with another content"),
}
"""Why nothing of a delivery was kept."""

SCHEMES: Mapping[str, Any] = {
    "standard": _("Standard Webhooks"),
    "hmac": _("HMAC of the body"),
    "token": _("shared token"),
}

LONG: Mapping[str, Any] = {
    "message.no_case": _("No case of this source has this number yet."),
    "message.not_awaited": _("The case does not wait for this message now."),
}
"""What the last try of something that waits came to."""
