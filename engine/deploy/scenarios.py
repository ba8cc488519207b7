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

KEYS = {"name", "given", "steps", "then"}


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario went: `said` is empty when it passed; `visited` are (process, element) pairs."""

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
    if not isinstance(raw, dict) or not {"given", "steps", "then"} <= set(raw) or set(raw) - KEYS:
        raise Invalid("scenario.shape", f"{path} needs given, steps and then, and takes nothing but {sorted(KEYS)}.")
    return raw


def _run(release: LoadedRelease, raw: Mapping[str, Any], visited: set[str]) -> None:
    given = raw["given"]
    process_id = str(given["process"])
    package = release.package
    answers = {name: iter(_each(table)) for name, table in (given.get("services") or {}).items()}
    now = BEGINS

    def host() -> runtime.Host:
        return runtime.Host(now=now, functions=WORDS.bound_functions(), due=due, call=call)

    def due(asked: runtime.DueCall) -> runtime.Due:
        length = release.limits[asked.process].length(asked.step, asked.tier)
        return runtime.Due(now + timedelta(days=1), asked.step, str(length))

    def call(asked: runtime.ServiceCall) -> Mapping[str, Any]:
        table = answers.get(asked.name)
        if table is None:
            return {}
        return next(table)

    path: list[str] = []

    def went(advance: runtime.Advance) -> runtime.Advance:
        for step in advance.steps:
            visited.add(step.element)
            path.append(step.element)
        return advance

    advance = went(runtime.start(package, process_id, dict(given.get("data") or {}), host()))
    for number, step in enumerate(raw["steps"] or [], 1):
        now += timedelta(minutes=30)
        values = dict(step.get("with") or {})
        where = f"step {number}"
        if "complete" in step:
            task = _one(advance.tasks, step["complete"], step.get("item"), f"{where}: task")
            advance = went(runtime.complete(package, advance.state, task.token, values, host()))
        elif "fire" in step:
            timer = _one(advance.timers, step["fire"], None, f"{where}: timer")
            now = max(now, timer.due_at)
            advance = went(runtime.fire(package, advance.state, timer.token, host()))
        elif "deliver" in step:
            advance = went(runtime.deliver(package, advance.state, str(step["deliver"]), values, host()))
        else:
            raise Invalid("scenario.step", f"{where} must be one of complete, fire, deliver.")
        _expect(step.get("then"), advance, path, where)
    _expect(raw["then"], advance, path, "at the end")


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


def _expect(then: Mapping[str, Any] | None, advance: runtime.Advance, path: Sequence[str], where: str) -> None:
    then = then or {}
    known = {"tasks", "timers", "messages", "ended", "path", "not_path", "data"}
    if set(then) - known:
        raise Invalid(
            "scenario.then", f"{where}: {sorted(set(then) - known)} cannot be expected, only {sorted(known)}."
        )
    found: dict[str, list[str]] = {
        "tasks": sorted(each.element for each in advance.tasks),
        "timers": sorted(each.element for each in advance.timers),
        "messages": sorted(each.message for each in advance.messages),
    }
    for kind, present in found.items():
        if kind in then and sorted(then[kind] or []) != present:
            raise _Differs(f"{where}: {kind} are {present}, expected {sorted(then[kind] or [])}")
    if "ended" in then and bool(then["ended"]) != advance.ended:
        raise _Differs(f"{where}: the process {'has' if advance.ended else 'has not'} ended")
    for element in then.get("path") or []:
        if element not in path:
            raise _Differs(f"{where}: {element!r} was not reached; reached: {', '.join(dict.fromkeys(path))}")
    for element in then.get("not_path") or []:
        if element in path:
            raise _Differs(f"{where}: {element!r} was reached and should not have been")
    for name, value in (then.get("data") or {}).items():
        if advance.data.get(name) != value:
            raise _Differs(f"{where}: {name} is {advance.data.get(name)!r}, expected {value!r}")
