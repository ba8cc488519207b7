"""Services of diagrams about who handles a case, and about an answer that may not hold.

Some of them push other instances of the case. Those acts stand above the services, so `engine.process` binds them
here once (`reach`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import escalation, runtime
from engine.cases import Case, CaseState
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


DISPUTED: Mapping[str, Callable[[Push, runtime.ServiceCall], Given]] = {
    "arbitrate": _arbitrate,
    "carry_out": _carry_out,
    "change_hands": _change_hands,
    "return_visit": _return_visit,
    "not_solved": _not_solved,
}
