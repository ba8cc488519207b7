"""One case on a clock of its own: the real runtime, the real calendar, and what people and the world did back then.

Nothing is written and nothing is read but the past of the case and the habits. Things happen in the order of their
instants; in one instant clocks strike first, then comes what comes from outside, then answers.

What people did is taken like this. A task is answered by what was answered in the same visit, at the same element, else
by the same form at the same tier; after as much working time as it took then, and at the very instant when it also
began then. Who let a clock run out is taken to let the draft's clock run out too, unless others at that tier took
longer and answered all the same. A task that was not asked at that tier is answered as the same form was where the
case ended, else as most did, after the usual time. Both count as assumed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from engine import letters, process, runtime, triage
from engine.deploy import LoadedRelease
from engine.errors import Conflict, Refusal
from engine.process import World
from engine.rehearsal.answers import Answers
from engine.rehearsal.filed import filed
from engine.rehearsal.habits import HALF_A_DAY, Habits, word_of
from engine.rehearsal.held import Clock
from engine.rehearsal.memory import Memory
from engine.rehearsal.past import NEAR, Asked, Course, Ended, Past, Stop, Word
from engine.rehearsal.reading import ENDED, choices_of

MOST_PUSHES = 500
LONGEST = timedelta(days=2 * 366)
"""A case that is not done by then, or after so many pushes, is given up as unfinished."""
CLOCK, OUTSIDE, ANSWER = range(3)


class Replay:
    """Rehearses cases on one release. Thread-safe after it was made; nothing of a case is kept."""

    def __init__(self, world: World, release: LoadedRelease, habits: Habits) -> None:
        self.world, self.release, self.habits = world, release, habits
        self.answers = Answers(release)
        self.tables = _tables(release)
        self.places = {name: facts.elements for name, facts in release.package.processes.items()}

    def course(self, past: Past, own: LoadedRelease) -> Course:
        """How the case would have gone; `own` is the release it ran on then. Never raises a refusal."""
        same_tables, refused = own is self.release or _tables(own) == self.tables, set[int]()
        while True:
            try:
                return _Case(self, past, refused, same_tables=same_tables).run()
            except _Refused as refusal:
                refused.add(refusal.push)


def _tables(release: LoadedRelease) -> Mapping[str, bytes]:
    return {path: data for path, data in release.files.items() if path.endswith(".dmn")}


class _Refused(Exception):
    """The person would have been refused. From the beginning again; at this push they say what most say."""

    def __init__(self, push: int) -> None:
        super().__init__(push)
        self.push = push


@dataclass(slots=True)
class _Open:
    """A task that waits. `then` is the task of back then that it stands for, if there was one."""

    task: runtime.WaitingTask
    tier: str
    opened_at: datetime
    then: Asked | None


class _Case:
    def __init__(self, replay: Replay, past: Past, refused: Collection[int], *, same_tables: bool) -> None:
        """`refused` are the pushes at which their own answer was refused before."""
        self.replay, self.past, self.refused = replay, past, refused
        self.calendar = replay.world.calendar
        self.held, self.confirm = filed(replay.world, replay.release, past, same_tables=same_tables)
        self.live: runtime.Live
        self.pushes = 0
        self.awaited: frozenset[str] = frozenset()
        """Messages somebody in the diagram waits for."""
        self.open: dict[str, _Open] = {}
        self.heard: set[str] = set()
        """Tokens that are known to wait for a message."""
        self.wound: dict[int, Clock] = {}
        """The clocks as they were last planned to strike."""
        self.stops: list[Stop] = []
        self.elements: dict[tuple[str, str], None] = {}
        self.within: list[str] = [process.MAIN]
        """Processes by when they were last at work, the latest last."""
        self.memory = Memory(past)
        self.ended = False
        self._plan: list[tuple[datetime, int, tuple[datetime, int], int, Callable[[datetime], None]]] = []
        self._planned = 0

    def run(self) -> Course:
        trouble = ""
        last = self.past.filed_at + LONGEST
        try:
            self._begin()
            while self._plan and not self.ended:
                at, *_, act = heapq.heappop(self._plan)
                self.pushes += 1
                if at > last or self.pushes > MOST_PUSHES:
                    break
                act(at)
        except Refusal as refusal:
            trouble = f"{refusal.code} {refusal.facts.get('element') or self.at_work}".strip()
        held = self.held
        ended: Ended = "stopped" if trouble else "unfinished"
        if self.ended and held.closed_as is not None:
            ended = ENDED.get(held.closed_as, "closed")
        done = ended not in ("stopped", "unfinished")
        late = held.overdue or (held.outer_due_at is not None and held.now >= held.outer_due_at)
        return Course(
            ended=ended,
            ended_at=held.now if done else None,
            stays=tuple(held.stays),
            stops=tuple(self.stops),
            overdue=late or not done,
            yellow=held.yellow,
            red=held.red,
            elements=tuple(self.elements),
            trouble=trouble,
        )

    @property
    def at_work(self) -> str:
        return next((element for _, element in reversed(self.elements)), "")

    # --- what happens -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        past, held = self.past, self.held
        given = {
            "case_id": 0,  # a diagram must not tell one case from another
            **held.standing(),
            "severity": held.severity,
            "size": held.size,
            "track": past.track,
            "urgent": held.urgent,
            "confirm": self.confirm,
            "signed_in": False,
            "repeat": int(held.facts.get("repeat_count") or 0) > 0,
        }
        for word in past.words:
            if word.since == word.at:
                self._at(word.at, OUTSIDE, partial(self._hear, word))
        self._expect_of_visit()
        held.push(past.filed_at)
        self.live = runtime.Live(self.replay.release.package, process.MAIN, given)
        self._settle(self.live.start(held.host()))

    def _strike(self, clock: Clock, now: datetime) -> None:
        if self.held.clocks.get(clock.number) != clock:  # met, moved or standing still meanwhile
            return
        held = self.held
        held.push(now)
        held.clocks[clock.number] = replace(clock, state="breached")
        self.stops.append(Stop(now, clock.tier, clock.process, clock.element, "fired"))
        self._settle(self.live.fire(clock.token, held.host()))
        if clock.step == "handle" and held.stay == clock.stay:  # nobody above took it over
            held.overdue = True

    def _answer(self, token: str, now: datetime) -> None:
        asked = self.open.get(token)
        if asked is None:
            return
        then = asked.then if asked.then is not None and asked.then.completed else self.memory.elsewhere(asked.task)
        own = then is not None and self.pushes not in self.refused
        try:
            self._complete(asked, then if own else None, now)
        except Conflict as refusal:
            if own:
                raise _Refused(self.pushes) from refusal
            raise

    def _complete(self, asked: _Open, then: Asked | None, now: datetime) -> None:
        task, held = asked.task, self.held
        habit = self.replay.habits.of(word_of(task.form, task.element), held.tier)
        answers = None if then is None else then.answers
        said = self.replay.answers.said(task.process, task.form, answers, habit, held.unit_id)
        assumed = said.assumed or then is not asked.then
        held.push(now)
        if then is not None and letters.delivers(self.replay.release, task):
            held.counted_from = now - then.delivered_before
        self._mark(task.form, said.variables)
        advance = self.live.complete(task.token, said.variables, held.host())
        del self.open[task.token]
        shown = choices_of(self.replay.release, task.process, task.form, said.variables)
        self.stops.append(Stop(now, asked.tier, task.process, task.element, "completed", shown, assumed))
        self._settle(advance)

    def _mark(self, form: str | None, said: Mapping[str, Any]) -> None:
        """What the engine itself reads from a form (`process.marks`), as far as it moves the case."""
        held = self.held
        signs = form == "sign_in" and said.get("action") in ("sign", "dispute")
        if signs or (form in process.SIGNS_IN and held.stays[-1].signed_in_at is None):
            held.stays[-1] = replace(held.stays[-1], signed_in_at=held.now)
        elif form == "confirm_triage" and said.get("verdict") == "change":
            held.severity = int(said.get("severity") or held.severity)
            if said.get("size") in ("small", "big"):
                held.size = str(said["size"])

    def _hear(self, word: Word, now: datetime) -> None:
        held = self.held
        match word.kind:
            case "risk":
                facts = {**held.facts, **{key: v for key, v in word.given.items() if v is not None}}
                held.facts = triage.complete_facts(facts)
                grade, tiers = held.regrade(), self.replay.world.tiers
                higher = tiers.index(grade.tier) > tiers.index(held.tier)
                weightier = grade.size != held.size or bool(word.given.get("complex"))
                if grade.severity > held.severity or (higher and weightier):
                    self._deliver("m_severity_jump", {}, now)
            case "message":
                self._deliver(word.name, word.given, now)
            case "extension":
                held.push(now)
                clock = held.clock_of("handle")
                if held.extend(str(word.given["by"])) and clock is not None:
                    self._wind(held.clocks[clock.number])

    def _deliver(self, message: str, given: Mapping[str, Any], now: datetime) -> None:
        """Nothing happens when nobody waits for it now."""
        if message not in self.awaited:
            return
        self.held.push(now)
        self._settle(self.live.deliver(message, given, self.held.host()))

    # --- what it leaves behind --------------------------------------------------------------------------------------

    def _settle(self, advance: runtime.Advance) -> None:
        held, now = self.held, self.held.now
        self._follow(advance)
        waiting = {timer.token: timer for timer in advance.timers}
        reached = {step.element for step in advance.steps if step.kind == "completed"}
        known = set()
        for clock in list(held.clocks.values()):
            if clock.live and clock.token in waiting:
                known.add(clock.token)
            elif clock.live:
                held.clocks[clock.number] = replace(clock, state="met" if clock.attached_to in reached else "cancelled")
        for timer in advance.timers:
            if timer.token not in known:
                self._wind(held.arm(timer))
        for clock in held.clocks.values():
            if clock.state == "armed" and self.wound[clock.number] is not clock:  # it goes on after it stood still
                self._wind(clock)
        wanted = {task.token: task for task in advance.tasks}
        for token in [token for token in self.open if token not in wanted]:
            self._withdraw(self.open.pop(token), now)
        if held.fresh:
            self.memory.enter(held.tier)
            self._expect_of_visit()
        for token, task in wanted.items():
            if token not in self.open:
                self._ask(task)
        self.awaited = frozenset(message.message for message in advance.messages)
        for message in advance.messages:
            if message.token not in self.heard:
                self.heard.add(message.token)
                self._expect_material(message.message)
        size = advance.data.get("size")
        if size in ("small", "big"):
            held.size = str(size)
        self.ended = advance.ended

    def _wind(self, clock: Clock) -> None:
        self.wound[clock.number] = clock
        at = max(clock.due_at, self.held.now)
        self._at(at, CLOCK, partial(self._strike, clock), (clock.due_at, clock.number))

    def _withdraw(self, asked: _Open, now: datetime) -> None:
        """Whoever had not answered back then when their time was up is taken not to answer in more time either."""
        longer = False
        if asked.then is not None and asked.then.completed:
            self.memory.give_back(asked.then)
        elif asked.then is not None:
            longer = (now - asked.opened_at) - (asked.then.closed_at - asked.then.opened_at) > NEAR
        task = asked.task
        self.stops.append(Stop(now, asked.tier, task.process, task.element, "withdrawn", assumed=longer))

    # --- what people and the world do about it ----------------------------------------------------------------------

    def _ask(self, task: runtime.WaitingTask) -> None:
        held, now = self.held, self.held.now
        then = self.memory.asked(task, held.tier)
        self.open[task.token] = _Open(task, held.tier, now, then)
        word = word_of(task.form, task.element)
        if then is not None and then.completed:
            at = self._shifted(then.opened_at, then.closed_at)
        elif then is not None:
            waited = self.calendar.working_minutes(then.opened_at, then.closed_at, provisional=True)
            longer = self.replay.habits.longer_than(word, held.tier, waited)
            if longer is None:
                return
            at = self._later(longer)
            if abs(now - then.opened_at) <= NEAR:  # by then they had not answered
                at = max(at, then.closed_at + timedelta(seconds=1))
        else:
            habit = self.replay.habits.of(word, held.tier)
            at = self._later(HALF_A_DAY if habit is None else habit.usual)
        self._at(at, ANSWER, partial(self._answer, task.token))

    def _expect_of_visit(self) -> None:
        """A downgrade and more time, so long after the visit began as they came then."""
        for word in self.memory.words_of_visit():
            at = self._shifted(word.since, word.at, self.held.stays[-1].entered_at)
            self._at(at, OUTSIDE, partial(self._hear, word))

    def _expect_material(self, message: str) -> None:
        word = self.memory.material(message)
        if word is not None:
            self._at(self._shifted(word.since, word.at), OUTSIDE, partial(self._hear, word))

    def _shifted(self, since: datetime, at: datetime, since_now: datetime | None = None) -> datetime:
        """As much working time after now as there lay between then; the same instant where it also began then."""
        begun = self.held.now if since_now is None else since_now
        if abs(begun - since) <= NEAR and at >= self.held.now:
            return at
        minutes = self.calendar.working_minutes(since, at, provisional=True)
        return max(self.calendar.add_working_minutes(begun, max(minutes, 0.0), provisional=True), self.held.now)

    def _later(self, minutes: float) -> datetime:
        return self.calendar.add_working_minutes(self.held.now, max(minutes, 1.0), provisional=True)

    def _at(
        self, at: datetime, rank: int, act: Callable[[datetime], None], among: tuple[datetime, int] | None = None
    ) -> None:
        """Plans an act. `among` says which clock strikes first of those that are due in one instant."""
        self._planned += 1
        heapq.heappush(self._plan, (at, rank, among or (at, 0), self._planned, act))

    def _follow(self, advance: runtime.Advance) -> None:
        """Which elements were reached. A step names its element, which is unique within a process only."""
        for step in advance.steps:
            if step.kind == "completed":  # entered before
                continue
            name = next((p for p in reversed(self.within) if step.element in self.replay.places[p]), None)
            if name is None:
                name = next(p for p, elements in self.replay.places.items() if step.element in elements)
            self._work(name)
            self.elements.setdefault((name, step.element))
            calls = self.replay.places[name][step.element].calls
            if calls and step.kind == "entered":
                self._work(calls)

    def _work(self, name: str) -> None:
        if self.within[-1] != name:
            if name in self.within:
                self.within.remove(name)
            self.within.append(name)
