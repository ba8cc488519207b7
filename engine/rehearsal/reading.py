"""Reads closed cases out of the tables: so many at a time, with as many statements for one as for hundreds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine import letters
from engine.cases import NO_WALL, RESPONDENT, Card, Case, Party, Visit, Wall
from engine.deadlines import Deadline, DeadlineState
from engine.deploy import LoadedRelease
from engine.escalation import AFTER_THE_END
from engine.history import HistoryEntry
from engine.process import MAIN, Instance, World
from engine.rehearsal.past import Asked, Course, Ended, Past, Stay, Stop, Word
from engine.store import Base
from engine.tasks import Task, TaskState
from engine.territory import within
from engine.triage import DEFAULTS

AT_ONCE = 250
"""Cases read with one set of statements."""
ACTS = ("case.filed", "risk.reported", "message.arrived", "clock.extended")
ENDED: Mapping[str, Ended] = {"withdrawn": "withdrawn", "merged": "merged"}
CASE = "id number category kind place_id severity size track urgent facts state received_at confidential walled"
VISIT = "case_id tier unit_id reason entered_at left_at from_tier from_unit_id signed_in_at"
RUN = "id case_id process_id release_id started_at ended_at"
TASK = "case_id process element form item state opened_at closed_at completed_at answers"
CLOCK = "case_id instance_id process element step tier closed_at"
SAID = "case_id act at facts"
CARD = "case_id colour given_at"
"""What is read of each row."""
CHOSEN = frozenset({"radio", "select", "checkbox"})
"""Kinds of questions whose answers may be shown: one of few words that the form itself says."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which cases: closed from the first to before the last instant, placed within a unit."""

    since: datetime
    until: datetime
    unit_id: str

    def holds(self) -> ColumnElement[bool]:
        """Confidential cases are in no rehearsal."""
        closed = (Case.closed_at >= self.since) & (Case.closed_at < self.until)
        return closed & within(Case.place_id.expression, (self.unit_id,)) & Case.confidential.is_(False)


def how_many(session: Session, sample: Sample) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(sample.holds())) or 0


def ids_of(session: Session, sample: Sample, *, after: int = 0) -> list[int]:
    """Lowest first."""
    return list(session.scalars(select(Case.id).where(sample.holds(), Case.id > after).order_by(Case.id)))


def read_each(session: Session, world: World, ids: Sequence[int]) -> Iterator[Past]:
    """As `read`, for any number of them: few are held at a time."""
    for first in range(0, len(ids), AT_ONCE):
        yield from read(session, world, ids[first : first + AT_ONCE])


def read(session: Session, world: World, ids: Collection[int]) -> list[Past]:
    """Eight statements, however many ids. By id; a case whose process has not ended is left out.

    Columns are named one by one: titles, descriptions and people are not even read.
    """
    cases = {case.id: case for case in session.execute(_columns(Case, CASE).where(Case.id.in_(ids)))}
    visits = _rows(session, _columns(Visit, VISIT).where(Visit.case_id.in_(ids)).order_by(Visit.seq))
    runs: dict[int, Any] = {}
    beside: set[int] = set()
    for run in session.execute(_columns(Instance, RUN).where(Instance.case_id.in_(ids)).order_by(Instance.id)):
        if run.process_id == MAIN:
            runs.setdefault(run.case_id, run)
        else:
            beside.add(run.case_id)
    mains = [run.id for run in runs.values()]
    tasks = _rows(session, _columns(Task, TASK).where(Task.instance_id.in_(mains)).order_by(Task.id))
    past = Deadline.state == DeadlineState.BREACHED.value
    clocks = _rows(
        session, _columns(Deadline, CLOCK).where(Deadline.case_id.in_(ids), past).order_by(Deadline.closed_at)
    )
    of_these = HistoryEntry.case_id.in_(ids) & HistoryEntry.act.in_(ACTS)
    said = _rows(session, _columns(HistoryEntry, SAID).where(of_these).order_by(HistoryEntry.seq))
    cards = _rows(session, _columns(Card, CARD).where(Card.case_id.in_(ids), Card.voided_at.is_(None)))
    walls = _walls(session, [case.id for case in cases.values() if case.walled])
    found = []
    for case_id in sorted(cases):
        if case_id not in visits or case_id not in runs or runs[case_id].ended_at is None:
            continue
        run = runs[case_id]
        release = world.releases.get(session, run.release_id)
        rows = _Rows(
            cases[case_id],
            visits[case_id],
            run,
            release,
            tasks.get(case_id, []),
            clocks.get(case_id, []),
            said.get(case_id, []),
            cards.get(case_id, []),
        )
        found.append(rows.past(walls.get(case_id, NO_WALL), beside=case_id in beside))
    return found


def _columns(model: type[Base], names: str) -> Select[Any]:
    return select(*(getattr(model, name) for name in names.split()))


def _rows(session: Session, statement: Select[Any]) -> dict[int, list[Any]]:
    """By case, in the order of the statement."""
    found: dict[int, list[Any]] = {}
    for row in session.execute(statement):
        found.setdefault(row.case_id, []).append(row)
    return found


def _walls(session: Session, ids: Sequence[int]) -> dict[int, Wall]:
    if not ids:
        return {}
    named = select(Party.case_id, Party.unit_id).where(
        Party.case_id.in_(ids), Party.role == RESPONDENT, Party.unit_id.is_not(None)
    )
    found: dict[int, set[str]] = {}
    for case_id, unit_id in session.execute(named):
        found.setdefault(case_id, set()).add(unit_id or "")
    return {case_id: Wall(frozenset(units)) for case_id, units in found.items()}


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows of one case. `run` is its first: until the petitioner had it done again."""

    case: Any
    visits: Sequence[Any]
    run: Any
    release: LoadedRelease
    tasks: Sequence[Any]
    clocks: Sequence[Any]
    said: Sequence[Any]
    cards: Sequence[Any]

    @property
    def until(self) -> datetime:
        ended_at: datetime = self.run.ended_at
        return ended_at

    def past(self, wall: Wall, *, beside: bool) -> Past:
        case = self.case
        filed: Mapping[str, Any] = next((entry.facts for entry in self.said if entry.act == "case.filed"), {})
        stays = self._stays()
        return Past(
            number=case.number,
            category=case.category,
            kind=case.kind,
            place_id=case.place_id,
            severity=int(filed.get("severity", case.severity)),
            size=str(filed.get("size", case.size)),
            track=str(filed.get("track", case.track)),
            urgent=None if any(entry.act == "risk.reported" for entry in self.said) else case.urgent,
            overridden=filed.get("override") is not None,
            facts=self._facts(),
            received_at=case.received_at,
            filed_at=self.run.started_at,
            release_id=self.run.release_id,
            asked=tuple(self._asked(task, stays) for task in self.tasks),
            words=tuple(self._words(stays)),
            course=self._course(stays),
            wall=wall,
            beside=beside,
        )

    def _stays(self) -> tuple[Stay, ...]:
        once = []
        for visit in self.visits:
            if visit.reason in AFTER_THE_END:
                break
            once.append(
                Stay(
                    visit.tier,
                    visit.unit_id,
                    visit.reason,
                    visit.entered_at,
                    visit.left_at,
                    visit.from_tier,
                    visit.from_unit_id,
                    visit.signed_in_at,
                )
            )
        return tuple(once)

    def _facts(self) -> dict[str, Any]:
        facts = dict(self.case.facts)
        for entry in self.said:
            if entry.act == "risk.reported":
                facts.update({name: DEFAULTS[name] for name in entry.facts.get("facts", {}) if name in DEFAULTS})
        return facts

    def _asked(self, task: Any, stays: Sequence[Stay]) -> Asked:
        closed_at = task.completed_at or task.closed_at or self.until
        return Asked(
            task.process,
            task.element,
            task.form,
            task.item,
            _stay_of(task, stays),
            task.opened_at,
            closed_at,
            task.state == TaskState.COMPLETED,
            self._said(task),
            self._delivered_before(task, closed_at),
        )

    def _delivered_before(self, task: Any, closed_at: datetime) -> timedelta:
        said = (task.answers or {}).get("delivered_at")
        if not said or not letters.delivers(self.release, task):
            return timedelta()
        return closed_at - datetime.fromisoformat(str(said))

    def _said(self, task: Any) -> dict[str, Any]:
        """What the diagram got: choices, ticks and numbers. No text that somebody wrote goes any further."""
        if task.form is None or not task.answers:
            return {}
        said = self.release.form(task.process, task.form).variables(task.answers)
        return {key: value for key, value in said.items() if value is not None}

    def _words(self, stays: Sequence[Stay]) -> Iterable[Word]:
        for entry in self.said:
            if entry.at > self.until:
                break
            facts, stay = entry.facts, _stay_at(stays, entry.at, before=True)
            entered = stays[stay].entered_at
            if entry.act == "risk.reported":
                yield Word("risk", entry.at, entry.at, stay, given=facts.get("facts", {}))
            elif entry.act == "clock.extended" and facts.get("step") == "handle":
                yield Word("extension", entry.at, entered, stay, given={"by": facts["by"]})
            elif entry.act == "message.arrived":
                name = str(facts["message"])
                if name == "m_severity_jump":  # comes of the risk that was reported, by the tables
                    continue
                since = {"m_material": self._last_answer(entry.at), "m_downgrade": entered}.get(name, entry.at)
                given = {"to_tier": facts["to"]} if name == "m_downgrade" else {}
                yield Word("message", entry.at, since, stay, name=name, given=given)

    def _last_answer(self, before: datetime) -> datetime:
        answered: list[datetime] = [task.completed_at for task in self.tasks if task.completed_at is not None]
        return max((at for at in answered if at <= before), default=self.run.started_at)

    def _course(self, stays: tuple[Stay, ...]) -> Course:
        stops = [self._stop_of(task, stays) for task in self.tasks]
        stops += [
            Stop(clock.closed_at, clock.tier or "", self._process_of(clock), clock.element or "", "fired")
            for clock in self.clocks
            if clock.instance_id == self.run.id and clock.closed_at is not None
        ]
        stops.sort(key=lambda stop: stop.at)
        cards = [card.colour for card in self.cards if card.given_at <= self.until]
        ended = ENDED.get(self.case.state, "closed") if len(stays) == len(self.visits) else "closed"
        return Course(
            ended=ended,
            ended_at=self.until,
            stays=stays,
            stops=tuple(stops),
            overdue=self._overdue(stays),
            yellow=cards.count("yellow"),
            red=cards.count("red"),
            elements=tuple(dict.fromkeys((stop.process, stop.element) for stop in stops)),
        )

    def _overdue(self, stays: Sequence[Stay]) -> bool:
        entered = {stay.entered_at for stay in stays[1:]}
        for clock in self.clocks:
            if clock.closed_at is None or clock.closed_at > self.until:
                continue
            if clock.step == "case_outer" and clock.instance_id is None:
                return True
            if clock.step == "handle" and clock.instance_id == self.run.id and clock.closed_at not in entered:
                return True
        return False

    def _stop_of(self, task: Any, stays: Sequence[Stay]) -> Stop:
        tier = stays[_stay_of(task, stays)].tier
        done = task.state == TaskState.COMPLETED
        shown = choices_of(self.release, task.process, task.form, task.answers or {}) if done else {}
        at = task.completed_at or task.closed_at or self.until
        return Stop(at, tier, task.process, task.element, "completed" if done else "withdrawn", shown)

    def _process_of(self, clock: Any) -> str:
        """Timers of former versions did not say it; then it is the first that has the element."""
        processes = self.release.package.processes
        known = [clock.process] if clock.process in processes else []
        return str(
            next((n for n in (*known, *processes) if clock.element in processes[n].elements), self.run.process_id)
        )


def choices_of(
    release: LoadedRelease, process: str, form: str | None, answers: Mapping[str, Any]
) -> dict[str, str | bool]:
    """What was chosen from the words of the form itself; texts, numbers, units and people are left out."""
    if form is None:
        return {}
    shown: dict[str, str | bool] = {}
    for key, asked in release.form(process, form).fields.items():
        said = answers.get(key)
        if asked.type not in CHOSEN or asked.source is not None or said is None:
            continue
        if isinstance(said, bool) or any(choice.value == said for choice in asked.choices):
            shown[key] = said
    return shown


def _stay_of(task: Any, stays: Sequence[Stay]) -> int:
    """The visit a task was asked in; one that was gone in the instant it came was asked before the case moved on."""
    return _stay_at(stays, task.opened_at, before=task.closed_at == task.opened_at)


def _stay_at(stays: Sequence[Stay], at: datetime, *, before: bool = False) -> int:
    """Which visit an instant belongs to: one that begins in it has begun, except for what moved the case itself."""
    found = 0
    for number, stay in enumerate(stays):
        if stay.entered_at < at or (stay.entered_at == at and not before):
            found = number
    return found
