"""Everything a person wants to know about a case, read at once: where it stands, how it came there, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines
from engine.cases import Card, Case, Party, Visit, parties_of, visits_of
from engine.deadlines import Deadline, Extension
from engine.history import HistoryEntry
from engine.people import Person, Viewer, names
from engine.process.model import Instance
from engine.process.requests import Forecast, forecast
from engine.process.world import World
from engine.tasks import Form, Task, TaskState, identity_shown
from engine.territory import Unit, ancestors, units_by_id

ENTRIES = 100
"""How many of the latest history entries a page shows at first."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A process of the case and where it stands: element id → done, active or overdue."""

    process_id: str
    release_id: int
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """A case as its page tells it. `units` and `people` name every id that occurs."""

    case: Case
    place: Sequence[Unit]
    """Highest unit first."""
    visits: Sequence[Visit]
    tier_clock: Deadline | None
    case_clock: Deadline | None
    forecast: Forecast | None
    open_tasks: Sequence[Task]
    answered: Sequence[tuple[Task, Form]]
    """Completed tasks with the forms their answers were given to, latest first."""
    parties: Sequence[Party]
    identity_shown: bool
    entries: Sequence[HistoryEntry]
    """Latest first."""
    more_entries: bool
    cards: Sequence[Card]
    extension: Extension | None
    """The request for more time that waits for a decision."""
    diagram: Diagram | None
    units: Mapping[str, Unit] = field(repr=False)
    people: Mapping[int, Person] = field(repr=False)


def tell(
    session: Session, world: World, case: Case, *, viewer: Viewer, now: datetime, all_entries: bool = False
) -> Story:
    """Reads the story of a case that the viewer may see (`tasks.see_case`)."""
    visits = visits_of(session, case.id)
    every_task = session.scalars(select(Task).where(Task.case_id == case.id).order_by(Task.id)).all()
    open_tasks = [task for task in every_task if task.state == TaskState.OPEN]
    entries = session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.case_id == case.id)
        .order_by(HistoryEntry.seq.desc())
        .limit(5000 if all_entries else ENTRIES + 1)
    ).all()
    more = not all_entries and len(entries) > ENTRIES
    entries = entries if all_entries else entries[:ENTRIES]
    foreseen = forecast(session, world, case)
    wanted = {case.holder_id, case.accountable_id, *ancestors(case.place_id)}
    wanted |= {visit.unit_id for visit in visits} | {task.unit_id for task in open_tasks}
    wanted |= {str(unit) for entry in entries for unit in _units_in(entry)}
    answered = _answered(session, world, every_task)
    wanted |= {unit for task, form in answered for unit in _units_chosen(task, form)} | {t.unit_id for t, _ in answered}
    if foreseen is not None and foreseen.to_unit_id:
        wanted.add(foreseen.to_unit_id)
    units = units_by_id(session, wanted)
    people = names(session, {person for person in _people_in(case, visits, every_task, entries) if person is not None})
    return Story(
        case=case,
        place=[units[each] for each in reversed(ancestors(case.place_id)) if each in units],
        visits=visits,
        tier_clock=deadlines.of_visit(session, case.id, case.visit_seq, "handle"),
        case_clock=deadlines.of_case(session, case.id, "case_outer"),
        forecast=foreseen,
        open_tasks=open_tasks,
        answered=answered,
        parties=parties_of(session, case.id),
        identity_shown=identity_shown(viewer, case, open_tasks),
        entries=entries,
        more_entries=more,
        cards=session.scalars(select(Card).where(Card.case_id == case.id).order_by(Card.id)).all(),
        extension=session.scalars(
            select(Extension).where(Extension.case_id == case.id, Extension.decision.is_(None)).limit(1)
        ).first(),
        diagram=_diagram(session, every_task, now),
        units=units,
        people=people,
    )


def _answered(session: Session, world: World, every_task: Sequence[Task]) -> list[tuple[Task, Form]]:
    done = [task for task in every_task if task.state == TaskState.COMPLETED and task.answers and task.form]
    if not done:
        return []
    ids = sorted({task.instance_id for task in done})
    releases = dict(session.execute(select(Instance.id, Instance.release_id).where(Instance.id.in_(ids))).all())
    done.sort(key=lambda task: (task.completed_at or task.opened_at, task.id), reverse=True)
    return [
        (task, world.releases.get(session, releases[task.instance_id]).form(task.process, str(task.form)))
        for task in done
    ]


def _units_chosen(task: Task, form: Form) -> list[str]:
    chosen = [key for key, field in form.fields.items() if field.source == "community_units"]
    return [unit for key in chosen for unit in (task.answers or {}).get(key) or []]


def _diagram(session: Session, every_task: Sequence[Task], now: datetime) -> Diagram | None:
    """Of the process that waits for somebody now, or that was the last to wait."""
    if not every_task:
        return None
    waiting = [task for task in every_task if task.state == TaskState.OPEN]
    shown = waiting[0] if waiting else every_task[-1]
    release_id = session.scalar(select(Instance.release_id).where(Instance.id == shown.instance_id))
    if release_id is None:
        return None
    states: dict[str, str] = {}
    for task in every_task:
        if task.process != shown.process or task.instance_id != shown.instance_id:
            continue
        if task.state == TaskState.COMPLETED:
            states.setdefault(task.element, "done")
        elif task.state == TaskState.OPEN:
            states[task.element] = "overdue" if task.due_at is not None and task.due_at <= now else "active"
    return Diagram(shown.process, release_id, states)


def _units_in(entry: HistoryEntry) -> list[str]:
    found = [entry.facts.get("unit"), entry.facts.get("place"), *(entry.facts.get("units") or [])]
    for side in ("from", "to"):
        place = entry.facts.get(side)
        if isinstance(place, dict):
            found.append(place.get("unit"))
    return [each for each in found if isinstance(each, str)]


def _people_in(
    case: Case, visits: Sequence[Visit], tasks: Sequence[Task], entries: Sequence[HistoryEntry]
) -> list[int | None]:
    handed = [entry.facts.get("to") for entry in entries if entry.act == "task.handed_over"]
    return [
        case.filed_by,
        *(person for visit in visits for person in (visit.entered_by, visit.signed_in_by)),
        *(person for task in tasks for person in (task.claimed_by, task.completed_by)),
        *(entry.actor_id for entry in entries),
        *(person for person in handed if isinstance(person, int)),
    ]
