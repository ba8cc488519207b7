"""A running instance: SpiffWorkflow's workflow, subworkflow and task, kept flat.

SpiffWorkflow grows a tree of past, present and predicted tasks; joins, loops and boundary events are decided by
searching it, which is where its wrong results, its depth limits and the size of its state come from. Here a task is
a *token*: it is born where it waits or acts, and it is gone when it has left. Nothing is predicted and nothing past
is kept, so there is nothing to prune, and a state stays as small after fifty escalations as after one.

Data live in frames, one for each process: embedded subprocesses share their process's frame, so what an interrupted
subprocess has found out is not lost, and parallel branches see each other's writes. A called process and each
instance of a multi-instance have a frame of their own, given back when they end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid, Refusal
from engine.runtime.expressions import Expression, Template
from engine.runtime.timers import Armed, Timer, arm
from engine.runtime.values import Due, DueCall, Host, Step, StepKind, Thrown

if TYPE_CHECKING:
    from engine.runtime.elements import Element, Flow, Trigger
    from engine.runtime.package import Package

MOST_STEPS = 10_000
DEEPEST_NESTING = 50

READY, WAITING, STARTED = TaskState.READY, TaskState.WAITING, TaskState.STARTED


class Frame:
    """Variables of one process, or of one instance of a multi-instance on top of its process's."""

    __slots__ = ("held", "outer", "own")

    def __init__(self, own: dict[str, Any], outer: Frame | None = None, held: tuple[str, ...] = ()) -> None:
        self.own = own
        self.outer = outer
        self.held = held
        """Names that never leave this frame: the item, the counter, input parameters."""

    def view(self) -> dict[str, Any]:
        """All that can be read here, as a new dictionary."""
        return dict(self.own) if self.outer is None else {**self.outer.view(), **self.own}

    def given(self) -> dict[str, Any]:
        """What goes outwards when this frame ends."""
        return {name: value for name, value in self.own.items() if name not in self.held}


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
    def trigger(self) -> Trigger | None:
        """What a waiting token waits for."""
        return self.task_spec.trigger_of(self) if self._state == WAITING else None

    def complete(self) -> None:
        """Left alone when the act itself has cancelled this token (an escalation, a terminate end)."""
        if self.alive:
            super().complete()


class _Nest:
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


class Scope(_Nest, BpmnSubWorkflow):  # type: ignore[misc]
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


class Instance(_Nest, BpmnWorkflow):  # type: ignore[misc]
    """One process instance during one push: its tokens, and the moves every element is made of."""

    def __init__(self, package: Package, process_id: str, data: dict[str, Any], number: int = 0) -> None:
        self.package = package
        self.frame = Frame(data)
        self.nesting = 0
        self.number = number
        self.ended = False
        self.host: Host | None = None
        self.queue: deque[Token] = deque()
        self.steps: list[Step] = []
        self.thrown: list[Thrown] = []
        super().__init__(package.specs[process_id], deserializing=True)

    @property
    def instance(self) -> Instance:
        return self

    # --- the loop

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
                self.check_conditions()
            if not self._join_inclusively():
                return

    def check_conditions(self) -> None:
        """Fire the conditional events that have become true. Names not known yet count as false."""
        if not self.package.conditional:
            return
        again = True
        while again:
            again = False
            for token in self.tokens():
                trigger = token.trigger
                if trigger is None or trigger.condition is None or not token.alive:
                    continue
                frame = token.workflow.frame
                known = trigger.condition.names <= frame.view().keys()
                holds = known and self.holds(token, trigger.condition, frame)
                if holds and not token.seen:
                    token.seen = True
                    self.catch(token, {})
                    again = True
                    break
                token.seen = holds

    def _join_inclusively(self) -> bool:
        waiting = [token for token in self.tokens() if token._state == WAITING and token.task_spec.gathers]
        return any(token.task_spec.join(token) for token in waiting)

    # --- tokens

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
        return Token(scope, element, self.number, state)

    def step(self, kind: StepKind, token: Token) -> None:
        self.steps.append(Step(kind, token.task_spec.bpmn_id, token.id))

    # --- moving

    def begin(self, start: str | None = None) -> None:
        """Put the first token. `start` names a start event; without it the one that waits for nothing."""
        self._open(self, self.spec.entry(start))
        for token in self.tokens() if start is not None else []:
            if token._state == WAITING and token.task_spec.bpmn_id == start:
                self.catch(token, {})

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
            self.watch(scope, listener).listens = True
        self.check_conditions()

    # --- waiting and firing

    def watch(self, scope: Scope | Instance, element: Element) -> Token:
        """A token that waits for the element's event, its timer armed now."""
        token = self.bear(scope, element, WAITING)
        self.arm_timer(token)
        return token

    def arm_timer(self, token: Token) -> None:
        trigger = token.trigger
        if trigger is not None and trigger.timer is not None:
            token.armed = self.due(token, trigger.timer)

    def disarm(self, token: Token) -> None:
        """Withdraw what waits at the boundary of `token`."""
        if token.task_spec.boundary:
            for other in [other for other in token.workflow.tasks.values() if other.host is token]:
                self.remove(other)

    def catch(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The event `token` waits for has come."""
        self.step("fired" if token.armed else "caught", token)
        if payload:
            self.write(token, payload)
        if token.host is not None:
            self._leave_by_boundary(token)
        elif token.listens:
            self._start_handler(token)
        else:
            if token.race is not None:
                for other in [t for t in token.workflow.tasks.values() if t.race == token.race and t is not token]:
                    self.cancel(other)
            elif token.armed is not None:
                self._wait_again(token, token.workflow)
            token._ready()

    def _leave_by_boundary(self, token: Token) -> None:
        scope, element, host = token.workflow, token.task_spec, token.host
        assert host is not None
        if element.interrupting:
            self.cancel(host)
            self.remove(token)
        else:
            self._wait_again(token, scope)
        self.take(scope, element.chosen(token))
        self.close_if_done(scope)

    def _start_handler(self, token: Token) -> None:
        scope, element = token.workflow, token.task_spec
        if element.interrupting:
            for other in list(scope.tasks.values()):
                if other.alive and other.host is None:
                    self.cancel(other)
        else:
            self._wait_again(token, scope)
        handler = self.bear(scope, element, STARTED)
        self.step("entered", handler)
        self.enter(handler, element.inside, scope.frame)

    def _wait_again(self, token: Token, scope: Scope | Instance) -> None:
        """A repeating timer waits on under a new token, so that a row keyed by the token names one due time."""
        if token.armed is None:
            return
        if token.host is not None or token.listens:
            self.remove(token)
        again = token.armed.again()
        if again is not None:
            next_one = self.bear(scope, token.task_spec, WAITING)
            next_one.host, next_one.listens, next_one.armed = token.host, token.listens, again

    def cancel(self, token: Token) -> None:
        """Take a token away with everything in and on it, innermost first."""
        if not token.alive:
            return
        scope = self.subprocesses.pop(token.id, None)
        if scope is not None:
            self.cancel_all(scope)
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

    def throw(self, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> None:
        """An event leaves `token`: errors and escalations rise to the nearest catcher, signals reach all in the
        instance, a message the first that waits for it. What nobody catches leaves the instance."""
        self.step("thrown", token)
        if trigger.kind in ("error", "escalation"):
            caught = self.rise(token, trigger, payload)
        else:
            caught = self.spread(trigger, payload, token)
        if caught:
            return
        name = trigger.code or trigger.name or ""
        self.thrown.append(Thrown(trigger.kind, name, token.task_spec.bpmn_id, dict(payload)))  # type: ignore[arg-type]
        if trigger.kind == "error":
            self.cancel_all(self)
            self.ended = True

    def spread(self, sent: Trigger, payload: Mapping[str, Any], sender: Token | None = None) -> bool:
        """Bring a signal to all who wait for it, the innermost and the interrupting first, or a message to the token
        that has waited longest. False when nobody waits."""
        waiting = [t for t in self.tokens() if t is not sender and (waits := t.trigger) and waits.answers(sent)]
        if sent.kind == "message":
            waiting = waiting[:1]
        else:
            waiting.sort(key=lambda t: (-t.workflow.nesting, not t.task_spec.interrupting, t.number))
        for token in waiting:
            if token.alive and token._state == WAITING and heard(token, sent):
                self.catch(token, payload)
        return bool(waiting)

    def rise(self, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> bool:
        """Find the catcher of an error or escalation from `token` outwards, and let it catch."""
        inner: Token = token
        while True:
            catcher = self._at_boundary(inner, trigger)
            scope = inner.workflow
            if catcher is None and not inner.task_spec.handles_events:
                catcher = _most_exact([t for t in scope.tasks.values() if t.listens], trigger)
            if catcher is not None:
                self.catch(catcher, payload)
                return True
            if isinstance(scope, Instance):
                return False
            inner = scope.holder

    def _at_boundary(self, token: Token, trigger: Trigger) -> Token | None:
        host = token.body or token
        return _most_exact([t for t in token.workflow.tasks.values() if t.host is host], trigger)

    # --- data

    def write(self, token: Token, values: Mapping[str, Any]) -> None:
        check_data(values, token.task_spec.bpmn_id)
        token.frame.own.update(values)

    def _give_back(self, token: Token) -> None:
        token.workflow.frame.own.update(token.frame.given())

    def value(self, token: Token, expression: Expression | Template, data: Mapping[str, Any] | None = None) -> Any:
        """Evaluate for `token`. Raises Invalid `instance.expression` naming the element."""
        return self._evaluated(token, lambda d: expression.evaluate(d, self._functions()), data)

    def holds(self, token: Token, expression: Expression, frame: Frame | None = None) -> bool:
        view = None if frame is None else frame.view()
        return bool(self._evaluated(token, lambda d: expression.holds(d, self._functions()), view))

    def due(self, token: Token, timer: Timer) -> Armed:
        """When `timer` ends for a token that arrives now."""
        host = self.world

        def asked(data: Mapping[str, Any]) -> Any:
            if timer.expression is None:
                return timer.text

            def due(step: Any, tier: Any = None) -> Due:
                element = token.task_spec
                named = None if tier is None else str(tier)
                return host.due(DueCall(element.process, element.bpmn_id, str(step), named, data))

            return timer.expression.evaluate(data, {**host.functions, "due": due})

        return self._evaluated(token, lambda d: arm(timer, asked(d), host.now), None)  # type: ignore[no-any-return]

    @property
    def world(self) -> Host:
        assert self.host is not None, "this push has no host"
        return self.host

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        return {} if self.host is None else self.host.functions

    def _evaluated(self, token: Token, act: Callable[[Mapping[str, Any]], Any], data: Mapping[str, Any] | None) -> Any:
        try:
            return act(token.frame.view() if data is None else data)
        except Refusal as refusal:
            if not refusal.code.startswith(("expression.", "timer.")):
                raise
            element = token.task_spec.bpmn_id
            raise Invalid(
                "instance.expression", f'At "{element}": {refusal.sentence}', element=element, **refusal.facts
            ) from refusal


def heard(token: Token, thrown: Trigger) -> bool:
    """Whether `token` has now heard all it waits for; a parallel multiple event remembers what it has heard."""
    trigger = token.trigger
    if trigger is None or not trigger.parallel:
        return True
    so_far: list[int] = token.internal_data.setdefault("heard", [])
    so_far.extend(n for n, part in enumerate(trigger.parts) if n not in so_far and part.answers(thrown))
    return len(so_far) == len(trigger.parts)


def check_data(values: Mapping[str, Any], where: str) -> None:
    """Process data are flat and survive JSON. Raises Invalid `data.not_flat` naming the key."""
    for name, value in values.items():
        flat = all(_scalar(item) for item in value) if isinstance(value, list) else _scalar(value)
        if not name or not flat:
            raise Invalid(
                "data.not_flat",
                f'"{name}" at "{where}" is {type(value).__name__}: only texts, numbers, true, false, null and lists '
                "of them can be kept.",
                element=where,
                name=name,
            )


def _scalar(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor not-a-number
    return value is None or type(value) in (str, int, bool)


def _most_exact(tokens: list[Token], trigger: Trigger) -> Token | None:
    fitting = [t for t in tokens if (waits := t.trigger) is not None and waits.answers(trigger)]
    exact = [t for t in fitting if (waits := t.trigger) is not None and waits.code is not None]
    return next(iter(exact or fitting), None)
