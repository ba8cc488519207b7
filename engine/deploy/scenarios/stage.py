"""A scenario while it is played: the instance, a clock of its own, and what has happened so far.

Services are answered by the scenario's table, so that it says what the diagram does and not what the district looks
like. Nothing is kept between two plays: whoever goes on plays all steps again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from engine import runtime
from engine.deploy.releases import LoadedRelease
from engine.deploy.scenarios.model import Act, Differs, Place, Said, Scenario
from engine.errors import Refusal
from engine.vocabulary import WORDS

BEGINS = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
"""Monday, 9:00 in the district."""
BETWEEN = timedelta(minutes=30)
MOST_STEPS = 20_000
"""Elements reached in one play; a push alone may reach half as many."""

Waiting = TypeVar("Waiting", runtime.WaitingTask, runtime.WaitingTimer)
Assume = Callable[[runtime.ServiceCall], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of the scenario, and what the diagram did then. The start has no act."""

    act: Act | None
    steps: tuple[runtime.Step, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What a service was asked and gave; `place` is its entry in the service's table."""

    call: runtime.ServiceCall
    gave: Mapping[str, Any]
    place: int


class Stage:
    """Moves only by `start` and `take`; both raise Differs, with the line to blame, and leave nothing to go on with."""

    def __init__(self, release: LoadedRelease, scenario: Scenario, *, assume: Assume | None = None) -> None:
        """`assume` answers what the tables do not; without it their last entry stays, and no entry gives nothing."""
        self.release, self.scenario = release, scenario
        self.now = BEGINS
        self.moments: list[Moment] = []
        self.answered: list[Answered] = []
        self.visited: Counter[Place] = Counter()
        self.taken: Counter[Place] = Counter()
        self._assume = assume
        self._asked: Counter[str] = Counter()
        self._on_the_way: dict[str, Place] = {}
        self._advance: runtime.Advance | None = None

    @property
    def advance(self) -> runtime.Advance:
        assert self._advance is not None, "it has not started"
        return self._advance

    @property
    def path(self) -> list[str]:
        """The elements reached, in order, each as often as it was."""
        return [step.element for moment in self.moments for step in moment.steps]

    def run(self) -> None:
        """Everything the scenario says, up to its end and what is expected there."""
        self.start()
        for place, act in enumerate(self.scenario.acts):
            self.take(act, place)
        self.expect(self.scenario.then, ("then",))

    def start(self) -> None:
        scenario = self.scenario
        line = scenario.lines.get(("given", "process"), 0)
        if scenario.process not in self.release.package.processes:
            raise Differs(Said(line, "process", {"process": scenario.process}))
        self._push(None, line, lambda host: runtime.start(self.release.package, scenario.process, scenario.data, host))

    def take(self, act: Act, place: int = 0) -> None:
        """`place` is that of the act among the steps, for the lines of what it expects."""
        package, state = self.release.package, self.advance.state
        match act.do:
            case "complete":
                task = self._one(self.advance.tasks, act, "task_waits")
                given = self._answers(task, act)
                self._push(act, act.line, lambda host: runtime.complete(package, state, task.token, given, host))
            case "fire":
                timer = self._one(self.advance.timers, act, "timer_waits")
                self.now = max(self.now, timer.due_at - BETWEEN)
                self._push(act, act.line, lambda host: runtime.fire(package, state, timer.token, host))
            case "deliver":
                message = act.what
                self._push(act, act.line, lambda host: runtime.deliver(package, state, message, act.values, host))
            case "expect":
                self.expect(act.then, ("steps", place, "expect"))

    def expect(self, then: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Raises Differs with everything that is otherwise."""
        faults = [
            Said(self._line(path, key), code, values)
            for key, expected in then.items()
            if expected is not None
            for code, values in self._differences(key, expected)
        ]
        if faults:
            raise Differs(*faults)

    def _push(self, act: Act | None, line: int, push: Callable[[runtime.Host], runtime.Advance]) -> None:
        if act is not None:
            self.now += BETWEEN
        host = runtime.Host(now=self.now, functions=WORDS.bound_functions(), due=self._due, call=self._call)
        try:
            advance = push(host)
        except Refusal as refusal:
            values = {"code": refusal.code, "sentence": refusal.sentence}
            raise Differs(Said(line, "refused", values)) from refusal
        self._advance = advance
        self.moments.append(Moment(act, advance.steps, self.now))
        for step in advance.steps:
            self._count(step)
        if sum(len(moment.steps) for moment in self.moments) > MOST_STEPS:
            raise Differs(Said(line, "refused", {"code": "scenario.endless", "sentence": "It goes on too long."}))

    def _count(self, step: runtime.Step) -> None:
        """An event that waits was not reached before it happens, and neither was the flow to it."""
        facts = self.release.package.processes[step.process]
        element = facts.elements[step.element]
        here, by = (step.process, step.element), (step.process, step.via or "")
        if element.kind == "boundaryEvent":
            if step.kind in ("fired", "caught"):
                self.visited[here] += 1
        elif element.kind == "intermediateCatchEvent":
            if step.kind == "entered" and step.via:
                self._on_the_way[step.token] = by
            elif step.kind == "completed":
                self.visited[here] += 1
                if step.token in self._on_the_way:
                    self.taken[self._on_the_way.pop(step.token)] += 1
        elif step.kind == "entered":
            self.visited[here] += 1
            if step.via in facts.flows:
                self.taken[by] += 1

    def _differences(self, key: str, expected: Any) -> list[tuple[str, dict[str, object]]]:
        advance = self.advance
        match key:
            case "open" | "timers":
                waiting = advance.tasks if key == "open" else advance.timers
                found = sorted(each.element for each in waiting)
                return [] if sorted(map(str, expected)) == found else [(key, _both(found, sorted(map(str, expected))))]
            case "deadlines":
                lengths = {timer.element: timer.length for timer in advance.timers}
                return [
                    ("deadline", {"element": element, "found": lengths.get(element) or "–", "expected": length})
                    for element, length in expected.items()
                    if lengths.get(element) != str(length)
                ]
            case "messages":
                awaited = sorted({each.message for each in advance.messages})
                missing = [each for each in expected if each not in awaited]
                return [("messages", {"message": each, "found": _listed(awaited)}) for each in missing]
            case "ended":
                return [] if expected == advance.ended else [("ended" if advance.ended else "not_ended", {})]
            case "path" | "not_path":
                path = list(dict.fromkeys(self.path))
                wrong = [each for each in expected if (each in path) != (key == "path")]
                return [(key, {"element": each, "found": _listed(path)}) for each in wrong]
            case "data":
                return [
                    ("data", {"name": name, **_both(advance.data.get(name), value)})
                    for name, value in expected.items()
                    if advance.data.get(name) != value
                ]
            case _:
                return self._not_called(expected)

    def _not_called(self, expected: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, object]]]:
        calls = [each.call for each in self.answered]
        found = _listed(f"{call.name} {_shown(dict(call.params))}" for call in calls)
        return [
            ("called", {"service": name, "params": _shown(params or {}), "found": found})
            for asked in expected
            for name, params in asked.items()
            if not any(call.name == name and _fits(params or {}, call.params) for call in calls)
        ]

    def _one(self, waiting: Sequence[Waiting], act: Act, code: str) -> Waiting:
        for each in waiting:
            if each.element == act.what and (act.item is None or getattr(each, "item", None) == act.item):
                return each
        found = _listed(each.element for each in waiting)
        raise Differs(Said(act.line, code, {"element": act.what, "found": found}))

    def _answers(self, task: runtime.WaitingTask, act: Act) -> Mapping[str, Any]:
        """What reaches the diagram of the answers, which must be ones that the form takes."""
        if task.form is None:
            return act.values
        form = self.release.form(task.process, task.form)
        for key, value in act.values.items():
            if key not in form.fields:
                raise Differs(Said(act.line, "field", {"form": task.form, "field": key}))
            if not form.takes(key, value):
                raise Differs(Said(act.line, "answer", {"form": task.form, "field": key, "value": value}))
        return {key: value for key, value in form.variables(act.values).items() if value is not None}

    def _due(self, asked: runtime.DueCall) -> runtime.Due:
        length = self.release.limits[asked.process].length(asked.step, asked.tier)
        return runtime.Due(self.now + timedelta(days=1), asked.step, str(length))

    def _call(self, asked: runtime.ServiceCall) -> Mapping[str, Any]:
        table, place = self.scenario.services.get(asked.name) or (), self._asked[asked.name]
        self._asked[asked.name] += 1
        if place < len(table):
            gave: Mapping[str, Any] = table[place]
        elif self._assume is not None:
            gave = self._assume(asked)
        else:
            gave = table[-1] if table else {}
        self.answered.append(Answered(asked, gave, place))
        return gave

    def _line(self, path: tuple[str | int, ...], key: str) -> int:
        lines = self.scenario.lines
        return lines.get((*path, key)) or lines.get(path) or 0


def _fits(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    return all(given.get(key) == value for key, value in wanted.items())


def _both(found: Any, expected: Any) -> dict[str, object]:
    return {"found": _shown(found), "expected": _shown(expected)}


def _listed(names: Any) -> str:
    return ", ".join(names) or "–"


def _shown(value: Any) -> str:
    """A value as a scenario writes it."""
    match value:
        case dict():
            return ", ".join(f"{key}: {_shown(each)}" for key, each in value.items())
        case list() | tuple():
            return ", ".join(map(_shown, value)) or "–"
        case bool():
            return str(value).lower()
        case None:
            return "–"
        case _:
            return str(value)
