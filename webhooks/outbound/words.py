"""The words of the pages of subscriptions: what each kind of event means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

from engine.web.language import _
from engine.web.words import word

MEANS: Mapping[str, Any] = {
    "case.filed": N_("A case was filed, by whichever channel."),
    "case.raised": N_("It rose one tier: its time ran out, somebody asked for it, or it became more serious."),
    "case.returned": N_("A unit sent it back to the one below."),
    "case.moved": N_("It went to another unit of the same tier, or begins a new stay."),
    "case.downgraded": N_("It turned out smaller and moved down."),
    "case.regraded": N_("Its severity or the way it goes was graded anew."),
    "case.instructed": N_("A leader gave an instruction about it."),
    "case.closed": N_("It ended, with the result."),
    "case.reopened": N_("The petitioner said that it is not solved, and it runs again."),
    "clock.warned": N_("A time limit is nearly used up; it says which, and when it is due."),
    "clock.extended": N_("More time was granted; it says until when."),
    "supervision.opened": N_("The district supervises it from now on."),
    "arbitration.opened": N_("Units disagree whose it is, and a higher one is asked."),
    "arbitration.decided": N_("It was decided whose it is."),
    "opinion.rose": N_("The public looks at it."),
    "citizen.confirmed": N_("The petitioner says that it is solved."),
    "citizen.refused": N_("The petitioner says that it is not solved."),
}


def kind_name(kind: str) -> str:
    return _("Trial") if kind == "ping" else str(word(kind, "act"))
