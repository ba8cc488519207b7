"""Tokens, and the scopes they live in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.runtime.instance.frames import Frame
from engine.runtime.timers import Armed

if TYPE_CHECKING:
    from engine.runtime.elements import Element, Trigger
    from engine.runtime.instance.moves import Instance

READY, WAITING, STARTED = TaskState.READY, TaskState.WAITING, TaskState.STARTED


class Token(Task):  # type: ignore[misc]
    """A Spiff task with a number instead of a random id, no clock and no logging; see the module."""

    task_spec: Element
    workflow: Scope | Instance

    def __init__(self, scope: Scope | Instance, element: Element, number: int, state: int = TaskState.FUTURE) -> None:
        self.id = f"t{number}"
        self.number = number
        self.workflow = scope
        self.task_spec = element
        self.triggered = False
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        self.thread_id = 0
        self._parent = None
        self._children: list[str] = []
        self._state = state
        self.via: str | None = None
        """The flow by which the token came, where a join must know it."""
        self.host: Token | None = None
        """The activity whose boundary this token watches."""
        self.body: Token | None = None
        """The multi-instance or loop this token is one round of."""
        self.race: str | None = None
        """The event-based gateway whose other events fall when this one comes."""
        self.listens = False
        """Waits for the start of an event subprocess; does not keep its scope open."""
        self.armed: Armed | None = None
        self.seen = False
        """A conditional event has been true since it was last armed."""
        self.frame: Frame = scope.frame
        scope.tasks[self.id] = self

    def _set_state(self, value: int) -> None:
        self._state = value

    @property
    def alive(self) -> bool:
        return self.id in self.workflow.tasks

    @property
    def usual_frame(self) -> Frame:
        """The frame it shares with others, when it has none of its own."""
        return self.workflow.frame if self.body is None else self.body.frame

    @property
    def trigger(self) -> Trigger | None:
        """What a waiting token waits for."""
        return self.task_spec.trigger_of(self) if self._state == WAITING else None

    def complete(self) -> None:
        """Left alone when the act itself has cancelled this token (an escalation, a terminate end)."""
        if self.alive:
            super().complete()


class Nest:
    """What an instance and its scopes share: tokens and a frame."""

    tasks: dict[str, Token]
    frame: Frame
    spec: Any
    nesting: int

    def _task_completed_notify(self, token: Token) -> None:
        self.instance.left(token)

    @property
    def instance(self) -> Instance:
        raise NotImplementedError


class Scope(Nest, BpmnSubWorkflow):  # type: ignore[misc]
    """The inside of a subprocess, event subprocess or call activity that runs."""

    def __init__(self, spec: Any, holder: Token, frame: Frame) -> None:
        self.holder = holder
        self.frame = frame
        self.nesting = holder.workflow.nesting + 1
        super().__init__(spec, holder.id, holder.workflow.top_workflow, deserializing=True)

    @property
    def instance(self) -> Instance:
        instance: Instance = self.top_workflow
        return instance

    def _calculate_depth(self) -> int:
        return self.nesting
