"""What a diagram may ask for, bound to what the engine does. One function per service of `vocabulary.WORDS`.

Each takes the push and the call and gives the variables the diagram goes on with. Refusals pass to whoever pushed,
and nothing of the push is kept then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from engine import deadlines, escalation, runtime, triage
from engine.cases import Card, CaseState
from engine.deadlines import DeadlineState, Extension
from engine.errors import Conflict, Invalid
from engine.process import arbitration, mediating
from engine.process.disputed import DISPUTED
from engine.process.drawn import is_drawn
from engine.process.push import SUPERVISION, Push, is_supervised, standing
from engine.process.settle import retime_tasks, state_after
from engine.store import Prepared, table_of
from engine.tasks import Task, TaskState

Given = Mapping[str, Any]

STILL = {"waiting_petitioner": CaseState.WAITING_PETITIONER, "in_mediation": CaseState.MEDIATING}
"""What a case is while its clock stands still, by the reason of the pause."""


def _triage(push: Push, call: runtime.ServiceCall) -> Given:
    case = push.case
    grade = triage.grade(push.release.package, case.facts, tiers=push.world.tiers, least_severity=case.severity)
    before = {"severity": case.severity, "size": case.size, "track": case.track}
    case.severity, case.size, case.track, case.urgent = grade.severity, grade.size, grade.track, grade.urgent
    case.reasons = grade.reasons_as_json()
    push.happened(
        "case.regraded",
        {
            "before": before,
            "severity": grade.severity,
            "size": grade.size,
            "track": grade.track,
            "rules": [reason.rule for reason in grade.reasons],
        },
    )
    return grade.for_diagram()


def _raise_tier(push: Push, call: runtime.ServiceCall) -> Given:
    case, reason, to = push.case, str(call.params["reason"]), call.params.get("to")
    before, seq = {"tier": case.tier, "unit": case.holder_id}, case.visit_seq
    visit = escalation.raise_one_tier(
        push.session,
        case,
        tiers=push.world.tiers,
        reason=reason,
        to=None if to is None else str(to),
        wall=push.wall,
        actor_id=push.actor_id,
        now=push.now,
    )
    if visit.seq == seq:
        return {**standing(push), "signed_in": visit.signed_in_at is not None}
    push.entered(visit)
    said = {"from": before, "to": {"tier": case.tier, "unit": case.holder_id}, "reason": reason, "visit": visit.seq}
    passed = escalation.passed_over(case.place_id, before["tier"], case.tier, push.world.tiers, push.wall)
    push.happened("case.raised", {**said, "passed_over": passed} if passed else said, state_after(case))
    return {**standing(push), "signed_in": False}


def _return_down(push: Push, call: runtime.ServiceCall) -> Given:
    case = push.case
    before = {"tier": case.tier, "unit": case.holder_id}
    window = deadlines.of_visit(push.session, case.id, case.visit_seq, "ack")
    try:
        visit = escalation.return_down(
            push.session,
            case,
            tiers=push.world.tiers,
            window_ends_at=None if window is None else window.due_at,
            most=push.world.config.policy.returns_between_units,
            wall=push.wall,
            actor_id=push.actor_id,
            now=push.now,
        )
    except Conflict as refusal:
        if refusal.code not in escalation.NEEDS_ARBITRATION or not arbitration.can_begin(push):
            raise
        arbitration.open_arbitration(push, arbitration.Why.RETURNED)
        return {**standing(push), "signed_in": False}
    push.entered(visit)
    push.happened(
        "case.returned",
        {
            "from": before,
            "to": {"tier": case.tier, "unit": case.holder_id},
            "reason_code": (push.task_answers or {}).get("reason_code"),
            "visit": visit.seq,
        },
        state_after(case),
    )
    return {**standing(push), "signed_in": False}


def _downgrade(push: Push, call: runtime.ServiceCall) -> Given:
    case = push.case
    before = {"tier": case.tier, "unit": case.holder_id}
    to = call.data.get("to_tier")
    visit = escalation.downgrade(
        push.session,
        case,
        tiers=push.world.tiers,
        to=str(to) if to else None,
        wall=push.wall,
        actor_id=push.actor_id,
        now=push.now,
    )
    push.entered(visit)
    push.happened(
        "case.downgraded",
        {"from": before, "to": {"tier": case.tier, "unit": case.holder_id}, "visit": visit.seq},
        state_after(case),
    )
    return {**standing(push), "signed_in": False}


def _pause_clock(push: Push, call: runtime.ServiceCall) -> Given:
    case, reason = push.case, str(call.params["reason"])
    clock = deadlines.of_visit(push.session, case.id, case.visit_seq, "handle")
    if clock is None or clock.state not in (DeadlineState.ARMED, DeadlineState.PAUSED):
        raise Conflict("pause.no_clock", "No tier clock runs for this case, so there is nothing to stop.")
    most = push.world.config.policy.pauses_per_visit
    deadlines.pause(clock, reason=reason, most=most, calendar=push.world.calendar, now=push.now)
    case.state = STILL.get(reason, CaseState.SUSPENDED)
    push.session.flush()
    push.happened("clock.paused", {"step": clock.step, "reason": reason, "rest": clock.rest}, state_after(case))
    return {}


def _resume_clock(push: Push, call: runtime.ServiceCall) -> Given:
    case = push.case
    clock = deadlines.of_visit(push.session, case.id, case.visit_seq, "handle")
    if clock is not None and clock.state == DeadlineState.PAUSED:
        share = push.world.config.policy.warn_share
        deadlines.resume(push.session, clock, calendar=push.world.calendar, warn_share=share, now=push.now)
        push.session.flush()
        case.state = CaseState.HANDLING
        push.happened("clock.resumed", {"step": clock.step, "due_at": clock.due_at.isoformat()}, state_after(case))
    return {}


def _asked_extension(push: Push) -> Extension:
    asked = push.session.scalars(
        select(Extension)
        .where(Extension.case_id == push.case.id, Extension.decision.is_(None))
        .order_by(Extension.id.desc())
    ).first()
    if asked is None:
        raise Conflict("extension.not_asked", "No request for more time waits for a decision on this case.")
    return asked


def _extend_clock(push: Push, call: runtime.ServiceCall) -> Given:
    asked = _asked_extension(push)
    clock = push.session.get(deadlines.Deadline, asked.deadline_id)
    if clock is None or clock.state != DeadlineState.ARMED:
        raise Conflict("extension.not_running", "The time limit the extension was asked for no longer runs.")
    before = clock.due_at
    share = push.world.config.policy.warn_share
    deadlines.extend(push.session, clock, by=asked.length, calendar=push.world.calendar, warn_share=share)
    moved_outer = None
    outer = deadlines.of_case(push.session, push.case.id, "case_outer")
    if (
        outer is not None
        and outer.state == DeadlineState.ARMED
        and outer.due_at < clock.due_at
        and outer.extended_by is None
    ):
        deadlines.extend(push.session, outer, by=asked.length, calendar=push.world.calendar, warn_share=share)
        moved_outer = outer.due_at.isoformat()
    _decide(push, asked, "approved")
    push.session.flush()
    retime_tasks(push.session, push.case.id)
    push.happened(
        "clock.extended",
        {
            "step": clock.step,
            "by": asked.length,
            "from": before.isoformat(),
            "to": clock.due_at.isoformat(),
            "case_clock_to": moved_outer,
        },
    )
    return {}


def _refuse_extension(push: Push, call: runtime.ServiceCall) -> Given:
    asked = _asked_extension(push)
    silent = str(call.params.get("silent", "")).lower() == "true"
    _decide(push, asked, "refused")
    push.happened("extension.refused", {"by": asked.length, "silent": silent})
    return {}


def _decide(push: Push, asked: Extension, decision: str) -> None:
    asked.decision = decision
    asked.decided_by, asked.decided_at = push.actor_id, push.now
    asked.decision_reason = str((push.task_answers or {}).get("reason") or "") or None


def _tell(push: Push, call: runtime.ServiceCall) -> Given:
    whom = str(call.params.get("whom") or "holder")
    push.happened("case.told", {"what": str(call.params["what"]), "whom": [w.strip() for w in whom.split(",")]})
    return {}


def _card(push: Push, call: runtime.ServiceCall) -> Given:
    yellows = push.session.scalars(
        select(Card.id).where(Card.case_id == push.case.id, Card.colour == "yellow", Card.voided_at.is_(None))
    ).all()
    colour = card_given(str(call.params["colour"]), yellows=len(yellows))
    push.session.add(
        Card(
            case_id=push.case.id,
            visit_seq=push.case.visit_seq,
            unit_id=push.case.holder_id,
            colour=colour,
            given_at=push.now,
        )
    )
    push.happened("card.given", {"colour": colour, "unit": push.case.holder_id})
    if colour == "red":
        _open_supervision(push, "red_card")
    return {}


def card_given(colour: str, *, yellows: int) -> str:
    """The colour of the next card: the second yellow one is red. Raises Invalid `card.colour`. Pure."""
    if colour not in ("yellow", "red"):
        raise Invalid("card.colour", f"A card is yellow or red, not {colour!r}.")
    return "red" if yellows >= 1 else colour


def _mark_absent(push: Push, call: runtime.ServiceCall) -> Given:
    silent = push.session.scalars(
        select(Task.unit_id).where(
            Task.instance_id == push.instance.id, Task.form == "co_opinion", Task.state == TaskState.OPEN.value
        )
    ).all()
    push.happened("joint.absent", {"units": sorted(silent)})
    return {}


def _begin(push: Push, call: runtime.ServiceCall) -> Given:
    push.begin_beside(push, str(call.params["process"]))
    return {}


def _supervise(push: Push, call: runtime.ServiceCall) -> Given:
    _open_supervision(push, str(call.params["reason"]))
    return {}


def _open_supervision(push: Push, reason: str) -> None:
    """One at a time: what is supervised already is not supervised once more."""
    if not is_supervised(push.session, push.case.id):
        push.begin_beside(push, SUPERVISION, {"held_by": push.case.holder_id})
        push.happened("supervision.opened", {"reason": reason})


def _sampled(push: Push, call: runtime.ServiceCall) -> Given:
    share = push.world.config.policy.quality_sample_share
    return {"sampled": is_sampled(push.case.number, push.case.facts, share)}


def is_sampled(number: str, facts: Mapping[str, Any], share: float) -> bool:
    """Whether a case is drawn for the quality check: always when it is a repeat, else by its number. Pure."""
    return is_drawn(number, share) or int(facts.get("repeat_count") or 0) > 0


def _close_case(push: Push, call: runtime.ServiceCall) -> Given:
    case = push.case
    result = str(call.params.get("result") or case.result or "resolved")
    case.result = result
    case.state = {"withdrawn": CaseState.WITHDRAWN, "merged": CaseState.MERGED}.get(result, CaseState.CLOSED)
    case.closed_at = push.now
    visit = push.visit
    visit.left_at, visit.left_reason = push.now, str(case.state)
    deadlines.close_case_clocks(push.session, case.id, DeadlineState.MET, now=push.now)
    end_side_instances(push)
    mediating.closed(push)
    push.happened("case.closed", {"result": result, "tier": case.tier}, state_after(case))
    return {}


def end_side_instances(push: Push) -> None:
    """A closed case asks nobody for more time: open extension requests end with it. Supervision goes on."""
    _LAPSE.run(push.session, {"case": push.case.id, "now": push.now})


_LAPSE = Prepared(
    update(table_of(Extension))
    .where(Extension.case_id == bindparam("case"), Extension.decision.is_(None))
    .values(decision="lapsed", decided_at=bindparam("now"))
)


def _note(push: Push, call: runtime.ServiceCall) -> Given:
    push.happened("case.noted", {"what": str(call.params["what"])})
    return {}


def _majority(push: Push, call: runtime.ServiceCall) -> Given:
    """Of the latest round: those that were opened together. Silence is no vote, and a tie is no majority."""
    asked = push.session.scalars(
        select(Task).where(Task.instance_id == push.instance.id, Task.form == str(call.params["form"]))
    ).all()
    latest = max((task.opened_at for task in asked), default=push.now)
    answered = [task for task in asked if task.opened_at == latest and task.state == TaskState.COMPLETED]
    keys = [key.strip() for key in str(call.params["keys"]).split(",")]
    votes = [is_yes(task.answers or {}, keys) for task in answered]
    push.happened("votes.counted", {"form": call.params["form"], "yes": sum(votes), "given": len(votes)})
    return {"agreed": 2 * sum(votes) > len(votes)}


def is_yes(answers: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Whether an answer says yes to each of the questions. Pure."""
    return all(answers.get(key) in ("yes", True) for key in keys)


def _conclude(push: Push, call: runtime.ServiceCall) -> Given:
    push.instance.outcome = str(call.params["outcome"])[:48]
    push.session.flush()
    push.happened("process.concluded", {"process": push.instance.process_id, "outcome": push.instance.outcome})
    return {}


SERVICES: Mapping[str, Callable[[Push, runtime.ServiceCall], Given]] = {
    "triage": _triage,
    "raise_tier": _raise_tier,
    "return_down": _return_down,
    "downgrade": _downgrade,
    "pause_clock": _pause_clock,
    "resume_clock": _resume_clock,
    "extend_clock": _extend_clock,
    "refuse_extension": _refuse_extension,
    "tell": _tell,
    "card": _card,
    "mark_absent": _mark_absent,
    "begin": _begin,
    "supervise": _supervise,
    "sampled": _sampled,
    "close_case": _close_case,
    "note": _note,
    "majority": _majority,
    "conclude": _conclude,
    **DISPUTED,
}
