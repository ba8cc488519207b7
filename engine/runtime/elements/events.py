"""Events, and the subprocesses that begin with one."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.elements.base import Element, throw
from engine.runtime.instance import Instance, Token, events


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
            if not events.rise(instance, token, self.trigger, {}):
                raise Invalid("instance.cancel_uncaught", f'Nothing catches the cancel of "{self.bpmn_id}".')
        elif kind != "none":
            throw(self, instance, token)
        return True


class ThrowEvent(Element, spiff.IntermediateThrowEvent):  # type: ignore[misc]
    """An intermediate throw event; a link's flow leads to its catching link."""

    def act(self, instance: Instance, token: Token) -> bool:
        if self.trigger.kind not in ("none", "link"):
            throw(self, instance, token)
        return True


class CatchEvent(Element, spiff.IntermediateCatchEvent):  # type: ignore[misc]
    def _update_hook(self, token: Token) -> bool:
        if self.trigger.kind in ("none", "link"):
            return True
        instance = token.workflow.instance
        token._set_state(TaskState.WAITING)
        events.arm_timer(instance, token)
        return False


class BoundaryEvent(Element, spiff.BoundaryEvent):  # type: ignore[misc]
    attached_to: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, cancel_activity=True, **kwargs)
