"""The words for the numbers of the board: their names, the headings of their lists, and what each counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

FIGURES: Mapping[str, Any] = {
    "overdue": _("Overdue now"),
    "soon": _("Due within a working day"),
    "risen": _("Risen in 7 days"),
    "open": _("Open"),
    "in_time": _("Closed in time, 30 days"),
}

FIGURE_LISTS: Mapping[str, Any] = {
    **FIGURES,
    "open": _("Open cases"),
    "in_time": _("Closed in 30 days"),
}

FIGURE_MEANS: Mapping[str, Any] = {
    "overdue": _("Open cases whose time for the whole case, or at the highest tier, has run out."),
    "soon": _("Open cases whose time at the present tier ends within one working day."),
    "risen": _("Cases that moved up a tier out of this area in the last seven days, whatever became of them."),
    "open": _("Cases that are not closed, withdrawn or merged. Confidential cases are in no number."),
    "in_time": _("Of the cases closed in the last thirty days, those closed before their time had run out."),
}
