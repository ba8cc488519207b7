"""Services of diagrams about who handles a case, and about an answer that may not hold.

Some of them push other instances of the case. Those acts stand above the services, so `engine.process` binds them
here once (`reach`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import deadlines, escalation, runtime
from engine.cases import Case, CaseState
from engine.deadlines import Deadline, DeadlineState
from engine.process import arbitration
from engine.process.drawn import is_drawn
from engine.process.push import Push, standing
from engine.process.settle import state_after

Given = Mapping[str, Any]


@dataclass(slots=True)
class Beyond:
    """Acts on other instances of the case."""

    change_hands: Callable[[Push, str], None]
    not_solved: Callable[[Push, str], None]
    take_up: Callable[[Push], None]
    hand_back: Callable[[Push, str], None]


_BEYOND: list[Beyond] = []


def reach(beyond: Beyond) -> None:
    _BEYOND[:] = [beyond]


def _arbitrate(push: Push, call: runtime.ServiceCall) -> Given:
    arbitration.open_arbitration(push, arbitration.Why.DISPUTED)
    return {}


def _carry_out(push: Push, call: runtime.ServiceCall) -> Given:
    if call.params["outcome"] == "lapsed":
        arbitration.lapse(push)
        return {}
    decided = arbitration.decide(push)
    if decided["lead_unit"] != push.case.holder_id:
        _BEYOND[0].change_hands(push, str(decided["lead_unit"]))
    return decided


def _change_hands(push: Push, call: runtime.ServiceCall) -> Given:
    case, before = push.case, {"tier": push.case.tier, "unit": push.case.holder_id}
    visit = escalation.hand_over(
        push.session,
        case,
        str(call.data["to_unit"]),
        tiers=push.world.tiers,
        wall=push.wall,
        actor_id=push.actor_id,
        now=push.now,
    )
    push.entered(visit)
    said = {"from": before, "to": {"tier": case.tier, "unit": case.holder_id}, "reason": visit.reason}
    push.happened("case.moved", {**said, "visit": visit.seq}, state_after(case))
    return {**standing(push), "signed_in": False}


def _return_visit(push: Push, call: runtime.ServiceCall) -> Given:
    share = push.world.config.policy.return_visit_share
    if push.case.state == CaseState.CLOSED and is_visited(push.case, push.visit.reason, share):
        push.begin_beside(push, "p_return_visit", {"tries": 0})
    return {}


def is_visited(case: Case, last_reason: str, share: float) -> bool:
    """Whether the petitioner is asked after the answer: drawn by the number, always after a second answer. Pure.

    Nobody can ask somebody without a name, and a confidential matter is nobody's to ask about.
    """
    if case.confidential or case.anonymous:
        return False
    return is_drawn(f"visit {case.number}", share) or last_reason == escalation.REDO


def _not_solved(push: Push, call: runtime.ServiceCall) -> Given:
    if push.case.state == CaseState.CLOSED:
        _BEYOND[0].not_solved(push, str(call.params["reason"]))
    return {}


def _take_up(push: Push, call: runtime.ServiceCall) -> Given:
    _BEYOND[0].take_up(push)
    return {}


def _hand_back(push: Push, call: runtime.ServiceCall) -> Given:
    _BEYOND[0].hand_back(push, str(call.params["outcome"]))
    return {}


def _stand_by(push: Push, call: runtime.ServiceCall) -> Given:
    for clock in _clocks_of_the_case(push):
        if clock.state == DeadlineState.ARMED and clock.due_at > push.now:
            calendar, most = push.world.calendar, clock.pauses + 1
            deadlines.pause(clock, reason=WITH_REGISTER, most=most, calendar=calendar, now=push.now)
            push.happened("clock.paused", {"step": clock.step, "reason": WITH_REGISTER, "rest": clock.rest})
    push.case.state = CaseState.HANDLING
    push.session.flush()
    push.happened("case.noted", {"what": "taken_up"}, state_after(push.case))
    return {}


def _stay_anew(push: Push, call: runtime.ServiceCall) -> Given:
    case, here = push.case, {"tier": push.case.tier, "unit": push.case.holder_id}
    visit = escalation.stay_anew(push.session, case, actor_id=push.actor_id, now=push.now)
    push.entered(visit)
    push.happened(
        "case.moved", {"from": here, "to": here, "reason": visit.reason, "visit": visit.seq}, state_after(case)
    )
    share = push.world.config.policy.warn_share
    for clock in _clocks_of_the_case(push):
        if clock.state == DeadlineState.PAUSED and clock.pause_reason == WITH_REGISTER:
            deadlines.resume(push.session, clock, calendar=push.world.calendar, warn_share=share, now=push.now)
            push.session.flush()
            push.happened("clock.resumed", {"step": clock.step, "due_at": clock.due_at.isoformat()})
    return {**standing(push), "signed_in": False}


WITH_REGISTER = "with_register"


def _clocks_of_the_case(push: Push) -> list[Deadline]:
    live = deadlines.live_of_case(push.session, push.case.id)
    return [clock for clock in live if clock.instance_id is None]


DISPUTED: Mapping[str, Callable[[Push, runtime.ServiceCall], Given]] = {
    "arbitrate": _arbitrate,
    "carry_out": _carry_out,
    "change_hands": _change_hands,
    "return_visit": _return_visit,
    "not_solved": _not_solved,
    "take_up": _take_up,
    "hand_back": _hand_back,
    "stand_by": _stand_by,
    "stay_anew": _stay_anew,
}
