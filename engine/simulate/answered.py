"""A form filled in: what was decided, whom the form offers, and the rest as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case
from engine.deploy import LoadedRelease
from engine.process import World
from engine.simulate import choosing, reads
from engine.simulate.answers import fill
from engine.simulate.followed import Asked, Followed


def answered(
    session: Session,
    world: World,
    release: LoadedRelease,
    case: Followed,
    asked: Asked,
    decided: Mapping[str, Any],
    *,
    now: datetime,
) -> Mapping[str, Any]:
    """The answers to a task; raises like `fill`."""
    if asked.form is None:
        return {}
    form = release.form(asked.process, asked.form)
    choices: Mapping[str, Any] = {}
    signs = asked.form == "sign_in" and decided.get("action") == "sign"
    if not signs and any(each.source for each in form.fields.values()):
        task, row = tasks.get_task(session, asked.id), session.get_one(Case, case.case_id)
        choices = tasks.choices_for(session, form, task, row, world.tiers)
    match asked.form:
        case "decide_extension" if session.execute(reads.ASKED_CLOCK, {"case_id": case.case_id}).first() is None:
            decided = {"decision": "refuse"}
        case "sign_in" if decided.get("action") in ("dispute", "return"):
            decided = {**decided, "proper_unit": choosing.one_of(case, choices.get("competent_units", ()))}
        case "arbitration":
            decided = choosing.ruled(case, choices.get("competent_units", ()))
        case "mediation_organisation":
            decided = {"organisation": choosing.asked_to_mediate(case, choices["mediation_organisations"])}
        case "mediation_acceptance" if not choices.get("mediators"):
            decided = {"decision": "refuse"}
        case "invite_joint":
            decided = {**decided, "co_units": choosing.invited(case, choices.get("community_units", ()))}
        case _:
            pass
    return fill(form, decided, choices=choices, now=now, zone=world.calendar.tz, chance=case.chance)
