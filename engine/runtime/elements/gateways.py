"""Gateways."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.util.task import TaskState

from engine.runtime.elements.base import Element, Flow
from engine.runtime.instance import Token, evaluation, events


class ExclusiveGateway(Element, spiff.ExclusiveGateway):  # type: ignore[misc]
    """The first flow whose condition holds, in the order of the file; else the default."""

    def chosen(self, token: Token) -> tuple[Flow, ...]:
        instance = token.workflow.instance
        for flow in self.flows:
            if not flow.default and (flow.condition is None or evaluation.holds(instance, token, flow.condition)):
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
        events.check_conditions(instance)
        return ()


def _waiting_by_flow(token: Token) -> dict[str, Token]:
    """The oldest token on each incoming flow of the token's gateway."""
    found: dict[str, Token] = {}
    for other in token.workflow.tasks.values():
        if other.task_spec is token.task_spec and other._state == TaskState.WAITING:
            found.setdefault(other.via or "", other)
    return found
