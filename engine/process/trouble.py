"""Instances and deadlines that went wrong: set aside after a few tries, shown to operators, tried again by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, true, update
from sqlalchemy.orm import Session

from engine.cases import Case, lock_case
from engine.deadlines import FAR, Deadline, DeadlineState
from engine.errors import NotFound, Unavailable
from engine.people import Viewer, operator_log
from engine.process.beginning import begin_anew
from engine.process.faults import LONGEST
from engine.process.model import Instance
from engine.process.push import record
from engine.process.world import World
from engine.tasks import is_shut_out, outside_wall

FIRST_WAIT = timedelta(seconds=10)
AT_ONCE = 200
"""How many instances are shown, and taken up again in one transaction."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An instance that was set aside, as an operator sees it."""

    instance_id: int
    case_id: int
    case_number: str
    process_id: str
    said: str
    since: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Instances that were set aside for one and the same reason, oldest first."""

    said: str
    troubles: tuple[Trouble, ...]


def failed(session: Session, deadline_id: int, *, said: str, retries: int, now: datetime) -> bool:
    """Notes a failed try of a deadline: later again, and after `retries` an incident. Gives True for the incident.

    Waits 10, 20, 40 … seconds between tries. Others are never held up.
    """
    deadline = session.get(Deadline, deadline_id, populate_existing=True)
    if deadline is None or deadline.state != DeadlineState.ARMED:
        return False
    case = lock_case(session, deadline.case_id)
    deadline.attempts += 1
    deadline.trouble = said[:LONGEST]
    if deadline.attempts < retries:
        deadline.next_at = now + FIRST_WAIT * 2 ** (deadline.attempts - 1)
        return False
    deadline.next_at = FAR
    if deadline.instance_id is not None:
        session.execute(
            update(Instance)
            .where(Instance.id == deadline.instance_id)
            .values(trouble=said[:LONGEST], trouble_at=now)
            .execution_options(synchronize_session=False)
        )
    record(session, case, "incident.opened", actor_id=None, now=now, facts={"step": deadline.step, "said": said[:500]})
    return True


def set_aside(session: Session, refusal: Unavailable, *, now: datetime) -> None:
    """Makes an incident of `instance.failed`, in a transaction of its own: that of the act is gone with all it wrote.

    Any other refusal, and an instance set aside already, is left alone.
    """
    if refusal.code != "instance.failed":
        return
    case = lock_case(session, refusal.facts["case"])
    instance = session.get(Instance, refusal.facts["instance"], populate_existing=True)
    if instance is None or instance.trouble is not None:
        return
    said = str(refusal.facts["said"])
    instance.trouble, instance.trouble_at = said[:LONGEST], now
    record(session, case, "incident.opened", actor_id=None, now=now, facts={"said": said[:500]})


def troubles(session: Session, *, viewer: Viewer | None = None, most: int = AT_ONCE) -> Sequence[Trouble]:
    """Everything that is set aside, oldest first, but for what is behind the viewer's wall."""
    told = true() if viewer is None else outside_wall(viewer, Instance.case_id.expression)
    rows = session.execute(
        select(Instance, Case.number)
        .join(Case, Case.id == Instance.case_id)
        .where(Instance.trouble.is_not(None), told)
        .order_by(Instance.id)
        .limit(most)
    )
    found = rows.all()
    tries = dict(
        session.execute(
            select(Deadline.instance_id, func.max(Deadline.attempts))
            .where(Deadline.instance_id.in_([i.id for i, _ in found]), Deadline.state == DeadlineState.ARMED.value)
            .group_by(Deadline.instance_id)
        ).all()
    )
    return [
        Trouble(
            i.id, i.case_id, number, i.process_id, i.trouble or "", i.trouble_at or i.started_at, tries.get(i.id) or 0
        )
        for i, number in found
    ]


def count_troubles(session: Session) -> int:
    """How many instances are set aside."""
    return session.scalar(select(func.count()).where(Instance.trouble.is_not(None))) or 0


def causes(found: Iterable[Trouble]) -> list[Cause]:
    """Grouped by what they say, the commonest first."""
    by_said: dict[str, list[Trouble]] = {}
    for trouble in found:
        by_said.setdefault(trouble.said, []).append(trouble)
    ordered = sorted(by_said.items(), key=lambda item: -len(item[1]))
    return [Cause(said, tuple(listed)) for said, listed in ordered]


def retry(session: Session, world: World, instance_id: int, *, viewer: Viewer, now: datetime) -> bool:
    """Takes an instance back into service: its due deadlines are tried anew by the next tick, and what never began is
    begun at once. Gives False when that failed again."""
    viewer.must("system.operate")
    instance = session.get(Instance, instance_id)
    if instance is None or instance.trouble is None or is_shut_out(session, viewer, instance.case_id):
        raise NotFound("instance.no_trouble", "Nothing is set aside under this number.", instance=instance_id)
    case = lock_case(session, instance.case_id)
    instance.trouble = instance.trouble_at = None
    session.execute(
        update(Deadline)
        .where(Deadline.instance_id == instance_id, Deadline.state == DeadlineState.ARMED.value)
        .values(attempts=0, next_at=Deadline.due_at, trouble=None)
        .execution_options(synchronize_session=False)
    )
    record(session, case, "incident.retried", actor_id=viewer.person_id, now=now, facts={"instance": instance_id})
    operator_log.log(session, viewer, "incident.retried", f"instance:{instance_id}", now=now)
    if instance.begins_with is not None:
        begin_anew(session, world, case, instance, actor_id=viewer.person_id, now=now)
    return instance.trouble is None


def retry_cause(session: Session, world: World, said: str, *, viewer: Viewer, now: datetime) -> int:
    """`retry` for every instance that was set aside with these words; gives how many go on."""
    viewer.must("system.operate")
    alike = select(Instance.id).where(Instance.trouble == said, outside_wall(viewer, Instance.case_id.expression))
    rows = alike.order_by(Instance.case_id, Instance.id).limit(AT_ONCE)
    count = 0
    for instance_id in session.scalars(rows).all():
        count += retry(session, world, instance_id, viewer=viewer, now=now)
        session.flush()
    return count
