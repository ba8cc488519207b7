"""What completed forms say of a mediation, kept in its register and in the case's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import mediation
from engine.errors import Invalid
from engine.mediation import Outcome
from engine.process.push import Push

HOLDER = "holder"
"""The value of a form for: this unit mediates itself."""


def offered(push: Push, answers: Mapping[str, Any]) -> None:
    """Whoever calls the petitioner first asks whether they want mediation; a form without the question says nothing."""
    answer = answers.get("mediation_offer")
    if answer not in mediation.ANSWERS:
        return
    try:
        said = mediation.checked(answer, answers.get("mediation_reason"), answers.get("mediation_note"))
    except Invalid as refusal:
        fields = {f"mediation_{key}": words for key, words in refusal.facts["fields"].items()}
        raise Invalid(refusal.code, refusal.sentence, fields=fields) from refusal
    mediation.keep_offer(push.session, push.case.id, *said, by=push.actor_id, now=push.now)
    push.happened("mediation.offered", {"answer": said[0], "reason": said[1]})


def referred(push: Push, answers: Mapping[str, Any]) -> None:
    """Raises Invalid for an organisation that is shut out of the case."""
    named = str(answers.get("organisation") or HOLDER)
    if named != HOLDER and push.wall.shuts_out(named):
        wrong = {"zh": "该组织须回避。", "en": "This organisation is complained about."}
        raise Invalid("organisation.walled", "This organisation may not see the case.", fields={"organisation": wrong})
    ended(push, Outcome.SILENT)
    referral = mediation.refer(
        push.session,
        push.case.id,
        None if named == HOLDER else named,
        chosen_by=str(answers.get("chosen_by") or "unit"),
        now=push.now,
    )
    push.happened("mediation.referred", {"organisation": referral.organisation_id, "chosen_by": referral.chosen_by})


def answered(push: Push, answers: Mapping[str, Any]) -> None:
    referral = mediation.running(push.session, push.case.id)
    if referral is None:
        return
    if answers.get("decision") == "refuse":
        ended(push, Outcome.REFUSED)
        return
    named = str(answers.get("mediator") or "")
    mediation.accept(push.session, referral, int(named) if named.isdecimal() else None, now=push.now)
    facts = {"organisation": referral.organisation_id, "mediator": referral.mediator_id}
    push.happened("mediation.accepted", facts)


def ended(push: Push, outcome: Outcome) -> None:
    """Does nothing where no mediation runs."""
    referral = mediation.running(push.session, push.case.id)
    if referral is not None:
        mediation.end(referral, outcome, now=push.now)
        push.session.flush()
        push.happened("mediation.ended", {"organisation": referral.organisation_id, "outcome": outcome.value})


def answering(push: Push) -> str:
    """Who mediates: the organisation, with the mediator it named where they have an account; else the holder."""
    unit_id, person_id = mediation.answering(push.session, push.case.id, without=push.wall.people)
    if unit_id is None or push.wall.shuts_out(unit_id):
        return push.case.holder_id
    return unit_id if person_id is None else f"{unit_id}#{person_id}"
