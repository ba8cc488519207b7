"""Scenarios: given a case and steps, expect tasks, path and end. Played from one function by the designer's check,
by publishing and by the test suite; the format is documented in `bpmn/README.md`.

A scenario runs on the real runtime with a clock of its own. Services are answered by the scenario's table, so that it
says what the diagram does and not what the district looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine import runtime
from engine.deploy.releases import LoadedRelease
from engine.errors import Invalid, Refusal
from engine.strict_yaml import read_yaml
from engine.vocabulary import WORDS

BEGINS = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
"""Monday, 9:00 in the district."""

KEYS = {"name", "given", "services", "steps", "then"}
EXPECTED = {"open", "timers", "messages", "ended", "path", "not_path", "called", "data"}


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario went: `said` is empty when it passed; `visited` are the ids of the elements it reached."""

    name: str
    passed: bool
    said: str
    visited: frozenset[str]


class _Differs(Exception):
    """The diagram did something else than the scenario expects."""


def play_all(release: LoadedRelease) -> list[Played]:
    """Plays every scenario of a release, in order of their paths."""
    paths = sorted(path for path in release.files if "/scenarios/" in path and path.endswith(".yaml"))
    return [play(release, path, release.files[path]) for path in paths]


def play(release: LoadedRelease, path: str, data: bytes) -> Played:
    """Plays one scenario. Never raises: what is wrong with it, or with the diagram, is in `said`."""
    visited: set[str] = set()
    name = path
    try:
        raw = _read(path, data)
        name = f"{path} – {raw['name']}" if raw.get("name") else path
        _run(release, raw, visited)
    except _Differs as differs:
        return Played(name, False, str(differs), frozenset(visited))
    except Refusal as refusal:
        return Played(name, False, f"{refusal.code}: {refusal.sentence}", frozenset(visited))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        said = f"scenario.shape: something in it is of the wrong kind or missing: {type(fault).__name__} {fault}"
        return Played(name, False, said, frozenset(visited))
    return Played(name, True, "", frozenset(visited))


def unvisited(release: LoadedRelease, outcomes: Sequence[Played]) -> dict[str, list[str]]:
    """The elements of each process that no scenario reached, in the order of the diagram; only processes with some."""
    visited = {element for each in outcomes for element in each.visited}
    missing = {
        process_id: [element for element in facts.elements if element not in visited]
        for process_id, facts in release.package.processes.items()
    }
    return {process_id: elements for process_id, elements in missing.items() if elements}


def _read(path: str, data: bytes) -> dict[str, Any]:
    try:
        document = read_yaml(data.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        raise Invalid("scenario.unreadable", f"{path} is not UTF-8 text.") from error
    if document.problems:
        line, _, words = document.problems[0]
        raise Invalid("scenario.unreadable", f"{path} line {line}: {words}")
    raw = document.value
    if not isinstance(raw, dict) or not {"given", "then"} <= set(raw) or set(raw) - KEYS:
        raise Invalid(
            "scenario.shape", f"{path} needs given and then, and takes nothing but {', '.join(sorted(KEYS))}."
        )
    return raw


def _run(release: LoadedRelease, raw: Mapping[str, Any], visited: set[str]) -> None:
    given = raw["given"]
    stage = _Stage(release, raw.get("services") or {}, visited)
    stage.went(runtime.start(release.package, str(given["process"]), dict(given.get("data") or {}), stage.host()))
    for number, step in enumerate(raw.get("steps") or [], 1):
        stage.now += timedelta(minutes=30)
        stage.take(step, f"step {number}")
    stage.expect(raw["then"], "at the end")


class _Stage:
    """A scenario while it is played: the instance, its clock, and what it has done so far."""

    def __init__(self, release: LoadedRelease, services: Mapping[str, Any], visited: set[str]) -> None:
        self.release = release
        self.now = BEGINS
        self.path: list[str] = []
        self.called: list[runtime.ServiceCall] = []
        self._answers = {name: _each(table) for name, table in services.items()}
        self._visited = visited
        self._advance: runtime.Advance | None = None

    @property
    def advance(self) -> runtime.Advance:
        assert self._advance is not None
        return self._advance

    def host(self) -> runtime.Host:
        return runtime.Host(now=self.now, functions=WORDS.bound_functions(), due=self._due, call=self._call)

    def went(self, advance: runtime.Advance) -> None:
        self._advance = advance
        for step in advance.steps:
            self._visited.add(step.element)
            self.path.append(step.element)

    def take(self, step: Mapping[str, Any], where: str) -> None:
        """One step of the scenario: complete, fire, deliver or expect."""
        package, values = self.release.package, dict(step.get("with") or {})
        if "complete" in step:
            task = _one(self.advance.tasks, step["complete"], step.get("item"), f"{where}: task")
            self._must_fit(task, values, where)
            self.went(runtime.complete(package, self.advance.state, task.token, values, self.host()))
        elif "fire" in step:
            timer = _one(self.advance.timers, step["fire"], None, f"{where}: timer")
            self.now = max(self.now, timer.due_at)
            self.went(runtime.fire(package, self.advance.state, timer.token, self.host()))
        elif "deliver" in step:
            self.went(runtime.deliver(package, self.advance.state, str(step["deliver"]), values, self.host()))
        elif "expect" in step:
            self.expect(step["expect"], where)
        else:
            raise Invalid("scenario.step", f"{where} must be one of complete, fire, deliver, expect.")

    def expect(self, then: Mapping[str, Any] | None, where: str) -> None:
        then, advance = then or {}, self.advance
        if set(then) - EXPECTED:
            named = ", ".join(sorted(set(then) - EXPECTED))
            raise Invalid("scenario.then", f"{where}: {named} cannot be expected, only {', '.join(sorted(EXPECTED))}.")
        found = {
            "open": sorted(each.element for each in advance.tasks),
            "timers": sorted(each.element for each in advance.timers),
            "messages": sorted({each.message for each in advance.messages}),
        }
        for kind in ("open", "timers"):
            if kind in then and sorted(then[kind] or []) != found[kind]:
                raise _Differs(f"{where}: {kind} are {found[kind]}, expected {sorted(then[kind] or [])}")
        for message in then.get("messages") or []:
            if message not in found["messages"]:
                raise _Differs(f"{where}: {message!r} is not awaited; awaited: {found['messages']}")
        if "ended" in then and bool(then["ended"]) != advance.ended:
            raise _Differs(f"{where}: the process {'has' if advance.ended else 'has not'} ended")
        for element in then.get("path") or []:
            if element not in self.path:
                raise _Differs(f"{where}: {element!r} was not reached; reached: {', '.join(dict.fromkeys(self.path))}")
        for element in then.get("not_path") or []:
            if element in self.path:
                raise _Differs(f"{where}: {element!r} was reached and should not have been")
        for name, value in (then.get("data") or {}).items():
            if advance.data.get(name) != value:
                raise _Differs(f"{where}: {name} is {advance.data.get(name)!r}, expected {value!r}")
        for asked in then.get("called") or []:
            for name, params in asked.items():
                if not any(_asks(call, name, params or {}) for call in self.called):
                    said = [f"{call.name} {dict(call.params)}" for call in self.called]
                    raise _Differs(f"{where}: {name} {params or ''} was not called; called: {said}")

    def _must_fit(self, task: runtime.WaitingTask, values: Mapping[str, Any], where: str) -> None:
        if task.form is None:
            return
        fields = self.release.form(task.process, task.form).fields
        for name in values:
            if name not in fields:
                raise Invalid("scenario.answer", f"{where}: the form {task.form!r} has no field {name!r}.")

    def _due(self, asked: runtime.DueCall) -> runtime.Due:
        length = self.release.limits[asked.process].length(asked.step, asked.tier)
        return runtime.Due(self.now + timedelta(days=1), asked.step, str(length))

    def _call(self, asked: runtime.ServiceCall) -> Mapping[str, Any]:
        self.called.append(asked)
        answers = self._answers.get(asked.name)
        return {} if answers is None else next(answers)


def _asks(call: runtime.ServiceCall, name: str, params: Mapping[str, Any]) -> bool:
    return call.name == name and all(call.params.get(key) == value for key, value in params.items())


def _each(table: Any) -> Iterator[Mapping[str, Any]]:
    """The answers of a service in order; the last one for ever."""
    rows = table if isinstance(table, list) else [table]
    yield from (dict(row or {}) for row in rows)
    while True:
        yield dict(rows[-1] or {}) if rows else {}


def _one(waiting: Sequence[Any], element: str, item: Any, what: str) -> Any:
    for each in waiting:
        if each.element == element and (item is None or each.item == item):
            return each
    known = ", ".join(each.element for each in waiting) or "none"
    raise _Differs(f"{what} {element!r} does not wait; waiting: {known}")
