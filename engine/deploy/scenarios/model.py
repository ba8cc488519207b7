"""A scenario as read, and what came of playing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.errors import Invalid

Do = Literal["complete", "fire", "deliver", "expect"]
Place = tuple[str, str]
"""(process id, id of an element or a flow): two processes may call an element alike."""

SENTENCES: Mapping[str, str] = {
    "yaml": "this cannot be read: %(problem)s",
    "too_long": "a scenario has at most %(most)s steps",
    "top": "a scenario needs `given` and `then`",
    "key": "`%(key)s` is not known here; known are %(known)s",
    "missing": "`%(key)s` is missing",
    "kind": "`%(key)s` must be %(wanted)s",
    "process": "there is no process %(process)r",
    "service": "there is no service %(service)r",
    "gives": "the service %(service)s does not give %(name)r; it gives: %(known)s",
    "step": "a step is exactly one of complete, fire, deliver, expect",
    "belongs": "`%(key)s` does not belong to `%(do)s`",
    "element": "there is no element %(element)r in the processes",
    "task_waits": "the task %(element)r does not wait; waiting: %(found)s",
    "timer_waits": "the timer %(element)r does not run; running: %(found)s",
    "field": "the form %(form)r has no field %(field)r",
    "answer": "the field %(field)r of the form %(form)r does not take %(value)r",
    "refused": "%(sentence)s",
    "open": "these tasks wait: %(found)s; expected: %(expected)s",
    "timers": "these timers run: %(found)s; expected: %(expected)s",
    "deadline": "%(element)r has the limit %(found)s; expected: %(expected)s",
    "messages": "%(message)r is not awaited; awaited: %(found)s",
    "ended": "the process has ended",
    "not_ended": "the process has not ended",
    "path": "%(element)r was not reached; reached: %(found)s",
    "not_path": "%(element)r was reached and should not have been",
    "data": "%(name)s is %(found)s; expected: %(expected)s",
    "called": "%(service)s %(params)s was not asked for; asked for: %(found)s",
}
"""What can be said about a scenario, by code; an edge may say it in another language."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say about a line of a scenario; 0 when it concerns all of it."""

    line: int
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = SENTENCES[self.code] % self.values
        return f"line {self.line}: {sentence}" if self.line else sentence


@dataclass(frozen=True, slots=True)
class Act:
    """One step. `what` is the element or the message; `values` the answers or what the message carries."""

    do: Do
    what: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    item: Any = None
    then: Mapping[str, Any] = field(default_factory=dict)
    """What an `expect` looks for."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    process: str
    data: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What each service gives, one entry per call; the last one stays."""
    acts: tuple[Act, ...] = ()
    then: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict, compare=False, repr=False)
    """Path in the text → line."""


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario went: `faults` are empty when it passed."""

    path: str
    title: str
    faults: tuple[Said, ...]
    visited: Counter[Place] = field(default_factory=Counter)
    """How often each element was reached: entered, and an event only when it happened."""
    taken: Counter[Place] = field(default_factory=Counter)
    """How often each sequence flow was taken."""

    @property
    def passed(self) -> bool:
        return not self.faults

    @property
    def name(self) -> str:
        return f"{self.path} – {self.title}" if self.title else self.path

    @property
    def said(self) -> str:
        return "; ".join(str(fault) for fault in self.faults)


class Differs(Exception):
    """The diagram does something else than the scenario says, or the scenario says what cannot be."""

    def __init__(self, *faults: Said) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults

    def refusal(self) -> Invalid:
        return Invalid("scenario.differs", str(self), faults=list(self.faults))
