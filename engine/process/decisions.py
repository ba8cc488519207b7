"""What waits for somebody's decision, each with the facts needed to decide, and the answers that take one tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.deadlines import Deadline, Extension
from engine.people import Person, Viewer, names
from engine.process import arbitration
from engine.process.model import Arbitration, Instance, Instruction
from engine.process.world import World
from engine.tasks import Form, Tap, Task, TaskState, offered_to, taps
from engine.territory import Unit, ancestors, units_by_id

PAGE = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """One open task that asks for a decision. `place` has the highest unit first."""

    task: Task
    case: Case
    form: Form | None
    taps: Sequence[Tap]
    place: Sequence[Unit]
    clock: Deadline | None
    """The tier clock of the case while it runs or stands still."""
    extension: Extension | None
    """The request for more time that is to be decided."""
    instruction: Instruction | None
    arbitration: Arbitration | None
    """The dispute that is to be decided."""
    before: tuple[Task, Form] | None
    """The last task that was answered in the same process: what the decision is about."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What takes one tap first, then the earliest due first. `total` counts those beyond this page too."""

    rows: Sequence[Decision]
    total: int
    people: Mapping[int, Person]
    units: Mapping[str, Unit]


def to_decide(session: Session, world: World, viewer: Viewer, *, most: int = PAGE) -> Decisions:
    """What is offered to the viewer to decide. Eight statements at most, whatever waits."""
    rows = session.execute(
        select(Task, Case, Instance.release_id)
        .join(Case, Case.id == Task.case_id)
        .join(Instance, Instance.id == Task.instance_id)
        .where(_waits(viewer))
        .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
        .limit(most)
    ).all()
    total = len(rows) if len(rows) < most else how_many(session, viewer)
    cases = [case.id for _, case, _ in rows]
    clocks = _by_case(session, cases)
    extensions = {
        each.case_id: each
        for each in session.scalars(
            select(Extension).where(Extension.case_id.in_(cases), Extension.decision.is_(None)).order_by(Extension.id)
        )
    }
    instances = [task.instance_id for task, _, _ in rows]
    instructions = {
        each.instance_id: each
        for each in session.scalars(select(Instruction).where(Instruction.instance_id.in_(instances)))
    }
    disputes = _disputes(session, [task for task, _, _ in rows])
    before = _before(session, instances)

    def form_of(task: Task, release_id: int) -> Form | None:
        return world.releases.get(session, release_id).form(task.process, task.form) if task.form else None

    wanted = {u for _, case, _ in rows for u in (*ancestors(case.place_id), case.holder_id)}
    units = units_by_id(session, wanted.union(*(each.between for each in disputes.values())))
    decisions = []
    for task, case, release_id in rows:
        form, earlier = form_of(task, release_id), before.get(task.instance_id)
        earlier_form = None if earlier is None else form_of(earlier, release_id)
        decisions.append(
            Decision(
                task,
                case,
                form,
                taps(form),
                [units[each] for each in reversed(ancestors(case.place_id)) if each in units],
                clocks.get(case.id),
                extensions.get(case.id) if task.form == "decide_extension" else None,
                instructions.get(task.instance_id),
                disputes.get(task.instance_id),
                None if earlier is None or earlier_form is None else (earlier, earlier_form),
            )
        )
    people = {e.asked_by for e in extensions.values()} | {t.completed_by for t in before.values() if t.completed_by}
    decisions.sort(key=lambda decision: not decision.taps)
    return Decisions(decisions, total, names(session, people), units)


def how_many(session: Session, viewer: Viewer) -> int:
    """How many decisions wait for the viewer."""
    return session.scalar(_counted(viewer)) or 0


@lru_cache(maxsize=512)
def _counted(viewer: Viewer) -> Select[int]:
    """Put into words once per person and what they are; holds no row."""
    return select(func.count(Task.id)).where(_waits(viewer))


def _waits(viewer: Viewer) -> ColumnElement[bool]:
    return and_(Task.state == literal_column("'open'"), Task.why == literal_column("'decide'"), offered_to(viewer))


def _by_case(session: Session, cases: Sequence[int]) -> dict[int, Deadline]:
    rows = session.scalars(
        select(Deadline).where(
            Deadline.case_id.in_(cases), Deadline.step == "handle", Deadline.state.in_(("armed", "paused"))
        )
    )
    return {row.case_id: row for row in rows}


def _disputes(session: Session, asked: Sequence[Task]) -> dict[int, Arbitration]:
    """By instance; nothing is asked where no dispute waits."""
    instances = [task.instance_id for task in asked if task.process == arbitration.PROCESS]
    if not instances:
        return {}
    found = session.scalars(select(Arbitration).where(Arbitration.instance_id.in_(instances)))
    return {each.instance_id: each for each in found}


def _before(session: Session, instances: Sequence[int]) -> dict[int, Task]:
    """The task answered last in each instance."""
    last = (
        select(func.max(Task.id))
        .where(Task.instance_id.in_(instances), Task.state == TaskState.COMPLETED.value)
        .group_by(Task.instance_id)
    )
    return {task.instance_id: task for task in session.scalars(select(Task).where(Task.id.in_(last)))}
