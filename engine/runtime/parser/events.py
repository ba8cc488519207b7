"""Events, and tasks that send or receive a message."""

from __future__ import annotations

from functools import partial
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine.runtime.elements import (
    BoundaryEvent,
    Element,
    EventGateway,
    ReceiveTask,
    SendTask,
    ServiceTask,
    Trigger,
)
from engine.runtime.parser.elements import ElementParser
from engine.runtime.parser.nodes import BPMN, local, reference_name
from engine.runtime.timers import TimerKind, compile_timer

_TIMER_KINDS: dict[str, TimerKind] = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


class EventParser(ElementParser):
    """Start, end, intermediate and boundary events, and tasks that send or receive a message."""

    def create_task(self) -> Element:
        element: Element = self.spec_class(
            self.spec, self.bpmn_id, event_definition=NoneEventDefinition(), **self.bpmn_attributes
        )
        return element

    def fill(self, element: Element) -> None:
        definitions = self._definitions()
        if len(definitions) > 1:
            element.trigger = self._multiple(definitions)
        elif definitions:
            element.trigger = self._trigger(definitions[0])
        elif self.node.get("messageRef"):
            element.trigger = self._message(self.node)
        element.interrupting = (self.node.get("cancelActivity") or self.node.get("isInterrupting") or "true") == "true"
        if isinstance(element, ReceiveTask):
            element.instantiates = self.node.get("instantiate") == "true"
        if isinstance(element, BoundaryEvent):
            element.attached_to = self.node.get("attachedToRef") or ""
        if isinstance(element, SendTask | ReceiveTask | BoundaryEvent) and element.trigger.kind == "none":
            self.file.findings.add(self.node, "event.missing", "It does not say which event or message it means.")

    def _definitions(self) -> list[etree._Element]:
        """The event definitions, those that are only referred to looked up at the top of the file."""
        found = []
        for node in self.node:
            if local(node).endswith("EventDefinition"):
                found.append(node)
            elif local(node) == "eventDefinitionRef":
                reference = reference_name((node.text or "").strip())
                meant = [one for one in self.file.root if one.get("id") == reference]
                found += meant
                if not meant:
                    self.file.findings.add(node, "event.reference", f'There is no event definition "{reference}".')
        return found

    def _multiple(self, definitions: list[etree._Element]) -> Trigger:
        parts = tuple(self._trigger(node) for node in definitions)
        if any(part.kind not in ("message", "signal", "escalation", "error") for part in parts):
            self.file.findings.add(
                self.node, "event.multiple", "Only messages, signals, escalations and errors may stand side by side."
            )
        return Trigger("multiple", parts=parts, parallel=self.node.get("parallelMultiple") == "true")

    def _trigger(self, node: etree._Element) -> Trigger:
        kind = local(node).removesuffix("EventDefinition")
        if kind == "message":
            return self._message(node)
        if kind == "signal":
            return Trigger("signal", self._named(node, "signalRef", self.file.signals))
        if kind == "error":
            return self._coded(node, "error", self.file.errors, "error_code")
        if kind == "escalation":
            return self._coded(node, "escalation", self.file.escalations, "escalation_code")
        if kind == "timer":
            return Trigger("timer", timer=self._timer(node))
        if kind == "conditional":
            condition = node.find(f"{BPMN}condition")
            if condition is None:
                self.file.findings.add(node, "event.condition", "The conditional event has no condition.")
                return Trigger("conditional")
            return Trigger("conditional", condition=self.file.expression(condition, condition.text))
        if kind == "link":
            return Trigger("link", node.get("name") or "")
        if kind == "cancel":
            return Trigger("cancel")
        if kind == "terminate":
            return Trigger("terminate")
        self.file.findings.add(node, f"event.{kind}", f"A {kind} event cannot run.")
        return Trigger("none")

    def _message(self, node: etree._Element) -> Trigger:
        return Trigger("message", self._named(node, "messageRef", self.file.messages))

    def _named(self, node: etree._Element, attribute: str, table: dict[str, str | None]) -> str:
        reference = reference_name(node.get(attribute))
        name = table.get(reference)
        if not name:
            self.file.findings.add(
                node, "event.reference", f'"{reference or "nothing"}" names no {attribute[:-3]} with a name.'
            )
        return name or ""

    def _coded(self, node: etree._Element, kind: Any, table: dict[str, dict[str, str | None]], code: str) -> Trigger:
        reference = reference_name(node.get(f"{kind}Ref"))
        if not reference:
            return Trigger(kind)
        if reference not in table:
            self.file.findings.add(node, "event.reference", f'There is no {kind} "{reference}".')
            return Trigger(kind, reference, reference)
        found = table[reference]
        return Trigger(kind, found["name"] or reference, found[code] or reference)

    def _timer(self, node: etree._Element) -> Any:
        for tag, kind in _TIMER_KINDS.items():
            said = node.find(f"{BPMN}{tag}")
            if said is not None:
                read = partial(compile_timer, kind, said.text or "", self.file.timer_functions)
                return self.file.attempt(said, "timer", read)
        self.file.findings.add(node, "timer.empty", "The timer says neither a length nor an instant nor a repetition.")
        return None


class SendTaskParser(EventParser):
    """With a topic it is a service task in other words."""

    def create_task(self) -> Element:
        if self.camunda("type") == "external" and self.camunda("topic"):
            element: Element = ServiceTask(self.spec, self.bpmn_id, **self.bpmn_attributes)
            return element
        return super().create_task()

    def fill(self, element: Any) -> None:
        if isinstance(element, ServiceTask):
            element.topic = self.camunda("topic") or ""
        else:
            super().fill(element)


class EventGatewayParser(ElementParser):
    def create_task(self) -> Element:
        element: Element = EventGateway(
            self.spec, self.bpmn_id, event_definition=NoneEventDefinition(), **self.bpmn_attributes
        )
        return element
