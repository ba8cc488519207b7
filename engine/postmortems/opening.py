"""Opening a post-mortem: by a surge, by what the public looks at, or by hand. The same trigger opens one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, lock_case
from engine.deadlines import parse_length
from engine.errors import Conflict
from engine.people import Viewer
from engine.postmortems.model import PostMortem, PostMortemState, Trigger
from engine.process import World
from engine.reasons import reason_given


def open_for_surge(
    session: Session,
    world: World,
    key: str,
    *,
    unit_id: str,
    category: str,
    case_id: int,
    facts: Mapping[str, Any],
    now: datetime,
) -> PostMortem:
    """For a unit where a category grew suddenly; `case_id` is the latest case of it."""
    case = lock_case(session, case_id)
    return _open(session, world, key, Trigger.SURGE, unit_id, category, case, facts, actor_id=None, now=now)


def open_for_opinion(session: Session, world: World, case: Case, *, now: datetime) -> PostMortem:
    """For a case that the public looks at, with the unit that has it. A second time it gives the first one back."""
    facts = {"level": case.facts.get("opinion_level")}
    locked = lock_case(session, case.id)
    key = f"opinion:{case.id}"
    return _open(session, world, key, Trigger.OPINION, case.holder_id, case.category, locked, facts, None, now=now)


def open_by_hand(
    session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer, now: datetime
) -> PostMortem:
    """For a case that the viewer sees; one by hand for each. Raises Conflict `postmortem.confidential`."""
    reason = reason_given(reason)
    case = lock_case(session, case_id)
    viewer.must("postmortem.write", case.holder_id, case.place_id)
    if case.confidential:
        raise Conflict("postmortem.confidential", "A confidential case stands in no register.")
    key, facts = f"hand:{case.id}", {"reason": reason}
    return _open(
        session, world, key, Trigger.HAND, case.holder_id, case.category, case, facts, viewer.person_id, now=now
    )


def _open(
    session: Session,
    world: World,
    key: str,
    trigger: Trigger,
    unit_id: str,
    category: str,
    case: Case,
    facts: Mapping[str, Any],
    actor_id: int | None,
    *,
    now: datetime,
) -> PostMortem:
    present = session.scalars(select(PostMortem).where(PostMortem.key == key)).first()
    if present is not None:
        return present
    due = world.calendar.due(now, parse_length(world.config.detection.post_mortem_within), provisional=True)
    opened = PostMortem(
        key=key,
        trigger=trigger.value,
        state=PostMortemState.OPEN.value,
        unit_id=unit_id,
        case_id=case.id,
        category=category,
        facts=dict(facts),
        opened_at=now,
        opened_by=actor_id,
        due_at=due.at,
    )
    session.add(opened)
    session.flush()
    said = {"what": "post_mortem_opened", "units": [unit_id], "post_mortem": opened.id, "due_at": due.at.isoformat()}
    process.record(session, case, "case.told", actor_id=actor_id, now=now, facts=said)
    session.flush()
    return opened
