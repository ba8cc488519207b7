"""What each BPMN element does with a token: SpiffWorkflow's task specifications with our run-time hooks.

A hook runs in one of three moments of Spiff's life cycle: `_update_hook` when a token arrives (true: it becomes READY),
`_run_hook` when the queue reaches it (true: it is done; None: its inside goes on), and `chosen` when it leaves.
Specifications are built once for a package and never written to afterwards; threads share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.expressions import Expression, Template
from engine.runtime.instance import Frame, Instance, Scope, Token
from engine.runtime.timers import Timer
from engine.runtime.values import ServiceCall

TriggerKind = Literal[
    "none",
    "message",
    "signal",
    "error",
    "escalation",
    "timer",
    "conditional",
    "cancel",
    "terminate",
    "link",
    "multiple",
]


class BusinessError(Exception):
    """Raised by `host.call`: the service refuses in business terms, and the diagram may catch it as an error event."""

    def __init__(self, code: str, **payload: Any) -> None:
        super().__init__(code)
        self.code = code
        self.payload = payload


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    target: Element
    condition: Expression | None
    default: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event throws or waits for. `code` None catches every error or escalation."""

    kind: TriggerKind
    name: str | None = None
    code: str | None = None
    timer: Timer | None = None
    condition: Expression | None = None
    parts: tuple[Trigger, ...] = ()
    """The events of a multiple event: any of them will do, unless it is `parallel`."""
    parallel: bool = False

    def answers(self, thrown: Trigger) -> bool:
        if self.kind == "multiple":
            return any(part.answers(thrown) for part in self.parts)
        if self.kind != thrown.kind:
            return False
        if self.kind in ("error", "escalation"):
            return self.code is None or self.code == thrown.code
        return self.kind in ("message", "signal", "cancel") and self.name == thrown.name


@dataclass(frozen=True, slots=True)
class Rounds:
    """A multi-instance or a standard loop."""

    kind: Literal["parallel", "sequential", "loop"]
    collection: Expression | None = None
    item: str | None = None
    cardinality: Expression | None = None
    until: Expression | None = None
    collect: str | None = None
    collected: str | None = None
    again: Expression | None = None
    test_before: bool = False
    most: int | None = None


MOST_ROUNDS = 1_000


class Element(BpmnTaskSpec):  # type: ignore[misc]
    """What all elements have in common. The attributes are set by the parser."""

    bpmn_id: str
    bpmn_name: str | None
    lane: str | None
    kind: str
    process: str
    line: int
    flows: tuple[Flow, ...]
    incoming: tuple[str, ...]
    boundary: tuple[Element, ...]
    rounds: Rounds | None
    parameters: tuple[tuple[str, Template], ...]
    results: tuple[tuple[str, Template], ...]
    trigger: Trigger
    default_flow: str | None
    for_compensation: bool
    start_quantity: int
    completion_quantity: int
    interrupting = True
    inside: Any = None
    joins = False
    """Must know by which flow a token came."""
    gathers = False
    """Waits for others and must be asked again when everything else rests."""
    handles_events = False

    def test(self) -> None:
        """Spiff would ask for inputs here, at every run; the parser has checked them once."""

    def trigger_of(self, token: Token) -> Trigger | None:
        """What a WAITING token of this element waits for."""
        return self.trigger if self.trigger.kind not in ("none", "link") else None

    def _predict(self, my_task: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing is predicted."""

    def _update_hook(self, token: Token) -> bool:
        return True

    def _on_ready_hook(self, token: Token) -> None:
        if not self.manual or self._opens_rounds(token):
            token.workflow.instance.queue.append(token)

    def _opens_rounds(self, token: Token) -> bool:
        return self.rounds is not None and token.body is None

    def _run_hook(self, token: Token) -> bool | None:
        return self.act(token.workflow.instance, token)

    def _on_complete_hook(self, token: Token) -> None:
        instance = token.workflow.instance
        for name, template in self.results:
            instance.write(token, {name: instance.value(token, template)})

    def act(self, instance: Instance, token: Token) -> bool | None:
        return True

    def chosen(self, token: Token) -> tuple[Flow, ...]:
        """The flows a leaving token takes: all without a condition, and of those with one the ones that hold, or the
        default when none does."""
        if all(flow.condition is None and not flow.default for flow in self.flows):
            return self.flows
        instance = token.workflow.instance
        always = tuple(flow for flow in self.flows if flow.condition is None and not flow.default)
        held = tuple(
            flow for flow in self.flows if flow.condition is not None and instance.holds(token, flow.condition)
        )
        if always and not held and not any(flow.default for flow in self.flows):
            return always
        return always + (held or self._default())

    def _default(self) -> tuple[Flow, ...]:
        taken = tuple(flow for flow in self.flows if flow.default)
        if not taken:
            raise Invalid(
                "instance.no_path",
                f'No condition behind "{self.bpmn_id}" holds and it has no default.',
                element=self.bpmn_id,
            )
        return taken

    def inside_done(self, token: Token, scope: Scope) -> None:
        """The inside of `token` has ended or is being cancelled."""

    def round_done(self, body: Token, one: Token) -> None:
        raise NotImplementedError


class Activity(Element):
    """Tasks, subprocesses and call activities: boundary events, input parameters, rounds."""

    def _update_hook(self, token: Token) -> bool:
        instance = token.workflow.instance
        if self.start_quantity > 1 and not self._are_enough(instance, token):
            return False
        if self.parameters and self.kind in _KEEPS_PARAMETERS:
            self._take_parameters(instance, token)
        for element in self.boundary:
            watcher = instance.watch(token.workflow, element)
            watcher.host = token
        if self.boundary:
            instance.check_conditions()
        return token.alive

    def _are_enough(self, instance: Instance, token: Token) -> bool:
        """`startQuantity`: as many tokens make one."""
        gathered = [t for t in token.workflow.tasks.values() if t.task_spec is self and t._state == TaskState.WAITING]
        if len(gathered) + 1 < self.start_quantity:
            token._set_state(TaskState.WAITING)
            return False
        for other in gathered:
            instance.remove(other)
        return True

    def _take_parameters(self, instance: Instance, token: Token) -> None:
        values = {name: instance.value(token, template) for name, template in self.parameters}
        token.frame = Frame({}, token.workflow.frame, tuple(values))
        instance.write(token, values)

    def _run_hook(self, token: Token) -> bool | None:
        instance = token.workflow.instance
        if self._opens_rounds(token):
            return self._open_rounds(instance, token)
        return self.act(instance, token)

    # --- multi-instance and loop

    def _open_rounds(self, instance: Instance, body: Token) -> bool | None:
        rounds = self.rounds
        assert rounds is not None
        body._set_state(TaskState.STARTED)
        if rounds.kind == "loop":
            body.internal_data = {"done": 0}
            if rounds.test_before and not self._loops_on(instance, body, rounds):
                return True
            self._next_round(instance, body, 0, None)
            return None
        items = self._items(instance, body, rounds)
        body.internal_data = {"total": len(items), "done": 0}
        if rounds.collect:
            instance.write(body, {rounds.collect: []})
        if not items:
            return True
        if rounds.kind == "sequential":
            body.internal_data["rest"] = items[1:]
            items = items[:1]
        for index, item in enumerate(items):
            self._next_round(instance, body, index, item)
        return None

    def _items(self, instance: Instance, body: Token, rounds: Rounds) -> list[Any]:
        if rounds.collection is not None:
            items = instance.value(body, rounds.collection)
            if not isinstance(items, list | tuple):
                raise self._wrong(f"its collection is {items!r}, not a list")
        else:
            assert rounds.cardinality is not None
            count = instance.value(body, rounds.cardinality)
            if isinstance(count, str) and count.isdecimal():
                count = int(count)
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise self._wrong(f"its number of instances is {count!r}")
            items = [None] * min(count, MOST_ROUNDS + 1)
        if len(items) > MOST_ROUNDS:
            raise self._wrong(f"it has more than {MOST_ROUNDS} instances")
        return list(items)

    def _wrong(self, what: str) -> Invalid:
        return Invalid("instance.rounds", f'"{self.bpmn_id}" cannot be repeated: {what}.', element=self.bpmn_id)

    def _next_round(self, instance: Instance, body: Token, index: int, item: Any) -> None:
        rounds = self.rounds
        assert rounds is not None
        one = instance.bear(body.workflow, self)
        one.body = body
        if rounds.kind == "loop":
            one.frame = body.frame
        else:
            held = ("loopCounter", *([rounds.item] if rounds.item else []))
            one.frame = Frame({"loopCounter": index}, body.frame, held)
            if rounds.item:
                instance.write(one, {rounds.item: item})
        instance.step("entered", one)
        self._begin_round(one)

    def _begin_round(self, one: Token) -> None:
        one._ready()

    def round_done(self, body: Token, one: Token) -> None:
        """One round is over: collect, count, and end or go on."""
        instance, rounds = body.workflow.instance, self.rounds
        assert rounds is not None
        counts = body.internal_data
        counts["done"] += 1
        if rounds.kind == "loop":
            if self._loops_on(instance, body, rounds):
                self._next_round(instance, body, counts["done"], None)
            else:
                body.complete()
            return
        if rounds.collect and rounds.collected:
            so_far = body.frame.view().get(rounds.collect, [])
            instance.write(body, {rounds.collect: [*so_far, one.frame.own.get(rounds.collected)]})
        if counts["done"] >= counts["total"] or self._is_enough(instance, body, one, rounds):
            for other in [t for t in body.workflow.tasks.values() if t.body is body]:
                instance.cancel(other)
            body.complete()
        elif rounds.kind == "sequential":
            item = counts["rest"].pop(0)
            self._next_round(instance, body, counts["done"], item)

    def _is_enough(self, instance: Instance, body: Token, one: Token, rounds: Rounds) -> bool:
        if rounds.until is None:
            return False
        done, total = body.internal_data["done"], body.internal_data["total"]
        active = sum(1 for t in body.workflow.tasks.values() if t.body is body)
        counts = {"nrOfInstances": total, "nrOfCompletedInstances": done, "nrOfActiveInstances": active}
        return bool(instance.value(body, rounds.until, {**body.frame.view(), **one.frame.view(), **counts}))

    def _loops_on(self, instance: Instance, body: Token, rounds: Rounds) -> bool:
        done = body.internal_data["done"]
        if rounds.most is not None and done >= rounds.most:
            return False
        if rounds.again is None:
            return True
        return bool(instance.value(body, rounds.again, {**body.frame.view(), "loopCounter": done}))


_KEEPS_PARAMETERS = ("userTask", "manualTask", "subProcess", "transaction", "callActivity", "receiveTask")


class PlainTask(Activity, spiff.NoneTask):  # type: ignore[misc]
    """`bpmn:task`: says that something is done, and asks nobody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class UserTask(Activity, spiff.UserTask):  # type: ignore[misc]
    form: str | None = None
    roles: tuple[Template, ...] = ()
    properties: tuple[tuple[str, Template], ...] = ()


class ManualTask(UserTask):
    """A person does it away from the machine and says so: waits like a user task."""


class ScriptTask(Activity, spiff.ScriptTask):  # type: ignore[misc]
    lines: tuple[tuple[str, Expression], ...] = ()

    def act(self, instance: Instance, token: Token) -> bool:
        for name, expression in self.lines:
            instance.write(token, {name: instance.value(token, expression)})
        return True


class ServiceTask(Activity, spiff.ServiceTask):  # type: ignore[misc]
    """`camunda:type="external"`: the host does it, by the name of the topic, within the push."""

    topic: str = ""

    def act(self, instance: Instance, token: Token) -> bool:
        params = {name: instance.value(token, template) for name, template in self.parameters}
        call = ServiceCall(self.topic, self.bpmn_id, token.id, params, token.frame.view())
        try:
            given = instance.world.call(call)
        except BusinessError as error:
            trigger = Trigger("error", error.code, error.code)
            check = dict(error.payload)
            instance.step("thrown", token)
            if not instance.rise(token, trigger, check):
                raise Invalid(
                    "instance.error_uncaught",
                    f'"{self.bpmn_id}" was refused with "{error.code}", and nothing on the diagram catches that.',
                    element=self.bpmn_id,
                    error=error.code,
                ) from error
            return True
        if token.alive:
            instance.write(token, given)
        return True


class DecisionTask(Activity, spiff.NoneTask):  # type: ignore[misc]
    """`bpmn:businessRuleTask` with `camunda:decisionRef`."""

    decision: str = ""
    result: str | None = None
    mapping: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False

    def act(self, instance: Instance, token: Token) -> bool:
        instance.write(token, instance.package.decided(self, token.frame.view()))
        return True


class ReceiveTask(Activity, spiff.ReceiveTask):  # type: ignore[misc]
    instantiates = False
    """A process may begin here, with the message."""

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        if self.rounds is not None:
            return token.alive
        token._set_state(TaskState.WAITING)
        return False

    def _begin_round(self, one: Token) -> None:
        one._set_state(TaskState.WAITING)


class SendTask(Activity, spiff.SendTask):  # type: ignore[misc]
    def act(self, instance: Instance, token: Token) -> bool:
        _throw(self, instance, token)
        return True


class SubProcess(Activity, spiff.SubWorkflowTask):  # type: ignore[misc]
    """Embedded: shares its process's data. Also a transaction."""

    def act(self, instance: Instance, token: Token) -> None:
        token._set_state(TaskState.STARTED)
        instance.enter(token, self.inside, token.frame)


class CallActivity(Activity, spiff.CallActivity):  # type: ignore[misc]
    """Another process of the same package, with data of its own.

    Everything is handed in and everything comes back, also when a boundary event interrupts it; with `camunda:in` or
    `camunda:out`, only what they name.
    """

    handed_in: tuple[tuple[str, Expression | None], ...] | None = None
    handed_out: tuple[tuple[str, Expression | None], ...] | None = None

    def act(self, instance: Instance, token: Token) -> None:
        token._set_state(TaskState.STARTED)
        instance.enter(token, self.inside, Frame(_handed(instance, token, self.handed_in, token.frame.view())))

    def inside_done(self, token: Token, scope: Scope) -> None:
        instance = scope.instance
        instance.write(token, _handed(instance, token, self.handed_out, scope.frame.own))


def _handed(
    instance: Instance, token: Token, names: tuple[tuple[str, Expression | None], ...] | None, source: dict[str, Any]
) -> dict[str, Any]:
    if names is None:
        return dict(source)
    given: dict[str, Any] = {}
    for name, expression in names:
        if expression is not None:
            if expression.names <= source.keys():
                given[name] = instance.value(token, expression, source)
        else:
            given.update(source)
    return given


class EventSubProcess(Element, spiff.EventSubprocess):  # type: ignore[misc]
    """Waits for its start event while its scope runs. `trigger` and `interrupting` are its start event's."""

    handles_events = True


class StartEvent(Element, spiff.StartEvent):  # type: ignore[misc]
    def trigger_of(self, token: Token) -> None:
        return None


class EndEvent(Element, spiff.EndEvent):  # type: ignore[misc]
    def act(self, instance: Instance, token: Token) -> bool:
        kind = self.trigger.kind
        if kind == "terminate":
            scope = token.workflow
            for other in reversed(list(scope.tasks.values())):
                if other is not token and other.host is None:
                    instance.cancel(other)
        elif kind == "cancel":
            instance.step("thrown", token)
            if not instance.rise(token, self.trigger, {}):
                raise Invalid("instance.cancel_uncaught", f'Nothing catches the cancel of "{self.bpmn_id}".')
        elif kind != "none":
            _throw(self, instance, token)
        return True


class ThrowEvent(Element, spiff.IntermediateThrowEvent):  # type: ignore[misc]
    """An intermediate throw event; a link's flow leads to its catching link."""

    def act(self, instance: Instance, token: Token) -> bool:
        if self.trigger.kind not in ("none", "link"):
            _throw(self, instance, token)
        return True


class CatchEvent(Element, spiff.IntermediateCatchEvent):  # type: ignore[misc]
    def _update_hook(self, token: Token) -> bool:
        if self.trigger.kind in ("none", "link"):
            return True
        instance = token.workflow.instance
        token._set_state(TaskState.WAITING)
        instance.arm_timer(token)
        return False


class BoundaryEvent(Element, spiff.BoundaryEvent):  # type: ignore[misc]
    attached_to: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, cancel_activity=True, **kwargs)


class ExclusiveGateway(Element, spiff.ExclusiveGateway):  # type: ignore[misc]
    """The first flow whose condition holds, in the order of the file; else the default."""

    def chosen(self, token: Token) -> tuple[Flow, ...]:
        instance = token.workflow.instance
        for flow in self.flows:
            if not flow.default and (flow.condition is None or instance.holds(token, flow.condition)):
                return (flow,)
        return self._default() if self.flows else ()


class ParallelGateway(Element, spiff.ParallelGateway):  # type: ignore[misc]
    """Waits for one token on each incoming flow, counted by flow: right in loops too."""

    joins = True

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) < 2:
            return True
        waiting = _waiting_by_flow(token)
        waiting.setdefault(token.via or "", token)
        if any(flow not in waiting for flow in self.incoming):
            token._set_state(TaskState.WAITING)
            return False
        for flow in self.incoming:
            if waiting[flow] is not token:
                token.workflow.instance.remove(waiting[flow])
        return True

    def chosen(self, token: Token) -> tuple[Flow, ...]:
        """All: a condition behind a parallel gateway says nothing (BPMN 2.0.2, 10.6.4)."""
        return self.flows

    def trigger_of(self, token: Token) -> None:
        return None


class InclusiveGateway(Element, spiff.InclusiveGateway):  # type: ignore[misc]
    """Forks like a task with conditions. Joins when no token elsewhere can still reach an incoming flow that is empty,
    other than through one that is not (BPMN 2.0.2, 13.4.2)."""

    joins = gathers = True

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) < 2:
            return True
        token._set_state(TaskState.WAITING)
        return False

    def trigger_of(self, token: Token) -> None:
        return None

    def join(self, token: Token) -> bool:
        waiting = _waiting_by_flow(token)
        if waiting.get(token.via or "") is not token or min(t.number for t in waiting.values()) != token.number:
            return False
        spec = token.workflow.spec
        empty = [flow for flow in self.incoming if flow not in waiting]
        for other in token.workflow.tasks.values():
            if other.task_spec is self or other.listens or other.host is not None or other.body is not None:
                continue
            reach = spec.reach(other.task_spec, self)
            if any(flow in reach for flow in empty) and not any(flow in reach for flow in waiting):
                return False
        for other in waiting.values():
            if other is not token:
                token.workflow.instance.remove(other)
        token._ready()
        return True


class EventGateway(Element, spiff.EventBasedGateway):  # type: ignore[misc]
    """All events behind it wait; the first to come takes the others away. Any number of timers."""

    def chosen(self, token: Token) -> tuple[Flow, ...]:
        instance = token.workflow.instance
        for flow in self.flows:
            waiting = instance.arrive(token.workflow, flow.target, flow.id)
            waiting.race = token.id
        instance.check_conditions()
        return ()


def _waiting_by_flow(token: Token) -> dict[str, Token]:
    """The oldest token on each incoming flow of the token's gateway."""
    found: dict[str, Token] = {}
    for other in token.workflow.tasks.values():
        if other.task_spec is token.task_spec and other._state == TaskState.WAITING:
            found.setdefault(other.via or "", other)
    return found


def _throw(element: Element, instance: Instance, token: Token) -> None:
    payload = {name: instance.value(token, template) for name, template in element.parameters}
    for trigger in element.trigger.parts or (element.trigger,):
        instance.throw(token, trigger, payload)


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process or the inside of a subprocess, without Spiff's own `Start`, `End` and `EndJoin`, so that an element may
    have any id."""

    def __init__(self, name: str, description: str | None, filename: str | None) -> None:
        super().__init__(name=name, description=description, filename=filename)
        self.task_specs.clear()
        self.start = self.end = None
        self.listeners: tuple[EventSubProcess, ...] = ()
        self.starts: tuple[Element, ...] = ()
        """Start events, or without any the elements no flow leads to."""
        self._reach: dict[tuple[str, str], frozenset[str]] = {}

    def entry(self, start: str | None) -> tuple[Element, ...]:
        """Where a token begins."""
        if start is not None:
            return tuple(element for element in self.starts if element.bpmn_id == start)
        plain = tuple(element for element in self.starts if element.trigger.kind == "none")
        if plain and isinstance(plain[0], StartEvent):
            return plain[:1]
        return plain or self.starts[:1]

    def reach(self, origin: Element, join: Element) -> frozenset[str]:
        """The ids of the flows a token at `origin` may still take without passing `join`."""
        known = self._reach.get((origin.name, join.name))
        if known is None:
            flows: set[str] = set()
            todo: list[Element] = [origin]
            seen = {origin.name, join.name}
            while todo:
                element = todo.pop()
                for one in (element, *element.boundary):
                    for flow in one.flows:
                        flows.add(flow.id)
                        if flow.target.name not in seen:
                            seen.add(flow.target.name)
                            todo.append(flow.target)
            known = self._reach[origin.name, join.name] = frozenset(flows)
        return known
