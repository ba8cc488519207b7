"""A release of diagrams, compiled: checked once, shared by all instances and threads, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.errors import Invalid, Refusal
from engine.runtime.decisions import Decisions, Outcome, load_decisions
from engine.runtime.elements import CallActivity, DecisionTask, Element, ScopeSpec, ServiceTask, UserTask
from engine.runtime.parser import FileParser
from engine.runtime.values import Data, Finding
from engine.runtime.xml import read_xml
from engine.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ElementFacts:
    """One element of a diagram, for those who draw, list or migrate."""

    id: str
    kind: str
    """Its name in BPMN: `userTask`, `boundaryEvent` …"""
    name: str
    documentation: str
    process: str
    line: int
    calls: str = ""
    """The process a call activity runs."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Of a user task, as they are written."""


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """One arrow. `name` is what is written on it, often nothing."""

    id: str
    source: str
    target: str
    name: str


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    id: str
    name: str
    path: str
    elements: Mapping[str, ElementFacts]
    """Including those inside its subprocesses, by id."""
    flows: Mapping[str, FlowFacts]
    """The sequence flows between them, by id."""


class Package:
    """Everything of one release that can run. `compile_package` makes it."""

    def __init__(
        self, fingerprint: str, specs: Mapping[str, ScopeSpec], facts: Mapping[str, ProcessFacts], decisions: Decisions
    ) -> None:
        self.fingerprint = fingerprint
        self.specs = specs
        self.processes = facts
        self.decisions = decisions
        self.conditional = any(
            element.trigger.condition is not None for spec in specs.values() for element in elements_of(spec)
        )
        """Some element waits for data, so every step must look."""

    def decided(self, element: DecisionTask, data: Data) -> dict[str, Any]:
        """The variables a business rule task sets."""
        return self.decisions.for_task(element.decision, element.result, element.mapping, data)


def compile_package(files: Mapping[str, bytes], vocabulary: Vocabulary) -> Package:
    """Compile all `.bpmn` and `.dmn` files of a release, given by path.

    Raises Invalid `package.refused` with `findings`, a list of Finding, when anything in them cannot run.
    """
    findings: list[Finding] = []
    specs: dict[str, ScopeSpec] = {}
    paths: dict[str, str] = {}
    for path in sorted(path for path in files if not path.endswith(".dmn")):
        for process_id, spec in _read(path, files[path], vocabulary, findings).items():
            if process_id in specs:
                message = f'The process "{process_id}" is also in {paths[process_id]}.'
                findings.append(Finding(path, 0, process_id, "process.twice", "error", message))
                continue
            specs[process_id], paths[process_id] = spec, path
    decisions = _decisions(files, findings)
    for process_id, spec in specs.items():
        findings.extend(_resolve(paths[process_id], spec, specs, decisions, vocabulary))
    if findings:
        first = min(findings)
        raise Invalid(
            "package.refused",
            f"The release cannot run: {first.file}:{first.line} {first.element}: {first.message}",
            findings=sorted(findings),
        )
    facts = {process_id: _facts(process_id, paths[process_id], spec) for process_id, spec in specs.items()}
    return Package(_fingerprint(files), specs, facts, decisions)


def decide(package: Package, decision_id: str, facts: Data) -> Outcome:
    """What a decision of the release says to `facts`. Raises as `Decisions.decide` does."""
    return package.decisions.decide(decision_id, facts)


def elements_of(spec: ScopeSpec) -> Iterator[Element]:
    """All elements of a process, those inside its subprocesses too; called processes are not entered."""
    for element in spec.task_specs.values():
        yield element
        if element.inside is not None and not isinstance(element, CallActivity):
            yield from elements_of(element.inside)


def _read(path: str, data: bytes, vocabulary: Vocabulary, findings: list[Finding]) -> dict[str, ScopeSpec]:
    try:
        parser = FileParser(path, read_xml(path, data), vocabulary)
        specs = parser.process_specs()
    except Refusal as refusal:
        found = refusal.facts.get("findings")
        line = refusal.facts.get("line", 0)
        findings.extend(found or [Finding(path, line, "", refusal.code, "error", refusal.sentence)])
        return {}
    except ValidationException as fault:
        findings.append(Finding(path, fault.line_number or 0, fault.id or "", "bpmn.invalid", "error", str(fault)))
        return {}
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as fault:
        # The library's parser takes some XML for granted; whatever surprises it cannot run.
        findings.append(Finding(path, 0, "", "bpmn.invalid", "error", f"The diagram cannot be read: {fault!r}."))
        return {}
    findings.extend(parser.findings.found)
    return specs


def _decisions(files: Mapping[str, bytes], findings: list[Finding]) -> Decisions:
    try:
        return load_decisions(files)
    except Refusal as refusal:
        found = refusal.facts.get("findings")
        findings.extend(found or [Finding("", 0, "", refusal.code, "error", refusal.sentence)])
        return load_decisions({})


def _resolve(
    path: str, spec: ScopeSpec, specs: Mapping[str, ScopeSpec], decisions: Decisions, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Give call activities the process they call, and look for what is named but not there."""

    def missing(element: Element, code: str, message: str) -> Finding:
        return Finding(path, element.line, element.bpmn_id, code, "error", message)

    for element in elements_of(spec):
        if isinstance(element, CallActivity):
            element.inside = specs.get(element.spec)
            if element.inside is None:
                yield missing(element, "call.process", f'No executable process "{element.spec}" is in this release.')
        elif isinstance(element, ServiceTask):
            if element.topic and element.topic not in vocabulary.services:
                yield missing(element, "service.unknown", f'"{element.topic}" is not a service.')
        elif isinstance(element, DecisionTask) and element.decision and element.decision not in decisions:
            yield missing(element, "decision.unknown", f'No decision "{element.decision}" is in this release.')


def _facts(process_id: str, path: str, spec: ScopeSpec) -> ProcessFacts:
    elements = {
        element.bpmn_id: ElementFacts(
            element.bpmn_id,
            element.kind,
            element.bpmn_name or "",
            (element.documentation or "").strip(),
            process_id,
            element.line,
            element.spec if isinstance(element, CallActivity) else "",
            {name: said.text for name, said in element.properties} if isinstance(element, UserTask) else {},
        )
        for element in elements_of(spec)
    }
    flows = {
        flow.id: FlowFacts(flow.id, element.bpmn_id, flow.target.bpmn_id, flow.name)
        for element in elements_of(spec)
        for flow in element.flows
    }
    return ProcessFacts(process_id, spec.description or process_id, path, elements, flows)


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        name = path.encode()
        digest.update(len(name).to_bytes(8) + name + len(files[path]).to_bytes(8) + files[path])
    return digest.hexdigest()
