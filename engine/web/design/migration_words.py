"""Migrations of running cases in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

STATES: Mapping[str, Any] = {
    "looking": N_("being looked at"),
    "ready": N_("looked at"),
    "moving": N_("being moved"),
    "done": N_("moved over"),
    "stopped": N_("stopped"),
    "undoing": N_("being taken back"),
    "undone": N_("taken back"),
}
OUTCOMES: Mapping[str, Any] = {
    "can": N_("can go"),
    "cannot": N_("cannot go"),
    "moved": N_("moved over"),
    "stayed": N_("stayed after all"),
    "undone": N_("taken back"),
    "kept": N_("not taken back"),
}
REASONS: Mapping[str, Any] = {
    "process.gone": N_("The new release has no such process."),
    "element.gone": N_("What it waits at is gone."),
    "element.elsewhere": N_("What it waits at lies in another subprocess."),
    "element.other_kind": N_("What it waits at is of another kind."),
    "message.other": N_("It waits for a message that nobody awaits there any more."),
    "event.other": N_("The event it waits for is another one there."),
    "rounds.changed": N_("It is repeated in another way."),
    "call.changed": N_("Another process is called there."),
    "flow.gone": N_("The way on which it came to a join is gone."),
    "race.changed": N_("The events it waits for together are others."),
    "clock.other_step": N_("Its running clock would count another step."),
    "clock.past": N_("A new clock would have run out already."),
    "clock.unknown": N_("A new clock cannot be started."),
    "clock.stopped": N_("A clock that stands still would be lost."),
    "fact.unknown": N_("The new release asks for something the case does not know and will not learn:"),
    "form.other": N_("Somebody has begun on its form, which is another one there."),
    "tokens.stuck": N_("A join would wait for ever."),
    "tokens.doubled": N_("Something would be done twice."),
    "target.unreachable": N_("No way leads there."),
    "state.broken": N_("What was saved of it cannot be read."),
    "instance.ended": N_("It has ended meanwhile."),
    "instance.elsewhere": N_("It runs on another release already."),
    "instance.not_begun": N_("A fault has kept it from beginning."),
    "rows.differ": N_("Its tasks and clocks are not what was saved of it. Have it verified."),
    "moved.since": N_("It has gone on since."),
}
