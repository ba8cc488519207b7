"""The instance: its loop, and the moves every element is made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.instance import events
from engine.runtime.instance.frames import Frame, check_data
from engine.runtime.instance.tokens import READY, WAITING, Nest, Scope, Token
from engine.runtime.values import Host, Step, StepKind, Thrown

if TYPE_CHECKING:
    from engine.runtime.elements import Element, Flow
    from engine.runtime.package import Package

MOST_STEPS = 10_000
MOST_TOKENS = 5_000
"""Alive at rest. One push may bear as many more as it may take steps."""
MOST_WORK = 100_000
"""Services (fifty each), lines of scripts (ten each), conditions and hundreds of tokens looked at in one push."""
MOST_VARIABLES = 1_000
DEEPEST_NESTING = 50


class Instance(Nest, BpmnWorkflow):  # type: ignore[misc]
    """One process instance during one push."""

    def __init__(self, package: Package, process_id: str, data: dict[str, Any], number: int = 0) -> None:
        self.package = package
        self.frame = Frame(data)
        self.nesting = 0
        self.number = number
        self.ended = False
        self.kept = True
        """Whether its state is saved after each push."""
        self.refill()
        self.host: Host | None = None
        self.queue: deque[Token] = deque()
        self.steps: list[Step] = []
        self.thrown: list[Thrown] = []
        super().__init__(package.specs[process_id], deserializing=True)

    @property
    def instance(self) -> Instance:
        return self

    def refill(self) -> None:
        """What one push may use up. A diagram that uses more is at fault, and its case alone is stopped."""
        self.work = MOST_WORK
        self.last_number = self.number + MOST_STEPS + MOST_TOKENS

    def spend(self, work: int, where: str) -> None:
        self.work -= work
        if self.work < 0:
            raise Invalid("instance.endless", f'Too much to work out in one push, at "{where}".', element=where)

    def settle(self) -> None:
        """Run everything that needs no person, no message and no instant, up to a fixed point."""
        budget = MOST_STEPS
        while True:
            while self.queue:
                token = self.queue.popleft()
                if not token.alive or token._state != READY:
                    continue
                budget -= 1
                if budget < 0:
                    raise Invalid(
                        "instance.endless",
                        f'More than {MOST_STEPS} steps without anybody to wait for, at "{token.task_spec.bpmn_id}".',
                        element=token.task_spec.bpmn_id,
                    )
                token.run()
                events.check_conditions(self)
            if not self._join_inclusively():
                break
        self.refill()
        alive = self.tokens()
        if len(alive) > MOST_TOKENS:
            raise _too_many(alive[-1].task_spec.bpmn_id)

    def _join_inclusively(self) -> bool:
        alive = self.tokens()
        waiting = [token for token in alive if token._state == WAITING and token.task_spec.gathers]
        if waiting:
            self.spend(1 + len(alive) // 100, waiting[0].task_spec.bpmn_id)
        return any(token.task_spec.join(token) for token in waiting)

    def scopes(self) -> Iterator[Scope | Instance]:
        yield self
        yield from self.subprocesses.values()

    def tokens(self) -> list[Token]:
        """All tokens in the order of their birth."""
        if not self.subprocesses:
            return list(self.tasks.values())
        found = [token for scope in self.scopes() for token in scope.tasks.values()]
        found.sort(key=lambda token: token.number)
        return found

    def token(self, token_id: str) -> Token | None:
        for scope in self.scopes():
            if token_id in scope.tasks:
                return scope.tasks[token_id]
        return None

    def bear(self, scope: Scope | Instance, element: Element, state: int = TaskState.FUTURE) -> Token:
        self.number += 1
        if self.number > self.last_number:
            raise _too_many(element.bpmn_id)
        return Token(scope, element, self.number, state)

    def step(self, kind: StepKind, token: Token) -> None:
        element = token.task_spec
        via = token.via if kind == "entered" else None
        self.steps.append(Step(kind, element.bpmn_id, token.id, element.process, via))

    def begin(self, start: str | None = None) -> None:
        """Put the first token. `start` names a start event; without it the one that waits for nothing."""
        self._open(self, self.spec.entry(start))
        for token in self.tokens() if start is not None else []:
            if token._state == WAITING and token.task_spec.bpmn_id == start:
                events.catch(self, token, {})

    def arrive(self, scope: Scope | Instance, element: Element, via: str | None = None) -> Token:
        """A token reaches `element`; it acts later, from the queue."""
        token = self.bear(scope, element)
        token.via = via
        self.step("entered", token)
        element._update(token)
        return token

    def left(self, token: Token) -> None:
        """`token` is done with its element: go on along the flows, and close the scope when it was the last."""
        element, scope = token.task_spec, token.workflow
        if token.frame is not scope.frame:
            self._give_back(token)
        self.step("completed", token)
        self.disarm(token)
        self.remove(token)
        if token.body is not None:
            token.body.task_spec.round_done(token.body, token)
        else:
            self.take(scope, element.chosen(token) * element.completion_quantity)
        self.close_if_done(scope)

    def take(self, scope: Scope | Instance, flows: tuple[Flow, ...]) -> None:
        for flow in flows:
            self.arrive(scope, flow.target, flow.id)

    def remove(self, token: Token) -> None:
        token.workflow.tasks.pop(token.id, None)

    def close_if_done(self, scope: Scope | Instance) -> None:
        """End a scope in which nothing runs any more; listeners of event subprocesses do not count."""
        if any(not token.listens for token in scope.tasks.values()):
            return
        scope.tasks.clear()
        if isinstance(scope, Instance):
            self.ended = True
        elif self.subprocesses.pop(scope.holder.id, None) is not None:
            scope.holder.task_spec.inside_done(scope.holder, scope)
            scope.holder.complete()

    def enter(self, holder: Token, spec: Any, frame: Frame) -> None:
        """Open the inside of `holder`."""
        scope = Scope(spec, holder, frame)
        if scope.nesting > DEEPEST_NESTING:
            raise Invalid(
                "instance.too_deep",
                f'"{holder.task_spec.bpmn_id}" is nested deeper than {DEEPEST_NESTING}.',
                element=holder.task_spec.bpmn_id,
            )
        self.subprocesses[holder.id] = scope
        self._open(scope, spec.entry(None))

    def _open(self, scope: Scope | Instance, entries: tuple[Element, ...]) -> None:
        for element in entries:
            self.arrive(scope, element)
        for listener in scope.spec.listeners:
            events.watch(self, scope, listener).listens = True
        events.check_conditions(self)

    def disarm(self, token: Token) -> None:
        """Withdraw what waits at the boundary of `token`."""
        if token.task_spec.boundary:
            for other in [other for other in token.workflow.tasks.values() if other.host is token]:
                self.remove(other)

    def cancel(self, token: Token) -> None:
        """Take a token away with everything in and on it, innermost first."""
        if not token.alive:
            return
        scope = self.subprocesses.pop(token.id, None)
        if scope is not None:
            self.cancel_all(scope)
            if not self.ended:
                token.task_spec.inside_done(token, scope)
        for other in [other for other in token.workflow.tasks.values() if other.body is token]:
            self.cancel(other)
        if token.body is None and token.frame is not token.workflow.frame:
            self._give_back(token)
        self.disarm(token)
        self.remove(token)
        token._set_state(TaskState.CANCELLED)
        if not token.listens and token.host is None:
            self.step("cancelled", token)

    def cancel_all(self, scope: Scope | Instance) -> None:
        for token in reversed(list(scope.tasks.values())):
            self.cancel(token)
        scope.tasks.clear()

    def write(self, token: Token, values: Mapping[str, Any]) -> None:
        check_data(values, token.task_spec.bpmn_id)
        own = token.frame.own
        own.update(values)
        if len(own) > MOST_VARIABLES:
            where = token.task_spec.bpmn_id
            raise Invalid("instance.too_large", f'More than {MOST_VARIABLES} variables, at "{where}".', element=where)

    def _give_back(self, token: Token) -> None:
        token.workflow.frame.own.update(token.frame.given())

    @property
    def world(self) -> Host:
        assert self.host is not None, "this push has no host"
        return self.host


def _too_many(element: str) -> Invalid:
    return Invalid("instance.too_many_tokens", f'More than {MOST_TOKENS} tokens, at "{element}".', element=element)
