"""The events of a simulated district in the order of virtual time: arrivals, people's acts, and the real deadlines.

Before each event every clock that has come due by then is fired by the real scheduler at its own instant. Nothing
depends on anything but the seed: each case draws from a chance of its own, and ties are broken by order of planning.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine import deadlines, intake, process, search, tasks
from engine.cases import Case
from engine.clock import ManualClock
from engine.deadlines import DeadlineState
from engine.deploy import LoadedRelease
from engine.errors import Conflict
from engine.main import Application
from engine.people import Viewer
from engine.simulate import reads, shares
from engine.simulate.answered import answered
from engine.simulate.arrivals import Arrival
from engine.simulate.backlog import EVERY, FIRST, Backlog
from engine.simulate.behaviour import UNSAID, UNTOUCHED, Beside, Response, respond
from engine.simulate.crew import Crew
from engine.simulate.followed import Asked, Fate, Followed
from engine.simulate.pace import Pace
from engine.simulate.texts import texts

Progress = Callable[[int, str], None]

OUTBOX_EVERY = timedelta(days=1)
OUTBOX_BATCH = 500
WORKS = ("lead", "deputy", "handler")
DECIDES_DOWN = ("leader", "petition_officer", "dispatcher")


class Loop:
    """One run. `until` is the last virtual instant; what would happen later is left open."""

    def __init__(
        self,
        application: Application,
        clock: ManualClock,
        arrivals: Iterator[Arrival],
        crew: Crew,
        release: LoadedRelease,
        *,
        until: datetime,
        progress: Progress | None = None,
        keeps_days: bool = False,
        backlog: Backlog | None = None,
    ) -> None:
        self.application = application
        self.store, self.world, self.scheduler = application.store, application.world, application.scheduler
        self.clock = clock
        self.crew = crew
        self.release = release
        self.until = until
        self.progress = progress
        self.keeps_days = keeps_days
        """Whether the boards get their trends: for those who will look at them."""
        self.backlog = backlog
        self.pace = Pace(self.world.calendar)
        self.arrivals = arrivals
        self.memory = intake.Memory()
        """What the cases have in common, asked once. Every transaction of a run is kept, or ends it."""
        self.steps = 0
        """Transactions that changed a case."""
        self.counts: Counter[str] = Counter()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._planned = 0
        self._cases: dict[int, Followed] = {}
        self._fired: list[int] = []
        self._outbox_at = clock.now() + OUTBOX_EVERY
        self._due: datetime | None = None
        self._warn: datetime | None = None
        self._seen = False
        """Whether the two instants above are those of the database."""

    def run(self) -> None:
        self._next_arrival()
        if (backlog := self.backlog) is not None:
            self._plan(self.pace.minutes(self.clock.now() + FIRST, 60), lambda: self._clear_out(backlog))
        while True:
            self._look_at_clocks()
            ahead = [at for at in (self._due, self._warn) if at is not None]
            clock_at = min(ahead) if ahead else None
            event_at = self._events[0][0] if self._events else None
            if clock_at is not None and clock_at <= self.until and (event_at is None or clock_at <= event_at):
                self._move_to(clock_at)
                self._fire()
            elif event_at is not None and event_at <= self.until:
                self._move_to(event_at)
                heapq.heappop(self._events)[2]()
            else:
                break
        self._move_to(self.until)
        self._send()

    # --- the clock --------------------------------------------------------------------------------------------------

    def _look_at_clocks(self) -> None:
        if not self._seen:
            with self.store.reading() as session:
                self._see(session)

    def _see(self, session: Session) -> None:
        ((self._due, self._warn),) = reads.NEXT.rows(session, {})
        self._seen = True

    def _move_to(self, at: datetime) -> None:
        """Never backwards; once a virtual day everything that must leave is sent."""
        while self._outbox_at <= at:
            self.clock.set(max(self.clock.now(), self._outbox_at))
            self._send()
            if self.keeps_days:
                self.scheduler.keep_day()
            self._outbox_at += OUTBOX_EVERY
        self.clock.set(max(self.clock.now(), at))

    def _send(self) -> None:
        while self.scheduler.send_outbox(most=OUTBOX_BATCH) == OUTBOX_BATCH:
            pass

    def _fire(self) -> None:
        """One clock that is due by now, or one warning."""
        self._seen = False
        if self._due is not None and self._due <= self.clock.now():
            tick = self.scheduler.fire_due(most=1, on_fired=self._fired.append)
            self.steps += tick.fired
            self.counts["failed"] += tick.failed
            for deadline_id in self._fired:
                with self.store.reading() as session:
                    ((case_id, tier, holder_id, visit_seq, state),) = reads.STANDS.rows(
                        session, {"deadline_id": deadline_id}
                    )
                    case = self._cases.get(case_id)
                    if case is not None:
                        case.stands(tier, holder_id, visit_seq, state)
                        self._look_at_tasks(session, case)
            self._fired.clear()
        else:
            self.steps += self.scheduler.warn_due(most=1)

    # --- events -----------------------------------------------------------------------------------------------------

    def _plan(self, at: datetime, act: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._events, (at, self._planned, act))

    def _next_arrival(self) -> None:
        arrival = next(self.arrivals, None)
        if arrival is not None:
            self._plan(arrival.filing.received_at, lambda: self._file(arrival))

    def _file(self, arrival: Arrival) -> None:
        self._next_arrival()
        fate = Fate.drawn(arrival.settles, arrival.chance, arrival.strokes)
        with self.store.transaction() as session:
            (row,) = intake.file_cases(
                session, self.world, [arrival.filing], viewer=None, now=self.clock.now(), memory=self.memory
            )
            assert isinstance(row, Case), row
            case = Followed(row.id, row.place_id, arrival.chance, fate)
            self._cases[row.id] = case
            if row.track == "reception":
                self._hand_over(session, row)
            self._look(session, case)
        self._did("filed")
        if self.progress is not None and self.counts["filed"] % 50 == 0:
            self.progress(self.counts["filed"], self.clock.now().astimezone(self.world.calendar.tz).date().isoformat())

    def _hand_over(self, session: Session, row: Case) -> None:
        """A leader of the top received somebody and has the unit below answer."""
        tiers = self.world.tiers
        top, below = (tiers.unit_at(row.place_id, name) for name in (tiers.top, tiers.names[-2]))
        data = {"to_unit": below, "office": top, "leader": top}
        process.begin(session, self.world, row, "p_reception", actor_id=None, now=self.clock.now(), data=data)

    def _clear_out(self, backlog: Backlog) -> None:
        """A campaign begins; the next one follows."""
        now = self.clock.now()
        self._plan(now + EVERY, lambda: self._clear_out(backlog))
        with self.store.transaction() as session:
            items = backlog.freeze(session, now=now)
        for item in items:
            with self.store.transaction() as session:
                if backlog.issue(session, self.world, item, now=now):
                    self._look(session, self._cases[item.case_id])
                    self._did("issued")

    def _did(self, what: str) -> None:
        self.steps += 1
        self.counts[what] += 1

    def _look(self, session: Session, case: Followed, *, done: int | None = None) -> None:
        """Takes note of where the case stands and has the asked people plan what they do about new tasks."""
        session.flush()
        row = session.get_one(Case, case.case_id)
        case.open.pop(done or 0, None)
        case.stands(row.tier, row.holder_id, row.visit_seq, row.state)
        self._look_at_tasks(session, case)

    def _look_at_tasks(self, session: Session, case: Followed) -> None:
        seen, case.open = case.open, {}
        for row in reads.OPEN_TASKS.rows(session, {"case_id": case.case_id}):
            asked = seen.get(row[0]) or Asked.of(row)
            case.open[asked.id] = asked
            if asked.id not in seen:
                if asked.given_to is not None:
                    case.claimed[asked.id] = asked.given_to
                self._react(case, asked)
        self._see(session)

    def _react(self, case: Followed, asked: Asked) -> None:
        now = self.clock.now()
        response = respond(case, asked, now=now, pace=self.pace, tiers=self.world.tiers)
        if response is None:
            return
        for at, beside in response.beside:
            self._plan(at, lambda beside=beside: self._beside(case, asked, beside))  # type: ignore[misc]
        if case.chance.random() < shares.CLAIMED:
            self._plan(self.pace.part(now, response.at, case.chance), lambda: self._claim(case, asked))
        self._plan(response.at, lambda: self._complete(case, asked, response))

    def _viewer(self, case: Followed, asked: Asked) -> Viewer | None:
        claimed = case.claimed.get(asked.id)
        if claimed is not None:
            return self.crew.viewer(claimed)
        but = frozenset(case.worked) if asked.form in UNSAID else frozenset[int]()
        if asked.form in UNTOUCHED:
            but = frozenset(case.hands)
        return self.crew.one_of(asked.unit_id, asked.roles, case.chance, but=but)

    def _claim(self, case: Followed, asked: Asked) -> None:
        viewer = self._viewer(case, asked)
        if asked.id not in case.open or viewer is None or asked.id in case.claimed:
            return
        with self.store.transaction() as session:
            tasks.claim(session, asked.id, viewer=viewer, now=self.clock.now())
        case.claimed[asked.id] = viewer.person_id
        self._did("claimed")

    def _complete(self, case: Followed, asked: Asked, response: Response) -> None:
        viewer = self._viewer(case, asked)
        if asked.id not in case.open or viewer is None:
            return
        now = self.clock.now()
        try:
            with self.store.transaction() as session, search.indexed_together(session, self.memory.words):
                answers = answered(session, self.world, self.release, case, asked, response.decided, now=now)
                process.complete_task(session, self.world, asked.id, answers, viewer=viewer, now=now)
                self._look(session, case, done=asked.id)
        except Conflict as refusal:
            if refusal.code == "pause.too_often" and asked.form == "petition_investigation":
                # no further hearing stops the clock: they come to their opinion
                decided = {**response.decided, "next_step": "opinion"}
                self._complete(case, asked, replace(response, decided=decided))
                return
            if refusal.code != "arbitration.not_now":
                raise
            # whoever decides who handles it waits until the decision about the rise was made
            self._plan(
                self.pace.days(now, case.chance.uniform(0.1, 0.4)), lambda: self._complete(case, asked, response)
            )
            return
        self._did("completed")
        case.hands.add(viewer.person_id)
        if asked.form == "petition_delivery" and case.chance.random() < shares.REVIEW_ASKED:
            self._plan(self.pace.days(now, case.chance.uniform(2, 18)), lambda: self._ask_review(case))
        if asked.form in ("handle", "resolve"):
            case.worked = {viewer.person_id} if asked.form == "handle" else case.worked | {viewer.person_id}
        if answers.get("outcome") == "wait" and case.fate.supplied:
            self._plan(self.pace.days(now, case.chance.uniform(0.5, 6.0)), lambda: self._supply(case))

    # --- beside the tasks -------------------------------------------------------------------------------------------

    def _beside(self, case: Followed, asked: Asked, what: Beside) -> None:
        if asked.id not in case.open or case.ended:
            return
        match what:
            case "jump":
                self._jump(case)
            case "extension":
                self._ask_extension(case)
            case "withdraw":
                self._withdraw(case)
            case "instruction":
                self._instruct(case)

    def _jump(self, case: Followed) -> None:
        viewer = self.crew.one_of(case.holder_id, WORKS, case.chance)
        if viewer is None:
            return
        facts = case.chance.choice(({"risk": "mass_gathering"}, {"people_count": 40}, {"opinion_level": "hot"}))
        now = self.clock.now()
        with self.store.transaction() as session:
            if not process.is_awaited(session, self.world, case.case_id, "m_severity_jump"):
                return
            reason = texts().written("risk", case.chance)
            if process.report_risk(session, self.world, case.case_id, facts, reason, viewer=viewer, now=now):
                case.fate.settles = max(case.fate.settles, len(self.world.tiers.names) - 2)
            self._look(session, case)
        self._did("risk")
        if case.fate.downgrades:
            self._plan(self.pace.days(now, case.chance.uniform(1.5, 5.0)), lambda: self._downgrade(case))

    def _downgrade(self, case: Followed) -> None:
        viewer = self.crew.one_of(case.holder_id, DECIDES_DOWN, case.chance)
        index = self.world.tiers.index(case.tier)
        if case.ended or viewer is None or index < 4:
            return
        to = self.world.tiers.names[index - 1]
        with self.store.transaction() as session:
            if not process.is_awaited(session, self.world, case.case_id, "m_downgrade"):
                return
            case.fate.settles = index - 1
            reason = texts().written("downgraded", case.chance)
            process.downgrade(session, self.world, case.case_id, to, reason, viewer=viewer, now=self.clock.now())
            self._look(session, case)
        self._did("downgraded")

    def _ask_extension(self, case: Followed) -> None:
        """Only where it can be granted: people know the rules they work under."""
        viewer = self.crew.one_of(case.holder_id, WORKS, case.chance)
        now = self.clock.now()
        with self.store.transaction() as session:
            clock = deadlines.of_visit(session, case.case_id, case.visit_seq, "handle")
            before = deadlines.parse_length(self.world.config.policy.extension_ask_before)
            if (
                viewer is None
                or clock is None
                or clock.state != DeadlineState.ARMED
                or clock.extended_by is not None
                or self.world.calendar.due(now, before, provisional=True).at > clock.due_at
            ):
                return
            reason = texts().written("extension", case.chance)
            process.ask_extension(session, self.world, case.case_id, clock.length, reason, viewer=viewer, now=now)
            case.worked.add(viewer.person_id)
            self._look(session, case)
        self._did("asked")

    def _withdraw(self, case: Followed) -> None:
        viewer = self.crew.one_of(case.holder_id, WORKS, case.chance)
        if viewer is None:
            return
        with self.store.transaction() as session:
            if not process.is_awaited(session, self.world, case.case_id, "m_withdraw"):
                return
            reason = texts().written("withdrawn", case.chance)
            process.withdraw(session, self.world, case.case_id, reason, viewer=viewer, now=self.clock.now())
            self._look(session, case)
        self._did("withdrawn")

    def _supply(self, case: Followed) -> None:
        if case.ended:
            return
        with self.store.transaction() as session:
            note = texts().written("supplied", case.chance)
            process.supply(session, self.world, case.case_id, note, viewer=None, now=self.clock.now())
            self._look(session, case)
        self._did("supplied")

    def _ask_review(self, case: Followed) -> None:
        with self.store.transaction() as session:
            if case.ended or not process.is_awaited(session, self.world, case.case_id, "m_apply_review"):
                return
            reason = texts().written("review", case.chance)
            process.apply_review(session, self.world, case.case_id, reason, viewer=None, now=self.clock.now())
            self._look(session, case)
        self._did("review")

    def _instruct(self, case: Followed) -> None:
        viewer = self.crew.one_of(case.holder_id, ("leader",), case.chance)
        if viewer is None:
            return
        text, urgent, now = texts().written("instruction", case.chance), case.chance.random() < 0.3, self.clock.now()
        with self.store.transaction() as session:
            process.instruct(session, self.world, case.case_id, text, urgent=urgent, viewer=viewer, now=now)
            self._look(session, case)
        self._did("instructed")
