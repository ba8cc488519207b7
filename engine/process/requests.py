"""What people do beside their tasks: report a risk, ask for time, supply, withdraw, downgrade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, triage
from engine.cases import Case, links_to_followers, lock_open_case
from engine.config import PolicyConfig
from engine.deadlines import Deadline, DeadlineState, Extension, Length, WorkingCalendar, parse_length
from engine.deploy import CATEGORY
from engine.errors import REQUIRED, Conflict, Invalid
from engine.people import Viewer
from engine.process.acts import deliver_message
from engine.process.beginning import begin
from engine.process.model import Instance
from engine.process.push import record
from engine.process.reopening import arm_urgent_contact
from engine.process.world import World


def report_risk(
    session: Session,
    world: World,
    case_id: int,
    facts: Mapping[str, Any],
    reason: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> bool:
    """Adds facts to a running case and grades it anew; gives True when it was graded higher and jumped.

    Raises Invalid for facts triage does not know or without a reason, Conflict for a closed case.
    """
    case = lock_open_case(session, case_id)
    viewer.must("case.report_risk", case.place_id, case.holder_id)
    _need(reason, "reason")
    merged = {**case.facts, **{k: v for k, v in facts.items() if v is not None}}
    triage.complete_facts(merged)
    package, was_urgent = world.releases.current(session).package, case.urgent
    grade = triage.grade(package, merged, tiers=world.tiers, least_severity=case.severity)
    case.facts = merged
    record(
        session,
        case,
        "risk.reported",
        actor_id=viewer.person_id,
        now=now,
        facts={"facts": dict(facts), "reason": reason, "severity": grade.severity},
    )
    if is_watched(level := facts.get("opinion_level")):
        record(session, case, "opinion.rose", actor_id=viewer.person_id, now=now, facts={"level": level})
    session.flush()
    higher = world.tiers.index(grade.tier) > world.tiers.index(case.tier)
    weightier = grade.size != case.size or bool(facts.get("complex"))
    if grade.severity <= case.severity and not (higher and weightier):
        return False
    jumped = True
    try:
        deliver_message(session, world, case_id, "m_severity_jump", {}, actor_id=viewer.person_id, now=now)
    except Conflict as refusal:
        if refusal.code != "message.not_awaited":
            raise
        _regrade(session, case, grade, viewer, now)  # a way of its own goes on as it is
        jumped = False
    if case.urgent and not was_urgent:
        arm_urgent_contact(session, world, case, since=now)
    return jumped


def is_watched(opinion_level: object) -> bool:
    """Whether the public looks at a matter so much that a post-mortem must follow. Pure."""
    return opinion_level in ("hot", "national")


def _regrade(session: Session, case: Case, grade: triage.Grade, viewer: Viewer, now: datetime) -> None:
    before, rules = {"severity": case.severity}, [reason.rule for reason in grade.reasons]
    facts = {"before": before, "severity": grade.severity, "rules": rules}
    case.severity, case.urgent, case.reasons = grade.severity, grade.urgent, grade.reasons_as_json()
    record(session, case, "case.regraded", actor_id=viewer.person_id, now=now, facts=facts)


REVIEW_CLOCK = "petition_review_apply"
"""The clock that runs while an opinion waits for whether a review is asked for."""


def review_until(clocks: Iterable[Deadline]) -> datetime | None:
    """Until when a review of the last opinion may be asked for; None while there is none to ask for."""
    waiting = (each for each in clocks if each.step == REVIEW_CLOCK and each.state == DeadlineState.ARMED)
    return max((each.due_at for each in waiting), default=None)


def apply_review(
    session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer | None, now: datetime
) -> None:
    """The petitioner asks for a review or re-review of the opinion; `viewer` None is the petitioner.

    Raises Conflict `message.not_awaited` before an opinion was delivered and after its thirty days.
    """
    _petitioner_asks(session, world, case_id, "m_apply_review", reason, right="case.supply", viewer=viewer, now=now)


def downgrade(
    session: Session, world: World, case_id: int, tier: str, reason: str, *, viewer: Viewer, now: datetime
) -> None:
    """Moves a big case down to a tier because the reason of its rise is gone. Raises Conflict when it cannot now."""
    case = lock_open_case(session, case_id)
    viewer.must("case.downgrade", case.holder_id)
    _need(reason, "reason")
    if world.tiers.index(tier) >= world.tiers.index(case.tier):
        raise Conflict("downgrade.not_below", f"The case stands at {case.tier}; choose a tier below it.")
    deliver_message(
        session,
        world,
        case_id,
        "m_downgrade",
        {"to_tier": tier},
        actor_id=viewer.person_id,
        now=now,
        facts={"reason": reason, "to": tier},
    )


def withdraw(
    session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer | None, now: datetime
) -> None:
    """Ends a case because the petitioner withdrew it; `viewer` None is the petitioner.

    Raises Conflict `withdraw.leads` while other cases are carried on by it.
    """
    if links_to_followers(session, [case_id]):
        raise Conflict("withdraw.leads", "Other cases are carried on by this one; split them off first.")
    _petitioner_asks(session, world, case_id, "m_withdraw", reason, right="case.withdraw", viewer=viewer, now=now)


def supply(session: Session, world: World, case_id: int, note: str, *, viewer: Viewer | None, now: datetime) -> bool:
    """Notes that something arrived; gives True when the case waited for it and its clock runs on.

    `viewer` None is the petitioner, who supplied it by the tracking page or a connected system.
    """
    case = lock_open_case(session, case_id)
    if viewer is not None:
        viewer.must("case.supply", case.place_id, case.holder_id)
    _need(note, "note")
    actor_id = None if viewer is None else viewer.person_id
    record(session, case, "material.supplied", actor_id=actor_id, now=now, facts={"note": note, **_source(viewer)})
    session.flush()
    try:
        deliver_message(session, world, case_id, "m_material", {}, actor_id=actor_id, now=now)
    except Conflict as refusal:
        if refusal.code != "message.not_awaited":
            raise
        return False
    return True


def sort_case(session: Session, case_id: int, category: str, *, viewer: Viewer, now: datetime) -> None:
    """Puts a running case into another category; the same one again changes nothing."""
    case = lock_open_case(session, case_id)
    viewer.must("case.file", case.place_id, case.holder_id)
    if not CATEGORY.fullmatch(category) or len(category) > 64:
        words = {"zh": "类别应形如 labour.wages。", "en": "A category looks like labour.wages."}
        raise Invalid("case.category", words["en"], fields={"category": words})
    if category == case.category:
        return
    facts = {"from": case.category, "category": category}
    case.category = category
    record(session, case, "case.sorted", actor_id=viewer.person_id, now=now, facts=facts)


def ask_extension(
    session: Session, world: World, case_id: int, length: str, reason: str, *, viewer: Viewer, now: datetime
) -> Extension:
    """Asks for more time on the tier clock: once, in good time before it is due, never more than the process allows.

    A `length` without a unit is counted as the limit is.

    Raises Conflict `extension.once`, `extension.too_late`, `extension.not_running`, Invalid for the length.
    """
    case = lock_open_case(session, case_id)
    viewer.must("clock.ask_extension", case.holder_id)
    _need(reason, "reason")
    clock = deadlines.of_visit(session, case.id, case.visit_seq, "handle")
    asked_before = clock is not None and session.scalar(select(Extension.id).where(Extension.deadline_id == clock.id))
    policy, calendar = world.config.policy, world.calendar
    must_be_extendable(clock, asked_before=bool(asked_before), policy=policy, calendar=calendar, now=now)
    assert clock is not None
    most = _longest_extension(session, world, clock)
    asked = parse_length(f"{length}{most.unit}" if length.isdecimal() else length)
    if asked.unit != most.unit or asked.amount > most.amount:
        raise Invalid(
            "extension.length",
            f"The extension must be in the unit of the limit and not too long: at most {most}.",
            fields={"length": {"zh": f"最多 {most}。", "en": f"At most {most}."}},
        )
    extension = Extension(
        case_id=case.id, deadline_id=clock.id, length=str(asked), reason=reason, asked_by=viewer.person_id, asked_at=now
    )
    session.add(extension)
    session.flush()
    record(
        session,
        case,
        "extension.asked",
        actor_id=viewer.person_id,
        now=now,
        facts={"by": str(asked), "reason": reason, "due_at": clock.due_at.isoformat()},
    )
    instance = begin(session, world, case, "p_extension", actor_id=viewer.person_id, now=now)
    extension.instance_id = instance.id
    return extension


def _longest_extension(session: Session, world: World, clock: Deadline) -> Length:
    """`extension` of limits.yaml where the process names it (a petition: 30 days); else as long as the limit was."""
    instance = session.get(Instance, clock.instance_id)
    if instance is not None and clock.process is not None:
        limits = world.releases.get(session, instance.release_id).limits.get(clock.process)
        if limits is not None and "extension" in limits.steps:
            return limits.length("extension", clock.tier)
    return parse_length(clock.length)


def must_be_extendable(
    clock: Deadline | None, *, asked_before: bool, policy: PolicyConfig, calendar: WorkingCalendar, now: datetime
) -> None:
    """Raises the refusal that asking for more time on a tier clock would meet."""
    if clock is None or clock.state != DeadlineState.ARMED:
        raise Conflict("extension.not_running", "No tier clock runs for this case now, so there is nothing to extend.")
    if clock.extended_by is not None or asked_before or policy.extensions_per_clock == 0:
        raise Conflict("extension.once", "More time can be asked for once per time limit, and it was.")
    before = policy.extension_ask_before
    if calendar.due(now, parse_length(before), provisional=True).at > clock.due_at:
        raise Conflict("extension.too_late", f"More time must be asked for at least {before} before the limit ends.")


def _petitioner_asks(
    session: Session,
    world: World,
    case_id: int,
    message: str,
    reason: str,
    *,
    right: str,
    viewer: Viewer | None,
    now: datetime,
) -> None:
    case = lock_open_case(session, case_id)
    if viewer is not None:
        viewer.must(right, case.place_id, case.holder_id)
    _need(reason, "reason")
    facts = {"reason": reason, **_source(viewer)}
    actor_id = None if viewer is None else viewer.person_id
    deliver_message(session, world, case_id, message, {}, actor_id=actor_id, now=now, facts=facts)


def _source(viewer: Viewer | None) -> dict[str, str]:
    return {"by": "petitioner"} if viewer is None else {}


def _need(text: str, field: str) -> None:
    if not text or not text.strip():
        raise Invalid("field.required", f"{field} is needed.", fields={field: REQUIRED})
