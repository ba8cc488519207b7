"""What every element has: id, lane, parameters, rounds."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from engine.runtime.elements import Element, Rounds, Trigger
from engine.runtime.expressions import Template
from engine.runtime.parser.files import FileParser
from engine.runtime.parser.nodes import BPMN, CAMUNDA, item_name, line_of, local, process_id
from engine.runtime.parser.scopes import ScopeParser


class ElementParser(TaskParser):  # type: ignore[misc]
    """Reads what every element has. Subclasses read their own in `fill`."""

    process_parser: ScopeParser

    @property
    def file(self) -> FileParser:
        parser: FileParser = self.process_parser.parser
        return parser

    def parse_node(self) -> Element:
        element: Element = self.create_task()
        element.bpmn_id = element.name
        element.kind = etree.QName(self.node).localname
        element.process = process_id(self.node)
        element.line = line_of(self.node)
        element.flows = element.incoming = element.boundary = ()
        element.rounds = self._rounds()
        element.parameters = self._mapping("inputParameter")
        element.results = self._mapping("outputParameter")
        element.default_flow = self.node.get("default")
        element.for_compensation = self.node.get("isForCompensation") == "true"
        if element.for_compensation:
            self.file.findings.add(self.node, "compensation", "Compensation cannot run.")
        element.trigger = Trigger("none")
        element.start_quantity = self._quantity("startQuantity")
        element.completion_quantity = self._quantity("completionQuantity")
        self.fill(element)
        return element

    def _quantity(self, name: str) -> int:
        text = self.node.get(name, "1")
        quantity = int(text) if text.isdecimal() and len(text) < 4 else 0
        if quantity < 1 or (quantity > 1 and local(self.node) == "receiveTask"):
            self.file.findings.add(self.node, "token.quantity", f'{name}="{text}" cannot run.')
        return max(quantity, 1)

    def fill(self, element: Any) -> None:
        """What only this kind of element has."""

    def parse_documentation(self, sequence_flow: etree._Element | None = None) -> str | None:
        text: str | None = self.node.findtext(f"{BPMN}documentation")
        return text

    def parse_incoming_data_references(self) -> list[Any]:
        return []

    parse_outgoing_data_references = parse_incoming_data_references

    def camunda(self, name: str) -> str | None:
        value: str | None = self.node.get(f"{CAMUNDA}{name}")
        return value

    def _extension(self, path: str) -> list[etree._Element]:
        extensions = self.node.find(f"{BPMN}extensionElements")
        return [] if extensions is None else list(extensions.iterfind(path))

    def _mapping(self, tag: str) -> tuple[tuple[str, Template], ...]:
        found = []
        for node in self._extension(f"{CAMUNDA}inputOutput/{CAMUNDA}{tag}"):
            name = node.get("name")
            if len(node) or not name:
                self.file.findings.add(node, "parameter.value", "A parameter needs a name, and a text as its value.")
                continue
            found.append((name, self.file.template(node, (node.text or "").strip())))
        return tuple(found)

    def _rounds(self) -> Rounds | None:
        loop = self.node.find(f"{BPMN}standardLoopCharacteristics")
        if loop is not None:
            condition = loop.find(f"{BPMN}loopCondition")
            most = loop.get("loopMaximum")
            again = None if condition is None else self.file.expression(condition, condition.text)
            if again is None and most is None:
                self.file.findings.add(loop, "loop.end", "A loop needs a condition or a largest number of rounds.")
            if most is not None and not most.isdecimal():
                self.file.findings.add(loop, "loop.end", f'"{most}" is not a number of rounds.')
                most = None
            return Rounds(
                "loop", again=again, test_before=loop.get("testBefore") == "true", most=int(most) if most else None
            )
        many = self.node.find(f"{BPMN}multiInstanceLoopCharacteristics")
        if many is not None and many.get("behavior", "All") != "All":
            self.file.findings.add(many, "instances.behavior", "Only the behaviour All can run: it ends when all have.")
        return None if many is None else self._instances(many)

    def _instances(self, many: etree._Element) -> Rounds:
        collection = many.get(f"{CAMUNDA}collection") or (many.findtext(f"{BPMN}loopDataInputRef") or "").strip()
        count = many.find(f"{BPMN}loopCardinality")
        until = many.find(f"{BPMN}completionCondition")
        if bool(collection) == (count is not None):
            self.file.findings.add(many, "instances.number", "It needs either a collection or a number of instances.")
        return Rounds(
            "sequential" if many.get("isSequential") == "true" else "parallel",
            collection=self.file.expression(many, collection) if collection else None,
            item=many.get(f"{CAMUNDA}elementVariable") or item_name(many, "inputDataItem"),
            cardinality=None if count is None else self.file.expression(count, count.text),
            until=None if until is None else self.file.expression(until, until.text),
            collect=(many.findtext(f"{BPMN}loopDataOutputRef") or "").strip() or None,
            collected=item_name(many, "outputDataItem"),
        )
