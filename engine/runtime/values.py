"""The values that travel between the runtime and those who use it. All frozen, none knows a table or a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Scalar = str | int | float | bool | None
Data = Mapping[str, Any]
"""Process data: flat, JSON-safe. Scalars, or lists of scalars where a multi-instance needs them."""


@dataclass(frozen=True, slots=True)
class Due:
    """What `due(step, tier)` gives to a timer: the instant, and what the deadline row wants to know beside it."""

    at: datetime
    step: str
    length: str
    """As written in limits.yaml, for example `5wd`."""


@dataclass(frozen=True, slots=True)
class DueCall:
    """A timer of `process` asks when `step` ends; `tier` is whatever the diagram passed, or None."""

    process: str
    element: str
    step: str
    tier: str | None
    data: Data


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A service task asks for `name`; `params` are already evaluated, `data` is the token's data."""

    name: str
    element: str
    token: str
    params: Mapping[str, Scalar]
    data: Data


@dataclass(frozen=True, slots=True)
class Host:
    """What the runtime may ask of the world during one push.

    `functions` must be pure. `due` answers `due(step, tier)`. `call` may raise any refusal of `engine.errors`, which
    reaches the caller unchanged (the half-advanced state is then dropped), or `BusinessError`, which becomes
    an error event. `call` gives variables that are merged into the token's data.
    """

    now: datetime
    functions: Mapping[str, Callable[..., Any]]
    due: Callable[[DueCall], Due]
    call: Callable[[ServiceCall], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A user or manual task that waits for a person. `token` is unique within the instance, for ever."""

    token: str
    element: str
    process: str
    """The process that contains the element: forms and limits are looked up by it."""
    name: str
    lane: str | None
    form: str | None
    roles: tuple[str, ...]
    properties: Mapping[str, str]
    """`camunda:properties` (and spiff's), with `${…}` evaluated."""
    data: Data
    item: Scalar = None
    """The item of the multi-instance that the task is or runs in, the innermost one."""


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A timer that waits to be fired by the scheduler. `due_at` was computed once, when the token arrived."""

    token: str
    element: str
    process: str
    attached_to: str | None
    due_at: datetime
    step: str | None
    length: str | None
    interrupting: bool


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    token: str
    element: str
    message: str


StepKind = Literal["entered", "completed", "cancelled", "fired", "caught", "thrown"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to an element during a push, in order. For history views, coverage and traces."""

    kind: StepKind
    element: str
    token: str
    process: str = ""
    """The process that contains the element."""
    via: str | None = None
    """Of an element that was entered: the sequence flow that led to it."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """An event that left the instance: nobody inside caught it."""

    kind: Literal["message", "signal", "escalation", "error"]
    name: str
    element: str
    payload: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advance:
    """Where an instance stands after a push. Tuples are in the order in which the tokens were born."""

    state: bytes
    tasks: tuple[WaitingTask, ...]
    timers: tuple[WaitingTimer, ...]
    messages: tuple[WaitingMessage, ...]
    steps: tuple[Step, ...]
    thrown: tuple[Thrown, ...]
    ended: bool
    data: Data
    """The data of the instance: at its end the final data, before it those of the youngest token."""


Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something the check has to say about a file. `error` refuses publication; `line` is 1-based, 0 if unknown."""

    file: str
    line: int
    element: str
    code: str
    severity: Severity
    message: str
    hint: str = ""
