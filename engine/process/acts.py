"""The four pushes, and the acts that people do beside their tasks. Each locks the case first.

Every act runs in the caller's transaction; a refusal leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from engine import letters, runtime, tasks
from engine.cases import Case, Visit, lock_case
from engine.deadlines import Deadline, DeadlineState
from engine.errors import Conflict, Refusal, Unavailable
from engine.mediation import Outcome
from engine.people import Viewer
from engine.process import arbitration, marks, mediating
from engine.process.beginning import MAIN, begin_beside
from engine.process.faults import faults_told
from engine.process.locked import lock_for_task, lock_instance
from engine.process.model import Instance
from engine.process.push import Push, record
from engine.process.services import SERVICES
from engine.process.settle import PLAIN, settle, state_after
from engine.process.world import World
from engine.store import Prepared, canonical_json, table_of, update_row
from engine.tasks import Task, TaskState

SIZES = ("small", "big")
ENDS_WITH_CASE = frozenset({"p_extension", arbitration.PROCESS})
"""Side processes that make no sense once the case is closed."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of completing a task: the case, the tasks now open in the same instance, whether the case ended."""

    case_id: int
    case_number: str
    opened: tuple[int, ...]
    ended: bool


def complete_task(
    session: Session, world: World, task_id: int, answers: Mapping[str, Any], *, viewer: Viewer, now: datetime
) -> Completion:
    """Completes an open task with checked answers (`Form.check`) and runs the case to its next wait.

    Raises NotFound, Conflict `task.done`/`task.gone`/`task.claimed` (facts say by whom and when), NotAllowed when it
    is not offered to the viewer, Unavailable `instance.failed` when the diagram is at fault (see `trouble.set_aside`),
    and whatever the diagram's services refuse (a return outside its window …).
    """
    case, task, instance, visit = lock_for_task(session, task_id)
    tasks.must_be_open(task)
    tasks.must_be_offered(task, viewer)
    tasks.must_not_be_anothers(task, viewer)
    tasks.must_not_be_delegated(task)
    push = push_of(session, world, case, instance, visit, actor_id=viewer.person_id, now=now)
    marks.refuse_self_approval(push, task)
    marks.refuse_unchecked(push, task, answers)
    variables: Mapping[str, Any] = {}
    if task.form is not None:
        variables = push.release.form(task.process, task.form).variables(dict(answers))
    instead = viewer.in_place_of(task.unit_id, task.role_names, task.claimed_by)
    task.state = TaskState.COMPLETED.value
    task.completed_by, task.completed_at, task.closed_at = viewer.person_id, now, now
    task.answers = dict(answers)
    push.task_answers = answers
    before = state_after(case)
    marks.apply(push, task, answers)
    after = state_after(case)
    push.happened(
        "task.completed",
        {
            "task": task.id,
            "element": task.element,
            "name": [task.name_zh, task.name_en],
            "unit": task.unit_id,
            **({"for": instead.person_id} if instead else {}),
            "choices": {k: v for k, v in variables.items() if isinstance(v, str | bool | int)},
            "answers": hashlib.sha256(canonical_json(dict(answers)).encode()).hexdigest(),
        },
        after if after != before else None,
    )
    push.counted_from = letters.step_done(
        session, push.release, case, task, answers, variables, actor_id=viewer.person_id, now=now
    )
    given = {key: value for key, value in variables.items() if value is not None}
    with faults_told(push.instance):
        advance = runtime.complete(push.release.package, push.instance.state, task.token, given, push.host())
    opened = settle(push, advance, completed=task)
    follow(push, advance)
    push.write_down(task)
    return Completion(case.id, case.number, tuple(opened), case.ended)


def fire_deadline(session: Session, world: World, case: Case, deadline: Deadline, *, now: datetime) -> None:
    """Fires a due deadline that `deadlines.pick_due` gave out; its case is locked.

    Harmless when run twice: the second pick does not find it armed. Raises Conflict when its token no longer waits.
    """
    deadline.state = DeadlineState.BREACHED.value
    deadline.closed_at = now
    deadline.lateness_s = max((now - deadline.due_at).total_seconds(), 0.0)
    facts = {
        "step": deadline.step,
        "tier": deadline.tier,
        "expected": deadline.expects,
        "due_at": deadline.due_at.isoformat(),
        "late_s": round(deadline.lateness_s, 3),
    }
    if deadline.instance_id is None:
        if deadline.step == "case_outer":
            case.overdue_at = case.overdue_at or deadline.due_at
        record(session, case, "clock.breached", actor_id=None, now=now, facts=facts)
        record(
            session,
            case,
            "case.told",
            actor_id=None,
            now=now,
            facts={"what": f"{deadline.step}_overdue", "whom": ["holder", "above"]},
        )
        update_row(session, deadline, case)
        return
    update_row(session, deadline)
    push = _push(session, world, case, deadline.instance_id, actor_id=None, now=now)
    push.happened("clock.breached", facts)
    if deadline.step == "mediation_acceptance":
        mediating.ended(push, Outcome.SILENT)
    assert deadline.token is not None
    advance = runtime.fire(push.release.package, push.instance.state, deadline.token, push.host())
    silent = not push.told
    settle(push, advance, fired=deadline)
    follow(push, advance)
    if silent and deadline.attached_to is not None and deadline.length != PLAIN:
        late = _asked_by(session, deadline, now) or [case.holder_id]
        push.happened("case.told", {"what": f"{deadline.step}_overdue", "units": late})
    if deadline.step == "handle" and case.visit_seq == deadline.visit_seq:  # nobody above took it over
        case.overdue_at = case.overdue_at or deadline.due_at
    push.write_down()


def _asked_by(session: Session, deadline: Deadline, now: datetime) -> list[str]:
    """The units that have not answered the task a clock stands on, until now; none for a clock on a whole stage."""
    late = select(Task.unit_id).where(
        Task.instance_id == deadline.instance_id,
        Task.element == deadline.attached_to,
        or_(Task.state == TaskState.OPEN.value, and_(Task.state == TaskState.WITHDRAWN.value, Task.closed_at == now)),
    )
    return sorted(set(session.scalars(late)))


def warn(session: Session, case: Case, deadline: Deadline, *, now: datetime) -> None:
    """Tells once that a clock is nearly used up."""
    deadline.warned_at = now
    record(
        session,
        case,
        "clock.warned",
        actor_id=None,
        now=now,
        facts={"step": deadline.step, "due_at": deadline.due_at.isoformat()},
    )
    update_row(session, deadline, case)


def deliver_message(
    session: Session,
    world: World,
    case_id: int,
    message: str,
    payload: Mapping[str, Any],
    *,
    actor_id: int | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Brings a message to whichever running instance of the case waits for it.

    `facts` go into the history beside it. Raises Conflict `message.not_awaited` when none waits.
    """
    case = lock_case(session, case_id)
    for instance_id in _running(session, case.id):
        push = _push(session, world, case, instance_id, actor_id=actor_id, now=now)
        if awaits(push, message):
            deliver_to(push, message, payload, facts)
            return
    raise Conflict(
        "message.not_awaited", f"Case {case.number} does not wait for {message!r} now.", case=case.id, message=message
    )


def awaits(push: Push, message: str) -> bool:
    waiting = runtime.inspect(push.release.package, push.instance.state)
    return any(each.message == message for each in waiting.messages)


def deliver_to(push: Push, message: str, payload: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> None:
    """Brings a message to an instance that waits for it; `facts` go into the history beside it."""
    push.happened("message.arrived", {"message": message, **(facts or {})})
    push.session.flush()
    with faults_told(push.instance):
        advance = runtime.deliver(push.release.package, push.instance.state, message, dict(payload), push.host())
    settle(push, advance)
    follow(push, advance)


def main_beside(push: Push) -> Push | None:
    """A push of the process of the case itself, while another one is pushed; None when none runs.

    Raises Unavailable when it is set aside.
    """
    for instance_id, process_id in _RUNNING_OF_CASE.rows(push.session, {"case": push.case.id}):
        if process_id == MAIN:
            return _push(push.session, push.world, push.case, instance_id, actor_id=push.actor_id, now=push.now)
    return None


def runs_beside(session: Session, case_id: int, processes: Collection[str], *, but: int | None = None) -> bool:
    """Whether one of these processes runs for the case; `but` is the instance that asks."""
    running = _RUNNING_OF_CASE.rows(session, {"case": case_id})
    return any(process_id in processes and instance_id != but for instance_id, process_id in running)


def is_awaited(session: Session, world: World, case_id: int, message: str) -> bool:
    """Whether a running instance of the case waits for a message; for pages that offer the act."""
    for instance in session.scalars(
        select(Instance).where(Instance.case_id == case_id, Instance.ended_at.is_(None), Instance.trouble.is_(None))
    ):
        package = world.releases.get(session, instance.release_id).package
        if any(each.message == message for each in runtime.inspect(package, instance.state).messages):
            return True
    return False


def _push(session: Session, world: World, case: Case, instance_id: int, *, actor_id: int | None, now: datetime) -> Push:
    instance, visit = lock_instance(session, instance_id)
    return push_of(session, world, case, instance, visit, actor_id=actor_id, now=now)


def push_of(
    session: Session,
    world: World,
    case: Case,
    instance: Instance,
    visit: Visit,
    *,
    actor_id: int | None,
    now: datetime,
) -> Push:
    if instance.ended_at is not None:
        raise Conflict("instance.ended", "This process has ended.", instance=instance.id, case=case.id)
    if instance.trouble is not None:
        raise Unavailable(
            "instance.set_aside", "This case is set aside because of a fault; an operator has been told.", case=case.id
        )
    release = world.releases.get(session, instance.release_id)
    return Push(session, world, case, instance, release, actor_id, now, SERVICES, begin_beside, visit)


def _running(session: Session, case_id: int) -> list[int]:
    return [instance_id for instance_id, _process in _RUNNING_OF_CASE.rows(session, {"case": case_id})]


def follow(push: Push, advance: runtime.Advance) -> None:
    """What the case takes over from its process, and what ends with the case."""
    size = advance.data.get("size")
    if push.instance.process_id == MAIN and size in SIZES and size != push.case.size:
        push.happened("case.became_" + str(size), {"from": push.case.size})
        push.case.size = str(size)
    if push.case.ended:
        end_beside(push.session, push.world, push.case, ENDS_WITH_CASE, actor_id=push.actor_id, now=push.now)
    elif push.fresh_visit:
        over = {arbitration.PROCESS}
        end_beside(push.session, push.world, push.case, over, actor_id=push.actor_id, now=push.now)


_RUNNING_OF_CASE = Prepared(
    select(table_of(Instance).c.id, table_of(Instance).c.process_id)
    .where(Instance.case_id == bindparam("case"), Instance.ended_at.is_(None))
    .order_by(Instance.id)
)


def end_beside(
    session: Session,
    world: World,
    case: Case,
    processes: Collection[str],
    *,
    actor_id: int | None,
    now: datetime,
    but: int | None = None,
) -> None:
    """Ends what runs beside a case and has become pointless; `but` is the instance that asks for it."""
    for instance_id, process_id in _RUNNING_OF_CASE.rows(session, {"case": case.id}):
        if process_id not in processes or instance_id == but:
            continue
        if process_id == arbitration.PROCESS and not arbitration.drop(session, instance_id, case, now):
            continue
        try:
            other = _push(session, world, case, instance_id, actor_id=actor_id, now=now)
        except Refusal:
            continue
        settle(other, runtime.cancel(other.release.package, other.instance.state, other.host()))


def change_hands(push: Push, unit_id: str) -> None:
    """Moves the case of an arbitration to the unit that was decided on.

    Raises Conflict `arbitration.not_now` while the case waits for another decision, or runs on a process that cannot.
    """
    payload, facts = {"to_unit": unit_id}, {"to": unit_id}
    try:
        deliver_message(
            push.session,
            push.world,
            push.case.id,
            arbitration.MOVES,
            payload,
            actor_id=push.actor_id,
            now=push.now,
            facts=facts,
        )
    except Conflict as refusal:
        if refusal.code != "message.not_awaited":
            raise
        raise Conflict(
            "arbitration.not_now", "The case waits for another decision and cannot change hands now.", case=push.case.id
        ) from refusal
