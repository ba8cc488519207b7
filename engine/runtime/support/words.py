"""What of BPMN and its dialects is executed, ignored by declaration, or refused: one table.

The check walks every element and attribute of a file along this table, `docs/designers/support-matrix.md` is written
from it, and a word that is not here is refused. To switch a kind on or off, change its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["executed", "ignored", "noted", "refused"]
"""`noted` is ignored too, but the designer is warned that it has no effect."""

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DRAWING = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://bpmn.io/schema/bpmn",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://camunda.org/schema/modeler/1.0",
    }
)
"""Namespaces of shapes, colours and the drawing tool: nothing in them runs, in any engine."""
OTHER_ENGINES: Mapping[str, str] = {
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
    "http://operaton.org/schema/1.0/bpmn": "operaton",
    "http://www.jboss.org/drools": "drools",
    ZEEBE: "zeebe",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One row. `harmless` are an attribute's values that say nothing new, so that only other values count."""

    verdict: Verdict
    says: str = ""
    hint: str = ""
    code: str = ""
    harmless: tuple[str, ...] = ()


def _executed(names: str, says: str = "") -> Iterator[tuple[str, Word]]:
    return ((name, Word("executed", says)) for name in names.split())


def _ignored(names: str, says: str = "") -> Iterator[tuple[str, Word]]:
    return ((name, Word("ignored", says)) for name in names.split())


def _noted(names: str, says: str, hint: str, code: str) -> Iterator[tuple[str, Word]]:
    return ((name, Word("noted", says, hint, code)) for name in names.split())


def _refused(names: str, code: str, says: str, hint: str, *harmless: str) -> Iterator[tuple[str, Word]]:
    return ((name, Word("refused", says, hint, code, harmless)) for name in names.split())


def _table(*rows: Iterable[tuple[str, Word]]) -> Mapping[str, Word]:
    return {name: word for row in rows for name, word in row}


ELEMENTS = _table(
    _executed("definitions process", "a process runs when isExecutable is true"),
    _executed("laneSet lane flowNodeRef childLaneSet", "the lane of a task is shown on the work list"),
    _executed("userTask manualTask", "waits for a person; a manual task waits in the same way"),
    _executed("task", "an undecided task does nothing and lets the token pass"),
    _executed("scriptTask script", "lines of name = expression, nothing else"),
    _executed("serviceTask", "a word of the vocabulary, by its topic"),
    _executed("businessRuleTask", "a DMN decision of the same release"),
    _executed("sendTask receiveTask", "a message of the vocabulary"),
    _executed("subProcess", "embedded; with triggeredByEvent it is an event subprocess"),
    _executed("transaction", "like a subprocess that a cancel end event can leave"),
    _executed("callActivity", "another process of the same release, with data of its own"),
    _executed("exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway"),
    _executed("startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent", "see Events"),
    _executed(
        "messageEventDefinition signalEventDefinition timerEventDefinition errorEventDefinition "
        "escalationEventDefinition conditionalEventDefinition terminateEventDefinition cancelEventDefinition "
        "linkEventDefinition",
        "see Events",
    ),
    _executed("condition", "of a conditional event"),
    _executed("timeDate timeDuration timeCycle", 'strict ISO 8601, or an expression such as due("handle", tier)'),
    _executed("message signal error escalation", "named by the events that refer to them"),
    _executed("sequenceFlow conditionExpression"),
    _executed("multiInstanceLoopCharacteristics loopCardinality completionCondition", "parallel and sequential"),
    _executed("loopDataInputRef loopDataOutputRef inputDataItem outputDataItem", "the lists of a multi-instance"),
    _executed("standardLoopCharacteristics loopCondition"),
    _executed("extensionElements", "each extension in it has its own row"),
    _executed("incoming outgoing", "must name flows that exist; the flows themselves are read from sequenceFlow"),
    _executed("collaboration participant", "only which process a pool stands for; each process runs by itself"),
    _ignored("documentation textAnnotation association text group category categoryValue", "for readers"),
    _ignored("messageFlow messageFlowAssociation participantAssociation", "drawing between pools"),
    _ignored(
        "conversation subConversation callConversation conversationLink conversationNode conversationAssociation",
        "drawing between pools",
    ),
    _ignored("itemDefinition import interface operation resource resourceParameter endPoint", "types of other systems"),
    _ignored(
        "inMessageRef outMessageRef errorRef operationRef supportedInterfaceRef interfaceRef", "types of other systems"
    ),
    _ignored("extension relationship auditing monitoring rendering source target supports", "for other tools"),
    _ignored(
        "property dataObject dataObjectReference dataState dataStore dataStoreReference", "shows data, moves none"
    ),
    _ignored(
        "ioSpecification dataInput dataOutput inputSet outputSet dataInputRefs dataOutputRefs optionalInputRefs "
        "optionalOutputRefs whileExecutingInputRefs whileExecutingOutputRefs inputSetRefs outputSetRefs",
        "shows data, moves none",
    ),
    _noted(
        "performer humanPerformer potentialOwner resourceRole",
        "does not decide who is asked",
        "Name roles in camunda:candidateGroups.",
        "bpmn.performer",
    ),
    _noted(
        "correlationKey correlationProperty correlationPropertyRetrievalExpression correlationSubscription "
        "correlationPropertyBinding correlationPropertyRef messagePath dataPath participantMultiplicity",
        "does not route messages: a message is delivered to a case",
        "Leave it out.",
        "bpmn.correlation",
    ),
    _refused(
        "adHocSubProcess",
        "bpmn.ad_hoc",
        "an ad-hoc subprocess is not executed",
        "Draw the order, or use a parallel gateway.",
    ),
    _refused(
        "complexGateway activationCondition complexBehaviorDefinition",
        "bpmn.complex",
        "complex gateways and complex behaviour are not executed",
        "Use an inclusive or a parallel gateway.",
    ),
    _refused(
        "compensateEventDefinition",
        "bpmn.compensation",
        "compensation is not executed",
        "Draw the way back as ordinary tasks.",
    ),
    _executed("eventDefinitionRef", "an event definition at the top of the file"),
    _refused(
        "dataInputAssociation dataOutputAssociation assignment transformation",
        "bpmn.data_association",
        "data associations are not executed: data would not move as drawn",
        "Use input and output parameters, or a script task.",
    ),
    _refused("ioBinding", "bpmn.io_binding", "a bound operation is not executed", "Use a service task with a topic."),
    _refused(
        "globalTask globalUserTask globalManualTask globalScriptTask globalBusinessRuleTask",
        "bpmn.global_task",
        "global tasks are not executed",
        "Call a process instead.",
    ),
    _refused(
        "choreography choreographyTask subChoreography callChoreography globalChoreographyTask globalConversation",
        "bpmn.choreography",
        "choreographies are not executed",
        "Draw processes.",
    ),
)
"""Elements of the BPMN namespace. What is not listed is refused as `bpmn.unknown_element`."""

ATTRIBUTES = _table(
    _ignored("id name", "identify and label"),
    _executed("isExecutable sourceRef targetRef default calledElement triggeredByEvent", "the flow"),
    _executed("attachedToRef cancelActivity isInterrupting", "boundary events and event subprocesses"),
    _executed("messageRef signalRef errorRef escalationRef errorCode escalationCode processRef", "references"),
    _executed("isSequential testBefore loopMaximum", "repetition"),
    _executed("scriptFormat", "empty, `python` or `maplebridge`: name = expression lines in every case"),
    _ignored(
        "processType isClosed definitionalCollaborationRef operationRef implementation isImmediate type direction",
        "descriptive",
    ),
    _ignored("gatewayDirection associationDirection textFormat method rendering", "descriptive"),
    _ignored("structureRef itemSubjectRef itemKind isCollection capacity isUnlimited itemRef", "types of data"),
    _ignored("dataObjectRef dataStoreRef partitionElementRef categoryValueRef supports mustUnderstand", "descriptive"),
    _ignored("exporter exporterVersion targetNamespace typeLanguage expressionLanguage", "about the file"),
    _ignored("evaluatesToTypeRef location importType namespace value minimum maximum", "types of data"),
    _ignored("isHorizontal bpmnElement initiatingParticipantRef innerParticipantRef outerParticipantRef", "drawing"),
    _ignored("waitForCompletion activityRef", "belongs to compensation, which is refused itself"),
    _executed("startQuantity completionQuantity", "whole numbers from 1; a receive task waits for one token only"),
    _refused(
        "language",
        "bpmn.language",
        "this expression language is not executed",
        "Leave it out: expressions compare and compute with variables.",
        "",
        "feel",
        "juel",
        "JUEL",
    ),
    _refused(
        "isForCompensation",
        "bpmn.compensation",
        "compensation is not executed",
        "Draw the way back as ordinary tasks.",
        "false",
    ),
    _executed("parallelMultiple", "with several event definitions: all of them, not any"),
    _refused(
        "instantiate",
        "bpmn.instantiate",
        "starting a process by a task or gateway is not executed",
        "Use a message start event.",
        "false",
    ),
    _refused(
        "eventGatewayType",
        "bpmn.event_gateway_parallel",
        "a parallel event-based gateway is not executed",
        "Use a parallel gateway.",
        "Exclusive",
    ),
    _refused(
        "behavior",
        "bpmn.instances_behaviour",
        "events thrown by single instances are not executed",
        "Leave it at All.",
        "All",
    ),
    _refused(
        "noneBehaviorEventRef oneBehaviorEventRef",
        "bpmn.instances_behaviour",
        "events thrown by single instances are not executed",
        "Leave it out.",
    ),
    _refused(
        "ordering cancelRemainingInstances",
        "bpmn.ad_hoc",
        "an ad-hoc subprocess is not executed",
        "Draw the order.",
    ),
)
"""Attributes without a namespace, on BPMN elements. What is not listed is refused as `bpmn.unknown_attribute`."""

_WORK = "Use a service task with Type = External and a topic of the vocabulary."
CAMUNDA_WORDS = _table(
    _executed("type topic", "type = external; the topic is a service of the vocabulary"),
    _executed("candidateGroups", "roles of the vocabulary, or ${variable}"),
    _executed("formKey formRef", "the form that asks"),
    _executed("properties property", "words of the vocabulary beside a task"),
    _executed("inputOutput inputParameter outputParameter", "a plain text or ${expression} for each"),
    _executed("in out source target sourceExpression variables", "what a called process gets and gives back"),
    _executed("decisionRef resultVariable mapDecisionResult", "which decision, and where its result goes"),
    _executed("collection elementVariable", "what a multi-instance goes over"),
    _ignored("asyncBefore asyncAfter exclusive async jobPriority", "every step is saved anyway"),
    _ignored("historyTimeToLive versionTag isStartableInTasklist diagramRelationId", "about other products"),
    _ignored("modelerTemplate modelerTemplateVersion modelerTemplateIcon", "of the drawing tool"),
    _ignored("decisionRefBinding decisionRefVersion calledElementBinding formRefBinding", "a release is one version"),
    _ignored(
        "calledElementVersion calledElementVersionTag formRefVersion decisionRefTenantId", "a release is one version"
    ),
    _ignored("taskPriority priority processTag description businessKey errorMessage", "for other work lists"),
    _noted(
        "errorCodeVariable errorMessageVariable escalationCodeVariable initiator",
        "has no effect: the variable is not set",
        "Set what you need in a script task.",
        "camunda.variable",
    ),
    _ignored("entry key id name value label", "inside other extensions"),
    _noted(
        "assignee candidateUsers",
        "has no effect: tasks go to the roles of a unit, not to single people",
        "Name roles in camunda:candidateGroups.",
        "camunda.assignee",
    ),
    _noted(
        "dueDate followUpDate",
        "has no effect: time limits are timers on the diagram",
        'Attach a timer boundary event saying due("…", tier).',
        "camunda.due_date",
    ),
    _noted(
        "candidateStarterGroups candidateStarterUsers",
        "has no effect: rights are set in the product",
        "Leave it out.",
        "camunda.starter",
    ),
    _refused("class delegateExpression expression", "camunda.java", "Java code is not executed", _WORK),
    _refused("connector connectorId", "camunda.connector", "connectors are not executed", _WORK),
    _refused(
        "executionListener taskListener",
        "camunda.listener",
        "listeners are not executed",
        "Draw what shall happen as a task.",
    ),
    _refused("field string", "camunda.field", "fields of Java code are not executed", _WORK),
    _refused(
        "script resource scriptFormat", "camunda.script", "scripts in extensions are not executed", "Use a script task."
    ),
    _refused("list map", "camunda.parameter", "lists and maps as parameters are not executed", "Use one text each."),
    _refused(
        "failedJobRetryTimeCycle retries",
        "camunda.retry",
        "retries are not read from the diagram",
        "Leave it out: the product retries by its own rule.",
    ),
    _refused(
        "formData formField formProperty validation constraint values",
        "camunda.form_fields",
        "form fields on the diagram are not executed",
        "Put the fields into a form and name it in formKey.",
    ),
    _refused(
        "variableMappingClass variableMappingDelegateExpression variableName variableEvents",
        "camunda.variable_mapping",
        "this way of mapping or watching variables is not executed",
        "Use in and out mappings.",
    ),
    _refused("local", "camunda.local", "local variables are not mapped apart", "Leave it out.", "false"),
    _refused(
        "caseRef caseBinding caseVersion caseTenantId",
        "camunda.case",
        "CMMN cases are not executed",
        "Call a process.",
    ),
    _refused(
        "calledElementTenantId errorEventDefinition throwSignal potentialStarter",
        "camunda.unsupported",
        "this extension is not executed",
        "Draw it in BPMN.",
    ),
)
"""Camunda 7's elements and attributes. What is not listed is refused as `camunda.unknown`."""

SPIFF_WORDS = _table(
    _executed("properties property name value", "words of the vocabulary beside a task"),
    _ignored("instructionsForEndUser guestConfirmation taskMetadataValues taskMetadataValue", "for other work lists"),
)
"""SpiffArena's own. What is not listed is refused as `spiff.unsupported`."""
