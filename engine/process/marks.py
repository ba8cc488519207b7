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
from engine.errors import NotAllowed
from engine.process.push import Push
from engine.tasks import Task, TaskState

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
    if asker is not None and asker == push.actor_id:
        raise NotAllowed("task.own_work", "You cannot decide on your own request or check your own work.", task=task.id)


def apply(push: Push, task: Task, answers: Mapping[str, Any]) -> None:
    """Carries the meaning of a form over to the case and its visit."""
    case = push.case
    match task.form:
        case "sign_in" if answers.get("action") == "sign":
            visit = push.visit
            visit.signed_in_at, visit.signed_in_by = push.now, push.actor_id
            case.accountable_id = visit.unit_id
            case.state = CaseState.SIGNED_IN
        case "invite_joint":
            case.state = CaseState.JOINT
        case "joint_conclusion":
            case.state = CaseState.HANDLING
        case "first_contact" | "assess" | "handle":
            if case.state in WORKING:
                case.state = CaseState.HANDLING
        case "decide_upgrade":
            if answers.get("decision") != "accept":
                case.state = CaseState.HANDLING
        case "resolve":
            case.result = str(answers.get("result_code") or "resolved")
            case.substantive = answers.get("substantive") in ("yes", True)
            case.state = CaseState.REPLY_PENDING
        case "quality_check":
            if answers.get("verdict") == "rework":
                case.state = CaseState.HANDLING
        case "ceiling":
            case.lead_official = str(answers.get("lead_official") or "")[:80] or None
            case.state = CaseState.SUPERVISED
        case "confirm_triage":
            if answers.get("verdict") == "change":
                _override(push, answers)
        case _:
            pass


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
