"""Tasks, subprocesses and call activities, as Camunda Modeler writes them."""

from __future__ import annotations

from lxml import etree

from engine.runtime.elements import (
    CallActivity,
    DecisionTask,
    Element,
    EventSubProcess,
    ScriptTask,
    ServiceTask,
    UserTask,
)
from engine.runtime.expressions import Expression, Template, compile_template
from engine.runtime.parser.elements import ElementParser
from engine.runtime.parser.files import FileParser
from engine.runtime.parser.nodes import BPMN, CAMUNDA, SPIFF
from engine.runtime.scripts import compile_script


class UserTaskParser(ElementParser):
    def fill(self, element: UserTask) -> None:
        element.form = self.camunda("formKey") or self.camunda("formRef")
        groups = (self.camunda("candidateGroups") or "").split(",")
        element.roles = tuple(self._words(self.node, group.strip()) for group in groups if group.strip())
        element.properties = tuple(
            (node.get("name", ""), self._words(node, node.get("value") or ""))
            for namespace in (CAMUNDA, SPIFF)
            for node in self._extension(f"{namespace}properties/{namespace}property")
            if node.get("name")
        )

    def _words(self, node: etree._Element, text: str) -> Template:
        """A text that may name variables but calls nothing, so that a worklist can be drawn without a host."""
        found = self.file.attempt(node, "expression", lambda: compile_template(text, ()))
        return found or Template("", ("",))


class ScriptTaskParser(ElementParser):
    def create_task(self) -> Element:
        text = self.node.findtext(f"{BPMN}script") or ""
        element: ScriptTask = ScriptTask(self.spec, self.bpmn_id, script=text, **self.bpmn_attributes)
        element.lines = self.file.attempt(self.node, "script", lambda: compile_script(text, self.file.functions)) or ()
        return element

    def fill(self, element: ScriptTask) -> None:
        language = (self.node.get("scriptFormat") or "").lower()
        if language not in ("", "maplebridge", "python"):
            self.file.findings.add(
                self.node,
                "script.language",
                f'A script in "{language}" cannot run.',
                "Write lines such as name = expression.",
            )


class ServiceTaskParser(ElementParser):
    def fill(self, element: ServiceTask) -> None:
        element.topic = self.camunda("topic") or ""
        if self.camunda("type") != "external" or not element.topic:
            self.file.findings.add(
                self.node,
                "service.topic",
                "A service task says what is to be done by its topic.",
                'Type "External", topic: a service.',
            )


class DecisionTaskParser(ElementParser):
    def fill(self, element: DecisionTask) -> None:
        element.decision = self.camunda("decisionRef") or ""
        element.result = self.camunda("resultVariable")
        element.mapping = self.camunda("mapDecisionResult")
        if not element.decision:
            self.file.findings.add(self.node, "decision.reference", "A business rule task names a decision.")


class SubProcessParser(ElementParser):
    def create_task(self) -> Element:
        parser: FileParser = self.file
        by_event = self.node.get("triggeredByEvent") == "true"
        parser.create_parser(self.node, filename=self.filename, lane=self.lane)
        inside = parser.process_parsers[self.bpmn_id]
        inside.parent = self.process_parser
        spec_class = EventSubProcess if by_event else self.spec_class
        element: Element = spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)
        element.inside = inside.get_spec()
        return element

    def fill(self, element: Element) -> None:
        if not isinstance(element, EventSubProcess):
            return
        starts = [start for start in element.inside.starts if start.trigger.kind != "none"]
        if len(starts) != 1 or len(element.inside.starts) != 1:
            self.file.findings.add(
                self.node, "event_subprocess.start", "It needs exactly one start event, with an event."
            )
            return
        element.trigger = starts[0].trigger
        element.interrupting = starts[0].interrupting


class CallActivityParser(ElementParser):
    def create_task(self) -> Element:
        called = self.node.get("calledElement") or ""
        element: Element = CallActivity(self.spec, self.bpmn_id, subworkflow_spec=called, **self.bpmn_attributes)
        return element

    def fill(self, element: CallActivity) -> None:
        element.handed_in = self._handed("in")
        element.handed_out = self._handed("out")

    def _handed(self, tag: str) -> tuple[tuple[str, Expression | None], ...] | None:
        found: list[tuple[str, Expression | None]] = []
        nodes = [node for node in self._extension(f"{CAMUNDA}{tag}") if node.get("businessKey") is None]
        for node in nodes:
            if node.get("variables") == "all":
                found.append(("*", None))
                continue
            text = node.get("source") or node.get("sourceExpression")
            target = node.get("target")
            if not text or not target:
                self.file.findings.add(node, "call.mapping", "A mapping needs a source and a target.")
                continue
            found.append((target, self.file.expression(node, text)))
        return tuple(found) if nodes else None
