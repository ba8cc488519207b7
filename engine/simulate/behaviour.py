"""What people do about a task: which answer, and when. Forms are the contract, as they are for the engine itself.

`respond` decides and touches nothing but the case's own fate and chance; the loop carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from engine.cases import RISES
from engine.simulate import shares
from engine.simulate.followed import Asked, Followed
from engine.simulate.pace import QUICK, SLOW, STEADY, Pace
from engine.simulate.texts import texts
from engine.territory import Tiers

Beside = Literal["jump", "extension", "withdraw", "instruction"]

LED = 4
"""From this tier on units have leaders."""

PATIENT = 3
"""From this tier on the lead has time to wait for units that give no opinion; below, everybody is a call away."""

UNSAID = frozenset({"quality_check", "decide_upgrade", "decide_extension"})
"""Forms in which nobody may decide on their own work."""

UNTOUCHED = frozenset({"arbitration", "return_visit"})
"""Forms of people who had nothing to do with the case before."""

BY_LAW = frozenset(
    {
        "consult_answer",
        "suggestion_decision",
        "petition_register",
        "petition_accept",
        "petition_accept_simple",
        "petition_answer_simple",
        "petition_investigation",
        "petition_opinion",
        "petition_approval",
        "petition_delivery",
        "petition_review",
        "petition_refusal",
        "discipline_transfer",
    }
)
"""Forms of ways with clocks of their own, which nothing takes away when they run out."""


@dataclass(frozen=True, slots=True)
class Response:
    """At `at` somebody completes the task with these decisions; `beside` happens at that instant before it."""

    at: datetime
    decided: dict[str, Any] = field(default_factory=dict)
    beside: tuple[tuple[datetime, Beside], ...] = ()


def respond(case: Followed, asked: Asked, *, now: datetime, pace: Pace, tiers: Tiers) -> Response | None:
    """What the asked people do; None when they let the time run out."""
    match asked.form:
        case "sign_in":
            return _sign_in(case, asked, now, pace, tiers)
        case "handle":
            return _handle(case, asked, now, pace, tiers)
        case "resolve":
            if asked.due_at is None:  # at the ceiling no clock runs any more, and it takes what it takes
                return Response(pace.days(now, case.chance.uniform(6, 30)), _resolved(case))
            return Response(pace.part(now, asked.due_at, case.chance, QUICK), _resolved(case))
        case "confirm_triage":
            return Response(pace.part(now, asked.due_at, case.chance), _confirmed(case))
        case "co_opinion":
            return _co_opinion(case, asked, now, pace, tiers)
        case "joint_conclusion":
            agreed = "no" if case.chance.random() < shares.DISAGREED else "yes"
            return Response(pace.part(now, asked.due_at, case.chance, QUICK), {"agreed": agreed})
        case "agreement":
            written = tiers.index(case.tier) >= 2
            decided = {"agreement_form": "written" if written else "oral"}
            return Response(pace.part(now, asked.due_at, case.chance, QUICK), decided)
        case "sign":
            signed = "no" if case.chance.random() < shares.DISAGREED else "yes"
            return Response(pace.part(now, asked.due_at, case.chance, QUICK), {"signed": signed})
        case "decide_upgrade":
            return _decide_upgrade(case, asked, now, pace, tiers)
        case "quality_check":
            verdict = "rework" if case.chance.random() < shares.REWORK else "pass"
            return Response(pace.part(now, asked.due_at, case.chance), {"verdict": verdict})
        case "decide_extension":
            if case.chance.random() < shares.SILENT:
                return None
            refused = case.chance.random() < shares.EXTENSION_REFUSED
            return Response(pace.part(now, asked.due_at, case.chance), {"decision": "refuse" if refused else "approve"})
        case "supervision_reply":
            if case.chance.random() < shares.SILENT:
                return None
            return Response(pace.part(now, asked.due_at, case.chance))
        case "supervision_review":
            again = case.chance.random() < shares.REWORK
            return Response(pace.days(now, case.chance.uniform(0.3, 1.5)), {"verdict": "again" if again else "accept"})
        case "instruction_answer":
            return _instruction_answer(case, asked, now, pace)
        case "instruction_review":
            again = case.chance.random() < shares.REWORK
            return Response(pace.days(now, case.chance.uniform(0.2, 1.2)), {"verdict": "again" if again else "accept"})
        case "instruction_close":
            return Response(pace.days(now, case.chance.uniform(0.2, 1.2)), {"verdict": "accept"})
        case "emergency_transfer":
            return Response(now + timedelta(minutes=case.chance.randint(3, 50)), {"called": ["110"]})
        case "arbitration":
            if case.chance.random() < shares.NOT_DECIDED:
                return None
            return Response(pace.part(now, asked.due_at, case.chance))
        case "return_visit":
            return Response(pace.part(now, asked.due_at, case.chance), _asked_after(case))
        case form if form in BY_LAW:
            at = pace.part(now, asked.due_at, case.chance)
            if asked.due_at is not None and case.chance.random() < shares.LATE_BY_LAW:
                at = pace.days(max(at, asked.due_at), case.chance.uniform(0.5, 4.0))
            return Response(at, drawn(form, case.chance))
        case "backlog_review" | "backlog_acceptance" if case.chance.random() < shares.SILENT:
            return None
        case form if form in shares.CHOICES:
            return Response(pace.part(now, asked.due_at, case.chance), drawn(form, case.chance))
        case "supervision_notice" | "circular" | "ceiling":
            return Response(pace.days(now, case.chance.uniform(0.3, 1.5)), {"issue_reason": "ceiling"})
        case _:
            return Response(pace.part(now, asked.due_at, case.chance, QUICK))


def drawn(form: str | None, chance: Random) -> dict[str, Any]:
    """What people decide in a form, by the shares; nothing for a form without any."""
    return {
        key: chance.choices(list(weights), list(weights.values()))[0]
        for key, weights in shares.CHOICES.get(form or "", {}).items()
    }


def _asked_after(case: Followed) -> dict[str, Any]:
    chance = case.chance
    if chance.random() >= shares.REACHED:
        return {"method": "phone", "reached": "no"}
    stars = chance.choices(list(shares.SATISFIED), list(shares.SATISFIED.values()))[0]
    solved = "yes" if stars in ("5", "4") else "partly" if stars == "3" else chance.choice(("partly", "no"))
    return {"method": "phone", "reached": "yes", "satisfied": stars, "really_solved": solved, "performed": "none"}


def _sign_in(case: Followed, asked: Asked, now: datetime, pace: Pace, tiers: Tiers) -> Response | None:
    if case.fate.returns and asked.why in RISES and asked.why != "severity_jump" and asked.due_at is not None:
        case.fate.returns = False
        at = pace.part(now, asked.due_at, case.chance, QUICK)
        if at < asked.due_at:
            decided = {"action": "return", "reason_code": case.chance.choice(("can_settle_below", "incomplete"))}
            return Response(at, decided)
    if case.fate.disputes and case.tier != tiers.top and asked.due_at is not None:
        case.fate.disputes = False
        at = pace.part(now, asked.due_at, case.chance, QUICK)
        back = case.chance.random() < shares.ASKED_BACK and asked.why not in RISES
        if at < asked.due_at:
            code = case.chance.choice(("not_ours", "wrong_place"))
            return Response(at, {"action": "return" if back else "dispute", "reason_code": code})
    if case.fate.late_sign_in:
        case.fate.late_sign_in = False
        return Response(pace.minutes(now, case.chance.uniform(260, 400)), {"action": "sign"})
    return Response(pace.part(now, asked.due_at, case.chance, STEADY), {"action": "sign"})


def _handle(case: Followed, asked: Asked, now: datetime, pace: Pace, tiers: Tiers) -> Response | None:
    chance, fate = case.chance, case.fate
    here = tiers.index(case.tier)
    at = pace.part(now, asked.due_at, chance)
    beside: list[tuple[datetime, Beside]] = []
    if fate.withdraws:
        fate.withdraws = False
        return Response(at, {"outcome": "resolved"}, ((pace.part(now, asked.due_at, chance, QUICK), "withdraw"),))
    if fate.jumps:
        fate.jumps = False
        beside.append((pace.part(now, asked.due_at, chance, QUICK), "jump"))
    if fate.extends and here > 0:
        fate.extends = False
        beside.append((pace.part(now, asked.due_at, chance, (0.02, 0.2, 0.1)), "extension"))
        at = pace.part(now, asked.due_at, chance, SLOW)
    if fate.instructed and here >= LED:
        fate.instructed = False
        beside.append((pace.part(now, asked.due_at, chance, (0.02, 0.2, 0.1)), "instruction"))
    beside_all = tuple(beside)
    if fate.pauses and here > 0:
        fate.pauses = False
        return Response(at, {"outcome": "wait"}, beside_all)
    if here < fate.settles:
        leaving = case.leaving.get(case.visit_seq)
        if leaving is None:
            overdue = chance.random() < shares.LET_PASS
            leaving = case.leaving[case.visit_seq] = "overdue" if overdue else "up"
        return None if leaving == "overdue" and not beside else Response(at, {"outcome": "up"}, beside_all)
    if tiers.names[here] == tiers.top and fate.stays_unsettled:
        return None
    if fate.mediates and here >= PATIENT:
        fate.mediates = False
        return Response(pace.part(now, asked.due_at, chance, QUICK), {"outcome": "mediate"}, beside_all)
    if fate.joins:
        fate.joins = False
        return Response(pace.part(now, asked.due_at, chance, QUICK), {"outcome": "joint"}, beside_all)
    if fate.continues:
        fate.continues = False
        return Response(pace.part(now, asked.due_at, chance, QUICK), {"outcome": "continue"}, beside_all)
    return Response(at, {"outcome": "resolved"}, beside_all)


def _resolved(case: Followed) -> dict[str, Any]:
    code = case.chance.choices(
        (
            "agreement_oral",
            "agreement_written",
            "fulfilled",
            "partly_fulfilled",
            "explained",
            "not_supported",
            "guided",
        ),
        (30, 14, 30, 8, 10, 4, 4),
    )[0]
    substantive = code in ("agreement_oral", "agreement_written", "fulfilled")
    view = case.chance.choices(("satisfied", "accepts", "dissatisfied", "unreachable"), (62, 31, 5, 2))[0]
    return {"result_code": code, "substantive": "yes" if substantive else "no", "parties_view": view}


def _confirmed(case: Followed) -> dict[str, Any]:
    if case.chance.random() < shares.REGRADED:
        return {"verdict": "change", "severity": 2, "size": "big"}
    return {"verdict": "agree"}


def _co_opinion(case: Followed, asked: Asked, now: datetime, pace: Pace, tiers: Tiers) -> Response | None:
    if tiers.index(case.tier) >= PATIENT and case.chance.random() < shares.ABSENT:
        return None
    position = case.chance.choices(("agree", "partly", "disagree", "not_ours"), (70, 18, 6, 6))[0]
    decided: dict[str, Any] = {"position": position}
    if position in ("agree", "partly"):
        decided["measures"] = texts().written("measures", case.chance)
    return Response(pace.part(now, asked.due_at, case.chance), decided)


def _instruction_answer(case: Followed, asked: Asked, now: datetime, pace: Pace) -> Response | None:
    if case.chance.random() < shares.SILENT:
        return None
    progress = case.chance.choices(("done", "underway", "cannot"), (55, 40, 5))[0]
    return Response(pace.part(now, asked.due_at, case.chance), {"progress": progress})


def _decide_upgrade(case: Followed, asked: Asked, now: datetime, pace: Pace, tiers: Tiers) -> Response | None:
    chance = case.chance
    said = chance.random()
    if said < shares.SILENT:
        return None
    at = pace.part(now, asked.due_at, chance)
    if said < shares.SILENT + shares.GUIDED + shares.REFUSED:
        case.fate.settles = tiers.index(case.tier)
        return Response(at, {"decision": "guide" if said < shares.SILENT + shares.GUIDED else "refuse"})
    return Response(at, {"decision": "accept"})
