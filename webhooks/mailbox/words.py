"""What became of a mail, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

from webhooks.mailbox.model import Outcome

OUTCOMES: Mapping[Outcome, Any] = {
    Outcome.REFUSED: N_("Could not be filed"),
    Outcome.FILED: N_("Filed as cases"),
    Outcome.ADDED: N_("Added to their cases"),
    Outcome.LEFT: N_("Written by machines"),
}
WHY: Mapping[str, Any] = {
    "automatic": N_("An automatic answer."),
    "bounce": N_("A report that a mail could not be delivered."),
    "bulk": N_("A newsletter or a mailing list."),
    "loop": N_("It came from us, or went in circles."),
}
"""Why one was left alone."""
WHY_REFUSED: Mapping[str, Any] = {
    "broken": N_("It is no readable mail."),
    "fault": N_("Something broke on our side; the log says what."),
    "filing.invalid": N_("It cannot become a case as it is."),
    "head": N_("Its head is too large."),
    "large": N_("It is larger than mail may be here (mailbox.max_bytes)."),
    "lines": N_("It has too many lines."),
    "mail.too_many": N_("Its sender wrote too often in a short time."),
    "nested": N_("It is nested too deeply."),
    "old": N_("It is older than thirty days. Laid into the folder of .eml files it is filed as of today."),
    "parts": N_("It has too many parts."),
}
