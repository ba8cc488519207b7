"""What the engine itself reads from a completed form, beside what the diagram does with it.

Forms are the contract here, not elements: a designer may draw the steps differently, but a form called `sign_in`
signs in. The keys read are listed in `vocabulary.FORM_READS`; publishing checks that the forms still have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.cases import CaseState
from engine.deadlines import Extension
from engine.errors import Conflict, NotAllowed
from engine.history import HistoryEntry
from engine.mediation import Outcome
from engine.process import arbitration, mediating
from engine.process.push import Push
from engine.tasks import Task, TaskState

SIGNS_IN = frozenset(
    {"consult_answer", "suggestion_decision", "petition_register", "petition_accept_simple", "discipline_transfer"}
)
"""Forms of ways without a step of their own for it: whoever completes one has taken the matter on."""

CONCLUSIONS = {"support": "fulfilled", "part": "partly_fulfilled", "not_support": "not_supported"}
"""The result that an opinion's conclusion is; any other only explains."""

WORKING = frozenset(
    {CaseState.REGISTERED, CaseState.ASSIGNED, CaseState.SIGNED_IN, CaseState.JOINT, CaseState.REOPENED}
)


def refuse_self_approval(push: Push, task: Task) -> None:
    """Nobody grants their own request or checks their own work. Raises NotAllowed."""
    asker: int | None = None
    if task.form == "decide_extension":
        asker = push.session.scalar(
            select(Extension.asked_by).where(Extension.case_id == task.case_id, Extension.decision.is_(None))
        )
    elif task.form in ("quality_check", "decide_upgrade"):
        source = "resolve" if task.form == "quality_check" else "handle"
        asker = push.session.scalar(
            select(Task.completed_by)
            .where(Task.case_id == task.case_id, Task.form == source, Task.state == TaskState.COMPLETED.value)
            .order_by(Task.completed_at.desc(), Task.id.desc())
            .limit(1)
        )
    elif task.form == arbitration.FORM:
        asker = arbitration.opened_by(push)
    elif task.form == "return_visit":
        handled = select(Task.id).where(Task.case_id == task.case_id, Task.completed_by == push.actor_id)
        asker = push.actor_id if push.session.scalar(handled.where(Task.form != "return_visit").limit(1)) else None
    if asker is not None and asker == push.actor_id:
        raise NotAllowed("task.own_work", "You cannot decide on your own request or check your own work.", task=task.id)


UNREPAIRED = frozenset({"guided", "not_supported"})
"""Results of a matter that was never to be put right here."""


def refuse_unchecked(push: Push, task: Task, answers: Mapping[str, Any]) -> None:
    """What a check found is looked at again, in order, before its case is answered. Raises Conflict.

    Read from the case's own history, which is told of each finding and each recheck.
    """
    if task.form != "resolve" or push.case.channel != INSPECTION or answers.get("result_code") in UNREPAIRED:
        return
    told = push.session.execute(
        select(HistoryEntry.act, HistoryEntry.facts)
        .where(HistoryEntry.case_id == task.case_id, HistoryEntry.act.in_((FOUND, PASSED)))
        .order_by(HistoryEntry.seq)
    ).all()
    found = {facts.get("finding") for act, facts in told if act == FOUND}
    if found - {facts.get("finding") for act, facts in told if act == PASSED}:
        raise Conflict("finding.unsettled", "What a check found is looked at again before the case closes.")


INSPECTION, FOUND, PASSED = "inspection", "inspection.found", "recheck.passed"


def apply(push: Push, task: Task, answers: Mapping[str, Any]) -> None:
    """Carries the meaning of a form over to the case and its visit."""
    case = push.case
    if task.form in SIGNS_IN and push.visit.signed_in_at is None:
        _sign_in(push)
    match task.form:
        case "sign_in" if answers.get("action") in ("sign", "dispute"):
            _sign_in(push)
        case "invite_joint":
            case.state = CaseState.JOINT
        case "joint_conclusion":
            case.state = CaseState.HANDLING
        case "first_contact" | "assess" | "handle":
            if case.state in WORKING:
                case.state = CaseState.HANDLING
            mediating.offered(push, answers)
        case "mediation_organisation":
            mediating.referred(push, answers)
        case "mediation_acceptance":
            mediating.answered(push, answers)
        case "agreement" if answers.get("agreement_form") == "oral":
            mediating.ended(push, Outcome.AGREED_ORAL)
        case "mediation_seal":
            mediating.ended(push, Outcome.AGREED_WRITTEN)
        case "mediation_termination":
            mediating.ended(push, Outcome(str(answers.get("why") or Outcome.FAILED)))
        case "decide_upgrade":
            if answers.get("decision") != "accept":
                case.state = CaseState.HANDLING
        case "resolve":
            case.result = str(answers.get("result_code") or "resolved")
            case.substantive = answers.get("substantive") in ("yes", True)
            case.state = CaseState.REPLY_PENDING
        case "consult_answer":
            _answered(push, "answered", settled=True)
        case "suggestion_decision":
            _answered(push, str(answers.get("decision")), settled=answers.get("decision") != "not_adopted")
        case "petition_answer_simple" if not answers.get("disputed"):
            _concluded(push, answers)
        case "petition_opinion":
            _concluded(push, answers)
        case "petition_accept" if answers.get("decision") == "accept":
            case.accountable_id = task.unit_id
            case.state = CaseState.HANDLING
        case "petition_investigation":
            case.state = CaseState.HANDLING
        case "quality_check":
            if answers.get("verdict") == "rework":
                case.state = CaseState.HANDLING
        case "return_visit":
            _asked_after(push, answers)
        case "ceiling":
            case.lead_official = str(answers.get("lead_official") or "")[:80] or None
            case.state = CaseState.SUPERVISED
        case "confirm_triage":
            if answers.get("verdict") == "change":
                _override(push, answers)
        case _:
            pass


def _asked_after(push: Push, answers: Mapping[str, Any]) -> None:
    reached = answers.get("reached") == "yes"
    said: dict[str, Any] = {"reached": reached, "method": answers.get("method")}
    if reached:
        said |= {"stars": int(answers.get("satisfied") or 0), "solved": answers.get("really_solved")}
    push.happened("return_visit.made", said)


def _sign_in(push: Push) -> None:
    visit = push.visit
    visit.signed_in_at, visit.signed_in_by = push.now, push.actor_id
    push.case.accountable_id = visit.unit_id
    push.case.state = CaseState.SIGNED_IN


def _concluded(push: Push, answers: Mapping[str, Any]) -> None:
    conclusion = str(answers.get("conclusion"))
    _answered(push, CONCLUSIONS.get(conclusion, "explained"), settled=conclusion in ("support", "part"))


def _answered(push: Push, result: str, *, settled: bool) -> None:
    push.case.result, push.case.substantive = result, settled
    push.case.state = CaseState.REPLY_PENDING


def _override(push: Push, answers: Mapping[str, Any]) -> None:
    case = push.case
    before = {"severity": case.severity, "size": case.size}
    if answers.get("severity"):
        case.severity = int(answers["severity"])
    if answers.get("size") in ("small", "big"):
        case.size = str(answers["size"])
    push.happened(
        "triage.overridden",
        {"before": before, "severity": case.severity, "size": case.size, "reason": answers.get("reason")},
    )
