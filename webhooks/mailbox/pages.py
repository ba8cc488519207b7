"""The mailbox for operators: when each box was looked into, what came of the mail, and what could not be filed.

No word of a mail stands on it, and no sender in the clear: operators read no case.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as N_

from engine.web.context import looking, world
from engine.web.numbers import number
from engine.web.policy import policy
from webhooks.mailbox import rows
from webhooks.mailbox.drop import FOLDERS
from webhooks.mailbox.model import Mail, Outcome
from webhooks.mailbox.words import OUTCOMES, WHY, WHY_REFUSED

pages = Blueprint("mailbox", __name__, url_prefix="/operations/mailbox")


@pages.record
def _tab(state: BlueprintSetupState) -> None:
    tabs: Any = state.app.jinja_env.globals.setdefault("operation_tabs", [])
    tabs.append(("mailbox.show", N_("Mailbox")))


@pages.get("")
@policy("system.operate")
def show() -> str:
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in set(Outcome) else Outcome.REFUSED
    with looking() as session:
        found, following = rows.mails(session, outcome, before=number(request.args.get("before")))
        return render_template(
            "mailbox/mailbox.html",
            config=world().config.mailbox,
            looks=rows.looks(session),
            counts=rows.counts(session),
            outcomes=OUTCOMES,
            outcome=outcome,
            rows=found,
            next=following,
            lies_in=_lies_in,
            why={**WHY, **WHY_REFUSED},
        )


def _lies_in(mail: Mail) -> str:
    """The folder below the box, and what it is called there."""
    outcome = Outcome(mail.outcome)
    if mail.came_by == "drop":
        return f"{FOLDERS[outcome]}/{mail.found_in}"
    config = world().config.mailbox
    return f"{config.refused if outcome is Outcome.REFUSED else config.folder} · {mail.found_in}"
