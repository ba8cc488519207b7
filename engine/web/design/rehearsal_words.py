"""Rehearsals in the reader's words, and their figures as numbers for drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as N_

from engine.rehearsal import DAYS
from engine.web.language import _, ngettext

STATES: Mapping[str, Any] = {
    "waiting": N_("waits its turn"),
    "running": N_("under way"),
    "done": N_("finished"),
    "cancelled": N_("called off"),
    "failed": N_("broken off"),
}
ENDED: Mapping[str, Any] = {
    "closed": N_("closed"),
    "withdrawn": N_("withdrawn"),
    "merged": N_("merged"),
    "unfinished": N_("never finished"),
    "stopped": N_("stopped by a fault of the draft"),
}
STEPS: Mapping[str, Any] = {
    "completed": N_("done"),
    "withdrawn": N_("no longer needed"),
    "fired": N_("time ran out"),
}
MEASURES: Mapping[str, Any] = {
    "rises": N_("Rises"),
    "rises_overdue": N_("of them because time ran out"),
    "rises_request": N_("of them on request"),
    "returns": N_("Returned down"),
    "overdue": N_("Overdue cases"),
    "yellow": N_("Yellow cards"),
    "red": N_("Red cards"),
    "median_days": N_("Half closed within (working days)"),
    "ninth_days": N_("Nine of ten closed within (working days)"),
    "asked": N_("Tasks done"),
}
MEANS: Mapping[str, Any] = {
    "rises": N_("How often cases went up a tier, for whatever reason."),
    "overdue": N_("Past the limit of the whole case, or of a tier with nobody above; cases that never end count too."),
    "median_days": N_("Working days from when the matter came in until it was closed or withdrawn."),
    "asked": N_("Every task somebody did, over all cases."),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One class of days to close. Lengths are hundredths of the longest bar."""

    bound: int
    was: int
    would: int
    was_length: float
    would_length: float


def bars(days: Mapping[str, Sequence[int]]) -> list[Bar]:
    most = max((count for pair in days.values() for count in pair), default=0) or 1
    return [
        Bar(bound, *days[str(bound)], *(round(100 * count / most, 1) for count in days[str(bound)]))
        for bound in (*DAYS, 0)
    ]


def class_words(bound: int) -> str:
    """A class of days; 0 is the last, open one."""
    if bound == 0:
        return _("more than %(days)d", days=DAYS[-1])
    if bound == DAYS[0]:
        return ngettext("within %(num)d day", "within %(num)d days", bound)
    return _("up to %(days)d", days=bound)


def difference(pair: Sequence[float | None]) -> str:
    """How much more or less it would be; empty where nothing changes."""
    was, would = pair
    if was is None or would is None or was == would:
        return ""
    exact = any(isinstance(each, float) for each in pair)
    return format(would - was, "+.1f" if exact else "+d").replace("-", "−")
