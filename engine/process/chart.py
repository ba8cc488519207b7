"""The diagrams a case runs on, and where it stands in each: for drawing, and for reading without a drawing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from engine.deadlines import Deadline, DeadlineState
from engine.errors import NotFound
from engine.process.story import Run, Story
from engine.process.world import World
from engine.runtime import ProcessFacts
from engine.tasks import Task, TaskState

NEVER = datetime.max.replace(tzinfo=UTC)
LIVE = (DeadlineState.ARMED, DeadlineState.PAUSED)


@dataclass(frozen=True, slots=True)
class Stop:
    """An element the case has been at: `states` are done, active, overdue, waiting; `name` reads `中文 / English`."""

    element: str
    name: str
    states: tuple[str, ...]
    tasks: tuple[Task, ...]
    """What was or is asked of people here, oldest first."""
    timers: tuple[Deadline, ...]
    """Clocks that run or ran out here."""
    calls: str = ""
    """The process inside, where that has been at work."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One process of the case, the way of calls that leads to it, and the others to look at."""

    process_id: str
    name: str
    release_id: int
    trail: Sequence[tuple[str, str]]
    """(process id, name) from the outermost process to this one."""
    others: Sequence[tuple[str, str]]
    stops: Sequence[Stop]

    @property
    def at_work(self) -> bool:
        return any(state in ("active", "overdue", "waiting") for stop in self.stops for state in stop.states)


def chart_of(session: Session, world: World, story: Story, process_id: str | None, *, now: datetime) -> Chart | None:
    """The process asked for, or else the innermost one that waits for somebody, or that was the last to do so.

    Raises NotFound for a process that the case has never been in. None for a case without any.
    """
    if not story.runs:
        return None
    known: dict[str, tuple[Run, ProcessFacts]] = {}
    for run in story.runs:
        package = world.releases.get(session, run.release_id).package
        within = {run.process_id, *(task.process for task in story.tasks if task.instance_id == run.id)}
        for name in _with_callers(within, run.process_id, package.processes):
            known[name] = run, package.processes[name]
    chosen = process_id or _at_work(story)
    if chosen not in known:
        raise NotFound("diagram.unknown", "This case has no such diagram.")
    run, facts = known[chosen]
    inside = {name: each for name, (of, each) in known.items() if of.id == run.id}
    last = {task.process: task.id for task in story.tasks if task.instance_id == run.id}
    trail = _trail(chosen, run, inside, last)
    return Chart(
        chosen,
        facts.name,
        run.release_id,
        [(name, known[name][1].name) for name in trail],
        [(name, each.name) for name, (_, each) in known.items() if name not in trail],
        _stops(story, run, chosen, inside, now),
    )


def _at_work(story: Story) -> str:
    main = [task for task in story.tasks if task.instance_id == story.runs[0].id] or list(story.tasks)
    waiting = [task for task in main if task.state == TaskState.OPEN] or [
        task for task in story.tasks if task.state == TaskState.OPEN
    ]
    last = (waiting or main)[-1:]
    return last[0].process if last else story.runs[0].process_id


def _with_callers(within: set[str], outermost: str, processes: Mapping[str, ProcessFacts]) -> list[str]:
    """The processes, and those through which they were called, outermost first.

    What several may call was called by one that had a task before; only where none had, the first of them counts.
    """
    order = _reachable(outermost, processes)
    wanted = {name for name in within if name in processes}
    for name in reversed(order):  # a caller stands before what it calls
        callers = _callers(name, {each: processes[each] for each in order})
        if name in wanted and callers and wanted.isdisjoint(callers):
            wanted.add(callers[0])
    return sorted(wanted, key=lambda name: order.index(name) if name in order else len(order))


def _callers(name: str, processes: Mapping[str, ProcessFacts]) -> list[str]:
    """In the order of the processes."""
    return [
        each for each, facts in processes.items() if any(element.calls == name for element in facts.elements.values())
    ]


def _reachable(outermost: str, processes: Mapping[str, ProcessFacts]) -> list[str]:
    """The process and all that it may call, callers first."""
    found = [outermost] if outermost in processes else []
    for name in found:
        calls = {element.calls for element in processes[name].elements.values() if element.calls in processes}
        found += sorted(calls - set(found))
    return found


def _trail(chosen: str, run: Run, known: Mapping[str, ProcessFacts], last: Mapping[str, int]) -> list[str]:
    """From the outermost process to the chosen one; of several callers the one that had the `last` task."""
    trail = [chosen]
    while trail[0] != run.process_id:
        callers = [each for each in _callers(trail[0], known) if each not in trail]
        if not callers:
            break
        trail.insert(0, max(callers, key=lambda each: last.get(each, 0)))
    return trail


def _stops(story: Story, run: Run, chosen: str, inside: Mapping[str, ProcessFacts], now: datetime) -> list[Stop]:
    tasks = [task for task in story.tasks if task.instance_id == run.id]
    clocks = [clock for clock in story.clocks if clock.instance_id == run.id and clock.state != DeadlineState.CANCELLED]
    stops: list[Stop] = []
    for element in inside[chosen].elements.values():
        here = tuple(task for task in tasks if task.process == chosen and task.element == element.id)
        timers = tuple(clock for clock in clocks if clock.process == chosen and clock.element == element.id)
        called = _below(element.calls, inside) if element.calls else set()
        within = [task for task in tasks if task.process in called]
        states = (*_of_tasks((*here, *within), now), *_of_timers(timers, now))
        if states:
            calls = element.calls if within else ""
            stops.append(Stop(element.id, element.name or element.id, states, here, timers, calls))
    return sorted(stops, key=_when)


def _below(called: str, inside: Mapping[str, ProcessFacts]) -> set[str]:
    return {name for name in _reachable(called, inside) if name in inside}


def _when(stop: Stop) -> tuple[datetime, str]:
    began = [task.opened_at for task in stop.tasks] or [clock.started_at for clock in stop.timers]
    return (min(began) if began else NEVER, stop.element)


def _of_tasks(tasks: Iterable[Task], now: datetime) -> tuple[str, ...]:
    states = {task.state for task in tasks}
    if TaskState.OPEN in states:
        late = any(task.state == TaskState.OPEN and task.due_at is not None and task.due_at <= now for task in tasks)
        return ("overdue",) if late else ("active",)
    return ("done",) if TaskState.COMPLETED in states else ()


def _of_timers(timers: Sequence[Deadline], now: datetime) -> tuple[str, ...]:
    live = [clock for clock in timers if clock.state in LIVE]
    if live:
        return ("overdue",) if any(clock.due_at <= now for clock in live) else ("waiting",)
    return ("done",) if any(clock.state == DeadlineState.BREACHED for clock in timers) else ()
