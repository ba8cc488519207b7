"""What the tracking page says: plain words for states, steps and reasons, without a name or a word of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as N_

from engine.citizen import Progress, Step
from engine.escalation import HANDED_BACK
from engine.letters import KINDS
from engine.territory import Unit
from engine.web.context import locale
from engine.web.language import _
from engine.web.show import moment, unit_name
from engine.web.words.matters import PAUSES, RESULTS

STATES: Mapping[str, Any] = {
    "received": N_("Report received"),
    "accepted": N_("Accepted"),
    "in_progress": N_("In progress"),
    "waiting": N_("Waiting for you"),
    "moved_up": N_("Moved up"),
    "answered": N_("Answered"),
    "reopened": N_("Reopened"),
}
MEANINGS: Mapping[str, Any] = {
    "received": N_("Your report has reached the office. Somebody there signs for it first."),
    "accepted": N_("The office has signed for it and will get in touch or come by."),
    "in_progress": N_("The office is working on it."),
    "waiting": N_("The office needs something from you. Its clock stands still until it arrives."),
    "moved_up": N_("A higher office has it now. Somebody there signs for it first."),
    "answered": N_("The office has finished. Please say whether it is solved."),
    "reopened": N_("You said that it was not solved. The office handles it once more."),
}
ENDED: Mapping[str, Any] = {
    "withdrawn": N_("It was withdrawn. Nobody works on it any more."),
    "merged": N_("It is handled together with another matter about the same thing."),
}
SAID: Mapping[str, Any] = {
    "confirmed": N_("You said that it is solved. Thank you."),
    "supervised": N_("You said twice that it was not solved. The office above supervises it now."),
}
STEPS: Mapping[str, Any] = {
    "received": N_("Your report arrived"),
    "waiting": N_("The office asked you for something"),
    "paused": N_("The clock was stopped"),
    "going_on": N_("The clock runs on"),
    "papers": N_("You added something"),
    "papers_office": N_("The office received something"),
    "answered": N_("The office answered"),
    "withdrawn": N_("The matter was withdrawn"),
    "supervised": N_("The office above began to supervise it"),
    "confirmed": N_("You said that it is solved"),
    "refused": N_("You said that it is not solved"),
    "review_asked": N_("A review of the opinion was asked for"),
}
WHY_UP: Mapping[str, Any] = {
    "overdue": N_("By itself: %(unit)s did not settle it in time."),
    "request": N_("%(unit)s asked the office above to take over."),
    "severity_jump": N_("Because it turned out to be more serious."),
    "supervision": N_("Because it is supervised from above."),
    "leader_order": N_("By order of the office above."),
    "dispute_unresolved": N_("Because it could not be settled at %(unit)s."),
    "petitioner_request": N_("Because you asked for it."),
}
WHY_DOWN: Mapping[str, Any] = {
    "return_down": N_("The office above found that it can be settled here."),
    "downgrade": N_("The reason for moving it up is gone."),
    "assign_down": N_("The office above gave it this office to do."),
}


def tell_state(progress: Progress) -> tuple[str, str]:
    """The state in plain words, and what it means for the reader."""
    headline = str(STATES[progress.state])
    if progress.state == "moved_up":
        headline = _("Moved up to %(unit)s", unit=unit_name(progress.office[-1]))
    if progress.ended is not None and progress.ended in ENDED:
        return headline, str(ENDED[progress.ended])
    said = "confirmed" if progress.said.confirmed else "supervised" if progress.said.refused else ""
    if progress.ended and said:
        return headline, str(SAID[said])
    return headline, str(MEANINGS[progress.state])


def tell_step(step: Step, units: Mapping[str, Unit]) -> tuple[str, str]:
    """A line of the timeline: what happened, and what else there is to know, if anything."""
    office, came = units.get(step.unit_id or ""), units.get(step.from_id or "")
    match step.what:
        case "accepted" | "accepted_again":
            return _("%(unit)s signed for it", unit=unit_name(office)), ""
        case "moved_up":
            return _("Moved up to %(unit)s", unit=unit_name(office)), _why(WHY_UP, step, unit_name(came))
        case "moved_down":
            return _("Went to %(unit)s", unit=unit_name(office)), _why(WHY_DOWN, step, unit_name(came))
        case "moved_over" if step.why == HANDED_BACK:
            return _("Goes on at %(unit)s", unit=unit_name(office)), _("What a leader had asked for did not settle it.")
        case "moved_over":
            return _("Went to %(unit)s", unit=unit_name(office)), _("It was decided that this office handles it.")
        case "reopened":
            return _("Reopened at %(unit)s", unit=unit_name(office)), str(MEANINGS["reopened"])
        case "more_time":
            until = moment(datetime.fromisoformat(step.detail)) if step.detail else ""
            return _("More time was granted"), _("until %(when)s", when=until) if until else ""
        case "paused":
            return str(STEPS["paused"]), str(PAUSES.get(step.why or "", ""))
        case "answered":
            return str(STEPS["answered"]), str(RESULTS.get(step.detail or "", ""))
        case "joined":
            return _("Handled together with %(number)s", number=step.detail), str(ENDED["merged"])
        case "split":
            return _("On its own again at %(unit)s", unit=unit_name(office)), ""
        case "letter":
            return _("%(letter)s was delivered to you", letter=KINDS[str(step.why)].name(locale())), step.detail or ""
        case "rated":
            return _("You gave %(stars)s of 5", stars=step.detail), ""
        case _:
            return str(STEPS[step.what]), ""


def _why(table: Mapping[str, Any], step: Step, came: str) -> str:
    said = table.get(step.why or "")
    return "" if said is None else str(said) % {"unit": came}
