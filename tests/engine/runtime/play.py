"""Plays a diagram twice at once: kept in memory, and saved and loaded after every push. Both must be equal, always."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.runtime import Advance, Due, DueCall, Host, Package, ServiceCall, compile_package
from engine.runtime import driver as pushes
from engine.runtime.instance import Instance
from engine.runtime.state import load, save
from engine.vocabulary import Function, Service, Vocabulary

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "max": max,
    "min": min,
    "len": len,
    "contains": lambda holder, item: item in holder,
}


class Anything(dict[str, Service]):
    """Every topic is a service."""

    def __contains__(self, name: object) -> bool:
        return True


WORDS = Vocabulary(
    functions={name: Function(name, 1, 9, name) for name in (*FUNCTIONS, "due")},
    services=Anything(),
    messages={},
    roles={},
    task_properties={},
)


def never(call: ServiceCall) -> Mapping[str, Any]:
    raise AssertionError(f"nobody does {call.name}")


@dataclass
class Live:
    """One instance in memory, with the pushes of the front door."""

    instance: Instance

    def push(self, host: Host, act: Callable[[Instance], Advance]) -> Advance:
        self.instance.host = host
        self.instance.steps.clear()
        self.instance.thrown.clear()
        return act(self.instance)


class Play:
    """One run of a process. `ready`, `timers` and `messages` name elements."""

    def __init__(
        self,
        source: bytes | Package,
        process: str = "p",
        data: Mapping[str, Any] | None = None,
        *,
        call: Callable[[ServiceCall], Mapping[str, Any]] = never,
        at: str | None = None,
        now: datetime = NOON,
    ) -> None:
        self.package = source if isinstance(source, Package) else compile_package({"test.bpmn": source}, WORDS)
        self.now = now
        self.call = call
        self.quiet = False
        self.trace: list[str] = []
        begun = pushes.start(self.package, process, data or {}, self.host, at)
        self.live = Live(load(self.package, begun.state))
        self._take(begun)

    @property
    def host(self) -> Host:
        return Host(self.now, FUNCTIONS, self._due, self._call)

    def _due(self, asked: DueCall) -> Due:
        return Due(self.now + timedelta(days=5), asked.step, f"{asked.tier or 5}")

    def _call(self, asked: ServiceCall) -> Mapping[str, Any]:
        return {} if self.quiet else self.call(asked)

    def _take(self, advance: Advance) -> None:
        self.advance = advance
        self.trace += [f"{step.kind} {step.element}" for step in advance.steps]

    def _push(self, act: Callable[[Instance], Advance]) -> Play:
        given = load(self.package, self.advance.state)
        given.host = self.host
        assert save(given) == self.advance.state, "loading and saving changes the state"
        answers: list[Mapping[str, Any]] = []
        real, self.call = self.call, lambda asked: _kept(answers, real_call(asked))
        real_call = real
        try:
            saved = act(given)
        finally:
            self.call = real
        replay = iter(answers)
        host = replace(self.host, call=lambda asked: next(replay))
        kept = self.live.push(host, act)
        assert kept == saved, "a run in memory and a run from saved states differ"
        self._take(saved)
        return self

    def do(self, element: str, item: Any = None, **data: Any) -> Play:
        """Complete the first waiting task at `element` (the one with `item`)."""
        tasks = [task for task in self.advance.tasks if task.element == element and item in (None, task.item)]
        assert tasks, f"{element} does not wait; {self.ready} do"
        return self._push(lambda instance: pushes.answer(instance, tasks[0].token, data))

    def fire(self, element: str) -> Play:
        timer = next(timer for timer in self.advance.timers if timer.element == element)
        self.now = max(self.now, timer.due_at)
        return self._push(lambda instance: pushes.strike(instance, timer.token))

    def send(self, message: str, token: str | None = None, **payload: Any) -> Play:
        return self._push(lambda instance: pushes.hand_over(instance, message, payload, token))

    def signal(self, name: str, **payload: Any) -> Play:
        return self._push(lambda instance: pushes.broadcast(instance, name, payload))

    def until(self, instant: datetime) -> Play:
        """Fire what is due up to `instant`, one at a time, oldest first, and let time pass."""
        while not self.advance.ended and self.advance.timers:
            first = min(self.advance.timers, key=lambda timer: (timer.due_at, timer.token))
            if first.due_at > instant:
                break
            self.now = max(self.now, first.due_at)
            self._push(lambda instance, token=first.token: pushes.strike(instance, token))
        self.now = max(self.now, instant)
        return self

    @property
    def ready(self) -> list[str]:
        return [task.element for task in self.advance.tasks]

    @property
    def timers(self) -> list[str]:
        return [timer.element for timer in self.advance.timers]

    @property
    def messages(self) -> list[str]:
        return [message.element for message in self.advance.messages]

    @property
    def ended(self) -> bool:
        return self.advance.ended

    @property
    def data(self) -> Mapping[str, Any]:
        return self.advance.data

    @property
    def thrown(self) -> list[tuple[str, str]]:
        return [(event.kind, event.name) for event in self.advance.thrown]


def _kept(answers: list[Mapping[str, Any]], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    answers.append(answer)
    return answer
