"""From BPMN XML to specifications: SpiffWorkflow's parser, reading the dialect that Camunda Modeler writes.

One parser for each file, because Spiff's tables of messages, errors and subprocesses know no files. Elements are read
one by one rather than along their flows, so a long chain needs no recursion, and the flows are read here: they need no
id, keep the order of the file, and a condition counts behind every element, not only behind gateways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine.errors import Refusal
from engine.runtime.elements import (
    BoundaryEvent,
    CallActivity,
    CatchEvent,
    DecisionTask,
    Element,
    EndEvent,
    EventGateway,
    EventSubProcess,
    ExclusiveGateway,
    Flow,
    InclusiveGateway,
    ManualTask,
    ParallelGateway,
    PlainTask,
    ReceiveTask,
    Rounds,
    ScopeSpec,
    ScriptTask,
    SendTask,
    ServiceTask,
    StartEvent,
    SubProcess,
    ThrowEvent,
    Trigger,
    UserTask,
)
from engine.runtime.expressions import Expression, Template, compile_expression, compile_template
from engine.runtime.scripts import compile_script
from engine.runtime.timers import TimerKind, compile_timer
from engine.runtime.values import Finding
from engine.vocabulary import Vocabulary

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

_NODES = ("Task", "Event", "Gateway", "SubProcess", "Activity", "Choreography", "transaction")
_TIMER_KINDS: dict[str, TimerKind] = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


@dataclass
class Findings:
    """What is wrong with one file, collected so that a designer sees everything at once."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(self, node: etree._Element, code: str, message: str, hint: str = "") -> None:
        element = _nearest_id(node)
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


class ScopeParser(ProcessParser):  # type: ignore[misc]
    """Reads a process or a subprocess into a ScopeSpec."""

    parser: FileParser

    def _parse(self) -> None:
        self.spec = ScopeSpec(self.bpmn_id, self.get_name(), self.filename)
        elements: dict[str, Element] = {}
        for node in self.node:
            if _local(node).endswith(_NODES) and self.parser._get_parser_class(node.tag)[0] is None:
                self.parser.findings.add(node, "element.unknown", f"A {_local(node)} cannot run.")
            elif isinstance(node.tag, str) and self.parser._get_parser_class(node.tag)[0] is not None:
                if not node.get("id") or node.get("id") in elements:
                    self.parser.findings.add(node, "id", "The element needs an id of its own.")
                    continue
                elements[node.get("id")] = self.parse_node(node)
        self._connect(elements)
        self._attach(elements)
        self._open(elements)

    def _connect(self, elements: dict[str, Element]) -> None:
        outgoing: dict[str, list[Flow]] = {name: [] for name in elements}
        incoming: dict[str, list[str]] = {name: [] for name in elements}
        for number, node in enumerate(self.node.iterfind(f"{BPMN}sequenceFlow"), 1):
            source, target = node.get("sourceRef", ""), node.get("targetRef", "")
            if source not in elements or target not in elements:
                missing = source if source not in elements else target
                self.parser.findings.add(
                    node, "flow.ends", f'The flow leads to or from "{missing}", which is not here.'
                )
                continue
            flow_id = node.get("id") or f"{source}->{target}#{number}"
            flow = self._flow(node, flow_id, elements[source], elements[target])
            outgoing[source].append(flow)
            incoming[target].append(flow_id)
        for name, element in elements.items():
            element.flows = tuple(outgoing[name])
            element.incoming = tuple(incoming[name])
        self._link(elements)

    def _flow(self, node: etree._Element, flow_id: str, source: Element, target: Element) -> Flow:
        default = node.get("id") is not None and source.default_flow == node.get("id")
        condition = node.find(f"{BPMN}conditionExpression")
        compiled = None
        if condition is not None and not default:
            compiled = self.parser.expression(condition, condition.text)
        return Flow(flow_id, target, compiled, default)

    def _link(self, elements: dict[str, Element]) -> None:
        catching = {
            e.trigger.name: e for e in elements.values() if isinstance(e, CatchEvent) and e.trigger.kind == "link"
        }
        for element in elements.values():
            if isinstance(element, ThrowEvent) and element.trigger.kind == "link":
                target = catching.get(element.trigger.name)
                if target is None:
                    self.parser.findings.add(
                        self.get_node_by_id(element.bpmn_id),
                        "link.target",
                        f'No link "{element.trigger.name}" catches here.',
                    )
                    continue
                flow_id = f"{element.bpmn_id}->{target.bpmn_id}"
                element.flows = (Flow(flow_id, target, None, False),)
                target.incoming = (*target.incoming, flow_id)

    def _attach(self, elements: dict[str, Element]) -> None:
        for element in elements.values():
            if isinstance(element, BoundaryEvent):
                host = elements.get(element.attached_to)
                if host is None:
                    node = self.get_node_by_id(element.bpmn_id)
                    self.parser.findings.add(
                        node, "boundary.host", f'It is attached to "{element.attached_to}", which is not here.'
                    )
                else:
                    host.boundary = (*host.boundary, element)

    def _open(self, elements: dict[str, Element]) -> None:
        self.spec.listeners = tuple(e for e in elements.values() if isinstance(e, EventSubProcess))
        starts: tuple[Element, ...] = tuple(e for e in elements.values() if isinstance(e, StartEvent))
        first = tuple(
            e
            for e in elements.values()
            if not e.incoming
            and not isinstance(e, BoundaryEvent | EventSubProcess | StartEvent)
            and not e.for_compensation
        )
        for element in first if starts else ():
            if not (isinstance(element, ReceiveTask) and element.instantiates):
                node = self.get_node_by_id(element.bpmn_id)
                self.parser.findings.add(node, "element.unreachable", "No flow leads here.")
        starts = starts or first
        if not starts:
            self.parser.findings.add(self.node, "process.start", "There is nothing to start with.")
        self.spec.starts = starts


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
        element.process = _process_id(self.node)
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
        if quantity < 1 or (quantity > 1 and _local(self.node) == "receiveTask"):
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
            item=many.get(f"{CAMUNDA}elementVariable") or _item_name(many, "inputDataItem"),
            cardinality=None if count is None else self.file.expression(count, count.text),
            until=None if until is None else self.file.expression(until, until.text),
            collect=(many.findtext(f"{BPMN}loopDataOutputRef") or "").strip() or None,
            collected=_item_name(many, "outputDataItem"),
        )


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
            if _local(node).endswith("EventDefinition"):
                found.append(node)
            elif _local(node) == "eventDefinitionRef":
                reference = _local_name((node.text or "").strip())
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
        kind = _local(node).removesuffix("EventDefinition")
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
        reference = _local_name(node.get(attribute))
        name = table.get(reference)
        if not name:
            self.file.findings.add(
                node, "event.reference", f'"{reference or "nothing"}" names no {attribute[:-3]} with a name.'
            )
        return name or ""

    def _coded(self, node: etree._Element, kind: Any, table: dict[str, dict[str, str | None]], code: str) -> Trigger:
        reference = _local_name(node.get(f"{kind}Ref"))
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


FileParser.PROCESS_PARSER_CLASS = ScopeParser
FileParser.PARSER_CLASSES = {
    full_tag("task"): (ElementParser, PlainTask),
    full_tag("userTask"): (UserTaskParser, UserTask),
    full_tag("manualTask"): (UserTaskParser, ManualTask),
    full_tag("scriptTask"): (ScriptTaskParser, ScriptTask),
    full_tag("serviceTask"): (ServiceTaskParser, ServiceTask),
    full_tag("businessRuleTask"): (DecisionTaskParser, DecisionTask),
    full_tag("sendTask"): (SendTaskParser, SendTask),
    full_tag("receiveTask"): (EventParser, ReceiveTask),
    full_tag("subProcess"): (SubProcessParser, SubProcess),
    full_tag("transaction"): (SubProcessParser, SubProcess),
    full_tag("callActivity"): (CallActivityParser, CallActivity),
    full_tag("startEvent"): (EventParser, StartEvent),
    full_tag("endEvent"): (EventParser, EndEvent),
    full_tag("intermediateThrowEvent"): (EventParser, ThrowEvent),
    full_tag("intermediateCatchEvent"): (EventParser, CatchEvent),
    full_tag("boundaryEvent"): (EventParser, BoundaryEvent),
    full_tag("exclusiveGateway"): (ElementParser, ExclusiveGateway),
    full_tag("parallelGateway"): (ElementParser, ParallelGateway),
    full_tag("inclusiveGateway"): (ElementParser, InclusiveGateway),
    full_tag("eventBasedGateway"): (EventGatewayParser, EventGateway),
}


def line_of(node: Any) -> int:
    return node.sourceline or 0


def _local(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _local_name(reference: str | None) -> str:
    """References are qualified names: `tns:Message_1` means Message_1."""
    return (reference or "").rsplit(":", 1)[-1]


def _nearest_id(node: etree._Element) -> str:
    """The id of the element on the diagram that `node` belongs to."""
    one: etree._Element | None = node
    while one is not None:
        if one.get("id") and not _local(one).endswith(("EventDefinition", "Expression", "Characteristics")):
            return str(one.get("id"))
        one = one.getparent()
    return ""


def _process_id(node: etree._Element) -> str:
    process = next(node.iterancestors(f"{BPMN}process"), None)
    return "" if process is None else process.get("id", "")


def _item_name(many: etree._Element, tag: str) -> str | None:
    item = many.find(f"{BPMN}{tag}")
    return None if item is None else item.get("name") or item.get("id")
