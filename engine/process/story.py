"""Everything a person wants to know about a case, read at once: where it stands, how it came there, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from engine import history
from engine.cases import RESPONDENT, Card, Case, Party, Visit, Wall
from engine.deadlines import Deadline, Extension, Limits
from engine.documents import Document
from engine.history import HistoryEntry
from engine.mediation import Mediator, mediators_named
from engine.people import Person, Viewer, names
from engine.process.ahead import Forecast, look_ahead
from engine.process.beginning import MAIN
from engine.process.identity import STEPPED_ASIDE, may_unmask, shown_until
from engine.process.joint import Agreement, Joint, agreement_in, joint_of
from engine.process.model import Instance
from engine.process.requests import review_until
from engine.process.time_spent import Pause, TimeSpent, pauses_in, spent
from engine.process.world import World
from engine.store import Together
from engine.tasks import Form, Task, TaskState, identity_shown
from engine.territory import Unit, ancestors, units_by_id

LATEST = 2000
"""How many of the latest history entries are read; a case with more tells so."""


@dataclass(frozen=True, slots=True)
class Run:
    """An instance without its state."""

    id: int
    process_id: str
    release_id: int
    ended: bool
    set_aside: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A case as its page tells it. `units` and `people` name every id that occurs."""

    case: Case
    place: Sequence[Unit]
    """Highest unit first."""
    visits: Sequence[Visit]
    clocks: Sequence[Deadline]
    """Every clock the case ever had, oldest first."""
    tier_clock: Deadline | None
    case_clock: Deadline | None
    ahead: Sequence[Forecast]
    """The rises that follow if nobody acts, soonest first."""
    pauses: Sequence[Pause]
    """When the tier clocks stood still, oldest first."""
    wall: Wall
    tasks: Sequence[Task]
    """All of them, oldest first."""
    open_tasks: Sequence[Task]
    answered: Sequence[tuple[Task, Form]]
    """Completed tasks with the forms their answers were given to, latest first."""
    runs: Sequence[Run]
    """The processes of the case, oldest first."""
    parties: Sequence[Party]
    identity_shown: bool
    """Whether the viewer works on the case or speaks with its petitioners."""
    may_unmask: bool
    shown: Mapping[int, datetime]
    """Parties that the viewer sees in the clear now, by id, each with the instant when that ends."""
    documents: Sequence[Document]
    """Oldest first, hidden ones with them; protected ones only where identities are shown."""
    joint: Joint | None
    agreement: Agreement | None
    entries: Sequence[HistoryEntry]
    """Latest first, `LATEST` at most."""
    broken_at: int | None
    """The number of the first of these entries whose hash chain does not hold; None when all of them do."""
    cards: Sequence[Card]
    extension: Extension | None
    """The request for more time that waits for a decision."""
    units: Mapping[str, Unit] = field(repr=False)
    people: Mapping[int, Person] = field(repr=False)
    mediators: Mapping[int, Mediator] = field(repr=False)
    """Those of an organisation who are named in an answer; whoever mediates for a unit stands in `people`."""

    @property
    def next_task(self) -> Task | None:
        """What the case itself waits for, earliest due first; what is asked beside it only when nothing else is."""
        main = {run.id for run in self.runs if run.process_id == MAIN}

        def urgency(task: Task) -> tuple[bool, bool, datetime]:
            return task.instance_id not in main, task.due_at is None, task.due_at or task.opened_at

        return min(self.open_tasks, key=urgency, default=None)

    @property
    def review_until(self) -> datetime | None:
        """Until when a review of the last opinion may be asked for; None while there is none to ask for."""
        return None if self.case.ended else review_until(self.clocks)

    @property
    def set_aside(self) -> bool:
        """Whether a fault holds up one of its processes until an operator takes it up again."""
        return any(run.set_aside for run in self.runs)

    @property
    def forecast(self) -> Forecast | None:
        return self.ahead[0] if self.ahead else None


def tell(session: Session, world: World, case: Case, *, viewer: Viewer, now: datetime) -> Story:
    """Reads the story of a case that the viewer may see (`tasks.see_case`)."""
    visited = session.execute(_VISITS, {"case_id": case.id}).all()
    visits = list(dict.fromkeys(visit for visit, _ in visited))
    run_and_asked = session.execute(_RUNS, {"case_id": case.id}).all()
    runs = list(dict.fromkeys(Run(*row[:5]) for row in run_and_asked))
    every_task = sorted(filter(None, (row[5] for row in run_and_asked)), key=lambda task: task.id)
    open_tasks = [task for task in every_task if task.state == TaskState.OPEN]
    entries = session.scalars(
        select(HistoryEntry).where(HistoryEntry.case_id == case.id).order_by(HistoryEntry.seq.desc()).limit(LATEST)
    ).all()
    timed = session.execute(_CLOCKS, {"case_id": case.id}).all()
    clocks = [clock for clock, _ in timed]
    parties, papers = _ATTACHED.lists(session, case_id=case.id)
    wall = _wall(parties, entries)
    tier_clock = _last(clock for clock in clocks if clock.step == "handle" and clock.visit_seq == case.visit_seq)
    ahead = look_ahead(
        case,
        tier_clock,
        wall,
        limits=_limits(session, world, runs, every_task),
        tiers=world.tiers,
        calendar=world.calendar,
    )
    answered = _answered(session, world, every_task, {run.id: run.release_id for run in runs})
    joint = joint_of(every_task)
    wanted = {case.holder_id, case.accountable_id, *ancestors(case.place_id), *wall.units}
    wanted |= {visit.unit_id for visit in visits}
    wanted |= {unit for task in every_task for unit in ancestors(task.unit_id)[:2]}
    wanted |= {str(unit) for entry in entries for unit in _units_in(entry)}
    wanted |= {unit for task, form in answered for unit in _units_chosen(task, form)}
    wanted |= {rise.to_unit_id for rise in ahead if rise.to_unit_id is not None}
    named = [value for task, form in answered for value in _chosen(task, form, "mediators")]
    everybody = [*_people_in(case, visits, every_task, entries), *_who_added(papers)]
    everybody += [int(value[1:]) for value in named if value[:1] == "p" and value[1:].isdecimal()]
    units = units_by_id(session, wanted)
    shown = identity_shown(viewer, case, open_tasks)
    return Story(
        case=case,
        place=[units[each] for each in reversed(ancestors(case.place_id)) if each in units],
        visits=visits,
        clocks=clocks,
        tier_clock=tier_clock,
        case_clock=_last(clock for clock in clocks if clock.step == "case_outer" and clock.visit_seq is None),
        ahead=ahead,
        pauses=pauses_in(entries),
        wall=wall,
        tasks=every_task,
        open_tasks=open_tasks,
        answered=answered,
        runs=runs,
        parties=parties,
        identity_shown=shown,
        may_unmask=may_unmask(viewer, case, open_tasks),
        shown=shown_until(entries, viewer, now=now),
        documents=[paper for paper in papers if shown or not paper.protected],
        joint=joint,
        agreement=agreement_in(every_task, papers),
        entries=entries,
        broken_at=history.first_break(entries[::-1], case.history_hash),
        cards=sorted(filter(None, (card for _, card in visited)), key=lambda card: card.id),
        extension=next((each for each in filter(None, (asked for _, asked in timed)) if each.decision is None), None),
        units=units,
        people=names(session, {person for person in everybody if person is not None}),
        mediators=mediators_named(session, {int(value) for value in named if value.isdecimal()}),
    )


def time_spent(story: Story, world: World, *, now: datetime) -> TimeSpent:
    """Where the time of a case went, until its end or until now."""

    def minutes(start: datetime, end: datetime) -> float:
        return world.calendar.working_minutes(start, end, provisional=True)

    main = {run.id for run in story.runs if run.process_id == MAIN}
    until = story.case.closed_at or now
    tasks = [task for task in story.tasks if task.instance_id in main]
    return spent(story.visits, tasks, story.pauses, until=until, working_minutes=minutes)


_ATTACHED = Together(
    (Party, Party.case_id == bindparam("case_id")), (Document, Document.case_id == bindparam("case_id"))
)
_VISITS = (
    select(Visit, Card)
    .outerjoin(Card, and_(Card.case_id == Visit.case_id, Card.visit_seq == Visit.seq))
    .where(Visit.case_id == bindparam("case_id"))
    .order_by(Visit.seq)
)
_RUNS = (
    select(
        *(Instance.id, Instance.process_id, Instance.release_id),
        *(Instance.ended_at.is_not(None), Instance.trouble.is_not(None), Task),
    )
    .outerjoin(Task, Task.instance_id == Instance.id)
    .where(Instance.case_id == bindparam("case_id"))
    .order_by(Instance.id)
)
_CLOCKS = (
    select(Deadline, Extension)
    .outerjoin(Extension, Extension.deadline_id == Deadline.id)
    .where(Deadline.case_id == bindparam("case_id"))
    .order_by(Deadline.id)
)


def _wall(parties: Sequence[Party], entries: Sequence[HistoryEntry]) -> Wall:
    """`cases.wall_of` from what was read anyway."""
    accused = [party for party in parties if party.role == RESPONDENT]
    aside = [entry.actor_id for entry in entries if entry.act == STEPPED_ASIDE]
    return Wall(
        frozenset(party.unit_id for party in accused if party.unit_id is not None),
        frozenset(each for each in (*(party.person_id for party in accused), *aside) if each is not None),
    )


def _last(clocks: Iterable[Deadline]) -> Deadline | None:
    return max(clocks, key=lambda clock: clock.id, default=None)


def _limits(session: Session, world: World, runs: Sequence[Run], every_task: Sequence[Task]) -> Limits | None:
    """The limits of the process that works on the case now, on the release it runs on."""
    main = next((run for run in reversed(runs) if run.process_id == MAIN and not run.ended), None)
    if main is None:
        return None
    limits = world.releases.get(session, main.release_id).limits
    at_work = [task.process for task in every_task if task.instance_id == main.id]
    return next((limits[each] for each in reversed(at_work) if each in limits and "handle" in limits[each].steps), None)


def _answered(
    session: Session, world: World, every_task: Sequence[Task], releases: Mapping[int, int]
) -> list[tuple[Task, Form]]:
    done = [task for task in every_task if task.state == TaskState.COMPLETED and task.answers and task.form]
    done.sort(key=lambda task: (task.completed_at or task.opened_at, task.id), reverse=True)
    return [
        (task, world.releases.get(session, releases[task.instance_id]).form(task.process, str(task.form)))
        for task in done
    ]


CHOSEN_UNITS = ("community_units", "competent_units", "mediation_organisations")


def _units_chosen(task: Task, form: Form) -> list[str]:
    return [unit for source in CHOSEN_UNITS for unit in _chosen(task, form, source)]


def _chosen(task: Task, form: Form, source: str) -> list[str]:
    """What was chosen from a list that the engine found."""
    answers = task.answers or {}
    found = [answers.get(key) for key, field in form.fields.items() if field.source == source]
    return [value for each in found if each for value in (each if isinstance(each, list) else [str(each)])]


def _units_in(entry: HistoryEntry) -> list[str]:
    facts = entry.facts
    found = [facts.get("unit"), facts.get("organisation"), facts.get("place"), *(facts.get("units") or [])]
    found += facts.get("passed_over") or []
    for side in ("from", "to"):
        place = facts.get(side)
        if isinstance(place, dict):
            found.append(place.get("unit"))
    return [each for each in found if isinstance(each, str)]


def _who_added(papers: Sequence[Document]) -> list[int | None]:
    return [person for paper in papers for person in (paper.added_by, paper.hidden_by)]


def _people_in(
    case: Case, visits: Sequence[Visit], tasks: Sequence[Task], entries: Sequence[HistoryEntry]
) -> list[int | None]:
    given = [entry.facts.get(side) for entry in entries if entry.act.startswith("task.") for side in ("to", "from")]
    told = [person for entry in entries if entry.act == "comment.made" for person in entry.facts.get("people") or ()]
    return [
        case.filed_by,
        *(person for visit in visits for person in (visit.entered_by, visit.signed_in_by)),
        *(person for task in tasks for person in (task.claimed_by, task.completed_by, task.owner_id, task.given_by)),
        *(entry.actor_id for entry in entries),
        *(person for person in (*given, *told) if isinstance(person, int)),
    ]
