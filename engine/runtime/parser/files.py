"""One file: its tables of messages, errors and signals, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser

from engine.errors import Refusal
from engine.runtime.elements import ScopeSpec
from engine.runtime.expressions import Expression, Template, compile_expression, compile_template
from engine.runtime.parser.nodes import BPMN, line_of, nearest_id
from engine.runtime.values import Finding
from engine.vocabulary import Vocabulary


@dataclass
class Findings:
    """What is wrong with one file, collected so that a designer sees everything at once."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(self, node: etree._Element, code: str, message: str, hint: str = "") -> None:
        element = nearest_id(node)
        self.found.append(Finding(self.file, line_of(node), element, code, "error", message, hint))


class FileParser(BpmnParser):  # type: ignore[misc]
    """Reads one file. `findings` holds what cannot run; the specifications are only good when it is empty."""

    def __init__(self, path: str, root: etree._Element, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.findings = Findings(path)
        self.functions = frozenset(vocabulary.functions) - {"due"}
        self.timer_functions = frozenset(vocabulary.functions) | {"due"}
        self.root = root
        self.links: dict[str, str] = {}
        self.add_bpmn_xml(root, path)

    def process_specs(self) -> dict[str, ScopeSpec]:
        """The executable processes of the file, read whole."""
        found = {}
        for node in self.root.iterfind(f"{BPMN}process"):
            process_id = node.get("id")
            if process_id and node.get("isExecutable") == "true":
                found[process_id] = self.process_parsers[process_id].get_spec()
        return found

    def _add_data_stores(self, bpmn: etree._Element) -> None:
        """Data stores and correlations change nothing here."""

    _add_correlations = _add_data_stores

    def _add_diagram_indexes(self, bpmn: etree._Element) -> None:
        """Lanes by element, the innermost winning. Where things are drawn says nothing about what they do."""
        lanes = {
            (reference.text or "").strip(): lane.get("name")
            for lane in bpmn.iter(f"{BPMN}lane")
            for reference in lane.iterfind(f"{BPMN}flowNodeRef")
        }
        self.document_lanes[id(bpmn)] = lanes
        self.document_positions[id(bpmn)] = {}

    def _find_dependencies(self, process: etree._Element) -> None:
        """Called processes are resolved over all files, by the package."""

    def attempt(self, node: etree._Element, code: str, read: Callable[[], Any]) -> Any:
        """What `read` gives, or None with a finding at `node`."""
        try:
            return read()
        except Refusal as refusal:
            self.findings.add(node, refusal.code if "." in refusal.code else code, refusal.sentence)
            return None

    def expression(self, node: etree._Element, text: str | None) -> Expression | None:
        found: Expression | None = self.attempt(
            node, "expression", lambda: compile_expression(text or "", self.functions)
        )
        return found

    def template(self, node: etree._Element, text: str | None) -> Template:
        found = self.attempt(node, "expression", lambda: compile_template(text or "", self.functions))
        return found or Template("", ("",))
