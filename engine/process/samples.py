"""A closed case as a scenario for designers: what was asked, chosen and overdue, and nothing that tells whose it was.

What leaves are ids of elements and messages, tiers, the grading, and answers that the form itself words (choices and
ticks). Texts, amounts, documents, days and places stay; units and parties become stand-ins. It is played before it is
given: what does not go as the case went is not given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy, runtime
from engine.cases import Case, Visit, lock_case
from engine.deadlines import Deadline, DeadlineState
from engine.deploy import LoadedRelease
from engine.deploy.scenarios import Act, Differs, Scenario, Stage, expectation, recorded, write_scenario
from engine.errors import Conflict
from engine.history import HistoryEntry
from engine.people import Viewer
from engine.process.beginning import MAIN
from engine.process.model import Instance
from engine.process.push import record
from engine.process.world import World
from engine.tasks import Task, TaskState

GIVEN = "case.sampled"
CHOSEN = frozenset({"radio", "select", "checkbox", "checklist", "taglist"})
FEWEST_NUMBERS = 10
"""A number is a choice where the form allows no more than so many."""
MOVES = frozenset({"case.raised", "case.returned", "case.downgraded"})


@dataclass(frozen=True, slots=True)
class Made:
    """A sample before it is given: `content` is all that would leave."""

    process_id: str
    release_id: int
    scenario: Scenario
    content: bytes


@dataclass(frozen=True, slots=True)
class _Chapter:
    """One push of the case: what drove it, and what the history says came of it. The beginning has no act."""

    act: Act | None
    entries: Sequence[HistoryEntry]


def make_sample(session: Session, world: World, case: Case) -> Made:
    """Of a closed case that the viewer may see. Changes nothing.

    Raises Conflict `sample.open`, `sample.confidential`, `sample.given` or `sample.differs`: it cannot be shown without
    more of the case than may leave, for example because an operator moved it by hand.
    """
    if not case.ended:
        raise Conflict("sample.open", "Only a closed case can be given as a sample.", case=case.id)
    if case.confidential:
        raise Conflict("sample.confidential", "A confidential case is not given as a sample.", case=case.id)
    entries = session.scalars(
        select(HistoryEntry).where(HistoryEntry.case_id == case.id).order_by(HistoryEntry.seq)
    ).all()
    if any(entry.act == GIVEN for entry in entries):
        raise Conflict("sample.given", "This case was given as a sample already.", case=case.id)
    run = session.scalars(
        select(Instance).where(Instance.case_id == case.id, Instance.process_id == MAIN).order_by(Instance.id).limit(1)
    ).one()
    asked = session.scalars(select(Task).where(Task.instance_id == run.id).order_by(Task.id)).all()
    struck = session.scalars(
        select(Deadline)
        .where(Deadline.instance_id == run.id, Deadline.state == DeadlineState.BREACHED.value)
        .order_by(Deadline.closed_at, Deadline.id)
    ).all()
    first = session.scalars(select(Visit).where(Visit.case_id == case.id, Visit.seq == 1)).one()
    release = world.releases.get(session, run.release_id)
    chapters = list(_chapters(release, entries, asked, struck))
    for urgent in (case.urgent, not case.urgent):  # the history does not say how it was before it was graded anew
        data = _beginning(world, case, first.tier, entries, asked, urgent=urgent)
        try:
            scenario = _played(release, Scenario("", MAIN, data), chapters, asked, top=world.tiers.top)
        except Differs:
            continue
        return Made(MAIN, run.release_id, scenario, write_scenario(scenario))
    raise Conflict("sample.differs", "What may leave does not tell this case as it went.", case=case.id)


def give_sample(session: Session, world: World, case_id: int, *, viewer: Viewer, now: datetime) -> deploy.Sample:
    """Puts a closed case into the sample box of its process, and says so in its history. Raises as `make_sample`."""
    case = lock_case(session, case_id)
    viewer.must("process.sample", case.place_id)
    made = make_sample(session, world, case)
    sample = deploy.put_sample(session, made.process_id, made.release_id, made.content)
    record(session, case, GIVEN, actor_id=viewer.person_id, now=now, facts={"sample": sample.id})
    return sample


def _chapters(
    release: LoadedRelease, entries: Sequence[HistoryEntry], asked: Sequence[Task], struck: Sequence[Deadline]
) -> Iterator[_Chapter]:
    by_id = {task.id: task for task in asked}
    clocks = list(struck)
    stand_ins = _StandIns()
    act: Act | None = None
    since: list[HistoryEntry] = []
    for entry in entries:
        driver = _driver(release, entry, by_id, clocks, stand_ins)
        if driver is None:
            since.append(entry)
            continue
        yield _Chapter(act, since)
        act, since = driver, []
    yield _Chapter(act, since)


def _driver(
    release: LoadedRelease,
    entry: HistoryEntry,
    asked: Mapping[int, Task],
    clocks: list[Deadline],
    stand_ins: _StandIns,
) -> Act | None:
    """What pushed the process, if this entry tells of it."""
    facts = entry.facts
    if entry.act == "task.completed" and facts.get("task") in asked:
        task = asked[facts["task"]]
        item = None if task.item is None else stand_ins.of(task.item)
        return Act("complete", task.element, _choices(release, task, stand_ins), item)
    if entry.act == "clock.breached":
        found = next((c for c in clocks if c.step == facts["step"] and c.due_at.isoformat() == facts["due_at"]), None)
        if found is None:
            return None  # a clock of the case itself, or of a process beside it
        clocks.remove(found)
        return Act("fire", found.element or "")
    if entry.act == "message.arrived":
        return Act("deliver", str(facts["message"]), {"to_tier": facts["to"]} if "to" in facts else {})
    return None


class _StandIns:
    """Units and parties under other names, each always under the same one."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        return self._known.setdefault(name, f"U.{len(self._known) + 1}")


def _choices(release: LoadedRelease, task: Task, stand_ins: _StandIns) -> dict[str, Any]:
    if task.form is None:
        return {}
    given: dict[str, Any] = {}
    for key, field in release.form(task.process, task.form).fields.items():
        said = (task.answers or {}).get(key)
        if said is None:
            continue
        if field.source is not None:
            given[key] = [stand_ins.of(each) for each in said] if isinstance(said, list) else stand_ins.of(said)
        elif field.type in CHOSEN or (field.type == "number" and _few(field.least, field.most)):
            given[key] = said
    return given


def _few(least: float | None, most: float | None) -> bool:
    return least is not None and most is not None and most - least < FEWEST_NUMBERS


def _beginning(
    world: World, case: Case, tier: str, entries: Sequence[HistoryEntry], asked: Sequence[Task], *, urgent: bool
) -> dict[str, Any]:
    filed: Mapping[str, Any] = next((entry.facts for entry in entries if entry.act == "case.filed"), {})
    return {
        "case_id": 1,
        "tier": tier,
        "top": tier == world.tiers.top,
        "severity": filed.get("severity", case.severity),
        "size": filed.get("size", case.size),
        "track": filed.get("track", case.track),
        "urgent": urgent,
        "confirm": any(task.form == "confirm_triage" for task in asked[:1]),
        "signed_in": False,
        "repeat": int(case.facts.get("repeat_count") or 0) > 0,
    }


def _played(
    release: LoadedRelease, beginning: Scenario, chapters: Sequence[_Chapter], asked: Sequence[Task], *, top: str
) -> Scenario:
    """The case played from what may leave. Raises Differs when it does not go as it went."""
    services = _Services(asked, top)
    stage = Stage(release, beginning, assume=services)
    acts: list[Act] = []
    for chapter in chapters:
        services.entries = list(chapter.entries)
        if chapter.act is None:
            stage.start()
            continue
        if stage.advance.ended:
            break  # it was done again after its end: that is another run
        stage.take(chapter.act)
        acts.append(chapter.act)
    was_asked = {task.element for task in asked if task.state != TaskState.OPEN}
    processes = release.package.processes
    is_asked = {id_ for process, id_ in +stage.visited if processes[process].elements[id_].kind == "userTask"}
    if not stage.advance.ended or was_asked != is_asked:
        raise Differs()
    made = replace(recorded(stage), acts=tuple(acts))
    name = f"真实案件样本：{len(acts)} 步 / Sample of a real case: {len(acts)} steps"
    return replace(made, name=name, then=expectation(stage))


class _Services:
    """What the services gave then, read from what the history says beside each push."""

    def __init__(self, asked: Iterable[Task], top: str) -> None:
        self.entries: list[HistoryEntry] = []
        self._top = top
        self._checked = any(task.form == "quality_check" for task in asked)

    def __call__(self, call: runtime.ServiceCall) -> Mapping[str, Any]:
        data = call.data
        match call.name:
            case "raise_tier" | "return_down" | "downgrade":
                moved = self._next(MOVES)
                if moved is None:
                    return {key: data.get(key) for key in ("tier", "top", "signed_in")}
                tier = moved["to"]["tier"]
                return {"tier": tier, "top": tier == self._top, "signed_in": False}
            case "triage":
                graded = self._next({"case.regraded"}) or data
                later = next((entry.facts["to"]["tier"] for entry in self.entries if entry.act in MOVES), None)
                known = {key: graded.get(key, data.get(key)) for key in ("severity", "size", "track", "urgent")}
                return {**known, "target_tier": later or data.get("tier")}
            case "sampled":
                return {"sampled": self._checked}
            case _:
                return {}

    def _next(self, acts: Collection[str]) -> Mapping[str, Any] | None:
        """The facts of the first of these entries, which is used up."""
        for place, entry in enumerate(self.entries):
            if entry.act in acts:
                return self.entries.pop(place).facts
        return None
