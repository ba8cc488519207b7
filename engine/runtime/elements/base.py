"""What all elements have in common, and the values they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine.errors import Invalid
from engine.runtime.expressions import Expression, Template
from engine.runtime.instance import Instance, Scope, Token, evaluation, events
from engine.runtime.timers import Timer

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
    name: str = ""


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
            instance.write(token, {name: evaluation.value(instance, token, template)})

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
            flow
            for flow in self.flows
            if flow.condition is not None and evaluation.holds(instance, token, flow.condition)
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


def throw(element: Element, instance: Instance, token: Token) -> None:
    payload = {name: evaluation.value(instance, token, template) for name, template in element.parameters}
    for trigger in element.trigger.parts or (element.trigger,):
        events.throw(instance, token, trigger, payload)
