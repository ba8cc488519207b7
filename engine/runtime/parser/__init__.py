"""From BPMN XML to specifications: SpiffWorkflow's parser, reading the dialect that Camunda Modeler writes.

One parser for each file, because Spiff's tables of messages, errors and subprocesses know no files. Elements are read
one by one rather than along their flows, so a long chain needs no recursion, and the flows are read here: they need no
id, keep the order of the file, and a condition counts behind every element, not only behind gateways.
"""

from __future__ import annotations

from SpiffWorkflow.bpmn.parser.util import full_tag

from engine.runtime.elements import (
    BoundaryEvent,
    CallActivity,
    CatchEvent,
    DecisionTask,
    EndEvent,
    EventGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ManualTask,
    ParallelGateway,
    PlainTask,
    ReceiveTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    StartEvent,
    SubProcess,
    ThrowEvent,
    UserTask,
)
from engine.runtime.parser.elements import ElementParser
from engine.runtime.parser.events import EventGatewayParser, EventParser, SendTaskParser
from engine.runtime.parser.files import FileParser
from engine.runtime.parser.scopes import ScopeParser
from engine.runtime.parser.tasks import (
    CallActivityParser,
    DecisionTaskParser,
    ScriptTaskParser,
    ServiceTaskParser,
    SubProcessParser,
    UserTaskParser,
)

__all__ = ["FileParser"]

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
