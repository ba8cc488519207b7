"""A case that is only thought of: where it stands, its visits and its clocks, and what a diagram may ask of it.

The counterpart of the rows that `engine.process` moves, with the same rules of `engine.escalation` and the calendar.
Clocks are values, so that a push that is refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from engine import escalation, process, runtime, triage
from engine.cases import RISES
from engine.deadlines import PAUSE_REASONS, WorkingCalendar, must_be_pausable, parse_length
from engine.deploy import LoadedRelease
from engine.errors import Conflict, Invalid
from engine.process import World
from engine.rehearsal.past import Past, Stay

ClockState = Literal["armed", "paused", "met", "breached", "cancelled"]


@dataclass(frozen=True, slots=True)
class Clock:
    """As a row of `deadline`. `number` counts the clocks of the case in the order in which they were first armed."""

    number: int
    token: str
    process: str
    element: str
    attached_to: str | None
    step: str
    tier: str
    stay: int
    started_at: datetime
    length: str
    due_at: datetime
    state: ClockState = "armed"
    rest: float | None = None
    pauses: int = 0
    extended: bool = False

    @property
    def live(self) -> bool:
        return self.state in ("armed", "paused")


@dataclass(slots=True)
class Held:
    """The case during a rehearsal. `push` begins each step; `fresh` says that the visit began in this very push."""

    past: Past
    world: World
    release: LoadedRelease
    now: datetime
    tier: str
    unit_id: str
    severity: int
    size: str
    facts: dict[str, Any]
    urgent: bool
    stays: list[Stay]
    outer_due_at: datetime | None = None
    outer_length: str | None = None
    outer_rest: float | None = None
    """What was left of it when another process took the matter up."""
    outer_extended: bool = False
    clocks: dict[int, Clock] = field(default_factory=dict)
    fresh: bool = False
    revived: dict[str, int] = field(default_factory=dict)
    counted_from: datetime | None = None
    """When the letter was delivered that the step delivers which is being done."""
    overdue: bool = False
    yellow: int = 0
    red: int = 0
    closed_as: str | None = None

    @property
    def stay(self) -> int:
        return len(self.stays) - 1

    @property
    def calendar(self) -> WorkingCalendar:
        return self.world.calendar

    def push(self, now: datetime) -> None:
        self.now, self.fresh, self.counted_from = now, False, None
        self.revived.clear()

    def host(self) -> runtime.Host:
        return runtime.Host(now=self.now, functions=process.FUNCTIONS, due=self._due, call=self._call)

    def standing(self) -> dict[str, Any]:
        top = escalation.tier_above(self.past.place_id, self.tier, self.world.tiers, self.past.wall) is None
        return {"tier": self.tier, "top": top}

    def clock_of(self, step: str) -> Clock | None:
        """The youngest of a step in the present visit, whatever its state."""
        mine = [clock for clock in self.clocks.values() if clock.stay == self.stay and clock.step == step]
        return max(mine, key=lambda clock: clock.number, default=None)

    def arm(self, timer: runtime.WaitingTimer) -> Clock:
        """The clock of a new timer; one of this visit that was given up goes on under the token that waits now."""
        step = timer.step or timer.element
        known = self.revived.pop(step, None)
        if known is not None:
            clock = replace(
                self.clocks[known],
                token=timer.token,
                element=timer.element,
                process=timer.process,
                attached_to=timer.attached_to,
                state="armed",
            )
        else:
            clock = Clock(
                number=len(self.clocks) + 1,
                token=timer.token,
                process=timer.process,
                element=timer.element,
                attached_to=timer.attached_to,
                step=step,
                tier=self.tier,
                stay=self.stay,
                started_at=self.stays[-1].entered_at if step in ("handle", "ack") else self.now,
                length=timer.length or "timer",
                due_at=timer.due_at,
            )
        self.clocks[clock.number] = clock
        return clock

    def regrade(self) -> triage.Grade:
        return triage.grade(self.release.package, self.facts, tiers=self.world.tiers, least_severity=self.severity)

    def extend(self, by: str) -> bool:
        """Gives the tier clock more time, and the case's own where that would end before; False when it cannot be."""
        clock = self.clock_of("handle")
        if clock is None or clock.state != "armed" or clock.extended:
            return False
        more, length = parse_length(by), parse_length(clock.length)
        due = self.calendar.extend(clock.due_at, more, started_at=clock.started_at, length=length, provisional=True).at
        self.clocks[clock.number] = replace(clock, due_at=due, extended=True)
        outer = self.outer_due_at
        if outer is not None and self.now < outer < due and not self.outer_extended:
            limit = self.release.limits[process.MAIN].length("case_outer", self.past.kind)
            self.outer_due_at = self.calendar.extend(
                outer, more, started_at=self.past.received_at, length=limit, provisional=True
            ).at
            self.outer_extended = True
        return True

    # --- what the runtime asks --------------------------------------------------------------------------------------

    def _due(self, call: runtime.DueCall) -> runtime.Due:
        length = process.length_of(self.world, self.release, call)
        start = self.counted_from or self.now
        if call.tier is not None:
            if not self.fresh:
                earlier = self.clock_of(call.step)
                if earlier is not None and earlier.state == "cancelled":
                    self.revived[call.step] = earlier.number
                    return runtime.Due(earlier.due_at, call.step, earlier.length)
            start = self.stays[-1].entered_at
        return runtime.Due(self.calendar.due(start, length, provisional=True).at, call.step, str(length))

    def _call(self, call: runtime.ServiceCall) -> Mapping[str, Any]:
        return SERVICES[call.name](self, call)

    def move(self, tier: str, unit_id: str, reason: str) -> dict[str, Any]:
        left = self.stays[-1]
        self.stays[-1] = replace(left, left_at=left.left_at or self.now)
        self.stays.append(Stay(tier, unit_id, reason, self.now, None, left.tier, left.unit_id))
        self.tier, self.unit_id, self.fresh = tier, unit_id, True
        return {**self.standing(), "signed_in": False}


def _triage(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    grade = held.regrade()
    held.severity, held.size, held.urgent = grade.severity, grade.size, grade.urgent
    return grade.for_diagram()


def _raise_tier(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    reason, to = str(call.params["reason"]), call.params.get("to")
    if reason not in RISES:
        raise Invalid("raise.reason_unknown", f"{reason!r} is no reason for a rise.")
    tiers, place_id = held.world.tiers, held.past.place_id
    wanted = None if to is None else str(to)
    target = escalation.where_up(place_id, held.tier, wanted, tiers=tiers, wall=held.past.wall)
    if target == held.tier:
        return {**held.standing(), "signed_in": held.stays[-1].signed_in_at is not None}
    return held.move(target, tiers.unit_at(place_id, target), reason)


def _return_down(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    window, most = held.clock_of("ack"), held.world.config.policy.returns_between_units
    ends_at = None if window is None else window.due_at
    try:
        escalation.must_be_returnable(held.stays, window_ends_at=ends_at, most=most, wall=held.past.wall, now=held.now)
    except Conflict as refusal:
        if refusal.code not in escalation.NEEDS_ARBITRATION:
            raise
        return {**held.standing(), "signed_in": False}
    stay = held.stays[-1]
    assert stay.from_tier is not None
    assert stay.from_unit_id is not None
    return held.move(stay.from_tier, stay.from_unit_id, "return_down")


def _downgrade(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    to, tiers, place_id = call.data.get("to_tier"), held.world.tiers, held.past.place_id
    wanted = str(to) if to else None
    target = escalation.where_down(held.stays, place_id, held.tier, wanted, tiers, held.past.wall)
    return held.move(target, tiers.unit_at(place_id, target), "downgrade")


def _change_hands(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    unit_id = str(call.data["to_unit"])
    return held.move(held.world.tiers.tier_of(unit_id), unit_id, escalation.ARBITRATED)


def _stand_by(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    due, length = held.outer_due_at, held.outer_length
    if due is not None and length is not None:
        held.overdue = held.overdue or held.now >= due
        held.outer_rest = held.calendar.rest(held.now, due, parse_length(length), provisional=True)
        held.outer_due_at = None
    return {}


def _stay_anew(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    rest, length = held.outer_rest, held.outer_length
    if rest is not None and length is not None and not held.overdue:
        held.outer_due_at = held.calendar.resume(held.now, rest, parse_length(length), provisional=True).at
        held.outer_rest = None
    return held.move(held.tier, held.unit_id, escalation.HANDED_BACK)


def _pause_clock(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    clock, reason = held.clock_of("handle"), str(call.params["reason"])
    if clock is None or not clock.live:
        raise Conflict("pause.no_clock", "No tier clock runs for this case, so there is nothing to stop.")
    if reason not in PAUSE_REASONS:
        raise Invalid("pause.reason_unknown", f"{reason!r} is no reason for a pause.")
    if clock.state == "paused":
        return {}
    must_be_pausable(clock, most=held.world.config.policy.pauses_per_visit, now=held.now)
    rest = held.calendar.rest(held.now, clock.due_at, parse_length(clock.length), provisional=True)
    held.clocks[clock.number] = replace(clock, state="paused", rest=rest, pauses=clock.pauses + 1)
    return {}


def _resume_clock(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    clock = held.clock_of("handle")
    if clock is not None and clock.state == "paused" and clock.rest is not None:
        due = held.calendar.resume(held.now, clock.rest, parse_length(clock.length), provisional=True).at
        held.clocks[clock.number] = replace(clock, state="armed", rest=None, due_at=due)
    return {}


def _not_asked(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    raise Conflict("extension.not_asked", "No request for more time waits for a decision on this case.")


def _card(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    if process.card_given(str(call.params["colour"]), yellows=held.yellow) == "red":
        held.red += 1
    else:
        held.yellow += 1
    return {}


def _sampled(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    share = held.world.config.policy.quality_sample_share
    return {"sampled": process.is_sampled(held.past.number, held.facts, share)}


def _close_case(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    held.closed_as = str(call.params.get("result") or "resolved")
    held.stays[-1] = replace(held.stays[-1], left_at=held.now)
    return {}


def _majority(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    """How each voted is known to tasks alone; most votes pass."""
    return {"agreed": True}


def _nothing(held: Held, call: runtime.ServiceCall) -> Mapping[str, Any]:
    """Telling, noting and what runs beside the case do not move it."""
    return {}


SERVICES: Mapping[str, Callable[[Held, runtime.ServiceCall], Mapping[str, Any]]] = {
    "triage": _triage,
    "raise_tier": _raise_tier,
    "return_down": _return_down,
    "downgrade": _downgrade,
    "pause_clock": _pause_clock,
    "resume_clock": _resume_clock,
    "extend_clock": _not_asked,
    "refuse_extension": _not_asked,
    "tell": _nothing,
    "card": _card,
    "mark_absent": _nothing,
    "supervise": _nothing,
    "sampled": _sampled,
    "close_case": _close_case,
    "note": _nothing,
    "begin": _nothing,
    "arbitrate": _nothing,
    "carry_out": _nothing,
    "change_hands": _change_hands,
    "return_visit": _nothing,
    "not_solved": _nothing,
    "majority": _majority,
    "conclude": _nothing,
    "take_up": _nothing,
    "hand_back": _nothing,
    "stand_by": _stand_by,
    "stay_anew": _stay_anew,
}
