"""The three facts a decision needs: what is asked, why, and what it hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from engine.cases import masked_text
from engine.process import Arbitration, Decision, Decisions
from engine.tasks import Field, Form
from engine.web.language import _
from engine.web.show import left, moment, person_name, say, tier_name, unit_name
from engine.web.show_case import length_words
from engine.web.words import word

MOST = 3
LONGEST = 240
Fact = tuple[str, str]


def three_facts(decision: Decision, found: Decisions) -> Sequence[Fact]:
    """(question, answer) pairs, at most three, in the reader's language."""
    return list(_facts(decision, found))[:MOST]


def _facts(decision: Decision, found: Decisions) -> Iterator[Fact]:
    case, clock = decision.case, decision.clock
    if decision.extension is not None:
        asked = decision.extension
        who = person_name(found.people.get(asked.asked_by))
        yield _("Asked for"), _("%(length)s more, by %(person)s", length=length_words(asked.length), person=who)
        yield _("Reason"), _short(asked.reason)
        if clock is not None:
            yield _("Limit"), f"{moment(clock.due_at)} · {left(clock.due_at)}"
        return
    if decision.arbitration is not None:
        dispute = decision.arbitration
        yield _("Between"), _("; ").join(unit_name(found.units.get(unit)) for unit in dispute.between)
        yield _("Objection"), " · ".join(why_disputed(dispute))
        yield from _answered(decision.before[1], decision.before[0].answers or {}, 1) if decision.before else ()
        return
    if decision.instruction is not None:
        yield _("Instruction"), _short(decision.instruction.text)
    if decision.before is not None:
        task, form = decision.before
        yield from _answered(form, task.answers or {}, MOST)
    elif decision.task.form == "confirm_triage":
        size = word(case.size, "size")
        yield _("Proposed"), f"{word(case.severity, 'severity')} · {size}"
        yield _("Goes to"), f"{unit_name(found.units.get(case.holder_id))} · {tier_name(case.tier)}"
        yield _("Because"), _("; ").join(_said(reason) for reason in case.reasons[:MOST]) or "—"
    else:
        yield _("With"), f"{unit_name(found.units.get(case.holder_id))} · {tier_name(case.tier)}"
        yield _("State"), word(case.state, "state")
        if clock is not None:
            yield _("Limit"), f"{moment(clock.due_at)} · {left(clock.due_at)}"


def why_disputed(dispute: Arbitration) -> list[str]:
    """Why a unit says that a matter is another's, in the words of the one who signed in or asked to return it."""
    note = _short(dispute.note) if dispute.note else ""
    reason = word(dispute.reason_code, "return_reason") if dispute.reason_code else ""
    return [part for part in (word(dispute.why, "dispute"), reason, note) if part]


def _answered(form: Form, answers: dict[str, Any], most: int) -> list[Fact]:
    """The last answers of a form: there it says what it leads to and why."""
    told = [
        (say(field.label), _short(_answer(field, answers[key])))
        for key, field in form.fields.items()
        if key in answers and field.source is None and field.type != "checkbox" and field.kind != "datetime"
    ]
    return told[-most:]


def _answer(field: Field, value: Any) -> str:
    if field.kind == "date":
        on = date.fromisoformat(value)
        return on.isoformat()
    labels = {choice.value: say(choice.label) for choice in field.choices}
    values = value if isinstance(value, list) else [value]
    return _("; ").join(labels.get(each, str(each)) for each in values)


def _said(reason: dict[str, Any]) -> str:
    zh, _slash, en = str(reason.get("says", "")).partition(" / ")
    return say({"zh": zh, "en": en or zh})


def _short(text: str) -> str:
    text = masked_text(" ".join(text.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
