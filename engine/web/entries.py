"""An entry of a case's history in one short piece, beside the name of its act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask

from engine.cases import masked_text
from engine.history import HistoryEntry
from engine.letters import KINDS
from engine.process import Story
from engine.web.context import locale
from engine.web.language import _, bilingual
from engine.web.show import moment, person_name, say, unit_name, unit_of
from engine.web.show_case import length_words
from engine.web.show_people import news
from engine.web.words import word


def register(app: Flask) -> None:
    app.jinja_env.globals["tell"] = tell_entry


def tell_entry(entry: HistoryEntry, story: Story) -> str:
    """What an entry of the history adds to the name of its act, in one short piece."""
    facts = entry.facts
    match entry.act:
        case "case.filed":
            return " · ".join([word(facts.get("severity"), "severity"), *_passed_over(facts, story)])
        case "case.told" | "case.noted":
            return news(str(facts.get("what")))
        case "task.asked":
            whom = [unit_of(unit, story) for unit in facts.get("units") or []]
            return " · ".join([say(facts["task"]), *whom])
        case "identity.unmasked":
            fields = _("; ").join(word(field, "field") for field in facts.get("fields") or [])
            return f"{fields} · {facts.get('reason')}"
        case "party.named" | "party.corrected":
            role = word(facts["role"], "party_role") if facts.get("role") else ""
            changed = _("; ").join(word(field, "field") for field in facts.get("fields") or [])
            return " · ".join(part for part in (role, changed, masked_text(str(facts.get("reason") or ""))) if part)
        case "case.amended":
            return _("; ").join(word(field, "field") for field in facts.get("fields") or [])
        case "case.passed_on":
            return ", ".join(unit_name(story.units.get(unit)) for unit in facts.get("units") or [])
        case "handler.stepped_aside":
            return masked_text(str(facts.get("reason") or ""))
        case "case.raised" | "case.returned" | "case.downgraded":
            where = story.units.get((facts.get("to") or {}).get("unit", ""))
            way = [_("to %(unit)s", unit=unit_name(where))]
            way += [word(facts["reason"], "why")] if facts.get("reason") else []
            return " · ".join([*way, *_passed_over(facts, story)])
        case "case.regraded":
            return word(facts.get("severity"), "severity")
        case "case.migrated":
            return _("release %(old)d → %(new)d", old=facts.get("from", 0), new=facts.get("to", 0))
        case "case.token_moved":
            ends = [bilingual(name) for name in facts.get("names") or []]
            return f"{' → '.join(ends)} · {masked_text(str(facts.get('reason') or ''))}"
        case "case.closed":
            return word(facts.get("result"), "result")
        case "task.completed":
            both = facts.get("name") or ["", ""]
            return str(both[0 if locale().startswith("zh") else 1])
        case "task.handed_over" | "task.delegated" | "task.answered":
            to = _("to %(person)s", person=person_name(story.people.get(facts.get("to", 0))))
            said = masked_text(str(facts.get("question") or facts.get("note") or ""))
            return " · ".join(part for part in (to, said) if part)
        case "clock.paused":
            return f"{word(facts.get('step'), 'step')} · {word(facts.get('reason'), 'pause')}"
        case "clock.warned" | "clock.breached" | "clock.resumed":
            return word(facts.get("step"), "step")
        case "clock.extended" | "extension.asked" | "extension.refused":
            more = length_words(str(facts["by"])) if facts.get("by") else ""
            return " · ".join(part for part in (more, masked_text(str(facts.get("reason") or ""))) if part)
        case "case.merged" | "case.joined" | "case.left":
            said = masked_text(str(facts.get("reason") or ""))
            return " · ".join(str(part) for part in (facts.get("number"), said) if part)
        case "letter.issued" | "letter.delivered" | "letter.voided" | "letter.waived":
            about = KINDS[str(facts.get("kind"))].name(locale()) if facts.get("kind") in KINDS else ""
            said = masked_text(str(facts.get("reason") or ""))
            return " · ".join(str(part) for part in (about, facts.get("number"), said) if part)
        case "case.reopened":
            return _("at %(unit)s", unit=unit_name(story.units.get((facts.get("to") or {}).get("unit", ""))))
        case "case.sorted":
            led_to = " · ".join(facts.get("words") or [])
            return word(facts.get("category"), "category") + (f" ({led_to})" if led_to else "")
        case "citizen.rated":
            stars = _("%(stars)s of 5", stars=facts.get("stars"))
            return " · ".join(part for part in (stars, masked_text(str(facts.get("words") or ""))) if part)
        case "citizen.refused" | "risk.reported" | "triage.overridden":
            return masked_text(str(facts.get("reason") or ""))
        case "material.supplied":
            return masked_text(str(facts.get("note") or ""))
        case "case.instructed":
            return f"{unit_name(story.units.get(str(facts.get('unit'))))} · {masked_text(str(facts.get('text') or ''))}"
        case "comment.made":
            return masked_text(str(facts.get("text") or ""))
        case "case.moved":
            where = story.units.get((facts.get("to") or {}).get("unit", ""))
            return _("to %(unit)s", unit=unit_name(where))
        case "arbitration.opened":
            between = _("; ").join(unit_name(story.units.get(unit)) for unit in facts.get("between") or [])
            return f"{word(facts.get('why'), 'dispute')} · {between}"
        case "arbitration.decided":
            lead = unit_name(story.units.get(str(facts.get("lead"))))
            said = masked_text(str(facts.get("reason") or ""))
            return " · ".join(part for part in (word(facts.get("outcome"), "arbitrated"), lead, said) if part)
        case "return_visit.made":
            if not facts.get("reached"):
                return _("not reached")
            return _("%(stars)s of 5", stars=facts.get("stars"))
        case "supervision.opened":
            return masked_text(str(facts.get("note") or ""))
        case "card.voided":
            said = masked_text(str(facts.get("reason") or ""))
            return " · ".join(part for part in (word(facts.get("colour"), "card"), said) if part)
        case "card.given":
            unit = unit_name(story.units.get(str(facts.get("unit"))))
            return f"{word(facts.get('colour'), 'card')} · {unit}"
        case "votes.counted":
            return _("%(yes)s of %(given)s said yes", yes=facts.get("yes"), given=facts.get("given"))
        case "process.concluded":
            return word(facts.get("outcome"), "outcome")
        case "campaign.issued":
            return _("batch %(batch)s, item %(number)s", batch=facts.get("batch"), number=facts.get("number"))
        case "reception.received" | "session.raised" | "session.told":
            return masked_text(str(facts.get("text") or ""))
        case "mediation.offered":
            why = [word(facts["reason"], "offer_reason")] if facts.get("reason") else []
            return " · ".join([word(facts.get("answer"), "offer_answer"), *why])
        case "mediation.referred" | "mediation.accepted":
            return unit_name(story.units.get(str(facts.get("organisation") or story.case.holder_id)))
        case "mediation.ended":
            return word(facts.get("outcome"), "mediation_outcome")
        case "mediation.booked" | "mediation.cancelled" if facts.get("from"):
            return f"{moment(datetime.fromisoformat(facts['from']))} – {moment(datetime.fromisoformat(facts['until']))}"
        case "force.added" | "force.removed":
            return str(facts.get("name") or "")
        case "joint.absent":
            return _("; ").join(unit_of(unit, story) for unit in facts.get("units") or [])
        case _:
            return ""


def _passed_over(facts: Mapping[str, Any], story: Story) -> list[str]:
    units = [unit_name(story.units.get(unit)) for unit in facts.get("passed_over") or []]
    return [_("passed over because it is complained about: %(units)s", units=_("; ").join(units))] if units else []
